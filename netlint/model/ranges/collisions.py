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
"""What is compared with what, in the order of pairs: a node's piece of the pod range is a pod range too."""
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
    """Two kinds of ranges that have addresses in common: everything of both kinds that takes part."""

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
    """What tells whether a collision hurts already.

    ``in_use``: by kind; ``ignored``: who gives ranges to nodes at which the network plugin does not look;
    ``in_pieces``: whether only the nodes' pieces of a pod range are in use.
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
        ours, theirs = _certain(collision.left_ranges), _certain(collision.right_ranges)
        return self._is_taken(collision.left_kind, ours, theirs) or self._is_taken(collision.right_kind, theirs, ours)

    def _is_taken(self, kind: str, side: list[Declaration], others: list[Declaration]) -> bool:
        """Whether something of this kind lies in a range of the others."""
        allocated = [declared.range for declared in side if self._is_allocated(declared)]
        if addresses.touching(allocated, (other.range for other in others)):
            return True
        whole = [other.range for other in others if other.role is not Role.POD or not self.only_node_ranges_used]
        return kind in self.in_use and self.in_use[kind](whole)

    def _is_allocated(self, declared: Declaration) -> bool:
        given = declared.role is Role.NODE_POD and declared.authority not in self.ignored_authorities
        return given or declared.role is Role.NODE


def usage(plan: Plan, network: PodNetwork, pods: Pods, cluster_ips: Collection[Range]) -> Usage:
    """What the cluster uses."""
    public = [declaration.range for declaration in plan.of(Role.PUBLIC)]
    return Usage(
        {
            "pod": pods.any_in,
            "Service": lambda ranges: bool(addresses.touching(list(cluster_ips), ranges)),
            "load-balancer": lambda ranges: bool(addresses.touching(public, ranges)),
        },
        {Authority.NODE} if network.allocates_from_node is False else set(),
        bool(plan.of(Role.NODE_POD) or network.missing),
    )


def _certain(side: Iterable[Declaration]) -> list[Declaration]:
    """What is certain; networks around nodes may be far larger than what is in them."""
    return [
        declared
        for declared in side
        if declared.standing is not Standing.INFERRED and (declared.role is not Role.NODE or declared.range.size == 1)
    ]


def collisions(plan: Plan, shared_subnet: bool) -> Iterator[Collision]:
    """One for each pair of kinds; ``shared_subnet``: pods have addresses of their node's own network."""
    given = {secondary.declaration: secondary.allocatable for secondary in plan.secondary if not secondary.is_isolated}
    kinds = _by_kind(_distinct(plan.trusted(*KIND_OF_ROLE)))
    apart = {*COMPATIBLE_KINDS, ("pod", "node")} if shared_subnet else {*COMPATIBLE_KINDS}
    for left, right in combinations(dict.fromkeys(KIND_OF_ROLE.values()), 2):
        if (left, right) in apart or not (kinds.get(left) and kinds.get(right)):
            continue
        ours, theirs = _comparable_with(kinds[left], right, given), _comparable_with(kinds[right], left, given)
        first, second = [declaration.range for declaration in ours], [declaration.range for declaration in theirs]
        touched = [ours[index] for index in addresses.touching(first, second)]
        if touched:
            touching = [theirs[index] for index in addresses.touching(second, first)]
            yield Collision(left, right, tuple(touched), tuple(touching))


def _distinct(declarations: Iterable[Declaration]) -> list[Declaration]:
    """Without whole families, and without what hosts only show again."""
    listed = [
        declaration
        for declaration in declarations
        if declaration.range.size < 1 << addresses.BITS[declaration.range.family]
    ]
    firm = [declaration for declaration in listed if declaration.standing is Standing.DECLARED]
    if len(firm) == len(listed):
        return listed
    declared = {(declaration.range, declaration.role, declaration.node) for declaration in firm}
    everywhere = {(declaration.range, declaration.role) for declaration in firm if not declaration.node}
    return [
        declaration
        for declaration in listed
        if declaration.standing is Standing.DECLARED
        or (
            (declaration.range, declaration.role, declaration.node) not in declared
            and (declaration.range, declaration.role) not in everywhere
        )
    ]


def _by_kind(declarations: Iterable[Declaration]) -> dict[str, list[Declaration]]:
    """Only what overlaps anything of another kind."""
    listed = [found for found in declarations if found.role in KIND_OF_ROLE]
    found: dict[str, list[Declaration]] = {}
    for group in addresses.overlapping_groups([declared.range for declared in listed]):
        members = [listed[number] for number in group]
        if len({KIND_OF_ROLE[declared.role] for declared in members}) > 1:
            for declared in members:
                found.setdefault(KIND_OF_ROLE[declared.role], []).append(declared)
    return found


def _comparable_with(side: list[Declaration], other: str, given: Mapping[Declaration, Range]) -> list[Declaration]:
    """What of a kind is compared with another kind."""
    if side[0].role is Role.NODE and other in KINDS_IN_NODE_NETWORK:
        return [declared for declared in side if declared.range.size == 1]
    if side[0].role is not Role.SECONDARY:
        return side
    if other in {"node", "load-balancer"}:
        return [replace(declared, range=given[declared]) for declared in side if declared in given]
    if other == "pod":
        return [declared for declared in side if declared.subject.namespace != MULTUS_NAMESPACE]
    return side
