"""From a document's shape to the JSON around its values.

The *shape* of a document is the list of its lines' prefixes. It alone decides the structure, so that a
template is made once for all documents of one shape: a small machine over the indentation finds the mappings
and lists, and refuses whatever a YAML parser might see in another way.
"""

from collections.abc import Iterable
from typing import NamedTuple

from .lines import Line, LineCache
from .scalars import Irregular

_DEEPEST = 100
"""Less than the exact reader's, which is asked about anything deeper."""

LINES = LineCache()


class Template(NamedTuple):
    """JSON with a hole for the value of every line; the value of a line that has none is empty."""

    pieces: list[bytes]
    """Texts at even indexes, holes (to be filled) at odd ones."""
    continued: tuple[tuple[int, int], ...]
    """First and last line of every value that goes on over the lines below."""


class _Level(NamedTuple):
    """An open mapping or list."""

    column: int
    closer: bytes
    keys: set[bytes] | None
    """Of a mapping; a list has None."""


_Open = list[_Level]
"""From the outermost to the innermost, below a root at column -1."""


def compile_shape(prefixes: Iterable[bytes]) -> Template:
    """Template of the documents whose lines start with `prefixes`.

    Raises:
        Irregular: The structure is not covered, wrong, or a mapping has a key twice.
    """
    levels: _Open = [_Level(-1, b"", None)]
    waiting = True  # something is to come as the value of the last key, or of the root
    texts: list[bytes] = []
    continued: list[tuple[int, int]] = []
    for prefix in prefixes:
        line = LINES[prefix]
        column, _, keys = levels[-1]
        if line.dashes:
            texts.append(_entry(levels, line, waiting))
        elif line.key is None:
            _continue(continued, len(texts), column < line.column)
            texts.append(b"")
        elif line.column == column and keys is not None and line.key not in keys:  # most lines are like this
            keys.add(line.key)
            texts.append((b"null," if waiting else b",") + line.text)
        elif line.column > column:
            if not waiting:
                raise Irregular
            _push(levels, line.column, b"}", {line.key})
            texts.append(b"{" + line.text)
        else:
            texts.append(_pair_outside(levels, line, line.key, waiting))
        waiting = line.waits
    pieces = [b""] * (2 * len(texts) + 1)
    pieces[:-1:2] = texts
    pieces[-1] = _close(levels, -1, waiting)
    return Template(pieces, tuple(continued))


def _pair_outside(levels: _Open, line: Line, key: bytes, waiting: bool) -> bytes:
    """A key of a mapping further out."""
    column = line.column
    text = _close(levels, column, waiting)
    if levels[-1].column == column and levels[-1].keys is None:
        if levels[-2].column != column:  # only the list of a key may stand at the key's column
            raise Irregular
        text += levels.pop().closer
    keys = levels[-1].keys
    if levels[-1].column != column or keys is None or key in keys:
        raise Irregular
    keys.add(key)
    return text + b"," + line.text


def _entry(levels: _Open, line: Line, waiting: bool) -> bytes:
    column, text = line.column, b""
    if column < levels[-1].column:
        text, waiting = _close(levels, column, waiting), False
    if levels[-1].column == column and levels[-1].keys is None:
        text += b","
    elif waiting:
        _push(levels, column, b"]", None)
        text += b"["
    else:
        raise Irregular
    for dash in line.dashes[1:]:
        _push(levels, dash, b"]", None)
    if line.key is not None:
        _push(levels, line.inner, b"}", {line.key})
    return text + line.text


def _continue(continued: list[tuple[int, int]], at: int, is_deeper: bool) -> None:
    """The value of the line before goes on."""
    if not is_deeper or at == 0:
        raise Irregular
    if continued and continued[-1][1] == at - 1:
        continued[-1] = (continued[-1][0], at)
    else:
        continued.append((at - 1, at))


def _close(levels: _Open, column: int, waiting: bool) -> bytes:
    """End what is deeper than `column`, where the next line starts."""
    text = b"null" if waiting else b""
    while column < levels[-1].column:
        text += levels.pop().closer
    return text


def _push(levels: _Open, column: int, closer: bytes, keys: set[bytes] | None) -> None:
    if len(levels) > _DEEPEST:
        raise Irregular
    levels.append(_Level(column, closer, keys))
