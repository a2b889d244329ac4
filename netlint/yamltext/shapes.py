"""The fast reader: ordinary block YAML, as people write it and `kubectl get -o yaml` prints it.

A line is a *prefix* (indentation, dashes, key) and a value; documents repeat most of their lines, so what a line
says is found out once. A document in which a value goes on over several lines is cut by one regular expression;
whatever that leaves between the lines has to be blank or a comment, so that every byte is accounted for.

The prefixes are the document's shape; the JSON around the values is made once per shape (`templates`). Anything
outside this grammar is left to the exact reader.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from . import scalars, templates
from .lines import BETWEEN, LINE, LINE_OR_BLOCK
from .scalars import Irregular, block_to_json, joined
from .templates import LINES, Template, compile_shape

_LONGEST_LINE_CACHED = 256
_MOST_LINES_CACHED = 20_000
_LONGEST_CACHED = 256 << 10  # bytes of a shape
_MOST_CACHED = 2 << 20  # bytes of all shapes; their templates take a few times as much
_EMPTY = b"null"
_START = re.compile(rb"---(?: *+| ++#[ -~\x80-\xff]*+)\n")
# What libyaml does not read, takes for a line break or skips at the start of a line.
_SPECIAL = re.compile("[\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _TemplateCache(dict[bytes, Template | None]):
    """Shape to its template (None for one that is not covered), made on demand."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0

    def __missing__(self, shape: bytes) -> Template | None:
        template: Template | None
        try:
            template = compile_shape(shape.split(b"\n"))
        except Irregular:
            template = None
        if len(shape) <= _LONGEST_CACHED:
            self._keep(shape, template)
        return template

    def _keep(self, shape: bytes, template: Template | None) -> None:
        self._bytes += len(shape)
        if self._bytes > _MOST_CACHED:
            self.clear()
            self._bytes = len(shape)
        self[shape] = template

    def clear(self) -> None:
        super().clear()
        self._bytes = 0


class _LineCache(dict[bytes, tuple[bytes, bytes] | None]):
    """Line to its prefix and the JSON of its value (None for a blank line or a comment), made on demand."""

    def __missing__(self, line: bytes) -> tuple[bytes, bytes] | None:
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
    templates.forget()


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
    """A document in which every line stands by itself."""
    lines = list(filter(None, map(_lines.__getitem__, text.split(b"\n"))))
    if not lines:
        return _EMPTY
    prefixes, jsons = zip(*lines, strict=True)
    template = _template(prefixes)
    if template.continued:
        raise Irregular
    return _filled(template, jsons)


def _template(prefixes: Iterable[bytes]) -> Template:
    template = _templates[b"\n".join(prefixes)]
    if template is None:
        raise Irregular
    return template


def _filled(template: Template, jsons: Iterable[bytes]) -> bytes:
    pieces = template.pieces.copy()
    pieces[1::2] = jsons
    return b"".join(pieces)


def _with_long_values(text: bytes) -> bytes:
    """A document with values that go on over several lines."""
    cut = _cut(text)
    template = _template(cut.prefixes)
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


def _join(cut: _Cut, template: Template) -> None:
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
            # A line of spaces alone may be content, or count as an empty line at the end.
            if cut.between[at + 1].lstrip(b" ").startswith(b"\n"):
                raise Irregular
            blocks[at] = block_to_json(value, LINES[cut.prefixes[at]].inner)
            cut.values[at] = b""
    return blocks
