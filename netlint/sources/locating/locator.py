"""Where a field stands in its file, looked up only for what is reported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint import yamltext
from netlint.errors import SourceError
from netlint.objects.meta import Path
from netlint.snapshot import Form, Origins, Place, Spot, Window
from netlint.sources.finding.input_files import InputFile, Stream, read_exactly
from netlint.sources.finding.targets import Targets
from netlint.sources.locating import json_positions
from netlint.sources.locating.window_documents import Document, documents_of

BEFORE, AFTER = 2, 1  # lines shown around a field
LONGEST_LINE = 1000
NAME: Path = ("metadata", "name")  # where an object as a whole is shown
LEAD = 4096  # bytes in which the beginning of a window's first line is looked for
CHUNK = 64 << 10


class FileLocator:
    """Opens the inputs again and finds fields in them."""

    def __init__(self, targets: Targets, origins: Origins) -> None:
        """``targets``: what has been read, ``origins``: where everything in it stands."""
        self._origins = origins
        self._inputs = {source.name: source for source in targets.inputs}
        self._archives = targets.archives
        self._line_starts: dict[tuple[str, int], int] = {}

    def around(self, spot: Spot) -> Place:
        """A place that is known, with the lines around it."""
        if spot.line is None:
            return Place(spot)
        first = max(1, spot.line - BEFORE)
        try:
            with self._input(spot.file).open() as stream:
                text = _after_lines(stream, first - 1)
        except SourceError:  # it has been deleted meanwhile
            return Place(spot)
        return _shown(spot, text.split(b"\n")[: spot.line + AFTER - first + 1], first, None)

    def fields(self, wanted: Sequence[tuple[int, Path]]) -> list[Place | None]:
        """The places of fields, each named by the origin of its object and its path; None for what is in no file."""
        origins = self._origins
        places: list[Place | None] = [None] * len(wanted)
        by_window: dict[int, list[int]] = {}
        for number, (origin, _) in enumerate(wanted):
            by_window.setdefault(origins.window[origin], []).append(number)
        for window_number, numbers in by_window.items():
            window = origins.windows[window_number]
            if window is None:
                continue
            fields = [(origins.ordinal[wanted[number][0]], wanted[number][1]) for number in numbers]
            for number, place in zip(numbers, self._in_window(window, fields), strict=True):
                places[number] = place
        return places

    def _in_window(self, window: Window, fields: list[tuple[int, Path]]) -> Iterator[Place | None]:
        """The places of fields of one window's objects, in their order."""
        try:
            unread, lead, text = self._text(window)
        except SourceError:  # it has been deleted meanwhile
            yield from [Place(Spot(window.file))] * len(fields)
            return
        documents = documents_of(window, text, {ordinal for ordinal, _ in fields})
        lines = (lead + text).split(b"\n")
        for ordinal, path in fields:
            document = documents.get(ordinal)
            if document is None:
                yield Place(Spot(window.file))
            else:
                yield _place(window, lines, unread, *_position(window, lead, text, document, path))

    def _text(self, window: Window) -> tuple[int, bytes, bytes]:
        """The window's bytes, what stands before them on their first line, and how many bytes before that."""
        begin = max(0, window.start - LEAD)
        with self._input(window.file).open(begin) as stream:
            text = read_exactly(stream, window.end - begin)
        before, text = text[: window.start - begin], text[window.start - begin :]
        if begin == 0 or b"\n" in before:
            return 0, before[before.rfind(b"\n") + 1 :], text
        return window.start - self._line_start(window), b"", text

    def _line_start(self, window: Window) -> int:
        """The byte at which the line begins that the window begins on."""
        line = window.file, window.lines
        if line not in self._line_starts:
            before = 0 if window.lines == 0 else _behind_break(self._input(window.file), window.start)
            self._line_starts[line] = before
        return self._line_starts[line]

    def _input(self, name: str) -> InputFile:
        if name in self._inputs:
            return self._inputs[name]
        for archive in self._archives:
            if name.startswith(archive.name + "/"):
                return archive.member(name.removeprefix(archive.name + "/"))
        raise SourceError(f"{name} is no longer there")


def _after_lines(stream: Stream, lines: int) -> bytes:
    """Some text behind so many line breaks: enough to be shown, but not a line of gigabytes."""
    text = b""
    while chunk := stream.read(CHUNK):
        breaks = chunk.count(b"\n")
        if breaks >= lines:
            text = chunk
            break
        lines -= breaks
    while lines > 0 and text:
        text, lines = text[text.find(b"\n") + 1 :], lines - 1
    return text + stream.read(CHUNK)


def _behind_break(source: InputFile, end: int) -> int:
    """The byte behind the last line break before ``end``."""
    if source.size is None:
        behind = at = 0
        with source.open() as stream:
            while at < end and (chunk := stream.read(min(CHUNK, end - at))):
                behind = at + chunk.rfind(b"\n") + 1 if b"\n" in chunk else behind
                at += len(chunk)
        return behind
    while end > 0:
        begin = max(0, end - CHUNK)
        with source.open(begin) as stream:
            at = read_exactly(stream, end - begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        end = begin
    return 0


def _position(window: Window, lead: bytes, text: bytes, document: Document, path: Path) -> tuple[int, int, int | None]:
    """Line (from 0), column and the column behind a field, counted from the beginning of the window's first line."""
    content = text[document.start : document.end]
    full = (*document.prefix, *(path or NAME))
    if window.form in {Form.YAML, Form.YAML_ITEMS}:
        line, column, end = yamltext.locate(content, full) or (1, 1, None)
    else:
        line, column, end = json_positions.locate(content, full)
    before = text[: document.start]
    if line == 1:
        first = before.rfind(b"\n") + 1
        shift = len((before[first:] if first else lead + before).decode("utf-8", "replace"))
        column, end = column + shift, end and end + shift
    return before.count(b"\n") + line - 1, column, end


def _place(window: Window, lines: list[bytes], unread: int, line: int, column: int, end: int | None) -> Place:
    """The spot with the lines around it, unless they are too long to be read.

    ``unread``: bytes of the first line that stand before ``lines``.
    """
    spot = Spot(window.file, window.lines + line + 1, column + (unread if line == 0 else 0))
    first = max(0, line - BEFORE)
    if unread and first == 0:
        return Place(spot)
    return _shown(spot, lines[first : line + 1 + AFTER], window.lines + first + 1, end)


def _shown(spot: Spot, lines: list[bytes], first: int, end: int | None) -> Place:
    if any(len(text) > LONGEST_LINE for text in lines):
        return Place(spot)
    while len(lines) > 1 and not lines[-1].strip():
        lines.pop()
    decoded = tuple(text.decode("utf-8", "replace").rstrip("\r\n") for text in lines)
    return Place(spot, decoded, first, end)
