"""The fast reader: ordinary block YAML, as people write it and `kubectl get -o yaml` prints it.

One regular expression cuts a document into lines, each a *prefix* (indentation, dashes, key) and a value.
Whatever it leaves between the lines has to be blank or a comment, so that every byte is accounted for. The
prefixes are the document's shape; the JSON around the values is made once per shape (`templates`), the JSON
of a value once per text (`scalars`). Anything outside this grammar is left to the exact reader.
"""

import re

from .lines import BETWEEN, LINE
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


_templates = _TemplateCache()
_scalars = ScalarCache()


def to_json(document: bytes) -> bytes | None:
    """JSON of one document (as `documents.split` cuts them), or None if the exact reader has to be asked.

    None says nothing about the document; a JSON is what the exact reader gives, and no key is repeated.
    """
    lines = _cut(document)
    if lines is None:
        return None
    if len(lines) == 1:
        return None if b"\n..." in document else b"null"  # nothing that "..." could end
    template = _templates[b"\n".join(lines[1::4])]
    if template is None:
        return None
    values = lines[2::4]
    try:
        if template.continued:
            _join(values, template, lines)
        blocks = _blocks(values, lines) if b"|" in document or b">" in document else {}
        pieces = template.pieces.copy()
        pieces[1::2] = map(_scalars.__getitem__, values)
    except Irregular:
        return None
    for at, json in blocks.items():
        pieces[2 * at + 1] = json
    return b"".join(pieces)


def _cut(document: bytes) -> list[bytes] | None:
    """Text before the first line; then prefix, value, block indentation and the text after each line."""
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
    lines: list[bytes] = LINE.split(document)
    between = lines[::4]
    if any(between) and not all(map(BETWEEN.fullmatch, filter(None, between))):
        return None
    return lines


def _is_readable(document: bytes) -> bool:
    try:
        return _SPECIAL.search(document.decode()) is None
    except UnicodeDecodeError:
        return False


def _join(values: list[bytes], template: Template, lines: list[bytes]) -> None:
    """Move every value that goes on over several lines to the first of them."""
    for first, last in template.continued:
        if any(lines[4 * first + 4 : 4 * last + 4 : 4]):  # a comment or a blank line
            raise Irregular
        values[first] = joined(values[first : last + 1])
        values[first + 1 : last + 1] = [b""] * (last - first)


def _blocks(values: list[bytes], lines: list[bytes]) -> dict[int, bytes]:
    """JSON of the block scalars by their line; they are taken out of the values."""
    blocks: dict[int, bytes] = {}
    for at, value in enumerate(values):
        if value[:1] in (b"|", b">"):
            # A line of spaces alone may be content, or count as an empty line at the end.
            if lines[4 * at + 4].lstrip(b" ").startswith(b"\n"):
                raise Irregular
            blocks[at] = block_to_json(value, LINES[lines[4 * at + 1]].inner)
            values[at] = b""
    return blocks
