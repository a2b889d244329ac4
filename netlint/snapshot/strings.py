"""Strings in tables: those that repeat are known by a number, names lie one behind the other."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence

from netlint.objects.core import Node, Service
from netlint.objects.meta import Object
from netlint.snapshot.texts import Texts


class _Numbers(dict[str | None, int]):
    """Numbers by text; a text that was not seen before is appended to the texts."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__({None: 0, "": 0})
        self._texts = texts

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self._texts)
        self._texts.append(text)
        return number


class Strings:
    """Numbers for strings; number 0 is "no string"."""

    def __init__(self) -> None:
        """Empty but for number 0."""
        self.texts: list[str] = [""]
        self._numbers = _Numbers(self.texts)

    def numbers(self, texts: Iterable[str | None]) -> list[int]:
        """The number of each string, a new one where it was not seen before."""
        return list(map(self._numbers.__getitem__, texts))

    def number(self, text: str | None) -> int:
        """The number of a string, a new one where it was not seen before."""
        return self._numbers[text]

    def unknown(self, texts: Iterable[str | None]) -> set[str]:
        """Those of the strings that have no number."""
        return {text for text in texts if text and text not in self._numbers}

    def find(self, text: str) -> int | None:
        """The number of this string where it was seen."""
        return self._numbers.get(text)

    def merge(self, other: Strings) -> list[int]:
        """Take in another table; gives the new number of each of its numbers."""
        return self.numbers(other.texts)


class Names:
    """Texts with ``hashes``, which are for comparisons and stable within one run only."""

    def __init__(self) -> None:
        """None."""
        self._texts = Texts()
        self.hashes = array("q")

    def __len__(self) -> int:
        """How many."""
        return len(self.hashes)

    def __getitem__(self, row: int) -> str:
        """One of them."""
        return self._texts[row]

    def __iter__(self) -> Iterator[str]:
        """All of them."""
        return iter(self._texts)

    def add(self, texts: Sequence[str]) -> None:
        """Append these texts."""
        self._texts.extend(texts)
        self.hashes.extend(map(hash, texts))

    def take_in(self, other: Names) -> None:
        """Append all of another table."""
        self._texts.take_in(other._texts)
        self.hashes.extend(other.hashes)

    def only(self, rows: Sequence[int]) -> Names:
        """These of them."""
        kept = Names()
        kept.add([self[row] for row in rows])
        return kept


def renumbered(column: array[int], numbers: list[int]) -> array[int]:
    """The column with every number replaced."""
    return array(column.typecode, map(numbers.__getitem__, column))


class _Shared(dict[str, str]):
    """Texts by themselves, so that equal ones become one: of bounded number, unlike those that Python interns."""

    def __missing__(self, text: str) -> str:
        if len(self) >= _MOST_SHARED:
            self.clear()
        self[text] = text
        return text


_MOST_SHARED = 100_000
_SHARED = _Shared()


def forget() -> None:
    """Everything has been read: no further text will be compared with those that are shared."""
    _SHARED.clear()


def share_texts(item: Object) -> None:
    """Keep once what thousands of objects say."""
    meta, shared = item.metadata, _SHARED
    item.apiVersion, meta.namespace = shared[item.apiVersion], shared[meta.namespace or ""]
    if meta.labels:
        meta.labels = {shared[key]: shared[value] for key, value in meta.labels.items()}
    if meta.annotations:
        meta.annotations = {shared[key]: value for key, value in meta.annotations.items()}
    if isinstance(item, Node):
        for condition in item.status.conditions or ():
            condition.type, condition.reason = shared[condition.type or ""], shared[condition.reason or ""]
    elif isinstance(item, Service):
        if item.spec.selector:
            item.spec.selector = {shared[key]: shared[value] for key, value in item.spec.selector.items()}
        for port in item.spec.ports or ():
            port.name = shared[port.name] if port.name else port.name
