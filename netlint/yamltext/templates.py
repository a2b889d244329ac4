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


def compile_shape(prefixes: Iterable[bytes]) -> Template:
    """Template of the documents whose lines start with `prefixes`.

    Raises:
        Irregular: The structure is not covered, wrong, or a mapping has a key twice.
    """
    machine = _Machine()
    for prefix in prefixes:
        machine.read(LINES[prefix])
    return machine.finish()


class _Machine:
    """The open mappings and lists, outermost first, below a root at column -1."""

    def __init__(self) -> None:
        self._columns = [-1]
        self._closers = [b""]
        self._keys: list[set[bytes] | None] = [None]  # of a mapping; a list has None
        self._waiting = True  # something is to come as the value of the last key, or of the root
        self._texts: list[bytes] = []
        self._continued: list[tuple[int, int]] = []

    def read(self, line: Line) -> None:
        """Take one line.

        Raises:
            Irregular: It does not fit.
        """
        if line.dashes:
            text = self._entry(line)
        elif line.key is not None:
            text = self._pair(line)
        else:
            text = self._continuation(line)
        self._waiting = line.waits
        self._texts.append(text)

    def finish(self) -> Template:
        pieces = [b""] * (2 * len(self._texts) + 1)
        pieces[:-1:2] = self._texts
        pieces[-1] = self._close(-1)
        return Template(pieces, tuple(self._continued))

    def _pair(self, line: Line) -> bytes:
        column, key = line.column, line.key or b""
        keys = self._keys[-1]
        if column == self._columns[-1] and keys is not None and key not in keys:  # most lines are like this
            keys.add(key)
            return (b"null," if self._waiting else b",") + line.text
        text = self._close(column)
        if self._columns[-1] == column and self._keys[-1] is None:
            if self._columns[-2] != column:  # only the list of a key may stand at the key's column
                raise Irregular
            text += self._pop()
        keys = self._keys[-1]
        if self._columns[-1] == column and keys is not None:
            if key in keys:
                raise Irregular
            keys.add(key)
            return text + b"," + line.text
        if not self._waiting:
            raise Irregular
        self._push(column, b"}", {key})
        return b"{" + line.text

    def _entry(self, line: Line) -> bytes:
        column = line.column
        text = self._close(column) if column < self._columns[-1] else b""
        if self._columns[-1] == column and self._keys[-1] is None:
            text += b","
        elif self._waiting:
            self._push(column, b"]", None)
            text += b"["
        else:
            raise Irregular
        for dash in line.dashes[1:]:
            self._push(dash, b"]", None)
        if line.key is not None:
            self._push(line.inner, b"}", {line.key})
        return text + line.text

    def _continuation(self, line: Line) -> bytes:
        at = len(self._texts)
        if line.column <= self._columns[-1] or at == 0:
            raise Irregular
        if self._continued and self._continued[-1][1] == at - 1:
            self._continued[-1] = (self._continued[-1][0], at)
        else:
            self._continued.append((at - 1, at))
        return b""

    def _close(self, column: int) -> bytes:
        """End what is deeper than `column`, where the next line starts."""
        if column > self._columns[-1]:
            return b""
        text = b"null" if self._waiting else b""
        self._waiting = False
        while column < self._columns[-1]:
            text += self._pop()
        return text

    def _push(self, column: int, closer: bytes, keys: set[bytes] | None) -> None:
        if len(self._columns) > _DEEPEST:
            raise Irregular
        self._columns.append(column)
        self._closers.append(closer)
        self._keys.append(keys)

    def _pop(self) -> bytes:
        self._columns.pop()
        self._keys.pop()
        return self._closers.pop()
