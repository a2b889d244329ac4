"""Memory: how much this process takes, and the collector, which has nothing to do and yet walks through everything."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from resource import RUSAGE_SELF, getpagesize, getrusage

_PAGES = Path("/proc/self/statm")  # sizes in pages; the second one is what is resident


@contextmanager
def uncollected() -> Iterator[None]:
    """A block in which millions of small objects are made without a single cycle, and nothing is collected."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # what was made stays: the collector need not walk through it
        if collecting:
            gc.enable()


def resident() -> int:
    """Bytes of this process that are in memory; where the system does not tell, the most that ever were.

    Source: proc(5), statm; getrusage(2), whose unit is a kibibyte but on macOS.
    """
    try:
        return int(_PAGES.read_text(encoding="ascii").split()[1]) * getpagesize()
    except OSError:
        return getrusage(RUSAGE_SELF).ru_maxrss


def trim() -> None:
    """Return memory that was freed to the system, where the C library can do so.

    Source: malloc_trim(3), which glibc has and musl has not.
    """
    with suppress(ImportError, OSError, AttributeError):
        from ctypes import CDLL

        CDLL(None).malloc_trim(0)
