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


def ranges_given_to_nodes(view: SnapshotView, network: PodNetwork) -> list[Declaration]:
    """Every block and range that IPAM plugins gave to nodes, or keep without an owner.

    Several plugins count only if their agents run: others have left something behind. With them the Nodes'
    own ranges count too, if one of the plugins takes addresses from there.
    """
    allocated: list[Declaration] = []
    for detected in network.plugins:
        blocks = detected.plugin.ipam.blocks
        allocated += blocks(view) if blocks else detected.allocation.ranges
    running = {plugin.name for plugin in network.plugins if plugin.runs}
    takes_from_nodes = any(plugin.allocation.from_node and plugin.runs for plugin in network.plugins)
    if takes_from_nodes or len({declaration.authority for declaration in allocated}) > 1:
        allocated = [declaration for declaration in allocated if declaration.authority in running]
    if allocated and takes_from_nodes:
        allocated += [declaration for ranges in network.of_nodes.values() for declaration in ranges]
    return allocated


def pool_fillings(view: SnapshotView, plan: Plan, network: PodNetwork) -> Iterator[Filling]:
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
        span = addresses.parse_cidr(pool.spec.range or "").range
    except ValueError:
        return
    capacities = [
        secondary_range.capacity
        for secondary_range in secondary
        if secondary_range.declaration.range == span and secondary_range.ipam_type == WHEREABOUTS
    ]
    size = max(capacities, default=span.size - 2 if span.size > 2 else span.size)
    yield Filling(subject_of(pool), ("spec", "range"), str(span), size, len(pool.spec.allocations or {}))


def _of_nodes(ranges: dict[str, list[Declaration]], pods: Pods) -> Iterator[Filling]:
    """Full ones only: the kubelet's limit may leave few addresses free on purpose."""
    for family in pods.families:
        for name, used in sorted(pods.count_by_node(family).items()):
            for declaration in ranges.get(name, ()):
                size = declaration.range.size - RESERVED
                if declaration.range.family == family and used >= size > 0:
                    yield Filling(declaration.subject, declaration.path, str(declaration), size, used)


def overlapping_pools(plan: Plan) -> Iterator[list[Declaration]]:
    """Groups of pools for the same purpose that have addresses in common."""
    for_pods = [declaration for declaration in plan.of(Role.POD, Role.REMOTE) if declaration.subject.kind in POOL_KINDS]
    for pools in (for_pods, plan.of(Role.LOAD_BALANCER)):
        for group in addresses.overlapping_groups([pool.range for pool in pools]):
            yield sorted((pools[number] for number in group), key=lambda pool: (pool.subject.order, pool.range))


def contested_secondary_ranges(plan: Plan) -> Iterator[list[SecondaryRange]]:
    """Groups of secondary ranges on one segment that give out the same addresses without knowing of each other."""
    segments: dict[tuple[str, str], list[SecondaryRange]] = {}
    for secondary_range in plan.secondary:
        if secondary_range.segment[0]:
            segments.setdefault(secondary_range.segment, []).append(secondary_range)
    for _, ranges in sorted(segments.items()):
        parts = [(part, secondary_range) for secondary_range in ranges for part in secondary_range.allocatable_parts]
        for group in addresses.overlapping_groups([part for part, _ in parts]):
            members = list(dict.fromkeys(parts[number][1] for number in group))
            if len({secondary_range.allocator for secondary_range in members}) > 1:
                yield members


def overlapping_sets(plan: Plan) -> Iterator[list[SecondaryRange]]:
    """Ranges of host-local in one configuration that have addresses in common, with which it refuses to work."""
    by_configuration: dict[tuple[Subject, str], list[SecondaryRange]] = {}
    for secondary_range in plan.secondary:
        if secondary_range.ipam_type == HOST_LOCAL:
            by_configuration.setdefault((secondary_range.declaration.subject, secondary_range.plugin_type), []).append(
                secondary_range
            )
    for ranges in by_configuration.values():
        for group in addresses.overlapping_groups([secondary_range.allocatable for secondary_range in ranges]):
            yield [ranges[number] for number in group]


def unshared_ranges(view: SnapshotView, plan: Plan) -> Iterator[SecondaryRange]:
    """Ranges that every node gives out by a list of its own, on a network that the nodes share."""
    restricted = {
        subject_of(definition)
        for definition in view.objects("NetworkAttachmentDefinition")
        if NODE_SELECTOR in definition.annotations
    }
    if len(view.nodes) < 2:
        return
    for secondary_range in plan.secondary:
        is_unshared = secondary_range.ipam_type == HOST_LOCAL and secondary_range.plugin_type in SHARED_LINKS
        if is_unshared and secondary_range.declaration.subject not in restricted:
            yield secondary_range
