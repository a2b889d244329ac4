"""The conditions of endpoints: as consumers read them in slices, and as pods demand them.

Source: k8s.io/endpointslice (utils.go), k8s.io/api/discovery/v1 (types.go).
"""

from __future__ import annotations

from typing import NamedTuple

from netlint.model.pods.shape_index import TERMINAL
from netlint.snapshot import pod_table
from netlint.snapshot.slice_table import NOT_READY, NOT_SERVING, SERVING, TERMINATING, SliceTable


class Conditions(NamedTuple):
    """The conditions of an endpoint, every one of them decided."""

    ready: bool
    serving: bool
    terminating: bool


def conditions(table: SliceTable, row: int) -> Conditions:
    """The conditions of an endpoint as consumers read them: absent means ready, serving like ready."""
    return UNDERSTOOD[table.flags[row]]


def _understood(flags: int) -> Conditions:
    ready = not flags & NOT_READY
    serving = bool(flags & SERVING) if flags & (SERVING | NOT_SERVING) else ready
    return Conditions(ready, serving, bool(flags & TERMINATING))


def _demanded(flags: int, publish: bool) -> Conditions:
    """The conditions that the controller gives the endpoint of a pod with these flags."""
    serving, terminating = bool(flags & pod_table.READY), bool(flags & pod_table.TERMINATING)
    return Conditions(publish or (serving and not terminating), serving, terminating)


# every combination of flags, so that 160,000 endpoints are judged by looking up
UNDERSTOOD = [_understood(flags) for flags in range(256)]
DEMANDED = {publish: [_demanded(flags, publish) for flags in range(256)] for publish in (False, True)}
_CODES = {conditions: code for code, conditions in enumerate(sorted(set(UNDERSTOOD)))}
UNDERSTOOD_CODES = bytes(_CODES[found] for found in UNDERSTOOD)
DEMANDED_CODES = {publish: bytes(_CODES[found] for found in DEMANDED[publish]) for publish in DEMANDED}
IS_LISTED = [
    bool(flags & pod_table.LISTED_IPS) and flags & pod_table.PHASE_BITS not in TERMINAL for flags in range(256)
]
"""Whether the controller gives an endpoint to a pod with these flags."""
