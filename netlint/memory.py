"""The garbage collector, which has nothing to do here and yet walks through everything."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
