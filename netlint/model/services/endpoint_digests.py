"""Endpoints as numbers, so that what slices list and what pods demand are compared in bulk.

A digest stands for one endpoint: its address, target, conditions, node and hostname. A sum of squares of digests
stands for all endpoints of a slice, or of the pods of a shape. Equal endpoints have equal sums; different ones hardly
ever do, as digests have 64 bits. The digests themselves would not do: what the last of the hashed values adds to a hash
is nearly always the same, so where two endpoints have swapped it, they often add up to the same.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import compress
from operator import mul, not_
from typing import NamedTuple

from netlint.model.pods import Pods
from netlint.model.pods.shape_index import IS_LISTED
from netlint.model.slices import EndpointSlices

_IS_UNLISTED = bytes(map(not_, IS_LISTED))


class Sums(NamedTuple):
    """Sums by the numbers of shapes: without hostnames, and what these add, where there are some."""

    plain: list[int]
    named: dict[int, int]


class Digests:
    """The digests of pods and endpoints, made for all of a family when the first of them is asked for."""

    def __init__(self, pods: Pods, slices: EndpointSlices, misplaced: Iterable[int]) -> None:
        """``misplaced``: pods that get an endpoint only where those that are not ready are published, too."""
        self._pods = pods
        self._slices = slices
        self._misplaced = misplaced
        self._sums: dict[tuple[int, bool], Sums] = {}
        self._of_pods: dict[int, array[int]] = {}
        self._of_endpoints: dict[int, array[int]] = {}

    def demanded(self, shape: int, family: int, publish: bool, named: bool) -> int:
        """What the pods of a shape demand, 0 for no endpoint; ``named``: with their hostnames."""
        if (family, publish) not in self._sums:
            self._sums[family, publish] = self._sum_up(family, publish)
        sums = self._sums[family, publish]
        return sums.plain[shape] + (sums.named.get(shape, 0) if named else 0)

    def listed(self, number: int, family: int) -> int:
        """What a slice lists, 0 for no endpoint."""
        if family not in self._of_endpoints:
            self._of_endpoints[family] = self._endpoints_in(family)
        rows = self._slices.endpoints(number)
        digests = self._of_endpoints[family][rows.start : rows.stop]
        return sum(map(mul, digests, digests))

    @cached_property
    def _number_of(self) -> list[int | None]:
        """The numbers of the pods' strings in the table of slices."""
        return [*map(self._slices.number_of, self._pods.texts)]

    def _sum_up(self, family: int, publish: bool) -> Sums:
        if family not in self._of_pods:
            self._of_pods[family] = self._pods_in(family)
        digests, codes = self._of_pods[family][:], self._pods.demanded_codes(publish)
        shapes = self._pods.shape_numbers
        for row in () if publish else self._misplaced:
            digests[row] = 0
        plain, named = [0] * len(self._pods.shapes), dict[int, int]()
        for shape, digest, coded in zip(shapes, digests, _each_with(digests, codes), strict=True):
            if digest:
                plain[shape] += coded * coded
        for row in compress(range(len(digests)), self._pods.hostname_positions):
            if digests[row]:
                coded, shape = _with(digests[row], codes[row]), shapes[row]
                hosted = _with(coded, self._pods.hostname(row))
                named[shape] = named.get(shape, 0) + hosted * hosted - coded * coded
        return Sums(plain, named)

    def _pods_in(self, family: int) -> array[int]:
        """By row, without conditions and hostnames; 0 for pods that never get an endpoint."""
        pods, addresses = self._pods, self._pods.address_column(family)
        nodes = map(self._number_of.__getitem__, pods.node_numbers)
        digests = array("q", map(hash, zip(addresses, pods.name_hashes, nodes, pods.uids, strict=True)))
        for lacking in (pods.flagged(_IS_UNLISTED), map(not_, addresses)):
            for row in compress(range(len(digests)), lacking):
                digests[row] = 0
        return digests

    def _endpoints_in(self, family: int) -> array[int]:
        slices = self._slices
        addresses = slices.addresses(slices.rows, family)
        columns = zip(addresses, slices.target_hashes, slices.node_numbers, slices.target_uids, strict=True)
        digests = array("q", _each_with(map(hash, columns), slices.condition_codes))
        for row in compress(slices.rows, slices.hostname_positions):
            digests[row] = _with(digests[row], slices.hostname(row))
        return digests


def _each_with(digests: Iterable[int], codes: Iterable[int]) -> Iterator[int]:
    """Digests that also stand for conditions."""
    return map(hash, zip(digests, codes, strict=True))


def _with(digest: int, more: int | str) -> int:
    return hash((digest, more))
