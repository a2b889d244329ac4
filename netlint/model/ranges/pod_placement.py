"""Where the addresses of each node's pods have to be, whoever gives them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property

from netlint.addresses import Range, RangeIndex, overlapping_groups
from netlint.model.declared.declarations import Declaration
from netlint.model.pods import Pods


class PodPlacement:
    """The ranges of nodes from which pods get their addresses, and those that are open to every node."""

    def __init__(
        self, ranges: Mapping[str, list[Declaration]], shared: Iterable[Declaration], left_out: Collection[str]
    ) -> None:
        """``ranges`` by the node's name; ``left_out``: names of nodes whose ranges are known to be wrong."""
        self._left_out = left_out
        self._ranges = ranges
        self._shared = RangeIndex((declaration.range, declaration) for declaration in shared)

    @cached_property
    def undisputed(self) -> dict[str, list[Declaration]]:
        """The ranges of the nodes that share none of them with another node."""
        declarations = [declaration for ranges in self._ranges.values() for declaration in ranges]
        disputed = set(self._left_out)
        for group in overlapping_groups([declaration.range for declaration in declarations]):
            nodes = {declarations[number].node for number in group}
            disputed |= nodes if len(nodes) > 1 else set()
        return {name: own for name, own in self._ranges.items() if name not in disputed}

    def ranges_of(self, node: str, family: int) -> list[Declaration]:
        """The ranges of a node in one family."""
        return [declaration for declaration in self._ranges.get(node, ()) if declaration.range.family == family]

    def node_range_at(self, family: int, address: int) -> Declaration | None:
        """The range of a node that holds the address."""
        containing = self._index.holding(family, address)
        return containing[-1][1] if containing else None

    def misplaced(self, pods: Pods) -> Iterator[tuple[int, int]]:
        """Family and row of pods outside of their node's ranges, where neither their address nor these are disputed."""
        ranges: dict[str, list[Range]] = {}
        for name, declarations in self.undisputed.items():
            ranges[name] = [declaration.range for declaration in declarations]
        duplicates = {(family, row) for family, _, rows in pods.sharing_addresses for row in rows}
        for family in pods.families:
            for row in pods.outside(family, ranges):
                open_to_all = self._shared.holding(family, pods.address(row, family))
                if (family, row) not in duplicates and not open_to_all:
                    yield family, row

    @cached_property
    def _index(self) -> RangeIndex[Declaration]:
        return RangeIndex(
            (declaration.range, declaration) for ranges in self._ranges.values() for declaration in ranges
        )
