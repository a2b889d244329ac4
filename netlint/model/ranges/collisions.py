"""Ranges of different kinds that have addresses in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from msgspec.structs import replace

from netlint import addresses
from netlint.addresses import Range
from netlint.model.cni import PodNetwork
from netlint.model.declared.declarations import Authority, Declaration, Role, Standing
from netlint.model.pods import Pods
from netlint.model.ranges.address_plan import Plan

KIND_OF_ROLE = {
    Role.POD: "pod",
    Role.NODE_POD: "pod",
    Role.SERVICE: "Service",
    Role.NODE: "node",
    Role.BRIDGE: "bridge",
    Role.LOAD_BALANCER: "load-balancer",
    Role.INTERNAL: "internal",
    Role.SECONDARY: "secondary",
}
"""Kinds that are compared with each other, in the order of pairs: a node's part of the pod range is one too."""
COMPATIBLE_KINDS = (("bridge", "internal"), ("bridge", "secondary"))
"""Pairs that may share addresses: bridges carry plugins' internal ranges and secondary networks."""
KINDS_IN_NODE_NETWORK = ("bridge", "load-balancer", "internal", "secondary")
"""Kinds that may lie in a node's network: only the node's own addresses are taken."""
DOCKER_DEFAULT = addresses.parse_cidr("172.17.0.0/16").range
MULTUS_NAMESPACE = "kube-system"
"""Multus looks here for the pods' first network, whose range is the pod range."""

InUse = Callable[[Collection[Range]], bool]
"""Whether an address of some kind is in use in any of the ranges."""


@dataclass(frozen=True, slots=True)
class Collision:
    """All ranges of one kind that overlap ranges of another kind, and these."""

    left_kind: str
    right_kind: str
    left_ranges: tuple[Declaration, ...]
    right_ranges: tuple[Declaration, ...]

    @property
    def involved(self) -> list[Declaration]:
        """Both sides, by object and range."""
        return sorted(
            (*self.left_ranges, *self.right_ranges), key=lambda declared: (declared.subject.order, declared.range)
        )

    def counterpart(self, declared: Declaration) -> Declaration:
        """The first one of the other side that overlaps this one."""
        others = self.right_ranges if declared in self.left_ranges else self.left_ranges
        return min(
            (other for other in others if other.range.overlaps(declared.range)),
            key=lambda other: (other.subject.order, other.range),
        )

    @property
    def is_idle(self) -> bool:
        """Whether it is only about Docker's default bridge, to which nothing is attached."""
        bridges = [bridge for bridge in (*self.left_ranges, *self.right_ranges) if bridge.role is Role.BRIDGE]
        return bool(bridges) and all(bridge.idle and bridge.range == DOCKER_DEFAULT for bridge in bridges)


@dataclass(frozen=True)
class Usage:
    """The addresses in use, held against collisions.

    ``in_use``: tests by kind; ``ignored_authorities``: whose ranges for nodes the network plugin does not look at;
    ``only_node_ranges_used``: whether of a pod range only the nodes' parts are in use.
    """

    in_use: Mapping[str, InUse]
    ignored_authorities: Collection[str]
    only_node_ranges_used: bool

    def has_allocations_in(self, collision: Collision) -> bool:
        """Whether something that is allocated lies in a range of the other kind.

        Guesses do not count, nor does a secondary network: whether nodes share its segment cannot be seen.
        """
        if {collision.left_kind, collision.right_kind} == {"node", "secondary"}:
            return False
        left, right = _certain(collision.left_ranges), _certain(collision.right_ranges)
        return self._is_taken(collision.left_kind, left, right) or self._is_taken(collision.right_kind, right, left)

    def _is_taken(self, kind: str, side: list[Declaration], others: list[Declaration]) -> bool:
        """Whether something of this kind lies in a range of the others."""
        allocated = [declared.range for declared in side if self._is_allocated(declared)]
        if addresses.touching(allocated, (other.range for other in others)):
            return True
        occupied = [other.range for other in others if other.role is not Role.POD or not self.only_node_ranges_used]
        return kind in self.in_use and self.in_use[kind](occupied)

    def _is_allocated(self, declared: Declaration) -> bool:
        is_node_pod_range = declared.role is Role.NODE_POD and declared.authority not in self.ignored_authorities
        return is_node_pod_range or declared.role is Role.NODE


def usage(plan: Plan, network: PodNetwork, pods: Pods, cluster_ips: Collection[Range]) -> Usage:
    """The addresses that pods, Services and load balancers have."""
    public = [declaration.range for declaration in plan.of(Role.PUBLIC)]
    return Usage(
        {
            "pod": pods.any_in,
            "Service": lambda ranges: bool(addresses.touching(list(cluster_ips), ranges)),
            "load-balancer": lambda ranges: bool(addresses.touching(public, ranges)),
        },
        {Authority.NODE} if network.allocates_from_node is False else set(),
        bool(plan.of(Role.NODE_POD) or network.missing_kind),
    )


def _certain(side: Iterable[Declaration]) -> list[Declaration]:
    """Declarations that are no guess, nor a network around nodes: it may be far larger than what is in it."""
    return [
        declared
        for declared in side
        if declared.standing is not Standing.INFERRED and (declared.role is not Role.NODE or declared.range.size == 1)
    ]


def collisions(plan: Plan, shared_subnet: bool) -> Iterator[Collision]:
    """One for each pair of kinds; ``shared_subnet``: pods have addresses of their node's own network."""
    allocatable = {
        secondary.declaration: secondary.allocatable for secondary in plan.secondary if not secondary.is_isolated
    }
    by_kind = _by_kind(_distinct(plan.trusted(*KIND_OF_ROLE)))
    apart = {*COMPATIBLE_KINDS, ("pod", "node")} if shared_subnet else {*COMPATIBLE_KINDS}
    for left_kind, right_kind in combinations(dict.fromkeys(KIND_OF_ROLE.values()), 2):
        if (left_kind, right_kind) in apart or not (by_kind.get(left_kind) and by_kind.get(right_kind)):
            continue
        left = _comparable_with(by_kind[left_kind], right_kind, allocatable)
        right = _comparable_with(by_kind[right_kind], left_kind, allocatable)
        overlapping = _overlapping(left, right)
        if overlapping:
            yield Collision(left_kind, right_kind, overlapping, _overlapping(right, left))


def _overlapping(declarations: list[Declaration], others: list[Declaration]) -> tuple[Declaration, ...]:
    """The declarations that have addresses in common with any of the others."""
    touching = addresses.touching(
        [declaration.range for declaration in declarations], [other.range for other in others]
    )
    return tuple(declarations[index] for index in touching)


def _distinct(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Declarations but those of all addresses of a family, and those that only repeat what is declared."""
    bounded = [
        declaration
        for declaration in declarations
        if declaration.range.size < 1 << addresses.BITS[declaration.range.family]
    ]
    firmly_declared = [declaration for declaration in bounded if declaration.standing is Standing.DECLARED]
    if len(firmly_declared) == len(bounded):
        return bounded
    declared = {(declaration.range, declaration.role, declaration.node) for declaration in firmly_declared}
    everywhere = {(declaration.range, declaration.role) for declaration in firmly_declared if not declaration.node}
    return [
        declaration
        for declaration in bounded
        if declaration.standing is Standing.DECLARED
        or (
            (declaration.range, declaration.role, declaration.node) not in declared
            and (declaration.range, declaration.role) not in everywhere
        )
    ]


def _by_kind(declarations: Iterable[Declaration]) -> dict[str, list[Declaration]]:
    """Declarations by kind, those alone that overlap anything of another kind."""
    compared = [declaration for declaration in declarations if declaration.role in KIND_OF_ROLE]
    by_kind: dict[str, list[Declaration]] = {}
    for group in addresses.overlapping_groups([declaration.range for declaration in compared]):
        members = [compared[number] for number in group]
        if len({KIND_OF_ROLE[declaration.role] for declaration in members}) > 1:
            for declaration in members:
                by_kind.setdefault(KIND_OF_ROLE[declaration.role], []).append(declaration)
    return by_kind


def _comparable_with(
    declarations: list[Declaration], other_kind: str, allocatable: Mapping[Declaration, Range]
) -> list[Declaration]:
    """The declarations of one kind that are compared with another kind."""
    if declarations[0].role is Role.NODE and other_kind in KINDS_IN_NODE_NETWORK:
        return [declared for declared in declarations if declared.range.size == 1]
    if declarations[0].role is not Role.SECONDARY:
        return declarations
    if other_kind in {"node", "load-balancer"}:
        return [replace(declared, range=allocatable[declared]) for declared in declarations if declared in allocatable]
    if other_kind == "pod":
        return [declared for declared in declarations if declared.subject.namespace != MULTUS_NAMESPACE]
    return declarations
