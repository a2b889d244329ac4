"""Inputs as streams of bytes: plain files, compressed files, pipes, standard input.

An input can be opened any number of times, because positions are looked up only for what is reported.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import sys
import tempfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol, cast

from netlint.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

TAIL = 64 << 10
_CHUNK = 64 << 10
_SEARCHED = 4 << 20
GZIP_MAGIC = b"\x1f\x8b"
UTF_16 = (BOM_UTF16_BE, BOM_UTF16_LE)
"""The byte order marks by which UTF-16 is known. Source: k8s.io/apimachinery/pkg/util/yaml."""
LOST = (OSError, EOFError, zlib.error)
"""What is raised where bytes cannot be had."""


class Unpacked(gzip.GzipFile):
    """All that can be unpacked, before the error of what cannot."""

    def read(self, size: int | None = -1) -> bytes:
        """Up to ``size`` bytes, fewer only at the end and before an error."""
        if size is None or size < 0:
            return super().read(size)
        unpacked = bytearray()
        try:
            while len(unpacked) < size and (chunk := self.read1(size - len(unpacked))):
                unpacked += chunk
        except LOST:
            if not unpacked:
                raise
        return bytes(unpacked)


class _Recoded(io.RawIOBase):
    """UTF-16 as UTF-8, as kubectl reads it; what is no character becomes U+FFFD."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._decoder = getincrementaldecoder("utf-16")("replace")
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while not self._rest and (chunk := self._stream.read(_CHUNK)):
            self._rest = self._decoder.decode(chunk).encode()
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def close(self) -> None:
        self._stream.close()
        super().close()


def recoded(stream: IO[bytes]) -> IO[bytes]:
    """A stream of UTF-16, with its byte order mark, as UTF-8."""
    return cast(IO[bytes], _Recoded(stream))


class Stream(Protocol):
    """What readers need of a file."""

    def read(self, size: int, /) -> bytes:
        """Up to ``size`` bytes; empty at the end."""
        ...


@dataclass(frozen=True)
class InputFile:
    """One text to read.

    ``name`` is what reports call it; ``size`` is None where only reading to the end would tell it, ``stored``
    what it takes where it is kept.
    ``explicit``: the user named it, so every document in it is meant for netlint.
    ``namespace``: what its place in a dump says about the objects in it.
    """

    name: str
    size: int | None
    opener: Callable[[], IO[bytes]]
    explicit: bool = True
    namespace: str | None = None
    stored: int = 0

    @contextmanager
    def open(self, start: int = 0) -> Iterator[IO[bytes]]:
        """The bytes from ``start`` on. Raises SourceError where they cannot be had."""
        try:
            with self.opener() as stream:
                if start and self.size is not None:
                    stream.seek(start)
                else:
                    skip(stream, start)
                yield stream
        except LOST as error:
            raise SourceError(f"{self.name}: {reason(error)}") from error

    def tail(self) -> bytes:
        """The last bytes, at most ``TAIL``."""
        if self.size is not None:
            with self.open(max(0, self.size - TAIL)) as stream:
                return stream.read(TAIL)
        last = b""
        with self.open() as stream:
            while chunk := stream.read(TAIL):
                last = (last + chunk)[-TAIL:]
        return last


def reason(error: BaseException) -> str:
    """An error of the operating system or a decompressor in its own words, without numbers and paths."""
    if isinstance(error, EOFError):
        return "the compressed data end too early: the file is truncated"
    if isinstance(error, zlib.error | gzip.BadGzipFile):
        return "the compressed data are corrupt"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def printable(name: str) -> str:
    """A file's name as text; bytes in it that are no UTF-8 are written as ``\\xff``."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def skip(stream: Stream, size: int) -> None:
    """Read ``size`` bytes and forget them."""
    while size > 0:
        chunk = stream.read(min(size, 1 << 20))
        if not chunk:
            return
        size -= len(chunk)


def read_exactly(stream: Stream, size: int) -> bytes:
    """``size`` bytes, fewer only at the end."""
    chunks = []
    while size > 0:
        chunk = stream.read(size)
        if not chunk:
            break
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def next_place(source: InputFile, start: int, text: bytes) -> int:
    """Where the text stands next, -1 for nowhere near: what it parts is rarely larger than some kilobytes."""
    at, searched = start, b""
    with source.open(start) as stream:
        while at - start < _SEARCHED and (chunk := stream.read(_CHUNK)):
            position = (searched + chunk).find(text)
            if position >= 0:
                return at - len(searched) + position
            at += len(chunk)
            searched = (searched + chunk)[1 - len(text) :]
    return -1


def from_file(path: str, name: str, explicit: bool = True, namespace: str | None = None) -> InputFile:
    """A file; gzip is recognised by its first bytes, and a pipe is kept as standard input is.

    Raises SourceError where the file cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                with open(descriptor, "rb", buffering=0, closefd=False) as stream:
                    return _kept(stream, name)
            start = os.read(descriptor, 2)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SourceError(f"{name}: {reason(error)}") from error
    size = status.st_size
    if start == GZIP_MAGIC:
        return InputFile(name, None, lambda: cast(IO[bytes], Unpacked(path, "rb")), explicit, namespace, size)
    if start in UTF_16:
        return InputFile(name, None, lambda: recoded(open(path, "rb", buffering=0)), explicit, namespace, size)
    return InputFile(name, size, lambda: open(path, "rb", buffering=0), explicit, namespace, size)


def from_standard_input() -> InputFile:
    """Standard input. Raises SourceError where it is closed, or where there is no place to keep it."""
    if sys.stdin is None:
        raise SourceError("-: standard input is closed")
    try:
        return _kept(sys.stdin.buffer, "-")
    except OSError as error:
        raise SourceError(f"-: cannot be kept below {tempfile.gettempdir()}: {reason(error)}") from error


def _kept(stream: IO[bytes] | io.RawIOBase, name: str) -> InputFile:
    """What can be read only once, copied to an unnamed file: it is read in shards, and for positions."""
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(cast(IO[bytes], stream), file, 1 << 20)
        file.flush()
        kept = _Kept(os.dup(file.fileno()))
    size = os.fstat(kept.descriptor).st_size
    start = os.pread(kept.descriptor, 2, 0)
    if start == GZIP_MAGIC:
        return InputFile(name, None, lambda: cast(IO[bytes], Unpacked(fileobj=_unshared(kept))), stored=size)
    if start in UTF_16:
        return InputFile(name, None, lambda: recoded(_unshared(kept)), stored=size)
    return InputFile(name, size, lambda: _unshared(kept), stored=size)


def _unshared(kept: _Kept) -> IO[bytes]:
    return cast(IO[bytes], _Descriptor(kept.descriptor))


class _Kept:
    """A file without a name, which is gone with the last input that reads it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)


class _Descriptor(io.RawIOBase):
    """Reads a file descriptor at an offset of its own, so that forked readers do not share one."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._offset = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        size = os.preadv(self._descriptor, [buffer], self._offset)
        self._offset += size
        return size

    def seek(self, offset: int, whence: int = 0, /) -> int:
        if whence == os.SEEK_END:
            offset += os.fstat(self._descriptor).st_size
        self._offset = offset + (self._offset if whence == os.SEEK_CUR else 0)
        return self._offset
