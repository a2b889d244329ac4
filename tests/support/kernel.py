"""What tests against the running kernel need: root, and programs that set it up."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def require(*programs: str) -> None:
    """Skip the test where this is not root, or a program is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        unavailable(f"needs root and {', '.join(missing or programs)}")


def unavailable(reason: str) -> NoReturn:
    """Skip, except where a test run demands what root can have."""
    if os.geteuid() == 0 and os.environ.get("NETLINT_REQUIRE_LIVE") == "1":
        pytest.fail(f"tests against the kernel are required, but: {reason}", pytrace=False)
    pytest.skip(reason)
