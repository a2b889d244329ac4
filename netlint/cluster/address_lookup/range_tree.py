"""The address plan as a tree: ranges inside of ranges, how much of each is in use, and what collides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from netlint import addresses
from netlint.addresses import BITS, Range
from netlint.cluster import Cluster
from netlint.findings import Subject
from netlint.model.declared.declarations import Authority, Declaration, RangeSource, Role, Standing
from netlint.model.ranges import remote_ranges
from netlint.phrases import and_more

NETWORK_PREFIX = {4: 24, 6: 64}
"""Prefix lengths of the networks in which addresses are shown that no declared range holds."""
HOLDING_ROLES = {Role.NODE: (Role.NODE,), Role.PUBLIC: (Role.LOAD_BALANCER, Role.NODE)}
"""The roles of single addresses, each with the roles of the ranges that may hold them."""
MAX_COUNTERPARTS = 200  # of a collision, for more declarations the other side is not looked for


@dataclass(slots=True)
class RangeBlock:
    """One range with everything that declares it in one role.

    ``nodes``: names of those to which it belongs; ``used``: how many of its addresses somebody has, None where the
    input cannot show that; ``collisions``: clauses for people; ``is_partial``: whether some children were left out.
    """

    range: Range
    role: Role
    description: str
    declared: list[Declaration]
    nodes: tuple[str, ...] = ()
    used: int | None = None
    collisions: tuple[str, ...] = ()
    is_partial: bool = False
    children: list[RangeBlock] = field(default_factory=list)

    @property
    def assigned(self) -> int:
        """How many of its addresses lie in ranges inside of it."""
        return sum(assigned.size for assigned in addresses.merged(child.range for child in self.children))

    @property
    def is_shared(self) -> bool:
        """Whether several nodes claim it for their pods."""
        return self.role is Role.NODE_POD and len(self.nodes) > 1

    @property
    def standing(self) -> Standing:
        """The firmest of its declarations."""
        order = list(Standing)
        return min((declared.standing for declared in self.declared), key=order.index)

    def walk(self) -> Iterator[RangeBlock]:
        """Itself and all blocks inside of it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a block: one block, many of them, or none, which is free space."""

    range: Range
    blocks: tuple[RangeBlock, ...]


def range_tree(cluster: Cluster, family: int) -> list[RangeBlock]:
    """The outermost blocks of a family in order, each with the blocks inside of it."""
    blocks = _blocks(_shown_ranges(cluster, family))
    in_use = _AddressesInUse(cluster, family)
    collisions = _collisions(cluster)
    for block in blocks:
        block.used = in_use.count_in(block)
        clauses = [clause for declared in block.declared for clause in collisions.get(declared, ())]
        shared = [f"given to {len(block.nodes)} nodes"] if block.is_shared else []
        block.collisions = tuple(dict.fromkeys([*shared, *clauses]))
    return _nested(blocks)


def of_node(roots: Iterable[RangeBlock], node: str) -> list[RangeBlock]:
    """The ranges of one node, each inside of those that hold it."""
    return [pruned for root in roots if (pruned := _pruned(root, node)) is not None]


def _pruned(block: RangeBlock, node: str) -> RangeBlock | None:
    children = [pruned for child in block.children if (pruned := _pruned(child, node)) is not None]
    if children or node in block.nodes or any(declared.node == node for declared in block.declared):
        return replace(block, children=children, is_partial=True)
    return None


def stretches(block: RangeBlock, limit: int) -> list[Stretch]:
    """Stretches of a block from its first to its last address, at most ``limit`` of them with blocks in them.

    Where there are more children, neighbours are taken together by aligned stretches of equal size.
    """
    children = block.children
    size = 1
    while len({(child.range.first - block.range.first) // size for child in children}) > limit:
        size *= 2
    groups: dict[int, list[RangeBlock]] = {}
    for child in children:
        groups.setdefault((child.range.first - block.range.first) // size, []).append(child)
    stretches = [tuple(group) for _, group in sorted(groups.items())]
    listed = list(_with_gaps(block.range, stretches))
    return [part for part in listed if part.blocks] if block.is_partial else listed


def _with_gaps(whole: Range, groups: Iterable[tuple[RangeBlock, ...]]) -> Iterator[Stretch]:
    reached = whole.first
    for group in groups:
        first, last = group[0].range.first, max(block.range.last for block in group)
        if first > reached:
            yield Stretch(Range(whole.family, reached, first - 1), ())
        yield Stretch(Range(whole.family, first, last), group)
        reached = max(reached, last + 1)
    if reached <= whole.last:
        yield Stretch(Range(whole.family, reached, whole.last), ())


def _shown_ranges(cluster: Cluster, family: int) -> list[Declaration]:
    """Declared ranges, and networks around single addresses that no declared range holds."""
    of_family = [declared for declared in cluster.ranges.plan.declarations if declared.range.family == family]
    ranges = [declared for declared in of_family if declared.range.size > 1 and declared.role is not Role.PUBLIC]
    if cluster.network.allocates_from_node is False:
        ranges = [
            declared
            for declared in ranges
            if declared.role is not Role.NODE_POD or declared.authority != Authority.NODE
        ]
        declared_there = set(ranges)
        own = (declared for ranges_of_node in cluster.network.node_ranges.values() for declared in ranges_of_node)
        ranges += [declared for declared in own if declared.range.family == family and declared not in declared_there]
    singles = [declared for declared in of_family if declared.range.size == 1]
    return [*ranges, *(around for role in HOLDING_ROLES for around in _networks_around(role, singles, ranges))]


def _networks_around(role: Role, singles: list[Declaration], ranges: list[Declaration]) -> Iterator[Declaration]:
    """The networks around addresses of this role that no range holds."""
    alone = [declared for declared in singles if declared.role is role]
    holders = [declared.range for declared in ranges if declared.role in HOLDING_ROLES[role]]
    inside_holder = set(addresses.touching([declared.range for declared in alone], holders))
    by_network: dict[Range, Subject] = {}
    for number, declared in enumerate(alone):
        if number not in inside_holder:
            size = 1 << (BITS[declared.range.family] - NETWORK_PREFIX[declared.range.family])
            first = declared.range.first & -size
            by_network.setdefault(Range(declared.range.family, first, first + size - 1), declared.subject)
    label = "around node addresses" if role is Role.NODE else "around public addresses"
    for network, subject in _neighbours_joined(by_network):
        yield RangeSource(role, "netlint", subject, standing=Standing.INFERRED, label=label).declaration((), network)


def _neighbours_joined(networks: Mapping[Range, Subject]) -> Iterator[tuple[Range, Subject]]:
    """Networks without a gap between them as one."""
    joined: list[tuple[Range, Subject]] = []
    for network in sorted(networks):
        last = joined[-1][0] if joined else None
        if last is not None and network.first == last.last + 1:
            joined[-1] = Range(last.family, last.first, network.last), joined[-1][1]
        else:
            joined.append((network, networks[network]))
    yield from joined


def _blocks(declarations: Iterable[Declaration]) -> list[RangeBlock]:
    """One for each range and role, wider ones before those inside of them."""
    groups: dict[tuple[Range, Role], list[Declaration]] = {}
    for declared in declarations:
        groups.setdefault((declared.range, declared.role), []).append(declared)
    blocks = []
    for (span, role), together in groups.items():
        unlabelled = [declared for declared in together if not declared.label] or together
        of_nodes = {declared.node for declared in together if declared.node} if role is not Role.POD else set()
        blocks.append(RangeBlock(span, role, unlabelled[0].description, together, tuple(sorted(of_nodes))))
    narrow = list(Role).index(Role.NODE_POD)
    order = {role: narrow + 1 if role is Role.NODE_POD else number for number, role in enumerate(Role)}
    return sorted(blocks, key=lambda block: (block.range.first, -block.range.last, order[block.role]))


def _nested(blocks: list[RangeBlock]) -> list[RangeBlock]:
    roots: list[RangeBlock] = []
    around: list[RangeBlock] = []
    for block in blocks:
        while around and not around[-1].range.covers(block.range):
            around.pop()
        (around[-1].children if around else roots).append(block)
        around.append(block)
    return roots


def _collisions(cluster: Cluster) -> Mapping[Declaration, list[str]]:
    """Clauses that say what each declaration collides with."""
    clauses: defaultdict[Declaration, list[str]] = defaultdict(list)
    for declared, clause in (*_of_kinds(cluster), *_of_nodes(cluster), *_of_clusters(cluster)):
        clauses[declared].append(clause)
    return clauses


def _of_kinds(cluster: Cluster) -> Iterator[tuple[Declaration, str]]:
    for collision in cluster.ranges.collisions:
        for number, declared in enumerate(() if collision.is_idle else collision.involved):
            kind = collision.right_kind if declared in collision.left_ranges else collision.left_kind
            other = collision.counterpart(declared) if number < MAX_COUNTERPARTS else None
            yield declared, f"overlaps {other} of {other.subject}" if other else f"overlaps {kind} ranges"


def _of_nodes(cluster: Cluster) -> Iterator[tuple[Declaration, str]]:
    for group in cluster.ranges.overlapping_pod_cidrs:
        for declared in group:
            others = [other for other in group if other.node != declared.node and other.range != declared.range]
            yield from ((declared, clause) for clause in _clause(others))


def _of_clusters(cluster: Cluster) -> Iterator[tuple[Declaration, str]]:
    for group in remote_ranges.overlapping_clusters(cluster.ranges.plan, cluster.view):
        for declared in group:
            foreign = (other for other in group if other.description != declared.description)
            others = [other for other in foreign if other.range.overlaps(declared.range)]
            yield from ((declared, clause) for clause in _clause(others))


def _clause(others: list[Declaration]) -> Iterator[str]:
    """One clause for all that a declaration overlaps; none where there is nothing."""
    yield from (and_more(f"overlaps {other} of {other.subject}", len(others) - 1) for other in others[:1])


class _AddressesInUse:
    """The addresses of one family that somebody has, by role, in order."""

    def __init__(self, cluster: Cluster, family: int) -> None:
        pods = cluster.pods
        of_pods = {pods.address(row, family) for row in pods.live_on_network()} - {0}
        of_services = {entry.value for entry in cluster.ranges.cluster_ips if entry.family == family}
        self._pods, self._services = sorted(of_pods), sorted(of_services)
        singles = [
            entry
            for entry in cluster.ranges.plan.declarations
            if entry.range.size == 1 and entry.range.family == family
        ]
        self._nodes = sorted({entry.range.first for entry in singles if entry.role is Role.NODE})
        self._public = sorted({entry.range.first for entry in singles if entry.role is Role.PUBLIC})

    def count_in(self, block: RangeBlock) -> int | None:
        """How many addresses of a block somebody has."""
        in_use = {
            Role.POD: self._pods,
            Role.NODE_POD: self._pods,
            Role.SECONDARY: None,
            Role.BRIDGE: None,
            Role.INTERNAL: None,
            Role.SERVICE: self._services,
            Role.NODE: self._nodes,
            Role.LOAD_BALANCER: self._public,
            Role.PUBLIC: self._public,
            Role.REMOTE: None,
        }[block.role]
        return (
            None if in_use is None else bisect_right(in_use, block.range.last) - bisect_left(in_use, block.range.first)
        )
