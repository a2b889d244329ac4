"""The grammar of one line of ordinary block YAML: what comes before its value.

A *prefix* is the indentation, the ``- `` dashes and the key of a line, up to where its value starts.
"""

import re
from typing import NamedTuple

from . import dialect
from .bounded import Bounded
from .scalars import Irregular

_MOST_CACHED = 2 << 20  # bytes
_BESIDE = 400  # bytes of what is known of a prefix
_LONGEST = 1000  # a key may be 1024 characters long

_WORD = rb"[\w./-]++"
_KEY = (
    rb"""(?:"""
    + _WORD
    + rb"""
    | [^\s\-?:,\[\]{}\#&*!|>'"%@`][^\n:\#]*+(?::[^\s:\#][^\n:\#]*+)*+
    | "[^"\\\n]*+" | '[^'\n]*+')"""
)
_COLON = rb": (?:[ ]++(?![\s\#]) | (?=\s))"


_PREFIX_AND_VALUE = (
    rb"^ ([ ]*+ (?>"
    + _WORD
    + _COLON  # tried first because it is what most lines are
    + rb"| (?![\s\#]) (?:-[ ]++(?![\s\#]))*+ (?:"
    + _KEY
    + _COLON
    + rb"""|) ))
    ( [^\n"'|>][^\n]*+
    | "[^"\\]*+(?:\\[^\n][^"\\]*+)*+"[^\n]*+
    | '[^']*+(?:''[^']*+)*+'[^\n]*+
    | """
)
# A line of spaces alone behind it may be content, or count as an empty line at the end.
_BLOCK = rb"[|>](?<=[ ].)[1-9]?+[-+]?+\n++([ ]++)(?=\S)[^\n]*+(?:\n%b[^\n]*+|\n(?=\n))*+(?!\n[ ]*+\n)"

LINE = re.compile(rb"(?mx)" + _PREFIX_AND_VALUE + rb") \n")
"""A line with content, and the lines that its value goes on over if it is quoted.

Groups: the prefix, the value with whatever follows it. Block scalars, comments and blank lines do not match.
A prefix without content after it ends in ``:``, and its value is blank, a comment or starts with other white
space; any other prefix is empty or ends in a space, and its value does not start with white space.
"""

BLOCK = re.compile(_BLOCK % rb"\1" + rb"\n")
"""A block scalar, from the sign that starts it, which has a space before it, to the end of its last line."""

LINE_OR_BLOCK = re.compile(rb"(?mx)" + _PREFIX_AND_VALUE + _BLOCK % rb"\3" + rb"|) \n")
"""A line whose value may be a block scalar; a third group is the indentation of that."""

BETWEEN = re.compile(rb"(?:[ ]*+(?:\#[ -~\x80-\xff]*+)?\n)*+")
"""Blank lines and comment lines."""

_PREFIX = re.compile(rb"(?x) ([ ]*+) ((?:-[ ]++)*+) (?: (" + _KEY + rb") : (?:[ ]++|\Z) )?+")
_TEXT = re.compile(rb"[ -~\x80-\xff]*+")


class Line(NamedTuple):
    """What a prefix says about the structure of the document."""

    column: int
    """The column of the first dash, else of the key, else of the text that continues the line above."""
    key: bytes | None
    """JSON of the key, if there is one."""
    dashes: tuple[int, ...]
    """Their columns."""
    inner: int
    """Column of the innermost mapping or list that the line is in."""
    waits: bool
    """The value is not on this line."""
    text: bytes
    """JSON that opens what the line opens below its first dash, and the key with its colon."""


class LineCache(Bounded[bytes, Line]):
    """Prefix to its line, made on demand."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__(_MOST_CACHED)

    def __missing__(self, prefix: bytes) -> Line:
        """Read the prefix, or raise `Irregular`."""
        line = _read(prefix)
        self.keep(prefix, line, len(prefix) + _BESIDE)
        return line


def _read(prefix: bytes) -> Line:
    match = _PREFIX.fullmatch(prefix)
    if match is None or len(prefix) > _LONGEST:
        raise Irregular
    indentation, marks, key = match.groups()
    column = len(indentation)
    dashes = tuple(column + at for at, mark in enumerate(marks) if mark == ord("-"))
    text = b"[" * (len(dashes) - 1)
    json = None if key is None else _key(key)
    if json is not None:
        text += (b"{" if dashes else b"") + json + b":"
    inner = column + len(marks) if key is not None or not dashes else dashes[-1]
    return Line(column, json, dashes, inner, prefix.endswith(b":"), text)


def _key(key: bytes) -> bytes:
    if not _TEXT.fullmatch(key) or key.startswith((b"-", b"...")) or key.endswith(b" "):
        raise Irregular
    text = key.decode()
    if text[0] in "'\"":
        return dialect.to_json(text[1:-1]).encode()
    if text == "<<" or not isinstance(dialect.resolve(text), str):
        raise Irregular
    return dialect.to_json(text).encode()
