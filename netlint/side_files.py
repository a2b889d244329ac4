"""Files that say how others are to be read: small ones, which nobody is waited for."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

LARGEST = 1 << 20
"""Bytes; no configuration, kustomization or list of patterns comes near."""


def read(path: Path | str, largest: int = LARGEST) -> bytes:
    """The content of a regular file.

    Raises OSError where it cannot be read, is a pipe, a socket or a device, which might never end, or is larger than
    ``largest`` bytes.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "neither a file nor a link to one", str(path))
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, f"more than {largest >> 10:,} KiB, which no such file has", str(path))
    return content
