"""Texts of which hardly two are the same: compressed, as they are rarely read and resemble their neighbours.

150,000 names of pods take a fifth of their bytes so, and their labels a tenth, without an object for each.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise

UTF_8 = ("utf-8", "surrogatepass")
_BLOCK = 128  # texts
_RECENT = 16  # blocks that were read last and may be read again
_FASTEST = 1


class Texts:
    """Texts by position; they go into blocks, of which each is compressed as a whole."""

    def __init__(self) -> None:
        """None."""
        self._blocks: list[bytes] = []
        self._starts = array("I", [0])  # of the blocks, and where those behind them start
        self._open: list[str] = []  # behind the blocks
        self._recent: dict[int, list[str]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Everything in blocks."""
        self._close(len(self._open))
        return {**self.__dict__, "_recent": {}}

    def __len__(self) -> int:
        """How many."""
        return self._starts[-1] + len(self._open)

    def __getitem__(self, position: int) -> str:
        """One of them."""
        if position >= self._starts[-1]:
            return self._open[position - self._starts[-1]]
        number = bisect_right(self._starts, position) - 1
        texts = self._recent.get(number)
        if texts is None:
            if len(self._recent) == _RECENT:
                self._recent.clear()
            texts = self._recent[number] = _decompressed(self._blocks[number])
        return texts[position - self._starts[number]]

    def __iter__(self) -> Iterator[str]:
        """All of them."""
        return chain(chain.from_iterable(map(_decompressed, self._blocks)), self._open)

    def extend(self, texts: Iterable[str]) -> None:
        """Append these texts."""
        self._open.extend(texts)
        while len(self._open) >= _BLOCK:
            self._close(_BLOCK)

    def append(self, text: str) -> None:
        """Append one text."""
        self.extend((text,))

    def take_in(self, other: Texts) -> None:
        """Append all of another table."""
        for texts in (self, other):
            texts._close(len(texts._open))
        first = self._starts.pop()
        self._starts.extend(array("I", [first + start for start in other._starts]))
        self._blocks += other._blocks

    def only(self, positions: Iterable[int]) -> Texts:
        """These of them."""
        kept = Texts()
        kept.extend(map(self.__getitem__, positions))
        return kept

    def _close(self, count: int) -> None:
        """Put the first of the open texts into a block."""
        if count:
            self._blocks.append(_compressed(self._open[:count]))
            self._starts.append(self._starts[-1] + count)
            del self._open[:count]


class SparseTexts:
    """A text for some of many rows; the others have an empty one."""

    def __init__(self) -> None:
        """No rows."""
        self._texts = Texts()
        self.positions = array("I")  # by row, of its text, counted from 1; 0 without one

    def __getitem__(self, row: int) -> str:
        """The text of a row."""
        position = self.positions[row]
        return self._texts[position - 1] if position else ""

    def extend(self, texts: Sequence[str | None]) -> None:
        """Append rows with these texts."""
        if not any(texts):
            self.positions.extend(bytes(len(texts)))
            return
        for text in texts:
            if text:
                self._texts.append(text)
            self.positions.append(len(self._texts) if text else 0)

    def take_in(self, other: SparseTexts) -> None:
        """Append all rows of another table."""
        first = len(self._texts)
        self.positions.extend(array("I", [position and first + position for position in other.positions]))
        self._texts.take_in(other._texts)

    def only(self, rows: Iterable[int]) -> SparseTexts:
        """These rows."""
        kept = SparseTexts()
        kept.extend([self[row] for row in rows])
        return kept


def _compressed(texts: Sequence[str]) -> bytes:
    lengths = array("I", [len(texts), *map(len, texts)]).tobytes()
    return zlib.compress(lengths + "".join(texts).encode(*UTF_8), _FASTEST)


def _decompressed(block: bytes) -> list[str]:
    plain = memoryview(zlib.decompress(block))
    size = array("I").itemsize
    count = plain[:size].cast("I")[0]
    lengths = plain[size : size * (count + 1)].cast("I")
    joined = str(plain[size * (count + 1) :], *UTF_8)
    return [joined[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]
