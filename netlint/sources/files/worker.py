"""Reading tasks into one snapshot; whatever goes wrong is recorded in it and stops nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from dataclasses import dataclass

import msgspec

from netlint import yamltext
from netlint.errors import SourceError
from netlint.snapshot import Snapshot, extents
from netlint.snapshot.extents import Extent
from netlint.sources.decoding import losses, trailers
from netlint.sources.decoding.sink import Sink
from netlint.sources.files import jsonstream, yamlstream
from netlint.sources.files.cursor import STEP, Cursor
from netlint.sources.files.tasks import Share, Task
from netlint.sources.finding.archives import Archive
from netlint.sources.finding.input_files import InputFile, Stream, read_exactly
from netlint.sources.finding.targets import COMPRESSED, SUFFIXES
from netlint.yamltext import Unreadable

HEADER = 64 << 10
CONTINUED = bytes(range(0x80, 0xC0))  # what follows the first byte of a character in UTF-8
MALFORMED = "JSON is malformed: "
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)
_BYTE = re.compile(r" \(byte \d+\)$")


@dataclass(frozen=True, slots=True)
class ReadShare:
    """A share that was read, and what it added to the snapshot.

    Its lines were counted from its own beginning; see `processes`. ``is_torn``: the cuts are not
    between the items of one list, so that the whole file has to be read again; ``is_anchored``: its items refer to each
    other, so that its documents have to be read as a whole then.
    """

    file: str
    start: int
    lines: int
    is_torn: bool
    extent: Extent
    is_anchored: bool = False


class Worker:
    """Reads tasks one after the other."""

    def __init__(self, default_namespace: str, whole: Container[str] = ()) -> None:
        """Starts with an empty snapshot; ``whole``: files whose documents are not read in parts."""
        self.snapshot = Snapshot()
        self.shares: list[ReadShare] = []
        self._whole_files = whole
        self._sink = Sink(self.snapshot, default_namespace)

    def perform(self, task: Task) -> None:
        """Read one task."""
        for source in task.inputs:
            self._guarded(source, self._whole)
        if task.archive is not None:
            self._members(task.archive)
        if task.share is not None:
            share = task.share
            self._guarded(share.source, lambda _: self._share(share))

    def _guarded(self, source: InputFile, read: Callable[[InputFile], None]) -> None:
        self._sink.text = source
        before = extents.everything(self.snapshot)
        try:
            read(source)
        except SourceError as error:
            losses.lost(self._sink, error, source.name)
        except yamlstream.AnchoredError:
            extent = extents.added(self.snapshot, before)
            self.shares.append(ReadShare(source.name, 0, 0, is_torn=True, extent=extent, is_anchored=True))

    def _whole(self, source: InputFile) -> None:
        with source.open() as stream:
            self._text(source, stream)

    def _members(self, archive: Archive) -> None:
        try:
            for name, stream in archive.members():
                if name.endswith(SUFFIXES + COMPRESSED) and name not in archive.left_out:
                    self._guarded(archive.member(name), lambda source: self._text(source, stream))  # noqa: B023
        except SourceError as error:
            losses.lost(self._sink, error, archive.name)

    def _text(self, source: InputFile, stream: Stream) -> None:
        self.snapshot.reading.files += 1
        cursor = Cursor(source, stream)
        cursor.is_whole = source.name in self._whole_files
        cursor.fill()
        read = jsonstream.read if _is_json(cursor) else yamlstream.read
        self._readable(cursor, lambda: read(cursor, self._sink))
        if cursor.cut_off is not None:
            raise cursor.cut_off
        trailers.finish(self._sink, source.name)

    def _share(self, share: Share) -> None:
        before = extents.everything(self.snapshot)
        self.snapshot.reading.files += share.end is None
        with share.source.open(share.start) as stream:
            cursor = Cursor(share.source, stream, share.start, share.end)
            if share.layout is not None and share.start == share.layout.first:
                cursor.lines = _lines_before(share)
            is_torn = self._is_torn(cursor, share)
            if cursor.cut_off is not None:
                raise cursor.cut_off
        added = extents.added(self.snapshot, before)
        self.shares.append(ReadShare(share.source.name, share.start, cursor.lines, is_torn, added))

    def _is_torn(self, cursor: Cursor, share: Share) -> bool:
        """Read a share, and say whether it is anything but items of one list, or documents."""
        if share.layout is None:
            self._readable(cursor, lambda: yamlstream.read(cursor, self._sink))
            return False
        try:
            if isinstance(share.layout, jsonstream.JsonLayout):
                jsonstream.read_items(cursor, self._sink, share.layout, last=share.end is None)
            else:
                yamlstream.read_items(cursor, self._sink, share.layout)
                if share.end is None and yamlstream.SEPARATOR not in b"\n" + cursor.text:
                    yamlstream.read(cursor, self._sink)  # what the list says behind its items
            cursor.skip_space()
        except (Unreadable, msgspec.DecodeError, RecursionError):
            return True
        return bool(cursor.text)

    def _readable(self, cursor: Cursor, read: Callable[[], None]) -> None:
        try:
            read()
        except Unreadable as error:
            self._broken_off(cursor, error)
        except (msgspec.DecodeError, RecursionError) as error:
            problem = "nested too deeply" if isinstance(error, RecursionError) else _BYTE.sub("", str(error))
            self._broken_off(cursor, Unreadable(problem.removeprefix(MALFORMED), cursor.lines + 1, 1))

    def _broken_off(self, cursor: Cursor, error: Unreadable) -> None:
        """Record what cannot be read, and count the lines of the rest."""
        if cursor.cut_off is not None:
            return  # which is the reason
        start, before = _before(cursor)
        if error.line == cursor.lines + 1:
            error = Unreadable(error.problem, error.line, (error.column or 1) + before)
        is_end = not _more(cursor)
        text = cursor.text if is_end else cursor.text[:STEP]  # which tells whether it is about Kubernetes
        losses.broken_off(self._sink, start + text, is_end, error, cursor.source.name)
        while cursor.text:
            cursor.use(len(cursor.text))
            _more(cursor)


def _lines_before(share: Share) -> int:
    """Line breaks before the first item of a list."""
    with share.source.open() as stream:
        return read_exactly(stream, share.start).count(b"\n")


def _more(cursor: Cursor) -> bool:
    """Whether there is anything behind what is at hand."""
    try:
        return cursor.fill()
    except Unreadable:  # more than one document may have
        return True


def _is_json(cursor: Cursor) -> bool:
    """Whether a file is JSON; with a comment in it, say, it is YAML, as kubectl reads it."""
    if not jsonstream.is_json(cursor.text) or len(cursor.text) >= STEP or _more(cursor):
        return jsonstream.is_json(cursor.text)
    try:
        _ANYTHING.decode(cursor.text)
    except (msgspec.DecodeError, RecursionError):
        return not _is_yaml(cursor.text)
    return True


def _is_yaml(text: bytes) -> bool:
    try:
        for start, end in yamltext.split(text):
            yamltext.to_json(text[start:end])
    except Unreadable:
        return False
    return True


def _before(cursor: Cursor) -> tuple[bytes, int]:
    """How the file begins, and how many characters of the cursor's line stand before the cursor."""
    start, count, left = b"", 0, cursor.offset
    with cursor.source.open() as stream:
        while left and (chunk := stream.read(min(left, STEP))):
            start = start or chunk[:HEADER]
            left -= len(chunk)
            line = chunk[chunk.rfind(b"\n") + 1 :]
            count = len(line.translate(None, CONTINUED)) + (count if len(line) == len(chunk) else 0)
    return start, count
