"""YAML of any size: documents, and the items of one large list, in windows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from netlint import yamltext
from netlint.objects import Kind
from netlint.snapshot import Form, Spot, Window
from netlint.sources.decoding import losses
from netlint.sources.decoding.heads import Head, list_kind
from netlint.sources.decoding.items import listed, take
from netlint.sources.decoding.sink import Sink
from netlint.sources.files.cursor import Cursor
from netlint.sources.finding.input_files import TAIL, InputFile, next_place
from netlint.yamltext import UnknownAlias, Unreadable

SEPARATOR = b"\n---"
_LIST = re.compile(
    rb"(?:---[ \t]*+\n)?(?:(?:apiVersion|kind):[^\n]*+\n|metadata:[^\n]*+\n(?:[ ][^\n]*+\n)*+)*+items:[ ]*+\n([ ]*)- "
)
_AFTER_ITEMS = re.compile(rb"\n(?=[^ \n#-]|---)")
_TOP_LEVEL = re.compile(rb"^(apiVersion|kind):[ ]*([A-Za-z0-9./]+)[ ]*$", re.MULTILINE)


class AnchoredError(Exception):
    """An item of a list refers to another one, so that the list has to be read as a whole."""


@dataclass(frozen=True, slots=True)
class YamlLayout:
    """How a large list is written: where its first item starts, how far its items are indented."""

    first: int
    indent: bytes
    kind: Kind | None

    @property
    def boundary(self) -> bytes:
        """What stands between two items."""
        return b"\n" + self.indent + b"- "


def layout_of(text: bytes, tail: Callable[[], bytes]) -> YamlLayout | None:
    """The layout of the list that the text begins with; None where it is no list.

    ``tail`` gives the end of the text.
    """
    match = _LIST.match(text)
    if match is None:
        return None
    names = dict(_TOP_LEVEL.findall(text[: match.end()]))
    if b"kind" not in names:
        names |= dict(_TOP_LEVEL.findall(tail()))
    head = Head(names.get(b"apiVersion", b"").decode(), names.get(b"kind", b"").decode())
    return YamlLayout(match.start(1), match[1], list_kind(head))


def read(cursor: Cursor, sink: Sink) -> None:
    """Read all documents up to the cursor's end.

    A document that is no YAML is recorded in the snapshot. Raises Unreadable for one that is too large.
    """
    more = True
    while more:
        more = cursor.fill()
        end = cursor.text.rfind(SEPARATOR) + 1 if more or cursor.cut_off else len(cursor.text)
        if end:
            _take_documents(cursor, sink, end)
            continue
        layout = None if cursor.is_whole else layout_of(cursor.text, cursor.tail)
        if layout is not None:
            cursor.use(layout.first)
            read_items(cursor, sink, layout)


def _take_documents(cursor: Cursor, sink: Sink, size: int) -> None:
    text = cursor.text[:size]
    window = cursor.window(size, Form.YAML)
    converted = [_convert(text, start, end, window, sink) for start, end in yamltext.split(text)]
    take(sink, b"[" + b",".join(converted) + b"]", window)
    cursor.use(size)


def read_items(cursor: Cursor, sink: Sink, layout: YamlLayout) -> None:
    """Read the items of a large list, whatever follows them in its document, up to the cursor's end."""
    namespaces: set[str] = set()
    while True:
        more = cursor.fill()
        after = _AFTER_ITEMS.search(cursor.text)
        is_whole = not (more or cursor.cut_off)
        end = after.end() if after else len(cursor.text) if is_whole else cursor.text.rfind(layout.boundary) + 1
        if not end and more:
            continue
        namespaces |= _take_items(cursor, sink, layout, end)
        if after or not more:
            break
    listed(sink, layout.kind, namespaces)


def _take_items(cursor: Cursor, sink: Sink, layout: YamlLayout, size: int) -> set[str]:
    namespaces = _take_listed(cursor.text[:size], cursor.window(size, Form.YAML_ITEMS), layout, sink)
    cursor.use(size)
    return namespaces


def _take_listed(text: bytes, window: Window, layout: YamlLayout, sink: Sink) -> set[str]:
    converted = [
        item[1:-1] if (item := _convert(text, start, end, window, sink))[:1] == b"[" else b"null"
        for start, end in item_ranges(text, layout.boundary)
    ]
    return take(sink, b"[" + b",".join(converted) + b"]", window, layout.kind)


def item_ranges(text: bytes, boundary: bytes) -> Iterator[tuple[int, int]]:
    """The ranges of the items of a block sequence, each with its own dash."""
    start = 0
    while start < len(text):
        at = text.find(boundary, start)
        end = at + 1 if at >= 0 else len(text)
        yield start, end
        start = end


def _convert(text: bytes, start: int, end: int, window: Window, sink: Sink) -> bytes:
    """One document as JSON; ``null`` for one that cannot be read, which is recorded."""
    document = text[start:end]
    try:
        listed = _convert_list(document)
        converted = yamltext.Exact(listed, ()) if listed else yamltext.to_json(document)
    except UnknownAlias as error:
        if window.form is Form.YAML_ITEMS:
            raise AnchoredError from error
        losses.unreadable(sink, document, _line(window, text, start), error, window.file)
        return b"null"
    except Unreadable as error:
        if window.form is not Form.YAML or not _take_broken_list(document, start, text, window, sink):
            losses.unreadable(sink, document, _line(window, text, start), error, window.file)
        return b"null"
    for duplicate in converted.duplicates:
        line = _line(window, text, start) + duplicate.line
        losses.duplicate_key(sink, Spot(window.file, line, duplicate.column), duplicate.path, document)
    return converted.json


def _take_broken_list(document: bytes, start: int, text: bytes, window: Window, sink: Sink) -> bool:
    """Take what can be read of a document that cannot, if it is a list; whether an item was what cannot."""
    layout = layout_of(document, lambda: document[-TAIL:])
    if layout is None:
        return False
    after = _AFTER_ITEMS.search(document, layout.first)
    items = document[layout.first : after.end() if after else len(document)]
    first = window.start + start + layout.first
    lines = _line(window, text, start + layout.first)
    before = len(sink.snapshot.unreadable)
    _take_listed(items, Window(window.file, first, first + len(items), lines, Form.YAML_ITEMS), layout, sink)
    return len(sink.snapshot.unreadable) > before


def _convert_list(document: bytes) -> bytes | None:
    """A small list item by item, which is faster because its items look alike.

    None where it is no list, or where an item cannot stand alone (an anchor, a duplicate key).
    """
    match = _LIST.match(document)
    if match is None:
        return None
    after = _AFTER_ITEMS.search(document, match.start(1))
    end = after.end() if after else len(document)
    rest = document[: match.start(1)].rstrip() + b" []\n" + document[end:]
    listed = document[match.start(1) : end]
    try:
        head = yamltext.to_json(rest)
        ranges = item_ranges(listed, b"\n" + match[1] + b"- ")
        items = [yamltext.to_json(listed[first:last]) for first, last in ranges]
    except Unreadable:
        return None
    if head.duplicates or any(item.duplicates for item in items) or head.json.count(b'"items":[]') != 1:
        return None
    return head.json.replace(b'"items":[]', b'"items":[' + b",".join(item.json[1:-1] for item in items) + b"]")


def _line(window: Window, text: bytes, start: int) -> int:
    """Line breaks before the document in its file."""
    return window.lines + text.count(b"\n", 0, start)


def shares(source: InputFile, layout: YamlLayout | None, readers: int) -> Iterator[tuple[int, int | None]]:
    """The text cut into one range for each reader, between documents or between items of the list."""
    assert source.size is not None
    boundary = layout.boundary if layout else SEPARATOR
    start = layout.first if layout else 0
    for number in range(1, readers):
        cut = next_place(source, source.size * number // readers, boundary)
        if cut > start:
            yield start, cut + 1
            start = cut + 1
    yield start, None
