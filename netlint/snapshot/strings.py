"""Strings that repeat: each is kept once and known by its number."""

from __future__ import annotations

from array import array


class Strings:
    """Numbers for strings; number 0 is "no string"."""

    def __init__(self) -> None:
        """Empty but for number 0."""
        self.texts: list[str] = [""]
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str | None) -> int:
        """The number of this string, a new one where it was not seen before."""
        if not text:
            return 0
        number = self._numbers.get(text)
        if number is None:
            number = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return number

    def find(self, text: str) -> int | None:
        """The number of this string where it was seen."""
        return self._numbers.get(text)

    def merge(self, other: Strings) -> list[int]:
        """Take in another table; gives the new number of each of its numbers."""
        return [self.number(text) for text in other.texts]


def renumbered(column: array[int], numbers: list[int]) -> array[int]:
    """The column with every number replaced."""
    return array(column.typecode, map(numbers.__getitem__, column))
