"""A new address plan: the ranges that so many nodes, pods and Services need, where nothing else is.

Source: kubernetes.io, kube-controller-manager and kube-apiserver flags; k8s.io/kubernetes pkg/controller/nodeipam,
cmd/kube-apiserver/app/options/validation.go, cmd/kubeadm/app/constants; flannel pkg/subnet/config.go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from netlint import addresses
from netlint.addresses import BITS, Range
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.reserved_ranges import PRIVATE

NODE_BITS = range(2, 17)  # flannel wants four node ranges or more, kubeadm and the controller 2^16 or fewer
SERVICE_BITS = range(4, 21)  # kubeadm wants ten addresses or more, the API server a /12 or a /108 at most
NODE_PREFIX_6 = 64
SERVICE_BITS_6 = 16
UNUSABLE = 3  # network, gateway and broadcast address
CUSTOMARY_STARTS = {Role.POD: addresses.parse("10.244.0.0")[1], Role.SERVICE: addresses.parse("10.96.0.0")[1]}
"""Where people look for these ranges, as flannel's and kubeadm's defaults have taught them."""
DOCKER = addresses.parse_cidr("172.17.0.0/16").range
NODE_NETWORK_PREFIX = {4: 24, 6: 64}
"""Prefix lengths of the networks that nodes are taken to be in where only their addresses are known."""
GROWTH_FACTORS = ((2, 2, 2), (1, 2, 2), (1, 2, 1), (1, 1, 1))
"""Factors by which nodes, pods of a node and Services may grow, tried in this order."""


class NothingFitsError(Exception):
    """No plan fits; the message says why."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Numbers of nodes, pods of each node and Services that need an address; room to grow comes on top."""

    nodes: int
    pods_per_node: int
    services: int
    families: tuple[int, ...] = (4,)


@dataclass(frozen=True, slots=True)
class Avoided:
    """A range that must stay free, and why."""

    range: Range
    reason: str


@dataclass(frozen=True, slots=True)
class FamilyRanges:
    """Ranges that are proposed for one family; ``node_prefix``: the prefix length of each node's pod range."""

    pods: Range
    services: Range
    node_prefix: int

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.pods.family

    @property
    def nodes(self) -> int:
        """How many nodes get a range."""
        return self.pods.size // self.of_node(0).size

    @property
    def pods_per_node(self) -> int:
        """How many pods get an address on one node."""
        return self.of_node(0).size - UNUSABLE

    @property
    def service_addresses(self) -> int:
        """How many Services get an address."""
        return self.services.size - UNUSABLE

    def of_node(self, number: int) -> Range:
        """The range of the node of this number, from 0."""
        size = 1 << (BITS[self.family] - self.node_prefix)
        first = self.pods.first + number * size
        return Range(self.family, first, first + size - 1)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan for a demand."""

    demand: Demand
    ranges: tuple[FamilyRanges, ...]
    avoided: tuple[Avoided, ...]

    @property
    def capacity(self) -> Demand:
        """Numbers that fit; the narrowest family decides."""
        return Demand(
            min(family_ranges.nodes for family_ranges in self.ranges),
            min(family_ranges.pods_per_node for family_ranges in self.ranges),
            min(family_ranges.service_addresses for family_ranges in self.ranges),
            self.demand.families,
        )

    @property
    def is_tight(self) -> bool:
        """Whether something has less room than twice what is asked for."""
        demand, capacity = self.demand, self.capacity
        pairs = (
            (demand.nodes, capacity.nodes),
            (demand.pods_per_node, capacity.pods_per_node),
            (demand.services, capacity.services),
        )
        return any(fitting < 2 * wanted for wanted, fitting in pairs)


def propose(demand: Demand, avoided: Iterable[Avoided]) -> Proposal:
    """A plan that is disjoint from everything to avoid, with as much room to grow as there is.

    Raises NothingFitsError where there is none.
    """
    kept_free = (Avoided(DOCKER, "docker0 by default"), *avoided)
    refusal = None
    for growth in GROWTH_FACTORS:
        try:
            ranges = tuple(_family_ranges(family, demand, growth, kept_free) for family in demand.families)
        except NothingFitsError as error:
            refusal = error
            continue
        return Proposal(demand, ranges, kept_free)
    assert refusal is not None
    raise refusal


def ranges_to_avoid(declarations: Iterable[Declaration]) -> Iterator[Avoided]:
    """The outermost ranges of an address plan; around a node's address, the network that it is likely to be in."""
    reached: Range | None = None
    for avoided in sorted(
        map(_kept_free, declarations),
        key=lambda avoided: (avoided.range.family, avoided.range.first, -avoided.range.last),
    ):
        if reached is None or not reached.covers(avoided.range):
            reached = avoided.range
            yield avoided


def _kept_free(declared: Declaration) -> Avoided:
    description = f"{declared.description} of {declared.subject}"
    if declared.range.size == 1 and declared.role is Role.NODE:
        return Avoided(_node_network(declared.range), f"around {description}")
    return Avoided(declared.range, description)


def _node_network(address: Range) -> Range:
    size = 1 << (BITS[address.family] - NODE_NETWORK_PREFIX[address.family])
    first = address.first & -size
    return Range(address.family, first, first + size - 1)


def _family_ranges(
    family: int, demand: Demand, growth: tuple[int, int, int], avoided: Sequence[Avoided]
) -> FamilyRanges:
    more_nodes, more_pods, more_services = growth
    node_bits = _bits_for("nodes", demand.nodes, more_nodes, NODE_BITS)
    service_bits = _bits_for("Services", demand.services, more_services, SERVICE_BITS, UNUSABLE)
    host_bits = max(2, (more_pods * demand.pods_per_node + UNUSABLE - 1).bit_length())
    if family == 6:
        host_bits, service_bits = BITS[6] - NODE_PREFIX_6, max(SERVICE_BITS_6, service_bits)
    bits = {Role.POD: node_bits + host_bits, Role.SERVICE: service_bits}
    starts = CUSTOMARY_STARTS if family == 4 else _unique_local_starts(demand, avoided)
    placed: dict[Role, Range] = {}
    kept_free = [entry for entry in avoided if entry.range.family == family]
    # of aligned blocks, the larger one first: then whatever place it gets leaves as much room as any other
    for role in sorted(bits, key=bits.__getitem__, reverse=True):
        own = [Avoided(placed_range, f"the {other} range itself") for other, placed_range in placed.items()]
        placed[role] = _free_range(role, family, bits[role], starts[role], [*kept_free, *own])
    return FamilyRanges(placed[Role.POD], placed[Role.SERVICE], BITS[family] - host_bits)


def _bits_for(noun: str, needed: int, growth: int, allowed: range, unusable: int = 0) -> int:
    """Number of address bits for so many with their growth; fewer where only the growth exceeds what is allowed."""
    limit = (1 << allowed[-1]) - unusable
    if needed > limit:
        raise NothingFitsError(f"Kubernetes has room for at most {limit:,} {noun}, and {needed:,} are needed")
    return min(allowed[-1], max(allowed[0], (growth * needed + unusable - 1).bit_length()))


def _unique_local_starts(demand: Demand, avoided: Sequence[Avoided]) -> dict[Role, int]:
    """A site of its own, as RFC 4193 wants it, that is the same for the same request; Services at its end."""
    request = repr((demand, sorted(entry.range for entry in avoided)))
    site = (0xFD << 40 | int.from_bytes(sha256(request.encode()).digest()[:5], "big")) << 80
    return {Role.POD: site, Role.SERVICE: site | 0xFFFF << 64}


def _free_range(role: Role, family: int, bits: int, start: int, avoided: Sequence[Avoided]) -> Range:
    occupied = addresses.merged(entry.range for entry in avoided)
    for block in _private(family):
        for first in (start, block.first) if block.holds(family, start) else (block.first,):
            free = _first_free(block, bits, first, occupied)
            if free is not None:
                return free
    largest_bits = next(
        (fewer_bits for fewer_bits in range(bits - 1, -1, -1) if _any_free(family, fewer_bits, occupied)), None
    )
    largest = "none" if largest_bits is None else f"at most a /{BITS[family] - largest_bits}"
    widest = max(avoided, key=lambda entry: entry.range.size, default=None)
    fits_if_empty = any(block.size >= 1 << bits for block in _private(family))
    widest_clause = f"; the widest of it is {widest.range}, {widest.reason}" if widest and fits_if_empty else ""
    raise NothingFitsError(
        f"the {role} range needs a free IPv{family} /{BITS[family] - bits} in "
        f"{', '.join(map(str, _private(family)))}, and what is to be avoided leaves {largest}{widest_clause}"
    )


def _private(family: int) -> list[Range]:
    return [special.range for special in PRIVATE if special.range.family == family]


def _any_free(family: int, bits: int, occupied: list[Range]) -> bool:
    return any(_first_free(block, bits, block.first, occupied) is not None for block in _private(family))


def _first_free(block: Range, bits: int, start: int, occupied: list[Range]) -> Range | None:
    """The first aligned range of this size in the block that begins at ``start`` or behind it, or holds it."""
    size = 1 << bits
    first = start & -size
    while first >= block.first and first + size - 1 <= block.last:
        index = bisect_right(occupied, first + size - 1, key=lambda taken: taken.first) - 1
        if index < 0 or occupied[index].last < first:
            return Range(block.family, first, first + size - 1)
        first = -(-(occupied[index].last + 1) // size) * size
    return None
