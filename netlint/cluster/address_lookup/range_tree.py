"""The address plan as a tree: ranges inside of ranges, how much of each is in use, and what collides."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netlint import addresses
from netlint.addresses import BITS, Range
from netlint.findings import Subject
from netlint.model.declared.declarations import Authority, Declaration, RangeSource, Role, Standing
from netlint.model.ranges import remote_ranges
from netlint.phrases import and_more

if TYPE_CHECKING:
    from netlint.cluster import Cluster

AROUND = {4: 24, 6: 64}
"""Prefix lengths of the networks in which addresses are shown that no declared range holds."""
HOLDERS = {Role.NODE: (Role.NODE,), Role.PUBLIC: (Role.LOAD_BALANCER, Role.NODE)}
"""Of single addresses: the roles of the ranges that may hold them."""
COUNTERPARTS = 200  # collisions of one kind whose other side is looked for


@dataclass(slots=True)
class Block:
    """One range with everything that declares it in one role.

    ``nodes``: to which it belongs; ``used``: how many of its addresses somebody has, None where the input
    cannot show that; ``collides``: with what, as clauses; ``is_partial``: whether some children were left out.
    """

    range: Range
    role: Role
    what: str
    declared: list[Declaration]
    nodes: tuple[str, ...] = ()
    used: int | None = None
    collides: tuple[str, ...] = ()
    is_partial: bool = False
    children: list[Block] = field(default_factory=list)

    @property
    def given(self) -> int:
        """How many of its addresses lie in ranges inside of it."""
        return sum(held.size for held in addresses.merged(child.range for child in self.children))

    @property
    def is_shared(self) -> bool:
        """Whether several nodes claim it for their pods."""
        return self.role is Role.NODE_POD and len(self.nodes) > 1

    @property
    def standing(self) -> Standing:
        """The firmest of its declarations."""
        order = list(Standing)
        return min((declared.standing for declared in self.declared), key=order.index)

    def walk(self) -> Iterator[Block]:
        """Itself and all blocks inside of it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a block: one block, many of them, or none, which is free space."""

    range: Range
    blocks: tuple[Block, ...]


def tree(cluster: Cluster, family: int) -> list[Block]:
    """The outermost blocks of a family in order, each with the blocks inside of it."""
    blocks = _blocks(_shown(cluster, family))
    taken = _Taken(cluster, family)
    collisions = _collisions(cluster)
    for block in blocks:
        block.used = taken.within(block)
        clauses = [clause for declared in block.declared for clause in collisions.get(declared, ())]
        shared = [f"given to {len(block.nodes)} nodes"] if block.is_shared else []
        block.collides = tuple(dict.fromkeys([*shared, *clauses]))
    return _nested(blocks)


def of_node(roots: Iterable[Block], node: str) -> list[Block]:
    """The ranges of one node, each inside of those that hold it."""
    return [found for root in roots if (found := _pruned(root, node)) is not None]


def _pruned(block: Block, node: str) -> Block | None:
    children = [found for child in block.children if (found := _pruned(child, node)) is not None]
    if children or node in block.nodes or any(declared.node == node for declared in block.declared):
        return replace(block, children=children, is_partial=True)
    return None


def parts(block: Block, limit: int) -> list[Part]:
    """Stretches of a block from its first to its last address, at most ``limit`` of them with blocks in them.

    Where there are more children, neighbours are taken together by aligned stretches of equal size.
    """
    children = block.children
    size = 1
    while len({(child.range.first - block.range.first) // size for child in children}) > limit:
        size *= 2
    groups: dict[int, list[Block]] = {}
    for child in children:
        groups.setdefault((child.range.first - block.range.first) // size, []).append(child)
    held = [tuple(group) for _, group in sorted(groups.items())]
    found = list(_with_gaps(block.range, held))
    return [part for part in found if part.blocks] if block.is_partial else found


def _with_gaps(whole: Range, groups: Iterable[tuple[Block, ...]]) -> Iterator[Part]:
    reached = whole.first
    for group in groups:
        first, last = group[0].range.first, max(block.range.last for block in group)
        if first > reached:
            yield Part(Range(whole.family, reached, first - 1), ())
        yield Part(Range(whole.family, first, last), group)
        reached = max(reached, last + 1)
    if reached <= whole.last:
        yield Part(Range(whole.family, reached, whole.last), ())


def _shown(cluster: Cluster, family: int) -> list[Declaration]:
    """Ranges; single addresses only as the networks around them, where nothing declares these."""
    held = [declared for declared in cluster.ranges.plan.declarations if declared.range.family == family]
    ranges = [declared for declared in held if declared.range.size > 1 and declared.role is not Role.PUBLIC]
    if cluster.network.allocates_from_node is False:
        ranges = [one for one in ranges if one.role is not Role.NODE_POD or one.authority != Authority.NODE]
        known = set(ranges)
        own = (one for found in cluster.network.node_ranges.values() for one in found)
        ranges += [one for one in own if one.range.family == family and one not in known]
    singles = [declared for declared in held if declared.range.size == 1]
    return [*ranges, *(around for role in HOLDERS for around in _around(role, singles, ranges))]


def _around(role: Role, singles: list[Declaration], ranges: list[Declaration]) -> Iterator[Declaration]:
    """The networks around addresses of this role that no range holds."""
    alone = [declared for declared in singles if declared.role is role]
    holders = [declared.range for declared in ranges if declared.role in HOLDERS[role]]
    held = set(addresses.touching([declared.range for declared in alone], holders))
    by_network: dict[Range, Subject] = {}
    for number, declared in enumerate(alone):
        if number not in held:
            size = 1 << (BITS[declared.range.family] - AROUND[declared.range.family])
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


def _blocks(declarations: Iterable[Declaration]) -> list[Block]:
    """One for each range and role, wider ones before those inside of them."""
    groups: dict[tuple[Range, Role], list[Declaration]] = {}
    for declared in declarations:
        groups.setdefault((declared.range, declared.role), []).append(declared)
    blocks = []
    for (span, role), held in groups.items():
        firm = [declared for declared in held if not declared.label] or held
        of_nodes = {declared.node for declared in held if declared.node} if role is not Role.POD else set()
        blocks.append(Block(span, role, firm[0].what, held, tuple(sorted(of_nodes))))
    narrow = list(Role).index(Role.NODE_POD)
    order = {role: narrow + 1 if role is Role.NODE_POD else number for number, role in enumerate(Role)}
    return sorted(blocks, key=lambda block: (block.range.first, -block.range.last, order[block.role]))


def _nested(blocks: list[Block]) -> list[Block]:
    roots: list[Block] = []
    around: list[Block] = []
    for block in blocks:
        while around and not around[-1].range.covers(block.range):
            around.pop()
        (around[-1].children if around else roots).append(block)
        around.append(block)
    return roots


def _collisions(cluster: Cluster) -> Mapping[Declaration, list[str]]:
    """What each declaration collides with."""
    found: dict[Declaration, list[str]] = {}
    for collision in cluster.ranges.collisions:
        if collision.is_idle:
            continue
        involved = collision.involved
        for number, declared in enumerate(involved):
            others = collision.right if declared in collision.ours else collision.left
            other = collision.counterpart(declared) if number < COUNTERPARTS else None
            clause = f"overlaps {other} of {other.subject}" if other else f"overlaps {others} ranges"
            found.setdefault(declared, []).append(clause)
    for group in cluster.ranges.disputed_pod_cidrs:
        for declared in group:
            sides = [one for one in group if one.node != declared.node and one.range != declared.range]
            found.setdefault(declared, []).extend(_clause(sides))
    for group in remote_ranges.contested(cluster.ranges.plan, cluster.view):
        for declared in group:
            sides = [one for one in group if one.what != declared.what and one.range.overlaps(declared.range)]
            found.setdefault(declared, []).extend(_clause(sides))
    return found


def _clause(sides: list[Declaration]) -> Iterator[str]:
    yield from (and_more(f"overlaps {one} of {one.subject}", len(sides) - 1) for one in sides[:1])


class _Taken:
    """The addresses of one family that somebody has, by role, in order."""

    def __init__(self, cluster: Cluster, family: int) -> None:
        pods = cluster.pods
        own = {pods.address(row, family) for row in pods.live_on_network()} - {0}
        virtual = {one.value for one in cluster.ranges.cluster_ips if one.family == family}
        self._pods, self._services = sorted(own), sorted(virtual)
        singles = [
            one for one in cluster.ranges.plan.declarations if one.range.size == 1 and one.range.family == family
        ]
        self._nodes = sorted({one.range.first for one in singles if one.role is Role.NODE})
        self._public = sorted({one.range.first for one in singles if one.role is Role.PUBLIC})

    def within(self, block: Block) -> int | None:
        """How many addresses of a block somebody has."""
        held = {
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
        return None if held is None else bisect_right(held, block.range.last) - bisect_left(held, block.range.first)
