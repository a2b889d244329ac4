"""Pods with meaning: which are live, who has which address, whom a selector selects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress, islice
from operator import and_, contains, eq, gt, not_

from netlint.addresses import BITS, Range
from netlint.findings import Subject
from netlint.model.pods.shape_index import IS_LIVE, Shapes
from netlint.snapshot.pods import (
    CONTROL_PLANE,
    LISTED_IPS,
    OTHER_NETWORK,
    PHASE_BITS,
    READY,
    TERMINATING,
    V6_FIRST,
    CommandLine,
    Phase,
)
from netlint.snapshot.shapes import PodShape

_IS_HERE = bytes(not flags & OTHER_NETWORK for flags in range(256))
_RUNS_UNLISTED = bytes(
    flags & (PHASE_BITS | TERMINATING | LISTED_IPS) == Phase.RUNNING for flags in range(256)
)  # what a running pod has unless status.podIPs is filled


class Pods(Shapes):
    """Read-only lookups over the pod table; a pod is known by its row."""

    def __len__(self) -> int:
        """How many pods, terminal ones included."""
        return len(self.table)

    def name(self, row: int) -> str:
        """``metadata.name``."""
        return self.table.names[row]

    def namespace(self, row: int) -> str:
        """``metadata.namespace``."""
        return self.table.shapes.namespace(self.table.shape[row])

    def shape(self, row: int) -> PodShape:
        """What it has in common with other pods: labels, containers, ports."""
        return self.table.shapes[self.table.shape[row]]

    def node(self, row: int) -> str:
        """``spec.nodeName``; empty while it is not scheduled."""
        return self.table.strings.texts[self.table.node[row]]

    def hostname(self, row: int) -> str:
        """``spec.hostname``."""
        return self.table.hostname[row]

    def phase(self, row: int) -> Phase:
        """``status.phase``."""
        return Phase(self.table.flags[row] & PHASE_BITS)

    def is_live(self, row: int) -> bool:
        """Whether it still owns its address: a terminal pod keeps ``status.podIP`` without owning it."""
        return bool(IS_LIVE[self.table.flags[row]])

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
        return compress(range(len(self)), self._owning)

    def live_on_host_network(self) -> Iterator[int]:
        """Live pods in the network of their node."""
        return compress(range(len(self)), map(gt, self.flagged(IS_LIVE), self._owning))

    @cached_property
    def _owning(self) -> bytes:
        """By row, whether the pod is live and in a network of its own."""
        apart = bytes(map(not_, self.table.shapes.host_networks))
        return bytes(map(and_, self.flagged(IS_LIVE), map(apart.__getitem__, self.table.shape)))

    @cached_property
    def telling(self) -> dict[str, list[int]]:
        """By program of the control plane, the first live pod with each of its command lines."""
        firsts: dict[str, dict[CommandLine, int]] = {program: {} for program in CONTROL_PLANE}
        for row in sorted(filter(self.is_live, self.table.commands), key=self.order):
            program = next(filter(self.name(row).startswith, CONTROL_PLANE))
            firsts[program].setdefault(self.table.commands[row], row)
        return {program: [*found.values()] for program, found in firsts.items()}

    def on_others(self, nodes: Collection[str]) -> set[int]:
        """All pods that are not on these nodes: those that are not scheduled, too."""
        column, texts = self.table.node, self.table.strings.texts
        others = {number for number in set(column) if texts[number] not in nodes}
        return {row for row, number in enumerate(column) if number in others} if others else set()

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

    def first_live(self, numbers: Iterable[int]) -> int | None:
        """The first live pod of these shapes by namespace and name; None where all are terminal."""
        rows = (row for number in numbers for row in self.rows_of_shape(number) if self.is_live(row))
        return min(rows, key=self.order, default=None)

    def named(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        """The rows of the pods with these namespaces and names."""
        hashes = {hash(name) for _, name in wanted}
        rows = compress(range(len(self)), map(hashes.__contains__, self.table.names.hashes))
        found = {self.order(row): row for row in rows}
        return {key: row for key, row in found.items() if key in wanted}

    def at(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
        """The live pods that have these addresses (family and value), host-network pods included."""
        found: dict[tuple[int, int], list[int]] = {}
        for family in self.families if wanted else ():
            values = {value for of_family, value in wanted if of_family == family}
            column = self.address_column(family)
            for row in compress(range(len(self)), map(values.__contains__, column)):
                if self.is_live(row):
                    found.setdefault((family, column[row]), []).append(row)
        return found

    def outside(self, family: int, ranges: Mapping[str, Sequence[Range]]) -> Iterator[int]:
        """Live pods whose own address is in none of the ranges of their node; ``ranges`` by its name.

        Pods that an annotation puts on another network are none of them.
        """
        column, strings = self.address_column(family), self.table.strings
        spans: list[Container[object]] = [range(1 << BITS[family])] * len(strings.texts)
        for name, found in ranges.items():
            own = [range(held.first, held.last + 1) for held in found if held.family == family]
            number = strings.find(name)
            if own and number is not None:
                spans[number] = own[0] if len(own) == 1 else _Several(own)
        judged = map(and_, self._owning, self.flagged(_IS_HERE))
        beyond = map(gt, judged, map(contains, map(spans.__getitem__, self.table.node), column))
        return (row for row in compress(range(len(self)), beyond) if column[row])

    def having_address_in(self, span: Range) -> list[int]:
        """All pods that show an address of the range, terminal ones and those in their host's network included."""
        column = self.address_column(span.family)
        return [row for row, address in enumerate(column) if address and span.first <= address <= span.last]

    def owns_address(self, row: int) -> bool:
        """Whether the pod is live and in a network of its own."""
        return bool(self._owning[row])

    def count_by_node(self, family: int) -> dict[str, int]:
        """How many live pods of each node have an address of this family as their own."""
        column, texts = self.address_column(family), self.table.strings.texts
        held = Counter(compress(compress(self.table.node, column), compress(self._owning, column)))
        return {texts[node]: number for node, number in held.items()}

    def any_in(self, ranges: Collection[Range]) -> bool:
        """Whether a live pod has an address of its own in any of the ranges."""
        for family, first, last in ranges:
            for row, address in enumerate(self.address_column(family)):
                if first <= address <= last and self.owns_address(row):
                    return True
        return False

    def without_addresses(self) -> Iterator[int]:
        """Pods that run, on a network of their own, and have no address; terminating ones may have lost it."""
        for row in compress(range(len(self)), map(and_, self.flagged(_RUNS_UNLISTED), self._owning)):
            if self.node(row) and not self.addresses(row):
                yield row

    @cached_property
    def sharing_addresses(self) -> list[tuple[int, int, list[int]]]:
        """Family and address that several live pods have as their own, with the rows of these pods."""
        return [(family, *found) for family in self.families for found in self._sharing(family)]

    def _sharing(self, family: int) -> Iterator[tuple[int, list[int]]]:
        column = self.address_column(family)
        held = sorted(compress(column, self._owning))  # half the memory of counting
        repeated = set(compress(held, map(eq, held, islice(held, 1, None)))) - {0}
        rows: dict[int, list[int]] = {}
        for row in compress(self.live_on_network(), map(repeated.__contains__, compress(column, self._owning))):
            rows.setdefault(column[row], []).append(row)
        for address, sharing in sorted(rows.items()):
            yield address, sorted(sharing, key=self.order)


class _Several(tuple[range, ...]):
    """Ranges that hold an address together."""

    __slots__ = ()

    def __contains__(self, address: object) -> bool:
        """Whether any of them holds it."""
        return any(address in span for span in self)
