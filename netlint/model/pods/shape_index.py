"""Pods by their shapes: which of these a selector selects, and whether any of their pods lives or is ready."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, compress

from netlint.model.pods.pod_columns import PodColumns
from netlint.model.selectors import LabelIndex
from netlint.snapshot.pod_shapes import PodShape
from netlint.snapshot.pod_table import LISTED_IPS, PHASE_BITS, READY, Phase, PodTable

TERMINAL = (Phase.SUCCEEDED, Phase.FAILED)
IS_LIVE = bytes(flags & PHASE_BITS not in TERMINAL for flags in range(256))
_IS_READY = bytes(live and bool(flags & READY) for flags, live in enumerate(IS_LIVE))
IS_LISTED = bytes(live and bool(flags & LISTED_IPS) for flags, live in enumerate(IS_LIVE))
"""Whether the EndpointSlice controller gives an endpoint to a pod with these flags."""


class Shapes(PodColumns):
    """Lookups that answer for all pods of a shape at once."""

    def __init__(self, table: PodTable, selector_keys: Collection[str]) -> None:
        """``selector_keys``: the keys of all selectors that will be asked for; other labels are not indexed."""
        super().__init__(table)
        self._selector_keys = selector_keys
        self._owned: dict[str, dict[str, list[int]]] = {}  # shapes by kind and name of their owners

    def of_shapes(self, numbers: Iterable[int]) -> list[int]:
        """All pods of these shapes, terminal ones included."""
        rows: list[int] = []
        for number in numbers:
            rows += self.rows_of_shape(number)
        return rows

    def shapes_having(self, namespace: str, selector: Mapping[str, str]) -> Sequence[int]:
        """Numbers of the shapes whose pods the selector selects."""
        return self._label_index.selected(namespace, selector)

    def owned_by(self, kind: str, name: str) -> list[int]:
        """Numbers of the shapes of the pods that this controller owns, in whatever namespace."""
        if kind not in self._owned:
            owned: defaultdict[str, list[int]] = defaultdict(list)
            for number, owner in enumerate(self._table.shapes.owners):
                if owner is not None and owner[0] == kind:
                    owned[owner[1]].append(number)
            self._owned[kind] = owned
        return self._owned[kind].get(name, [])

    def owned_by_nobody(self) -> list[int]:
        """Numbers of the shapes of the pods that no controller owns."""
        return [number for number, owner in enumerate(self._table.shapes.owners) if owner is None]

    def different_labels(self, namespace: str) -> list[int]:
        """The numbers of shapes in a namespace, one for each set of labels."""
        first: dict[str, int] = {}
        for number in self.shapes_having(namespace, {}):
            first.setdefault(self._table.shapes[number].raw_labels, number)
        return [*first.values()]

    def any_live(self, shapes: Iterable[int]) -> bool:
        """Whether there is a live pod of these shapes."""
        return any(map(self._live.__getitem__, shapes))

    def any_ready(self, shapes: Iterable[int]) -> bool:
        """Whether there is a live pod of these shapes that is ready."""
        return any(map(self._ready.__getitem__, shapes))

    def any_listed(self, shapes: Iterable[int], family: int) -> bool:
        """Whether there is a live pod of these shapes that lists an address of this family."""
        return family in self._listed and any(map(self._listed[family].__getitem__, shapes))

    @cached_property
    def _live(self) -> bytes:
        return self._occurring(compress(self._table.shape, self.flagged(IS_LIVE)))

    @cached_property
    def _ready(self) -> bytes:
        return self._occurring(compress(self._table.shape, self.flagged(_IS_READY)))

    @cached_property
    def _listed(self) -> dict[int, bytes]:
        listed, shapes = self.flagged(IS_LISTED), self._table.shape
        columns = {family: self.address_column(family) for family in self.families}
        return {
            family: self._occurring(compress(compress(shapes, column), compress(listed, column)))
            for family, column in columns.items()
        }

    def _occurring(self, shapes: Iterable[int]) -> bytes:
        """By shape, whether it is one of these."""
        occurs = bytearray(len(self._table.shapes))
        for number in set(shapes):
            occurs[number] = 1
        return bytes(occurs)

    @cached_property
    def container_signatures(self) -> array[int]:
        """By shape, a number that all shapes with equal containers in the same kind of network have."""
        shapes, numbers = self._table.shapes, dict[tuple[object, bool], int]()
        known: dict[tuple[int, bool], int] = {}  # by position, as equality is slow and nearly always the same position
        signatures = array("I")
        for key in zip(shapes.container, shapes.host_networks, strict=True):
            if key not in known:
                known[key] = numbers.setdefault((shapes.containers[key[0]], key[1]), len(numbers))
            signatures.append(known[key])
        return signatures

    @cached_property
    def by_containers(self) -> list[tuple[PodShape, Sequence[int]]]:
        """The numbers of all shapes, those of one container signature together, behind the first of these shapes."""
        groups: defaultdict[int, array[int]] = defaultdict(lambda: array("I"))
        for number, signature in enumerate(self.container_signatures):
            groups[signature].append(number)
        return [(self._table.shapes[numbers[0]], numbers) for numbers in groups.values()]

    def rows_of_shape(self, number: int) -> array[int]:
        """The pods of one shape."""
        return self._rows_by_shape[self._shape_starts[number] : self._shape_starts[number + 1]]

    @cached_property
    def _label_index(self) -> LabelIndex:
        return LabelIndex(self._table.shapes.labelled, self._selector_keys)

    @cached_property
    def _rows_by_shape(self) -> array[int]:
        column = self._table.shape
        return array("I", sorted(range(len(column)), key=column.__getitem__))

    @cached_property
    def _shape_starts(self) -> array[int]:
        counts = array("I", bytes(4 * len(self._table.shapes)))
        for number in self._table.shape:
            counts[number] += 1
        return array("I", accumulate(counts, initial=0))
