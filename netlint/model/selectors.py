"""Label selection: the only place where labels are matched.

Source: k8s.io/apimachinery/pkg/labels (``SelectorFromSet``): every key of the selector must be there with
the same value.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from netlint.objects.meta import LabelSelector, Requirement


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether a selector of equalities selects these labels; an empty one selects everything."""
    return all(labels.get(key) == value for key, value in selector.items())


def meets(required: Requirement, labels: Mapping[str, str]) -> bool | None:
    """Whether labels meet a requirement; None where that cannot be told."""
    value, values = labels.get(required.key or ""), required.values or []
    match required.operator:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _compares(value, required.operator, values)
    return None


def _compares(value: str | None, operator: str, values: list[str]) -> bool | None:
    if value is None:
        return False
    try:
        own, bound = int(value), int(values[0])
    except (ValueError, IndexError):
        return None
    return own > bound if operator == "Gt" else own < bound


def chooses(selector: LabelSelector, labels: Mapping[str, str]) -> bool | None:
    """Whether a selector of labels and expressions selects these; None where that cannot be told."""
    answers: list[bool | None] = [selects(selector.matchLabels or {}, labels)]
    answers += [meets(required, labels) for required in selector.matchExpressions or ()]
    return False if False in answers else None if None in answers else True


def keys_of(selector: LabelSelector) -> set[str]:
    """The labels that it asks for."""
    return {*(selector.matchLabels or {}), *(required.key or "" for required in selector.matchExpressions or ())}


def text_of(selector: Mapping[str, str]) -> str:
    """``app=web,tier=front``."""
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


class LabelIndex:
    """Which of many sets of labels a selector selects, without looking at each of them."""

    def __init__(self, sets: Iterable[tuple[str, Mapping[str, str]]], keys: Collection[str]) -> None:
        """``sets``: namespace and labels, known by their position; ``keys``: those that selectors have."""
        self._keys = frozenset(keys)
        self._selected: dict[tuple[str, tuple[tuple[str, str], ...]], Sequence[int]] = {}
        self._of_label: defaultdict[tuple[str, str, str], array[int]] = defaultdict(_no_positions)
        self._of_namespace: defaultdict[str, array[int]] = defaultdict(_no_positions)
        for number, (namespace, labels) in enumerate(sets):
            self._of_namespace[namespace].append(number)
            for key in self._keys.intersection(labels):
                self._of_label[namespace, key, labels[key]].append(number)

    def selected(self, namespace: str, selector: Mapping[str, str]) -> Sequence[int]:
        """Positions of the selected sets in this namespace, ascending.

        Raises KeyError for a selector with a key that was not announced.
        """
        key = namespace, tuple(selector.items())
        numbers = self._selected.get(key)
        if numbers is None:  # many rules ask about the same Services
            numbers = self._selected[key] = self._select(namespace, selector)
        return numbers

    def _select(self, namespace: str, selector: Mapping[str, str]) -> Sequence[int]:
        for key in selector:
            if key not in self._keys:
                raise KeyError(key)
        if not selector:
            return self._of_namespace.get(namespace, _NONE)
        fewest, *others = sorted(
            (self._of_label.get((namespace, key, value), _NONE) for key, value in selector.items()), key=len
        )
        return array("I", sorted(set(fewest).intersection(*others))) if others and fewest else fewest


def _no_positions() -> array[int]:
    """Positions take four bytes each here, and nine times as many in a list."""
    return array("I")


_NONE = _no_positions()
