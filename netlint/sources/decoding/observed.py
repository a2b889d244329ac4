"""Whether objects were given by a cluster, or written by somebody."""

from __future__ import annotations

import re

from netlint.objects import Kind
from netlint.objects.discovery import MANAGED_BY

_GIVEN = r"uid|resourceVersion|creationTimestamp"


def _mark(*keys: str) -> re.Pattern[bytes]:
    """One of these keys with a text that is not empty."""
    return re.compile(rf'"(?:{"|".join((_GIVEN, *keys))})" *: *"[^"]'.encode())


_ANY = _mark()
_MARKS = {"Pod": _mark("podIP", "nodeName", "phase"), "EndpointSlice": _mark(re.escape(MANAGED_BY))}


def is_observed(kind: Kind, items: bytes) -> bool:
    """Whether the JSON of objects of a kind says that a cluster has them; what is given to one, is given to all.

    Scaffolds write ``creationTimestamp: null`` and ``status: {}``, which say nothing. A slice with the label of the
    controller that keeps it is observed, and so is a pod with an address, a node or a phase.
    """
    return _MARKS.get(kind.name, _ANY).search(items) is not None
