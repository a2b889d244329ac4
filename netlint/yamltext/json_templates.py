"""From a document's shape to the JSON around its values.

The *shape* of a document is the list of its lines' prefixes. It alone decides the structure: a small machine
over the indentation finds the mappings and lists, and refuses whatever a YAML parser might see in another way.
Documents differ in few of their lines, so what a prefix does in a state of the machine is worked out once.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .lines import Line, LineCache
from .scalars import Irregular

_DEEPEST = 100
"""Less than the exact reader's, which is asked about anything deeper."""
_MOST_STEPS = 10_000

LINES = LineCache()


class JsonTemplate(NamedTuple):
    """JSON with a hole for the value of every line; the value of a line that has none is empty."""

    texts_and_holes: list[bytes]
    """Texts at even indexes, holes (to be filled) at odd ones."""
    continued: tuple[tuple[int, int], ...]
    """First and last line of every value that goes on over the lines below."""


class _Level(NamedTuple):
    """An open mapping or list."""

    column: int
    closer: bytes


_Open = list[_Level]
"""From the outermost to the innermost, below a root at column -1."""
_ROOT = _Level(-1, b"")
_MAPPING, _LIST = b"}", b"]"


_Step = tuple[bytes | None, "_State", bytes | None, int, bool]
"""What a line does. A plain tuple, which is unpacked in half the time of a named one:

- the JSON that it adds; None for a line that only continues the value of the line above,
- the state behind it,
- its key,
- how many mappings and lists are open around the key,
- whether the key is its mapping's first.
"""


class _State(dict[bytes, _Step]):
    """What is open in front of a line: by the line's prefix what that line does, worked out on demand."""

    def __init__(self, levels: tuple[_Level, ...], waiting: bool) -> None:
        super().__init__()
        self._levels = levels
        self._waiting = waiting  # something is to come as the value of the last key, or of the root

    def __missing__(self, prefix: bytes) -> _Step:
        """Work it out, or raise `Irregular` where it is not covered."""
        line, levels = LINES[prefix], list(self._levels)
        opens = line.key is not None and (bool(line.dashes) or line.column > levels[-1].column)
        if line.dashes:
            text: bytes | None = _entry(levels, line, self._waiting)
        elif line.key is not None:
            text = _pair(levels, line, self._waiting)
        elif len(levels) > 1 and line.column > levels[-1].column:
            text = None
        else:
            raise Irregular
        state = _MACHINE.state(tuple(levels), line.waits)
        step = text, state, line.key, len(levels), opens
        if _MACHINE.steps < _MOST_STEPS:  # a single document may have more
            self[prefix] = step
            _MACHINE.steps += 1
        return step

    @property
    def end(self) -> bytes:
        """JSON that a document adds which ends here."""
        return _close(list(self._levels), -1, self._waiting)


class _Machine:
    """All states met so far."""

    def __init__(self) -> None:
        self.steps = 0
        self._states: dict[tuple[tuple[_Level, ...], bool], _State] = {}

    @property
    def start(self) -> _State:
        """The state in front of a document."""
        if self.steps >= _MOST_STEPS:
            self.clear()
        return self.state((_ROOT,), waiting=True)

    def state(self, levels: tuple[_Level, ...], waiting: bool) -> _State:
        """The one state with these levels."""
        state = self._states.get((levels, waiting))
        if state is None:
            state = self._states[levels, waiting] = _State(levels, waiting)
        return state

    def clear(self) -> None:
        """Forget all states one by one: they refer to each other, and nothing may be collecting garbage."""
        for state in self._states.values():
            state.clear()
        self._states.clear()
        self.steps = 0


_MACHINE = _Machine()


def forget() -> None:
    """Empty the caches."""
    _MACHINE.clear()
    LINES.clear()


def compile_shape(prefixes: Iterable[bytes]) -> JsonTemplate:
    """Template of the documents whose lines start with `prefixes`.

    Raises:
        Irregular: The structure is not covered, wrong, or a mapping has a key twice.
    """
    state = _MACHINE.start
    texts: list[bytes | None] = []
    keys: list[set[bytes]] = [set()] * (_DEEPEST + 2)  # of the mappings that are open, by depth
    for prefix in prefixes:
        text, state, key, depth, opens = state[prefix]
        texts.append(text)
        if opens and key is not None:
            keys[depth] = {key}
        elif key in keys[depth]:
            raise Irregular
        elif key is not None:
            keys[depth].add(key)
    texts_and_holes = [b""] * (2 * len(texts) + 1)
    texts_and_holes[:-1:2] = [text or b"" for text in texts]
    texts_and_holes[-1] = state.end
    return JsonTemplate(texts_and_holes, _continued(texts) if None in texts else ())


def _continued(texts: list[bytes | None]) -> tuple[tuple[int, int], ...]:
    """Each run of lines without a text of their own, with the line in front of it."""
    starts = [at for at, text in enumerate(texts) if text is not None]
    ends = [*starts[1:], len(texts)]
    return tuple((start, end - 1) for start, end in zip(starts, ends, strict=True) if end - start > 1)


def _pair(levels: _Open, line: Line, waiting: bool) -> bytes:
    column = line.column
    if column > levels[-1].column:
        if not waiting:
            raise Irregular
        _push(levels, column, _MAPPING)
        return b"{" + line.text
    text = _close(levels, column, waiting)
    if levels[-1] == (column, _LIST):
        if levels[-2].column != column:  # only the list of a key may stand at the key's column
            raise Irregular
        text += levels.pop().closer
    if levels[-1] != (column, _MAPPING):
        raise Irregular
    return text + b"," + line.text


def _entry(levels: _Open, line: Line, waiting: bool) -> bytes:
    column, text = line.column, b""
    if column < levels[-1].column:
        text, waiting = _close(levels, column, waiting), False
    if levels[-1] == (column, _LIST):
        text += b","
    elif waiting:
        _push(levels, column, _LIST)
        text += b"["
    else:
        raise Irregular
    for dash in line.dashes[1:]:
        _push(levels, dash, _LIST)
    if line.key is not None:
        _push(levels, line.inner, _MAPPING)
    return text + line.text


def _close(levels: _Open, column: int, waiting: bool) -> bytes:
    """End what is deeper than `column`, where the next line starts."""
    text = b"null" if waiting else b""
    while column < levels[-1].column:
        text += levels.pop().closer
    return text


def _push(levels: _Open, column: int, closer: bytes) -> None:
    if len(levels) > _DEEPEST:
        raise Irregular
    levels.append(_Level(column, closer))
