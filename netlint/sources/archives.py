"""Members of tar and zip archives, streamed one after the other; nothing is extracted to disk."""

from __future__ import annotations

import gzip
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from netlint.errors import SourceError
from netlint.sources.inputs import GZIP_MAGIC, Input, reason

ZIP_MAGIC = b"PK\x03\x04"
TAR_MAGIC = b"ustar"
TAR_MAGIC_OFFSET = 257
CORRUPT = (
    OSError,
    EOFError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class Archive:
    """An archive on disk."""

    path: Path
    name: str
    zipped: bool

    def members(self) -> Iterator[tuple[str, IO[bytes]]]:
        """Name and bytes of each regular file, in the order of the archive.

        Raises SourceError where the archive is corrupt; the members before that have been given.
        """
        try:
            yield from self._zip_members() if self.zipped else self._tar_members()
        except CORRUPT as error:
            raise SourceError(f"{self.name}: {reason(error)}") from error

    def member(self, name: str) -> Input:
        """One member as an input that can be opened again: by streaming to it."""
        return Input(f"{self.name}/{name}", None, lambda: cast(IO[bytes], _Member(self, name)), explicit=False)

    def _tar_members(self) -> Iterator[tuple[str, IO[bytes]]]:
        with tarfile.open(self.path, "r|*") as archive:
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() else None
                if stream is not None:
                    yield entry.name.removeprefix("./"), self._guarded(stream)

    def _zip_members(self) -> Iterator[tuple[str, IO[bytes]]]:
        with zipfile.ZipFile(self.path) as archive:
            for entry in archive.infolist():
                if not (entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16)):
                    with archive.open(entry) as stream:
                        yield entry.filename, self._guarded(stream)

    def _guarded(self, stream: IO[bytes]) -> IO[bytes]:
        return cast(IO[bytes], _Guarded(stream, self.name))


class _Guarded:
    """A member's bytes; SourceError where they are corrupt."""

    def __init__(self, stream: IO[bytes], archive: str) -> None:
        self._stream = stream
        self._archive = archive

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except CORRUPT as error:
            raise SourceError(f"{self._archive}: {reason(error)}") from error


class _Member:
    """Opens an archive up to one member; closing it closes the archive."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._members = archive.members()
        self._stream = next((stream for found, stream in self._members if found == name), None)

    def __enter__(self) -> IO[bytes]:
        if self._stream is None:
            raise SourceError("the member is no longer in the archive")
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._members.close()  # type: ignore[attr-defined]


def as_archive(path: Path, name: str) -> Archive | None:
    """The archive that a file is, by its first bytes; None where it is none."""
    try:
        with path.open("rb") as stream:
            start = stream.read(TAR_MAGIC_OFFSET + len(TAR_MAGIC))
        if start[: len(GZIP_MAGIC)] == GZIP_MAGIC:
            with _unpacked(path) as stream:
                start = stream.read(TAR_MAGIC_OFFSET + len(TAR_MAGIC))
    except (OSError, EOFError, zlib.error):
        return None  # whoever reads it as a text says what is wrong
    if start.startswith(ZIP_MAGIC):
        return Archive(path, name, zipped=True)
    return Archive(path, name, zipped=False) if start[TAR_MAGIC_OFFSET:] == TAR_MAGIC else None


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    with gzip.open(path, "rb") as stream:
        yield stream  # type: ignore[misc]
