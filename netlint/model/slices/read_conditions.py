"""The conditions of endpoints as consumers of slices read them.

Source: k8s.io/api/discovery/v1 (types.go).
"""

from __future__ import annotations

from netlint.model.pods.endpoint_conditions import CODES, Conditions
from netlint.snapshot.slice_table import NOT_READY, NOT_SERVING, SERVING, TERMINATING


def _read(flags: int) -> Conditions:
    """Absent means ready, and serving like ready."""
    ready = not flags & NOT_READY
    serving = bool(flags & SERVING) if flags & (SERVING | NOT_SERVING) else ready
    return Conditions(ready, serving, bool(flags & TERMINATING))


# every combination of flags, so that 160,000 endpoints are judged by looking up
READ_CONDITIONS = [_read(flags) for flags in range(256)]
CONDITION_CODES = bytes(CODES[conditions] for conditions in READ_CONDITIONS)
IS_READY = bytes(conditions.ready for conditions in READ_CONDITIONS)
