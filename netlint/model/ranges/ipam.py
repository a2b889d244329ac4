"""What IPAM plugins have given out: blocks and ranges of nodes, pools, and how full these are.

Source: github.com/projectcalico/calico, libcalico-go/lib/ipam; github.com/k8snetworkplumbingwg/whereabouts,
pkg/allocate; docs.cilium.io, IP Address Management.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.findings import Subject
from netlint.model.cni import PodNetwork, calico
from netlint.model.declared.declarations import Declaration, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.ranges.address_plan import Plan
from netlint.model.ranges.secondary_networks import HOST_LOCAL, WHEREABOUTS, SecondaryRange
from netlint.model.subjects import subject_of
from netlint.objects.calico_crds import BlockAffinity, IPAMBlock, IPPool
from netlint.objects.meta import Path
from netlint.objects.multus import WhereaboutsIPPool
from netlint.wording import shortened

NEARLY = 0.8
BLOCK_LENGTHS = {4: 26, 6: 122}
EVERY_NODE = ("", "all()")
SHARED_LINKS = ("macvlan", "ipvlan", "sriov", "vlan", "ovs", "host-device")
"""Plugins that put pods into a network outside of their node."""
NODE_SELECTOR = "k8s.v1.cni.cncf.io/nodeSelector"
RESERVED = 3  # of a node's range: its first and last address, and the bridge's


Block = tuple[Declaration, IPAMBlock]


def blocks_of(view: SnapshotView, network: PodNetwork) -> list[Block]:
    """Calico's blocks in force, with and without an owner."""
    known = {found.subject: found for found in network.own_ranges if found.authority == calico.NAME}
    listed = ((known.get(subject_of(block)) or _block(block), block) for block in calico.blocks(view))
    return [(held, block) for held, block in listed if held is not None]


def _block(block: IPAMBlock) -> Declaration | None:
    source = RangeSource(Role.NODE_POD, calico.NAME, subject_of(block), calico.owner_of(block), label="block")
    found = source.cidr(("spec", "cidr"), block.spec.cidr or "")
    return found if isinstance(found, Declaration) else None


def given_to_nodes(blocks: list[Block], network: PodNetwork) -> list[Declaration]:
    """Every block and range that IPAM plugins gave to nodes, or keep without an owner.

    Several plugins count only if their agents run: others have left something behind. With them the Nodes'
    own ranges count too, if one of the plugins takes addresses from there.
    """
    own = [*(held for held, _ in blocks), *(one for one in network.own_ranges if one.authority != calico.NAME)]
    running = {found.name for found in network.plugins if found.runs}
    takes_from_nodes = any(found.allocation.from_node and found.runs for found in network.plugins)
    if takes_from_nodes or len({found.authority for found in own}) > 1:
        own = [found for found in own if found.authority in running]
    if own and takes_from_nodes:
        own += [found for ranges in network.of_nodes.values() for found in ranges]
    return own


@dataclass(frozen=True, slots=True)
class Claim:
    """What says that a block belongs to a node."""

    subject: Subject
    path: Path
    node: str


def contested_blocks(view: SnapshotView) -> Iterator[tuple[str, list[Claim]]]:
    """Blocks that are said to belong to several nodes; claims that are not confirmed do not count."""
    claims: dict[str, list[tuple[str, IPAMBlock | BlockAffinity]]] = {}
    for block in calico.blocks(view):
        if calico.owner_of(block):
            claims.setdefault(block.spec.cidr or "", []).append((calico.owner_of(block), block))
    for affinity in view.objects("BlockAffinity"):
        if affinity.spec.cidr and affinity.spec.node and _is_confirmed(affinity):
            claims.setdefault(affinity.spec.cidr, []).append((affinity.spec.node, affinity))
    for cidr, found in sorted(claims.items()):
        if len({node for node, _ in found}) > 1:
            yield cidr, [_claim(node, item) for node, item in found]


def _is_confirmed(affinity: BlockAffinity) -> bool:
    spec = affinity.spec
    return spec.state == "confirmed" and str(spec.deleted).lower() != "true" and spec.type in {None, "", "host"}


def _claim(node: str, item: IPAMBlock | BlockAffinity) -> Claim:
    return Claim(subject_of(item), ("spec", "affinity" if isinstance(item, IPAMBlock) else "node"), node)


@dataclass(frozen=True, slots=True)
class Pool:
    """One of Calico's pools for pods; ``length``: of its blocks, None where that is not told."""

    declaration: Declaration
    length: int | None
    item: IPPool


def calico_pools(view: SnapshotView) -> list[Pool]:
    """The pools from which blocks are taken, those closed for new ones included."""
    found = []
    for pool in calico.pools(view):
        held = RangeSource(Role.POD, calico.NAME, subject_of(pool)).cidr(("spec", "cidr"), pool.spec.cidr or "")
        if isinstance(held, Declaration):
            found.append(Pool(held, pool.spec.blockSize, pool))
    return found


def unmatched_blocks(blocks: list[Block], pools: list[Pool]) -> Iterator[tuple[Declaration, Pool | None]]:
    """Blocks in use that are no piece of a pool: outside of all (None), or of another size than the pool says."""
    index = addresses.RangeIndex((pool.declaration.range, pool) for pool in pools)
    for held, block in blocks:
        if not _count(block):
            continue
        around = [pool for span, pool in index.holding(held.range.family, held.range.first) if span.covers(held.range)]
        if not around:
            yield held, None
        elif around[-1].length and held.cidr and held.cidr.prefix_length != around[-1].length:
            yield held, around[-1]


def _count(block: IPAMBlock) -> int:
    """How many addresses of the block are in use."""
    slots = block.spec.allocations or []
    return len(slots) - slots.count(None)


@dataclass(frozen=True, slots=True)
class Filling:
    """How full something is from which pods get addresses."""

    subject: Subject
    path: Path
    what: str
    size: int
    taken: int
    others: tuple[Declaration, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether the next pod gets no address."""
        return self.taken >= self.size

    @property
    def is_scarce(self) -> bool:
        """Whether four in five are taken."""
        return self.taken >= NEARLY * self.size


def fillings(view: SnapshotView, plan: Plan, network: PodNetwork, blocks: list[Block] | None) -> Iterator[Filling]:
    """Calico's and whereabouts' pools, and the Nodes' ranges where pods get addresses from there.

    ``blocks``: None where not all of them are known.
    """
    if blocks is not None:
        yield from _of_calico(calico_pools(view), blocks)
    for pool in view.objects("IPPool.whereabouts.cni.cncf.io"):
        yield from _of_whereabouts(pool, plan.secondary)
    if network.allocates_from_node:
        yield from _of_nodes(network.node_ranges, view.pods)


def _of_calico(all_pools: list[Pool], blocks: list[Block]) -> Iterator[Filling]:
    """Pools for all nodes are one supply in each family; one for some nodes is a supply of its own."""
    supplies: dict[tuple[int, str], list[Pool]] = {}
    for pool in all_pools:
        if calico.serves_pods(pool.item) and not pool.item.spec.disabled:
            everywhere = (pool.item.spec.nodeSelector or "") in EVERY_NODE
            key = (pool.declaration.range.family, "" if everywhere else pool.item.name)
            supplies.setdefault(key, []).append(pool)
    taken = [(held.range, _count(block)) for held, block in blocks]
    for pools in supplies.values():
        first, *others = [pool.declaration for pool in pools]
        spans = addresses.merged(one.range for one in (first, *others))
        count = sum(number for span, number in taken if any(one.covers(span) for one in spans))
        what = shortened([str(one) for one in (first, *others)])
        yield Filling(first.subject, first.path, what, sum(one.size for one in spans), count, tuple(others))


def _of_whereabouts(pool: WhereaboutsIPPool, secondary: Iterable[SecondaryRange]) -> Iterator[Filling]:
    """As many addresses as a definition of the range gives out, else all but the first and the last."""
    try:
        held = addresses.parse_cidr(pool.spec.range or "").range
    except ValueError:
        return
    defined = [
        found.capacity for found in secondary if found.declaration.range == held and found.ipam_type == WHEREABOUTS
    ]
    size = max(defined, default=held.size - 2 if held.size > 2 else held.size)
    yield Filling(subject_of(pool), ("spec", "range"), str(held), size, len(pool.spec.allocations or {}))


def _of_nodes(ranges: dict[str, list[Declaration]], pods: Pods) -> Iterator[Filling]:
    """Full ones only: the kubelet's limit may leave few addresses free on purpose."""
    for family in pods.families:
        for name, number in sorted(pods.count_by_node(family).items()):
            for held in ranges.get(name, ()):
                size = held.range.size - RESERVED
                if held.range.family == family and number >= size > 0:
                    yield Filling(held.subject, held.path, str(held), size, number)


@dataclass(frozen=True, slots=True)
class Shortage:
    """Nodes must not borrow addresses, and there are fewer blocks than nodes."""

    subject: Subject
    family: int
    blocks: int
    nodes: int
    pools: tuple[Declaration, ...]


def shortages(view: SnapshotView) -> Iterator[Shortage]:
    """One for each family of pools that has fewer blocks than the cluster has nodes."""
    strict = next((found for found in view.objects("IPAMConfig") if found.spec.strictAffinity), None)
    if strict is None:
        return
    for family, default in BLOCK_LENGTHS.items():
        pools = [
            pool
            for pool in calico_pools(view)
            if pool.declaration.range.family == family and calico.serves_pods(pool.item) and not pool.item.spec.disabled
        ]
        count = sum(
            pool.declaration.range.size >> (addresses.BITS[family] - (pool.length or default)) for pool in pools
        )
        if pools and count < len(view.nodes):
            held = tuple(pool.declaration for pool in pools)
            yield Shortage(subject_of(strict), family, count, len(view.nodes), held)


def overlapping_pools(plan: Plan) -> Iterator[list[Declaration]]:
    """Groups of pools for the same purpose that have addresses in common."""
    for_pods = [
        found for found in plan.of(Role.POD, Role.REMOTE) if found.subject.kind in {"IPPool", "CiliumPodIPPool"}
    ]
    for pools in (for_pods, plan.of(Role.LOAD_BALANCER)):
        for group in addresses.overlapping_groups([pool.range for pool in pools]):
            yield sorted((pools[number] for number in group), key=lambda pool: (pool.subject.order, pool.range))


def contested_secondary_ranges(plan: Plan) -> Iterator[list[SecondaryRange]]:
    """Groups of secondary ranges on one segment that give out the same addresses without knowing of each other."""
    segments: dict[tuple[str, str], list[SecondaryRange]] = {}
    for found in plan.secondary:
        if found.segment[0]:
            segments.setdefault(found.segment, []).append(found)
    for _, ranges in sorted(segments.items()):
        parts = [(part, found) for found in ranges for part in found.allocatable_parts]
        for group in addresses.overlapping_groups([part for part, _ in parts]):
            members = list(dict.fromkeys(parts[number][1] for number in group))
            if len({found.allocator for found in members}) > 1:
                yield members


def overlapping_sets(plan: Plan) -> Iterator[list[SecondaryRange]]:
    """Ranges of host-local in one configuration that have addresses in common, with which it refuses to work."""
    places: dict[tuple[Subject, str], list[SecondaryRange]] = {}
    for found in plan.secondary:
        if found.ipam_type == HOST_LOCAL:
            places.setdefault((found.declaration.subject, found.plugin_type), []).append(found)
    for ranges in places.values():
        for group in addresses.overlapping_groups([found.allocatable for found in ranges]):
            yield [ranges[number] for number in group]


def unshared_ranges(view: SnapshotView, plan: Plan) -> Iterator[SecondaryRange]:
    """Ranges that every node gives out by a list of its own, on a network that the nodes share."""
    restricted = {
        subject_of(found) for found in view.objects("NetworkAttachmentDefinition") if NODE_SELECTOR in found.annotations
    }
    if len(view.nodes) < 2:
        return
    for found in plan.secondary:
        shared = found.ipam_type == HOST_LOCAL and found.plugin_type in SHARED_LINKS
        if shared and found.declaration.subject not in restricted:
            yield found
