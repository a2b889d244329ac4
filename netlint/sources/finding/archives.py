"""Members of tar and zip archives, streamed one after the other; nothing is extracted to disk."""

from __future__ import annotations

import io
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, cast

from netlint.errors import SourceError
from netlint.sources.finding.input_files import GZIP_MAGIC, InputFile, Stream, Unpacked, printable, read_exactly, reason

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # the second begins an archive without members
TAR_MAGIC = b"ustar"
TAR_MAGIC_OFFSET = 257
EMPTY_TAR = bytes(TAR_MAGIC_OFFSET + len(TAR_MAGIC))  # the zeros that end every tar archive
UNREAD = {
    rb"BZh[1-9]1AY&SY": "bzip2",
    rb"\xfd7zXZ\x00": "xz",
    rb"\x28\xb5\x2f\xfd": "zstd",
    rb"\x04\x22\x4d\x18": "lz4",
    rb"7z\xbc\xaf\x27\x1c": "7-Zip",
}
"""How files begin that are compressed in another way than gzip and zip, which are read."""
STEP = 256 << 10
ENCRYPTED = 1
CORRUPT = (
    OSError,
    EOFError,
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
)
TRUNCATED = "the archive ends too early: the file is truncated"
DAMAGED = "the archive is corrupt"
REASONS = {
    "File is not a zip file": TRUNCATED,  # the list of its members is at the end
    "That compression method is not supported": "compressed in a way that cannot be read here",
    "bad checksum": DAMAGED,
    "empty header": TRUNCATED,
    "truncated header": TRUNCATED,
    "unexpected end of data": TRUNCATED,
}


@dataclass(frozen=True)
class Archive:
    """An archive.

    ``source``: its bytes, unpacked where it is compressed as a whole; ``left_out``: members that are not read
    as objects; ``namespaces``: what the places of members in a dump say about the objects in them.
    """

    source: InputFile
    zipped: bool
    left_out: frozenset[str] = frozenset()
    namespaces: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.source.name

    def members(self) -> Iterator[tuple[str, Stream]]:
        """Name and bytes of each regular file, in the order of the archive.

        Raises SourceError where the archive is corrupt; the members before that have been given. Reading
        a corrupt member raises it too; in a zip archive others may follow.
        """
        try:
            yield from self._zip_members() if self.zipped else self._tar_members()
        except CORRUPT as error:
            raise SourceError(f"{self.name}: {_reason(error)}") from error

    def member(self, name: str) -> InputFile:
        """One member as an input that can be opened again: by streaming to it."""

        def opener() -> IO[bytes]:
            return cast(IO[bytes], _Member(self, name))

        return InputFile(f"{self.name}/{name}", None, opener, explicit=False, namespace=self.namespaces.get(name))

    def _tar_members(self) -> Iterator[tuple[str, Stream]]:
        with (
            self.source.opener() as packed,
            tarfile.open(fileobj=packed, mode="r|", bufsize=STEP, tarinfo=_TarEntry) as archive,
        ):
            for entry in archive:
                stream = archive.extractfile(entry) if entry.isreg() else None
                if stream is None:
                    continue
                guarded = _Guarded(stream, self.name)
                name = printable(entry.name.removeprefix("./").lstrip("/"))
                yield name, _Text(guarded, f"{self.name}/{name}")
                if guarded.failed:
                    return
            while packed.read(STEP):  # up to the checksum
                pass

    def _zip_members(self) -> Iterator[tuple[str, Stream]]:
        with io.BufferedReader(cast(io.RawIOBase, self.source.opener())) as file, zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if not (entry.is_dir() or stat.S_ISLNK(entry.external_attr >> 16)):
                    yield entry.filename, self._zip_member(archive, entry)

    def _zip_member(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Stream:
        name = f"{self.name}/{entry.filename}"
        if entry.flag_bits & ENCRYPTED:
            return _Refused(f"{name}: it is encrypted; unpack it first")
        try:
            return _Text(_Guarded(archive.open(entry), name), name)
        except CORRUPT as error:
            return _Refused(f"{name}: {_reason(error)}")


class _TarEntry(tarfile.TarInfo):
    """A header; one that is cut off or corrupt raises, where tarfile takes it for the end of the archive."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _TarEntry:
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise OSError(str(error)) from error


class _Guarded:
    """Bytes of an archive; SourceError where they are corrupt."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream = stream
        self._name = name
        self.failed = False

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self._stream.read(size))
        except CORRUPT as error:
            self.failed = True
            raise SourceError(f"{self._name}: {_reason(error)}") from error


class _Text:
    """A member's text: unpacked where it is compressed, which its first bytes tell."""

    def __init__(self, stream: Stream, name: str) -> None:
        self._stream = stream
        self._name = name
        self._text: Stream | None = None

    def read(self, size: int, /) -> bytes:
        if self._text is None:
            start = self._stream.read(len(GZIP_MAGIC))
            self._text = _Joined(start, self._stream)
            if start == GZIP_MAGIC:
                self._text = _Guarded(Unpacked(fileobj=cast(IO[bytes], self._text)), self._name)
        return self._text.read(size)


class _Joined:
    """A stream of which the start has been read already."""

    def __init__(self, start: bytes, rest: Stream) -> None:
        self._start = start
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        start, self._start = self._start[:size], self._start[size:]
        return start or self._rest.read(size)


class _Refused:
    """A member that cannot be opened; whoever reads it learns why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def read(self, _: int, /) -> bytes:
        raise SourceError(self._why)


class _Member:
    """Opens an archive up to one member; closing it closes the archive."""

    def __init__(self, archive: Archive, name: str) -> None:
        self._members = archive.members()
        self._stream = next((stream for member, stream in self._members if member == name), None)

    def __enter__(self) -> Stream:
        if self._stream is None:
            raise SourceError("the member is no longer in the archive")
        return self._stream

    def __exit__(self, *_: object) -> None:
        self._members.close()  # type: ignore[attr-defined]


def as_archive(source: InputFile) -> Archive | None:
    """The archive that a file is, by its first bytes; None where it is none.

    Raises SourceError where it is packed in a way that is not read.
    """
    try:
        with source.open() as stream:
            start = read_exactly(stream, len(EMPTY_TAR))
    except SourceError:
        return None  # whoever reads it as a text says what is wrong
    for magic, how in UNREAD.items():
        if re.match(magic, start):
            raise SourceError(f"{source.name}: {how} is not read; unpack it, or pack it with gzip or as zip")
    zipped = start.startswith(ZIP_MAGIC) and source.size is not None
    if zipped or start == EMPTY_TAR or start[TAR_MAGIC_OFFSET:] == TAR_MAGIC:
        return Archive(source, zipped)
    return None


def _reason(error: BaseException) -> str:
    text = reason(error)
    return DAMAGED if text.startswith("Bad CRC-32") else REASONS.get(text, text)
