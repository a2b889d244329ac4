"""Pods with meaning: which are live, who has which address, whom a selector selects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress, islice
from operator import and_, contains, eq, gt, not_

from netlint.addresses import BITS, Range
from netlint.findings import Subject
from netlint.model.pods.endpoint_conditions import DEMANDED, Conditions
from netlint.model.pods.shape_index import IS_LISTED, IS_LIVE, Shapes
from netlint.snapshot.attached_networks import Attached
from netlint.snapshot.pod_shapes import PodShape
from netlint.snapshot.pod_table import (
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

_IS_HERE = bytes(not flags & OTHER_NETWORK for flags in range(256))
_RUNS_UNLISTED = bytes(
    flags & (PHASE_BITS | TERMINATING | LISTED_IPS) == Phase.RUNNING for flags in range(256)
)  # what a running pod has unless status.podIPs is filled


class Pods(Shapes):
    """Read-only lookups over the pod table; a pod is known by its row."""

    def name(self, row: int) -> str:
        """``metadata.name``."""
        return self._table.names[row]

    def namespace(self, row: int) -> str:
        """``metadata.namespace``."""
        return self._table.shapes.namespace(self._table.shape[row])

    def shape(self, row: int) -> PodShape:
        """What it has in common with other pods: labels, containers, ports."""
        return self._table.shapes[self._table.shape[row]]

    def node(self, row: int) -> str:
        """``spec.nodeName``; empty while it is not scheduled."""
        return self._table.strings.texts[self._table.node[row]]

    def hostname(self, row: int) -> str:
        """``spec.hostname``."""
        return self._table.hostname[row]

    def host_ip(self, row: int) -> str:
        """``status.hostIP``; empty without one."""
        return self._table.strings.texts[self._table.host_ip[row]]

    def uid(self, row: int) -> int:
        """The hash of ``metadata.uid``, 0 without one."""
        return self._table.uid[row]

    def last_change(self, row: int) -> int:
        """When it was created, became ready or unready, or was deleted, the newest as YYYYMMDDhhmmss."""
        return self._table.changed[row]

    def phase(self, row: int) -> Phase:
        """``status.phase``."""
        return Phase(self._table.flags[row] & PHASE_BITS)

    def is_live(self, row: int) -> bool:
        """Whether it still owns its address: a terminal pod keeps ``status.podIP`` without owning it."""
        return bool(IS_LIVE[self._table.flags[row]])

    def is_ready(self, row: int) -> bool:
        """Whether its Ready condition is True."""
        return bool(self._table.flags[row] & READY)

    def is_terminating(self, row: int) -> bool:
        """Whether ``metadata.deletionTimestamp`` is set."""
        return bool(self._table.flags[row] & TERMINATING)

    def keeps_address(self, row: int) -> bool:
        """Whether a live pod is sure to own its address: it is not being deleted, and its kubelet reports."""
        return not self.is_terminating(row) and self.phase(row) != Phase.UNKNOWN

    def lists_addresses(self, row: int) -> bool:
        """Whether ``status.podIPs`` is filled; ``status.podIP`` alone gives no endpoint."""
        return bool(self._table.flags[row] & LISTED_IPS)

    def is_listed(self, row: int) -> bool:
        """Whether the EndpointSlice controller gives it an endpoint."""
        return bool(IS_LISTED[self._table.flags[row]])

    def demanded_conditions(self, row: int, publish: bool) -> Conditions:
        """The conditions of its endpoint; ``publish``: the Service publishes pods that are not ready."""
        return DEMANDED[publish][self._table.flags[row]]

    def address(self, row: int, family: int) -> int:
        """Its address of this family, 0 without one."""
        table = self._table
        return table.v4[row] if family == 4 else table.v6_high[row] << 64 | table.v6_low[row]

    def addresses(self, row: int) -> list[tuple[int, int]]:
        """Family and value of its addresses, in the order of ``status.podIPs``."""
        families = (6, 4) if self._table.flags[row] & V6_FIRST else (4, 6)
        return [(family, value) for family in families if (value := self.address(row, family))]

    def address_path(self, row: int, family: int) -> tuple[str | int, ...]:
        """The field that holds the address of this family."""
        if not self.lists_addresses(row):
            return ("status", "podIP")
        order = [listed for listed, _ in self.addresses(row)]
        return ("status", "podIPs", order.index(family), "ip")

    def subject(self, row: int) -> Subject:
        """The pod as a subject."""
        return Subject("v1", "Pod", self.namespace(row), self.name(row), self._table.origin[row])

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
        apart = bytes(map(not_, self._table.shapes.host_networks))
        return bytes(map(and_, self.flagged(IS_LIVE), map(apart.__getitem__, self._table.shape)))

    @property
    def all_command_lines(self) -> Mapping[int, CommandLine]:
        """By row, the command lines of the control plane's pods, terminal ones included."""
        return self._table.commands

    @property
    def attachments(self) -> Mapping[int, tuple[Attached, ...]]:
        """By row, the networks beside the cluster's that pods are on, terminal ones included."""
        return self._table.attached

    @cached_property
    def command_lines(self) -> dict[str, list[tuple[int, CommandLine]]]:
        """By program of the control plane: its different command lines, each with the first live pod that has it."""
        first_rows: dict[str, dict[CommandLine, int]] = {program: {} for program in CONTROL_PLANE}
        for row in sorted(filter(self.is_live, self._table.commands), key=self.order):
            program = next(filter(self.name(row).startswith, CONTROL_PLANE))
            first_rows[program].setdefault(self._table.commands[row], row)
        return {program: [(row, line) for line, row in rows.items()] for program, rows in first_rows.items()}

    def on_others(self, nodes: Collection[str]) -> set[int]:
        """All pods that are not on these nodes: those that are not scheduled, too."""
        column, texts = self._table.node, self._table.strings.texts
        others = {number for number in set(column) if texts[number] not in nodes}
        return {row for row, number in enumerate(column) if number in others} if others else set()

    def addresses_on(self, nodes: Collection[str]) -> dict[str, tuple[set[tuple[int, int]], int]]:
        """By node: the addresses of its pods, terminal ones included, and how many live ones have none yet."""
        texts = self._table.strings.texts
        addresses_of: dict[str, set[tuple[int, int]]] = {node: set() for node in nodes}
        waiting = dict.fromkeys(nodes, 0)
        for row, number in enumerate(self._table.node):
            node = texts[number]
            if node in addresses_of:
                addresses = self.addresses(row)
                addresses_of[node].update(addresses)
                waiting[node] += not addresses and self.is_live(row)
        return {node: (addresses_of[node], waiting[node]) for node in nodes}

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
        rows = compress(range(len(self)), map(hashes.__contains__, self._table.names.hashes))
        row_of = {self.order(row): row for row in rows}
        return {key: row for key, row in row_of.items() if key in wanted}

    def at(self, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
        """The live pods that have these addresses (family and value), host-network pods included."""
        rows: dict[tuple[int, int], list[int]] = {}
        for family in self.families if wanted else ():
            values = {value for of_family, value in wanted if of_family == family}
            column = self.address_column(family)
            for row in compress(range(len(self)), map(values.__contains__, column)):
                if self.is_live(row):
                    rows.setdefault((family, column[row]), []).append(row)
        return rows

    def outside(self, family: int, ranges: Mapping[str, Sequence[Range]]) -> Iterator[int]:
        """Live pods whose own address is in none of the ranges of their node; ``ranges`` by its name.

        Pods that an annotation puts on another network are none of them.
        """
        column, strings = self.address_column(family), self._table.strings
        spans: list[Container[object]] = [range(1 << BITS[family])] * len(strings.texts)
        for name, of_node in ranges.items():
            own = [range(span.first, span.last + 1) for span in of_node if span.family == family]
            number = strings.find(name)
            if own and number is not None:
                spans[number] = own[0] if len(own) == 1 else _Several(own)
        judged = map(and_, self._owning, self.flagged(_IS_HERE))
        beyond = map(gt, judged, map(contains, map(spans.__getitem__, self._table.node), column))
        return (row for row in compress(range(len(self)), beyond) if column[row])

    def having_host_ip(self, wanted: Callable[[str, str], bool]) -> Iterator[int]:
        """All pods whose node and ``status.hostIP`` are wanted; every pair of them is judged once."""
        texts, columns = self._table.strings.texts, (self._table.node, self._table.host_ip)
        pairs = set(zip(*columns, strict=True))
        numbers = {(node, host_ip) for node, host_ip in pairs if host_ip and wanted(texts[node], texts[host_ip])}
        return compress(range(len(self)), map(numbers.__contains__, zip(*columns, strict=True) if numbers else ()))

    def having_address_in(self, span: Range) -> list[int]:
        """All pods that show an address of the range, terminal ones and those in their host's network included."""
        column = self.address_column(span.family)
        return [row for row, address in enumerate(column) if address and span.first <= address <= span.last]

    def owning(self, values: Collection[int], family: int) -> list[int]:
        """The live pods, in networks of their own, whose address of the family is one of these."""
        if not values:
            return []
        column = self.address_column(family)
        return [row for row in compress(range(len(self)), map(values.__contains__, column)) if self._owning[row]]

    def owns_address(self, row: int) -> bool:
        """Whether the pod is live and in a network of its own."""
        return bool(self._owning[row])

    def count_by_node(self, family: int) -> dict[str, int]:
        """How many live pods of each node have an address of this family as their own."""
        column, texts = self.address_column(family), self._table.strings.texts
        counts = Counter(compress(compress(self._table.node, column), compress(self._owning, column)))
        return {texts[node]: count for node, count in counts.items()}

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
        return [(family, *sharing) for family in self.families for sharing in self._sharing(family)]

    def _sharing(self, family: int) -> Iterator[tuple[int, list[int]]]:
        column = self.address_column(family)
        ordered = sorted(compress(column, self._owning))  # half the memory of counting
        repeated = set(compress(ordered, map(eq, ordered, islice(ordered, 1, None)))) - {0}
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
