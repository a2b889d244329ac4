"""What IPAM plugins have given out: blocks and ranges of nodes, pools, and how full these are.

Source: github.com/k8snetworkplumbingwg/whereabouts, pkg/allocate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlint import addresses
from netlint.findings import Subject
from netlint.model.cni import PLUGINS, PodNetwork
from netlint.model.cni.pod_addresses import Filling
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.ranges.address_plan import Plan
from netlint.model.ranges.secondary_networks import HOST_LOCAL, WHEREABOUTS, SecondaryRange
from netlint.model.subjects import subject_of
from netlint.objects.multus import WhereaboutsIPPool

SHARED_LINKS = ("macvlan", "ipvlan", "sriov", "vlan", "ovs", "host-device")
"""Plugins that put pods into a network outside of their node."""
NODE_SELECTOR = "k8s.v1.cni.cncf.io/nodeSelector"
RESERVED = 3  # of a node's range: its first and last address, and the bridge's
POOL_KINDS = {plugin.pod_range.pool_kind for plugin in PLUGINS if plugin.pod_range.pool_kind}


def given_to_nodes(view: SnapshotView, network: PodNetwork) -> list[Declaration]:
    """Every block and range that IPAM plugins gave to nodes, or keep without an owner.

    Several plugins count only if their agents run: others have left something behind. With them the Nodes'
    own ranges count too, if one of the plugins takes addresses from there.
    """
    own: list[Declaration] = []
    for detected in network.plugins:
        blocks = detected.plugin.ipam.blocks
        own += blocks(view) if blocks else detected.allocation.ranges
    running = {found.name for found in network.plugins if found.runs}
    takes_from_nodes = any(found.allocation.from_node and found.runs for found in network.plugins)
    if takes_from_nodes or len({found.authority for found in own}) > 1:
        own = [found for found in own if found.authority in running]
    if own and takes_from_nodes:
        own += [found for ranges in network.of_nodes.values() for found in ranges]
    return own


def fillings(view: SnapshotView, plan: Plan, network: PodNetwork) -> Iterator[Filling]:
    """Pools of network plugins and of whereabouts, and the Nodes' ranges where pods get addresses from there."""
    for plugin in PLUGINS:
        yield from plugin.ipam.fillings(view)
    for pool in view.objects("IPPool.whereabouts.cni.cncf.io"):
        yield from _of_whereabouts(pool, plan.secondary)
    if network.allocates_from_node:
        yield from _of_nodes(network.node_ranges, view.pods)


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


def overlapping_pools(plan: Plan) -> Iterator[list[Declaration]]:
    """Groups of pools for the same purpose that have addresses in common."""
    for_pods = [found for found in plan.of(Role.POD, Role.REMOTE) if found.subject.kind in POOL_KINDS]
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
