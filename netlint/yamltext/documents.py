"""Where the documents of one YAML text begin and end, as kubectl cuts them.

kubectl cuts text, not YAML (``YAMLReader`` in k8s.io/apimachinery/pkg/util/yaml/decoder.go): a line that
starts with ``---`` at column 0 ends a document even inside a quoted or block scalar.
"""

import re
from collections.abc import Iterator

_SEPARATOR = b"---"
MISUSED_SEPARATOR = re.compile(rb"^---(?![ \t\r\x0b\x0c]*(?:#|$))", re.MULTILINE)
"""A line that starts as a separator but carries text, which makes kubectl refuse the whole text."""


def split(text: bytes) -> Iterator[tuple[int, int]]:
    """Byte ranges ``(start, end)`` of the documents of `text`, in order.

    A separator belongs to no document, except one that no document precedes: it opens the next. A separator
    line that carries anything but a comment does not cut; the readers refuse the document that contains it.
    """
    start = 0
    for line, end in _separators(text):
        if line > start:
            yield start, line
            start = end
    if start < len(text):
        yield start, len(text)


def _separators(text: bytes) -> Iterator[tuple[int, int]]:
    line = 0 if text.startswith(_SEPARATOR) else _next_line(text, 0)
    while line >= 0:
        end = text.find(b"\n", line) + 1 or len(text)
        rest = text[line + len(_SEPARATOR) : end].strip()
        if not rest or rest.startswith(b"#"):
            yield line, end
        line = _next_line(text, end - 1)


def _next_line(text: bytes, start: int) -> int:
    newline = text.find(b"\n" + _SEPARATOR, start)
    return newline + 1 if newline >= 0 else -1
