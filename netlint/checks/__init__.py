"""One pure function per rule.

A check has the name of its rule, takes the cluster, and yields violations and what it could not decide. It knows
no severity, no configuration, no format and no clock, and cannot change what it is given. Every module of this
package that has ``CHECKS`` is a topic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules

from netlint.cluster import Cluster
from netlint.findings import Undecided, Violation

Check = Callable[[Cluster], Iterator[Violation | Undecided]]


def _all() -> Iterator[Check]:
    for module in iter_modules(__path__, f"{__name__}."):
        yield from getattr(import_module(module.name), "CHECKS", ())


CHECKS: dict[str, Check] = {check.__name__.replace("_", "-"): check for check in _all()}
