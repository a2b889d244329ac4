"""The conditions of endpoints, and those that pods demand.

Source: k8s.io/endpointslice (utils.go).
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from netlint.snapshot.pod_table import READY, TERMINATING


class Conditions(NamedTuple):
    """The conditions of an endpoint, every one of them decided."""

    ready: bool
    serving: bool
    terminating: bool


def _demanded(flags: int, publish: bool) -> Conditions:
    """The conditions that the controller gives the endpoint of a pod with these flags."""
    serving, terminating = bool(flags & READY), bool(flags & TERMINATING)
    return Conditions(publish or (serving and not terminating), serving, terminating)


CODES = {Conditions(*values): code for code, values in enumerate(product((False, True), repeat=3))}
"""A small number for each combination, for columns."""
# by whether the Service publishes pods that are not ready: every combination of a pod's flags
DEMANDED = {publish: [_demanded(flags, publish) for flags in range(256)] for publish in (False, True)}
DEMANDED_CODES = {publish: bytes(map(CODES.__getitem__, DEMANDED[publish])) for publish in DEMANDED}
