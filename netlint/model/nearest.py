"""Which labels somebody may have meant who wrote a selector that selects nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

LIMIT = 500  # sets of labels looked at for one selector
CLOSE = 2  # so many edits may be slips of the pen
COUNTS = {1: "one edit", 2: "two edits"}
T = TypeVar("T")


class Slip(NamedTuple):
    """A pair of a selector, the label that is there instead, and how many edits lie between."""

    written: tuple[str, str]
    label: tuple[str, str]
    edits: int

    def __str__(self) -> str:
        """``app: wbe`` is one edit from ``app: web``."""
        written, label = (": ".join(pair) for pair in (self.written, self.label))
        return f"{written} is {COUNTS[self.edits]} from {label}"


def nearest(selector: Mapping[str, str], sets: Iterable[tuple[Mapping[str, str], T]]) -> tuple[list[Slip], T] | None:
    """The set of labels that fewest edits make the selector select, with what is attached to it."""
    best: tuple[int, list[Slip], T] | None = None
    for number, (labels, attached) in enumerate(sets):
        if number == LIMIT:
            break
        slips = _slips(selector, labels)
        if slips and (best is None or sum(slip.edits for slip in slips) < best[0]):
            best = sum(slip.edits for slip in slips), slips, attached
    return best[1:] if best else None


def _slips(selector: Mapping[str, str], labels: Mapping[str, str]) -> list[Slip]:
    """What must be edited; empty where a pair is too far from every label."""
    slips = []
    for key, value in selector.items():
        if labels.get(key) == value:
            continue
        slip = _slip(key, value, labels)
        if slip is None:
            return []
        slips.append(slip)
    return slips


def _slip(key: str, value: str, labels: Mapping[str, str]) -> Slip | None:
    if key in labels:
        edits = distance(value, labels[key])
        return Slip((key, value), (key, labels[key]), edits) if _is_close(edits, value) else None
    keys = [(distance(key, other), other) for other, labelled in labels.items() if labelled == value]
    edits, other = min(keys, default=(CLOSE + 1, ""))
    return Slip((key, value), (other, value), edits) if _is_close(edits, key) else None


def _is_close(edits: int, text: str) -> bool:
    """``db`` is two edits from everything of two letters."""
    return edits <= CLOSE and edits * 3 <= len(text)


def distance(first: str, second: str) -> int:
    """Edits between two texts: insert, delete, replace, or swap two neighbours."""
    if abs(len(first) - len(second)) > CLOSE:
        return CLOSE + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
