"""Pods with meaning: which are live, who has which address, whom a selector selects."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, compress, islice
from operator import eq

from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.selectors import LabelIndex
from netlint.snapshot.pods import (
    LISTED_IPS,
    OTHER_NETWORK,
    PHASE_BITS,
    READY,
    TERMINATING,
    V6_FIRST,
    Phase,
    PodTable,
)
from netlint.snapshot.shapes import PodShape

TERMINAL = (Phase.SUCCEEDED, Phase.FAILED)
IS_LIVE = [flags & PHASE_BITS not in TERMINAL for flags in range(256)]
IS_LIVE_HERE = [live and not flags & OTHER_NETWORK for flags, live in enumerate(IS_LIVE)]
_RUNS_UNLISTED = [
    flags & (PHASE_BITS | TERMINATING | LISTED_IPS) == Phase.RUNNING for flags in range(256)
]  # what a running pod has unless status.podIPs is filled


class Pods:
    """Read-only lookups over the pod table; a pod is known by its row."""

    def __init__(self, table: PodTable, selector_keys: Collection[str]) -> None:
        """``selector_keys``: the keys of all selectors that will be asked for; other labels are not indexed."""
        self.table = table
        self._selector_keys = selector_keys

    def __len__(self) -> int:
        """How many pods, terminal ones included."""
        return len(self.table)

    def name(self, row: int) -> str:
        """``metadata.name``."""
        return self.table.names[row]

    def namespace(self, row: int) -> str:
        """``metadata.namespace``."""
        return self.shape(row).namespace

    def shape(self, row: int) -> PodShape:
        """What it has in common with other pods: labels, containers, ports."""
        return self.table.shapes[self.table.shape[row]]

    def node(self, row: int) -> str:
        """``spec.nodeName``; empty while it is not scheduled."""
        return self.table.strings.texts[self.table.node[row]]

    def hostname(self, row: int) -> str:
        """``spec.hostname``."""
        return self.table.strings.texts[self.table.hostname[row]]

    def phase(self, row: int) -> Phase:
        """``status.phase``."""
        return Phase(self.table.flags[row] & PHASE_BITS)

    def is_live(self, row: int) -> bool:
        """Whether it still owns its address: a terminal pod keeps ``status.podIP`` without owning it."""
        return IS_LIVE[self.table.flags[row]]

    def is_ready(self, row: int) -> bool:
        """Whether its Ready condition is True."""
        return bool(self.table.flags[row] & READY)

    def is_terminating(self, row: int) -> bool:
        """Whether ``metadata.deletionTimestamp`` is set."""
        return bool(self.table.flags[row] & TERMINATING)

    def lists_addresses(self, row: int) -> bool:
        """Whether ``status.podIPs`` is filled; ``status.podIP`` alone gives no endpoint."""
        return bool(self.table.flags[row] & LISTED_IPS)

    def address(self, row: int, family: int) -> int:
        """Its address of this family, 0 without one."""
        table = self.table
        return table.v4[row] if family == 4 else table.v6_high[row] << 64 | table.v6_low[row]

    def address_column(self, family: int) -> Callable[[int], int]:
        """Looks up the address of this family by row."""
        return self.table.v4.__getitem__ if family == 4 else lambda row: self.address(row, 6)

    def addresses(self, row: int) -> list[tuple[int, int]]:
        """Family and value of its addresses, in the order of ``status.podIPs``."""
        families = (6, 4) if self.table.flags[row] & V6_FIRST else (4, 6)
        return [(family, value) for family in families if (value := self.address(row, family))]

    def address_path(self, row: int, family: int) -> tuple[str | int, ...]:
        """The field that holds the address of this family."""
        if not self.lists_addresses(row):
            return ("status", "podIP")
        order = [found for found, _ in self.addresses(row)]
        return ("status", "podIPs", order.index(family), "ip")

    def subject(self, row: int) -> Subject:
        """The pod as a subject."""
        return Subject("v1", "Pod", self.namespace(row), self.name(row), self.table.origin[row])

    def order(self, row: int) -> tuple[str, str]:
        """Pods are ordered by namespace and name."""
        return self.namespace(row), self.name(row)

    def live_on_network(self) -> Iterator[int]:
        """Live pods that have an address of their own, not their node's."""
        own = self._has_own_address
        for row, (flags, shape) in enumerate(zip(self.table.flags, self.table.shape, strict=True)):
            if own[shape] and IS_LIVE[flags]:
                yield row

    @cached_property
    def _has_own_address(self) -> list[bool]:
        return [not shape.host_network for shape in self.table.shapes]

    def addresses_on(self, nodes: Collection[str]) -> dict[str, tuple[set[tuple[int, int]], int]]:
        """By node: the addresses of its pods, terminal ones included, and how many live ones have none yet."""
        texts = self.table.strings.texts
        having: dict[str, set[tuple[int, int]]] = {node: set() for node in nodes}
        waiting = dict.fromkeys(nodes, 0)
        for row, number in enumerate(self.table.node):
            node = texts[number]
            if node in having:
                found = self.addresses(row)
                having[node].update(found)
                waiting[node] += not found and self.is_live(row)
        return {node: (having[node], waiting[node]) for node in nodes}

    def having(self, namespace: str, selector: Mapping[str, str]) -> list[int]:
        """All pods in the namespace that the selector selects, terminal ones included."""
        return self.of_shapes(self.shapes_having(namespace, selector))

    def of_shapes(self, numbers: Iterable[int]) -> list[int]:
        """All pods of these shapes, terminal ones included."""
        rows: list[int] = []
        for number in numbers:
            rows += self.rows_of_shape(number)
        return rows

    def shapes_having(self, namespace: str, selector: Mapping[str, str]) -> list[int]:
        """Numbers of the shapes whose pods the selector selects."""
        return self._label_index.selected(namespace, selector)

    def owned_by(self, kind: str, name: str) -> list[int]:
        """Numbers of the shapes of the pods that this controller owns, in whatever namespace."""
        return self._shapes_by_owner.get((kind, name), [])

    @cached_property
    def _shapes_by_owner(self) -> dict[tuple[str, str] | None, list[int]]:
        found: dict[tuple[str, str] | None, list[int]] = {}
        for number, shape in enumerate(self.table.shapes):
            found.setdefault(shape.owner, []).append(number)
        return found

    def different_labels(self, namespace: str) -> list[int]:
        """The numbers of shapes in a namespace, one for each set of labels."""
        return self._different_labels.get(namespace, [])

    @cached_property
    def _different_labels(self) -> dict[str, list[int]]:
        found: dict[tuple[str, bytes], int] = {}
        for number, shape in enumerate(self.table.shapes):
            found.setdefault((shape.namespace, shape.raw_labels), number)
        by_namespace: dict[str, list[int]] = {}
        for (namespace, _), number in found.items():
            by_namespace.setdefault(namespace, []).append(number)
        return by_namespace

    def any_live(self, numbers: Iterable[int]) -> bool:
        """Whether there is a live pod of these shapes."""
        return any(self.is_live(row) for number in numbers for row in self.rows_of_shape(number))

    def any_listed(self, rows: Iterable[int], family: int) -> bool:
        """Whether one of these pods is live and lists an address of this family."""
        address = self.address_column(family)
        return any(self.is_live(row) and self.lists_addresses(row) and address(row) for row in rows)

    def first_live(self, numbers: Iterable[int]) -> int | None:
        """The first live pod of these shapes by namespace and name; None where all are terminal."""
        rows = (row for number in numbers for row in self.rows_of_shape(number) if self.is_live(row))
        return min(rows, key=self.order, default=None)

    def named(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The rows of the pods with these namespaces and names."""
        hashes = {hash(name) for _, name in wanted}
        found = {self.order(row): row for row, hashed in enumerate(self.table.names.hashes) if hashed in hashes}
        return {key: row for key, row in found.items() if key in wanted}

    def at(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
        """The live pods that have these addresses (family and value), host-network pods included."""
        found: dict[tuple[int, int], list[int]] = {}
        for family in self.families if wanted else ():
            values = {value for of_family, value in wanted if of_family == family}
            column = self._addresses_of(family)
            for row, value in enumerate(column):
                if value in values and self.is_live(row):
                    found.setdefault((family, value), []).append(row)
        return found

    def rows_of_shape(self, number: int) -> array[int]:
        """The pods of one shape."""
        return self._rows_by_shape[self._shape_starts[number] : self._shape_starts[number + 1]]

    def outside(self, family: int, ranges: Mapping[str, Sequence[Range]]) -> Iterator[int]:
        """Live pods whose own address is in none of the ranges of their node; ``ranges`` by its name.

        Pods that an annotation puts on another network are none of them.
        """
        of_node = [
            [(held.first, held.last) for held in ranges.get(name, ()) if held.family == family]
            for name in self.table.strings.texts
        ]
        table, own_address, live = self.table, self._has_own_address, IS_LIVE_HERE
        columns = zip(table.node, table.shape, table.flags, self._addresses_of(family), strict=True)
        for row, (node, shape, flags, address) in enumerate(columns):
            own = of_node[node]
            if not (own and address and own_address[shape] and live[flags]):
                continue
            if not any(first <= address <= last for first, last in own):
                yield row

    def having_address_in(self, span: Range) -> list[int]:
        """All pods that show an address of the range, terminal ones and those in their host's network included."""
        column = self._addresses_of(span.family)
        return [row for row, address in enumerate(column) if address and span.first <= address <= span.last]

    def owns_address(self, row: int) -> bool:
        """Whether the pod is live and in a network of its own."""
        return self._has_own_address[self.table.shape[row]] and self.is_live(row)

    def count_by_node(self, family: int) -> dict[str, int]:
        """How many live pods of each node have an address of this family as their own."""
        table, own_address, live = self.table, self._has_own_address, IS_LIVE
        columns = zip(table.node, table.shape, table.flags, self._addresses_of(family), strict=True)
        held = Counter(
            node for node, shape, flags, address in columns if address and own_address[shape] and live[flags]
        )
        return {table.strings.texts[node]: number for node, number in held.items()}

    def any_in(self, ranges: Collection[Range]) -> bool:
        """Whether a live pod has an address of its own in any of the ranges."""
        for family, first, last in ranges:
            for row, address in enumerate(self._addresses_of(family)):
                if first <= address <= last and self.owns_address(row):
                    return True
        return False

    def without_addresses(self) -> Iterator[int]:
        """Pods that run, on a network of their own, and have no address; terminating ones may have lost it."""
        table, own_address = self.table, self._has_own_address
        for row in compress(range(len(self)), map(_RUNS_UNLISTED.__getitem__, table.flags)):
            if own_address[table.shape[row]] and self.node(row) and not self.addresses(row):
                yield row

    def _addresses_of(self, family: int) -> Iterable[int]:
        """The column of addresses of this family; all zeros where no pod has one."""
        table = self.table
        if family == 4:
            return table.v4
        return map(lambda high, low: high << 64 | low, table.v6_high, table.v6_low)

    @cached_property
    def sharing_addresses(self) -> list[tuple[int, int, list[int]]]:
        """Family and address that several live pods have as their own, with the rows of these pods."""
        return [(family, *found) for family in self.families for found in self._sharing(family)]

    @cached_property
    def families(self) -> list[int]:
        """The address families that any pod has."""
        present = {4: any(self.table.v4), 6: any(self.table.v6_low) or any(self.table.v6_high)}
        return [family for family, held in present.items() if held]

    def _sharing(self, family: int) -> Iterator[tuple[int, list[int]]]:
        column = list(self._addresses_of(family))
        ordered = sorted(column)
        repeated = set(compress(ordered, map(eq, ordered, islice(ordered, 1, None)))) - {0}
        rows: dict[int, list[int]] = {}
        for row in compress(range(len(column)), map(repeated.__contains__, column)):
            if self.owns_address(row):
                rows.setdefault(column[row], []).append(row)
        for address, sharing in sorted(rows.items()):
            if len(sharing) > 1:
                yield address, sorted(sharing, key=self.order)

    @cached_property
    def _label_index(self) -> LabelIndex:
        return LabelIndex(((shape.namespace, shape.labels) for shape in self.table.shapes), self._selector_keys)

    @cached_property
    def _rows_by_shape(self) -> array[int]:
        column = self.table.shape
        return array("I", sorted(range(len(column)), key=column.__getitem__))

    @cached_property
    def _shape_starts(self) -> list[int]:
        counts = [0] * len(self.table.shapes)
        for number in self.table.shape:
            counts[number] += 1
        return [0, *accumulate(counts)]
