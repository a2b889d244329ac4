"""The fast reader: ordinary block YAML, as people write it and `kubectl get -o yaml` prints it.

One regular expression cuts a document into lines, each a *prefix* (indentation, dashes, key) and a value.
Whatever it leaves between the lines has to be blank or a comment, so that every byte is accounted for. The
prefixes are the document's shape; the JSON around the values is made once per shape (`templates`), the JSON
of a value once per text (`scalars`). Anything outside this grammar is left to the exact reader.
"""

import re
from typing import NamedTuple

from .lines import BETWEEN, LINE, LINE_OR_BLOCK
from .scalars import Irregular, ScalarCache, block_to_json, joined
from .templates import LINES, Template, compile_shape

_LONGEST_CACHED = 256 << 10  # bytes of a shape
_MOST_CACHED = 2 << 20  # bytes of all shapes; their templates take a few times as much
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


_templates = _TemplateCache()
_scalars = ScalarCache()


def forget() -> None:
    """Empty the caches."""
    _templates.clear()
    _scalars.clear()
    LINES.clear()


def to_json(document: bytes) -> bytes | None:
    """JSON of one document (as `documents.split` cuts them), or None if the exact reader has to be asked.

    None says nothing about the document; a JSON is what the exact reader gives, and no key is repeated.
    """
    cut = _cut(document)
    if cut is None:
        return None
    if not cut.values:
        return None if b"\n..." in document else b"null"  # nothing that "..." could end
    template = _templates[b"\n".join(cut.prefixes)]
    if template is None:
        return None
    try:
        if template.continued:
            _join(cut, template)
        blocks = _blocks(cut) if cut.may_have_blocks else {}
        pieces = template.pieces.copy()
        pieces[1::2] = map(_scalars.__getitem__, cut.values)
    except Irregular:
        return None
    for at, json in blocks.items():
        pieces[2 * at + 1] = json
    return b"".join(pieces)


class _Cut(NamedTuple):
    """The lines of a document by their parts; ``between``: what stands before each line, and after the last."""

    between: list[bytes]
    prefixes: list[bytes]
    values: list[bytes]
    may_have_blocks: bool


def _cut(document: bytes) -> _Cut | None:
    if not document.isascii() and not _is_readable(document):
        return None
    if document.startswith(b"---"):
        start = _START.match(document)
        if start is None:
            return None
        document = document[start.end() :]
    if not document.endswith(b"\n"):
        document += b"\n"
    document = document.removesuffix(b"...\n") if document.endswith(b"\n...\n") else document
    may_have_blocks = b"|" in document or b">" in document
    pattern = LINE_OR_BLOCK if may_have_blocks else LINE  # which is faster
    lines: list[bytes] = pattern.split(document)
    step = pattern.groups + 1
    between = lines[::step]
    if any(between) and not all(map(BETWEEN.fullmatch, filter(None, between))):
        return None
    return _Cut(between, lines[1::step], lines[2::step], may_have_blocks)


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
