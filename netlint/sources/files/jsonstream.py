"""JSON of any size: lists in windows, JSON Lines, single documents.

A list is cut where one item ends and the next begins, as its first item shows the layout. Inside a JSON
string that sequence cannot stand, because its quotes (compact form) or its line break (indented form)
would be escaped there; where it stands deeper inside an item, the window does not decode, and an earlier
cut is tried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from netlint.objects import Kind
from netlint.snapshot import Form
from netlint.sources.decoding import losses
from netlint.sources.decoding.heads import HEAD, Head, list_kind
from netlint.sources.decoding.items import listed, take
from netlint.sources.decoding.sink import Sink
from netlint.sources.files.cursor import SPACE, Cursor
from netlint.sources.finding.input_files import InputFile, next_place
from netlint.yamltext import Unreadable

HEADER = 64 << 10
CUTS_TRIED = 64
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ANYTHING = msgspec.json.Decoder(msgspec.Raw)
_OPEN_ITEMS = b'{"items":['
_ITEMS_KEY = re.compile(rb'"items"[ \t\r\n]*:[ \t\r\n]*\[')
_FIRST_ITEM = re.compile(rb'([ \t\r\n]*)\{([ \t\r\n]*"(?:[^"\\]|\\.)*")?(:[ ])?')
_JSON_START = re.compile(rb'(?:\xef\xbb\xbf)?[ \t\r\n]*(?:\{[ \t\r\n]*["}]|\[[ \t\r\n]*[\[{\]])')
_BYTE = re.compile(r" \(byte (\d+)\)")
TRAILING = "trailing characters"  # behind the end of the list
PROBLEMS = {"Input data was truncated": "the JSON ends too early: the file is truncated"}


def is_json(text: bytes) -> bool:
    """Whether a text begins as JSON does; ``{kind: Pod}`` is YAML in flow style."""
    return _JSON_START.match(text) is not None


@dataclass(frozen=True, slots=True)
class JsonLayout:
    """How a list is written: where its first item starts, what parts its items, which kind they have.

    ``boundary`` reaches from the brace that closes an item into the next item; its first ``parted``
    bytes belong to neither.
    """

    first: int
    boundary: bytes
    parted: int
    kind: Kind | None

    @property
    def is_compact(self) -> bool:
        """Whether the list is one line, so that a line break ends it."""
        return b"\n" not in self.boundary


def layout_of(text: bytes, tail: Callable[[], bytes]) -> JsonLayout | None:
    """The layout of the list that the text begins with; None where it is no list with items.

    ``tail`` gives the end of the text.
    """
    for match in _ITEMS_KEY.finditer(text, 0, HEADER):
        try:
            head = HEAD.decode(text[: match.end()] + b"]}")
        except (msgspec.DecodeError, RecursionError):
            continue
        first = _FIRST_ITEM.match(text, match.end())
        if first is None:
            return None
        if head.kind is None:  # sorted JSON has the kind behind the items
            head = _head_behind(tail()) or head
        space, key = first[1], first[2] or b""
        indented = b"\n" in space
        after_comma = b" " if first[3] and not space else space  # Python writes {"a": 1}, {"a": 2}
        parted = (space if indented else b"") + b"}," + after_comma
        boundary = parted + b"{" + (b"" if indented else key)
        return JsonLayout(match.end() + len(space), boundary, len(parted), list_kind(head))
    return None


def _head_behind(tail: bytes) -> Head | None:
    for match in re.finditer(rb"\]", tail):
        try:
            return HEAD.decode(_OPEN_ITEMS + tail[match.start() :])
        except msgspec.DecodeError:
            continue
    return None


def read(cursor: Cursor, sink: Sink) -> None:
    """Read all JSON documents from the cursor on.

    Raises Unreadable where the text stops being JSON; what stands before that has been taken in.
    """
    if cursor.text.startswith(BYTE_ORDER_MARK):
        cursor.use(len(BYTE_ORDER_MARK))
    cursor.skip_space()
    in_lines = False
    while cursor.text:
        layout = layout_of(cursor.text, cursor.tail)
        if layout is not None:
            cursor.use(layout.first)
            read_items(cursor, sink, layout, last=True)
        elif _begins_with_line(cursor.text):
            read_lines(cursor, sink)
            in_lines = True
        elif in_lines and (size := _broken_line(cursor.text)):
            _pass_over(cursor, sink, size)
        else:
            while cursor.fill():
                pass
            _read_documents(cursor, sink)
        cursor.skip_space()


def read_items(cursor: Cursor, sink: Sink, layout: JsonLayout, last: bool) -> None:
    """Read the items of a list up to the end of the list (``last``), or up to the cursor's end.

    Raises msgspec.DecodeError where the cursor's end turns out to be no boundary of items.
    """
    namespaces: set[str] = set()
    while cursor.fill() and not (layout.is_compact and b"\n" in cursor.text):
        size = _take_window(cursor, sink, layout, namespaces)
        if not size and last and _document_end(_OPEN_ITEMS + cursor.text) >= 0:
            break  # another document follows in the same window
        cursor.use(size)
    if last:
        cursor.use(_take_last(cursor, sink, layout, namespaces))
    else:
        items = cursor.text.rstrip(SPACE).removesuffix(b",")
        window = cursor.window(len(items), Form.JSON_ITEMS)
        namespaces |= take(sink, b"[" + items + b"]", window, layout.kind)
        cursor.use(len(cursor.text))
    listed(sink, layout.kind, namespaces)


def _take_window(cursor: Cursor, sink: Sink, layout: JsonLayout, namespaces: set[str]) -> int:
    """Take in the items that are complete; gives the number of bytes up to the next item.

    Raises Unreadable where the first item is no JSON, wherever it ends.
    """
    cut, broken = len(cursor.text), False
    for _ in range(CUTS_TRIED):
        cut = cursor.text.rfind(layout.boundary, 0, cut)
        if cut < 0:
            break
        end = cursor.text.index(b"}", cut) + 1
        window = cursor.window(end, Form.JSON_ITEMS)
        try:
            items = b"".join((b"[", memoryview(cursor.text)[:end], b"]"))
            namespaces |= take(sink, items, window, layout.kind)
        except (msgspec.DecodeError, RecursionError) as error:
            at = _position(error, end + 1)
            broken = at <= end and TRAILING not in str(error)
            cut = min(cut, at)
            continue
        return cut + layout.parted
    if broken:
        raise _unreadable(cursor, _OPEN_ITEMS + cursor.text, len(_OPEN_ITEMS))
    return 0


def _take_last(cursor: Cursor, sink: Sink, layout: JsonLayout, namespaces: set[str]) -> int:
    """Take in what is left of a list; gives the number of bytes up to the end of its document."""
    text = _OPEN_ITEMS + cursor.text
    size = _document_end(text)
    if size < 0:
        cursor.use(_take_window(cursor, sink, layout, namespaces))
        raise _unreadable(cursor, _OPEN_ITEMS + cursor.text, len(_OPEN_ITEMS))
    items = bytes(HEAD.decode(text[:size]).items)
    window = cursor.window(len(items) - 2, Form.JSON_ITEMS)
    namespaces |= take(sink, items, window, layout.kind)
    return size - len(_OPEN_ITEMS)


def _begins_with_line(text: bytes) -> bool:
    first = text.find(b"\n")
    return first > 0 and _is_document(text[:first])


def read_lines(cursor: Cursor, sink: Sink) -> None:
    """Read JSON Lines to the cursor's end, or to the first line that is no document by itself."""
    while cursor.text or cursor.fill():
        cut = cursor.text.rfind(b"\n") + 1
        if not cut and cursor.fill():
            continue
        text = cursor.text[: cut or len(cursor.text)]
        try:
            take(sink, _joined(text), cursor.window(len(text), Form.JSON_LINES))
        except (msgspec.DecodeError, RecursionError):
            text = _documents_before(text)
            take(sink, _joined(text), cursor.window(len(text), Form.JSON_LINES))
            cursor.use(len(text))
            return
        cursor.use(len(text))
        cursor.fill()


def _broken_line(text: bytes) -> int:
    """How long the first line is, where no line behind it makes it a document; 0 where one may."""
    size = text.find(b"\n") + 1
    following = text.find(b"\n", size) + 1
    if not (size and following):
        return 0
    try:
        HEAD.decode(text[:following])
    except msgspec.ValidationError:
        return 0
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        return 0 if str(error) in PROBLEMS else size
    return 0


def _pass_over(cursor: Cursor, sink: Sink, size: int) -> None:
    line = cursor.text[:size]
    losses.unreadable(sink, line, 0, _unreadable(cursor, cursor.text, 0), cursor.source.name)
    cursor.use(size)


def _joined(lines: bytes) -> bytes:
    """Lines as a JSON array."""
    return b"[" + b",".join(line for line in lines.split(b"\n") if line.strip(SPACE)) + b"]"


def _documents_before(lines: bytes) -> bytes:
    """The lines before the first one that is no document."""
    size = 0
    for line in lines.splitlines(keepends=True):
        if line.strip(SPACE) and not _is_document(line):
            break
        size += len(line)
    return lines[:size]


def _is_document(text: bytes) -> bool:
    try:
        try:
            HEAD.decode(text)
        except msgspec.ValidationError:  # no object, and not read to its end
            _ANYTHING.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _read_documents(cursor: Cursor, sink: Sink) -> None:
    """Read the documents at hand, one after the other."""
    while cursor.text:
        length = _document_end(cursor.text)
        if length < 0:
            raise _unreadable(cursor, cursor.text, 0)
        window = cursor.window(length, Form.JSON_LINES)
        take(sink, b"[" + cursor.text[:length] + b"]", window)
        losses.find_duplicate_keys(sink, cursor.text[:length], window)
        cursor.use(length)
        cursor.skip_space()


def _document_end(text: bytes) -> int:
    """Where the JSON document at the beginning of the text ends; -1 where there is none."""
    stripped = text.rstrip(SPACE)
    if _is_document(stripped):
        return len(stripped)
    decoded = text.decode("utf-8", "surrogateescape")
    try:
        _, end = json.JSONDecoder().raw_decode(decoded)
    except (ValueError, RecursionError):
        return -1
    return len(decoded[:end].encode("utf-8", "surrogateescape"))


def _unreadable(cursor: Cursor, text: bytes, added: int) -> Unreadable:
    """The error of a text that is no JSON; its first ``added`` bytes are not in the file."""
    problem, at = "no JSON", len(text)
    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        problem = _BYTE.sub("", str(error)).removeprefix("JSON is malformed: ")
        problem = PROBLEMS.get(problem, problem)
        at = _position(error, at)
    except RecursionError:
        problem, at = "nested too deeply", added
    except UnicodeDecodeError:
        problem, at = "not UTF-8", added
    before = text[added:at]
    column = len(before) - before.rfind(b"\n")
    return Unreadable(problem, cursor.lines + before.count(b"\n") + 1, column)


def _position(error: BaseException, otherwise: int) -> int:
    """At which byte a text stops being JSON, where the error tells it."""
    match = _BYTE.search(str(error))
    return int(match[1]) if match else otherwise


def shares(source: InputFile, layout: JsonLayout, readers: int) -> Iterator[tuple[int, int | None]]:
    """The list cut into one range of items for each reader; the last range has no end.

    A cut may stand inside an item, or in another list that follows; then a range does not decode.
    """
    assert source.size is not None
    start = layout.first
    for number in range(1, readers):
        cut = next_place(source, source.size * number // readers, layout.boundary)
        if cut > start:
            yield start, cut + layout.parted
            start = cut + layout.parted
    yield start, None
