"""Dictionaries that remember until they weigh too much, then start anew."""

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(dict[K, V]):
    """A cache; entries have weights, such as bytes or lines, whose sum stays within ``most``."""

    def __init__(self, most: int) -> None:
        """Empty."""
        super().__init__()
        self._most = most
        self._weight = 0

    def keep(self, key: K, value: V, weight: int) -> None:
        """Remember an entry; where it is one too many, forget all others."""
        self._weight += weight
        if self._weight > self._most:
            self.clear()
            self._weight = weight
        self[key] = value

    def clear(self) -> None:
        """Forget all."""
        super().clear()
        self._weight = 0
