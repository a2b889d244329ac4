"""What was met not long ago, in bounded memory."""

from __future__ import annotations

from typing import Generic, TypeVar

V = TypeVar("V")
_MOST = 8_000


class Recent(Generic[V]):
    """Values by keys, of which at least the last 8,000 are remembered, and at most twice as many.

    What is asked for again stays, as in an LRU cache, but in two dictionaries that cost nothing to keep in order: when
    the newer one is full, it takes the place of the older.
    """

    def __init__(self) -> None:
        """Nothing."""
        self._newer: dict[int, V] = {}
        self._older: dict[int, V] = {}

    def get(self, key: int) -> V | None:
        """The value of a key; None where it is forgotten, or never was put."""
        value = self._newer.get(key)
        if value is None and (value := self._older.get(key)) is not None:
            self.put(key, value)
        return value

    def put(self, key: int, value: V) -> None:
        """Remember a value."""
        if len(self._newer) >= _MOST:
            self._newer, self._older = {}, self._newer
        self._newer[key] = value
