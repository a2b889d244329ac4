"""The time of a run; ``SOURCE_DATE_EPOCH`` pins it, so that a report can be reproduced byte by byte.

Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime

from netlint.errors import UsageError

_VARIABLE = "SOURCE_DATE_EPOCH"


def is_pinned() -> bool:
    """Whether the time is given from outside."""
    return bool(os.environ.get(_VARIABLE))


def now() -> datetime:
    """Now in UTC, or the pinned time. Raises UsageError where that is no number of seconds."""
    pinned = os.environ.get(_VARIABLE)
    if not pinned:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(pinned), UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{_VARIABLE} is {pinned!r}, which is no number of seconds") from None
