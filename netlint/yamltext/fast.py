"""The fast reader: ordinary block YAML, as people write it and `kubectl get -o yaml` prints it.

A line is a *prefix* (indentation, dashes, key) and a value; documents repeat most of their lines, so what a line
says is found out once. A document in which a value goes on over several lines, as quoted and plain text may, is
cut by one regular expression; whatever that leaves between the lines has to be blank or a comment, so that every
byte is accounted for.

The prefixes are the document's shape; the JSON around the values is made once per shape (`json_templates`). Anything
outside this grammar is left to the exact reader.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from . import json_templates, scalars
from .bounded import Bounded
from .json_templates import LINES, JsonTemplate, compile_shape
from .lines import BETWEEN, BLOCK, LINE, LINE_OR_BLOCK
from .scalars import Irregular, block_to_json, joined

_LONGEST_LINE_CACHED = 256
_MOST_LINES_CACHED = 10_000
_LONGEST_CACHED = 10_000  # lines of a shape
_MOST_CACHED = 100_000  # lines of all shapes
_EMPTY = b"null"
_START = re.compile(rb"---(?: *+| ++#[ -~\x80-\xff]*+)\n")
# What libyaml does not read, takes for a line break or skips at the start of a line.
_SPECIAL = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _TemplateCache(Bounded[tuple[bytes, ...], JsonTemplate | None]):
    """Shape to its template (None for one that is not covered), made on demand."""

    def __init__(self) -> None:
        super().__init__(_MOST_CACHED)

    def __missing__(self, shape: tuple[bytes, ...]) -> JsonTemplate | None:
        template: JsonTemplate | None
        try:
            template = compile_shape(shape)
        except Irregular:
            template = None
        if len(shape) <= _LONGEST_CACHED:
            self.keep(shape, template, len(shape))
        return template


_Entry = tuple[bytes, bytes] | None
"""The prefix of a line and the JSON of its value; None for a blank line or a comment."""


class _LineCache(dict[bytes, _Entry]):
    """Line to its entry, made on demand; bounded by number, as counting bytes costs time for every line."""

    def __missing__(self, line: bytes) -> _Entry:
        """Read the line, or raise `Irregular` where it is not one by itself."""
        match = LINE.fullmatch(line + b"\n")
        if match is None and not BETWEEN.fullmatch(line + b"\n"):
            raise Irregular
        entry = (match[1], scalars.to_json(match[2])) if match else None
        if len(line) <= _LONGEST_LINE_CACHED:
            if len(self) >= _MOST_LINES_CACHED:
                self.clear()
            self[line] = entry
        return entry


_templates = _TemplateCache()
_lines = _LineCache()


def forget() -> None:
    """Empty the caches."""
    _templates.clear()
    _lines.clear()
    json_templates.forget()


def to_json(document: bytes) -> bytes | None:
    """JSON of one document (as `documents.split` cuts them), or None if the exact reader has to be asked.

    None says nothing about the document; a JSON is what the exact reader gives, and no key is repeated.
    """
    text = _content(document)
    if text is None:
        return None
    for read in (_line_by_line, _with_long_values):
        try:
            json = read(text)
        except Irregular:
            continue
        return None if json == _EMPTY and b"\n..." in document else json  # nothing that "..." could end
    return None


def _content(document: bytes) -> bytes | None:
    """Without the marks of its beginning and its end; None for one that has to be left to the exact reader."""
    if not document.isascii() and not _is_readable(document):
        return None
    if document.startswith(b"---"):
        start = _START.match(document)
        if start is None:
            return None
        document = document[start.end() :]
    if not document.endswith(b"\n"):
        document += b"\n"
    return document.removesuffix(b"...\n") if document.endswith(b"\n...\n") else document


def _line_by_line(text: bytes) -> bytes:
    """A document in which every line stands by itself, except those of block scalars."""
    lines = list(filter(None, _entries(text)))
    if not lines:
        return _EMPTY
    prefixes, jsons = zip(*lines, strict=True)
    template = _template(prefixes)
    if template.continued:
        raise Irregular
    return _filled(template, jsons)


def _entries(text: bytes) -> Iterable[_Entry]:
    if b"|" not in text and b">" not in text:  # a single byte is found many times faster than two, or a pattern
        return map(_lines.__getitem__, text.split(b"\n"))
    entries: list[_Entry] = []
    done = 0
    for block in BLOCK.finditer(text):
        start = text.rfind(b"\n", 0, block.start()) + 1
        prefix = text[start : block.start()]
        entries += map(_lines.__getitem__, text[done:start].split(b"\n"))
        entries.append((prefix, block_to_json(block[0][:-1], LINES[prefix].inner)))
        done = block.end()
    entries += map(_lines.__getitem__, text[done:].split(b"\n"))
    return entries


def _template(prefixes: tuple[bytes, ...]) -> JsonTemplate:
    template = _templates[prefixes]
    if template is None:
        raise Irregular
    return template


def _filled(template: JsonTemplate, jsons: Iterable[bytes]) -> bytes:
    filled = template.texts_and_holes.copy()
    filled[1::2] = jsons
    return b"".join(filled)


def _with_long_values(text: bytes) -> bytes:
    """A document with values that go on over several lines."""
    cut = _cut(text)
    template = _template(tuple(cut.prefixes))
    _join(cut, template)
    blocks = _blocks(cut)
    jsons = list(map(scalars.to_json, cut.values))
    for at, json in blocks.items():
        jsons[at] = json
    return _filled(template, jsons)


class _Cut(NamedTuple):
    """The lines of a document by their parts; ``between``: what stands before each line, and after the last."""

    between: list[bytes]
    prefixes: list[bytes]
    values: list[bytes]


def _cut(text: bytes) -> _Cut:
    lines: list[bytes] = LINE_OR_BLOCK.split(text)
    step = LINE_OR_BLOCK.groups + 1
    between = lines[::step]
    if any(between) and not all(map(BETWEEN.fullmatch, filter(None, between))):
        raise Irregular
    return _Cut(between, lines[1::step], lines[2::step])


def _is_readable(document: bytes) -> bool:
    try:
        return _SPECIAL.search(document.decode()) is None
    except UnicodeDecodeError:
        return False


def _join(cut: _Cut, template: JsonTemplate) -> None:
    """Move every value that goes on over several lines to the first of them."""
    values = cut.values
    for first, last in template.continued:
        if any(cut.between[first + 1 : last + 1]):  # a comment or a blank line
            raise Irregular
        values[first] = joined(values[first : last + 1])
        values[first + 1 : last + 1] = [b""] * (last - first)


def _blocks(cut: _Cut) -> dict[int, bytes]:
    """JSON of the block scalars by their line; they are taken out of the values."""
    blocks: dict[int, bytes] = {}
    for at, value in enumerate(cut.values):
        if value[:1] in (b"|", b">"):
            blocks[at] = block_to_json(value, LINES[cut.prefixes[at]].inner)
            cut.values[at] = b""
    return blocks
