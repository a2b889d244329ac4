"""How many ranges for nodes the cluster's range has, and how many are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.cni import PLUGINS, PodNetwork
from netlint.model.cni.pod_addresses import prefix_length
from netlint.model.declared.control_plane import command_lines
from netlint.model.declared.controllers import Controller, is_disabled
from netlint.model.declared.declarations import Authority, Declaration, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.ranges.address_plan import Plan
from netlint.model.subjects import subject_of

MASKS = {4: 24, 6: 64}
"""The kube-controller-manager's ``--node-cidr-mask-size-ipv4`` and ``-ipv6``."""
NEARLY = 0.8
DIVIDING_AUTHORITIES = {
    Authority.CONTROLLER_MANAGER,
    Authority.KUBEADM,
    *(plugin.name for plugin in PLUGINS if plugin.pod_range.is_divided),
}
"""Whose pod range is cut into pieces for the Nodes."""


@dataclass(frozen=True, slots=True)
class NodeRangeCapacity:
    """One family of a range that is cut into pieces for nodes.

    ``size``: the number of pieces; ``allocated``: of those that nodes have; ``lacking``: the nodes without one.
    """

    declared: tuple[Declaration, ...]
    prefix_length: int
    size: int
    allocated: int
    lacking: tuple[Subject, ...]

    @property
    def is_spent(self) -> bool:
        """Whether a node has no range and none is left."""
        return self.allocated >= self.size and bool(self.lacking)

    @property
    def is_scarce(self) -> bool:
        """Whether four in five are taken; a cluster of one node is not meant to grow."""
        return self.allocated > 1 and self.allocated >= NEARLY * self.size


def capacities(view: SnapshotView, plan: Plan, network: PodNetwork) -> Iterator[NodeRangeCapacity]:
    """What the kube-controller-manager and the controllers of network plugins divide."""
    node_ranges = view.pod_cidrs
    node_pod_cidrs = [declared.range for ranges in node_ranges.values() for declared in ranges]
    lacking = tuple(subject_of(node) for node in view.nodes if not node_ranges[node.name])
    if network.allocates_from_node and _allocates_node_cidrs(view):
        pod_ranges = plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER)
        yield from _of_families(pod_ranges, _controller_masks(view), node_pod_cidrs, lacking)
    for detected in network.plugins:
        division = detected.plugin.ipam.division(view)
        if division is None:
            continue
        pod_ranges = [declared for declared in plan.of(Role.POD) if declared.authority == detected.name]
        lengths = MASKS | division.prefix_lengths
        if division.lacking is None:
            yield from _of_families(pod_ranges, lengths, node_pod_cidrs, lacking)
        else:
            allocated = [declared.range for declared in detected.allocation.ranges]
            yield from _of_families(pod_ranges, lengths, allocated, division.lacking)


def _of_families(
    cluster_ranges: Iterable[Declaration], masks: dict[int, int], allocated: list[Range], lacking: tuple[Subject, ...]
) -> Iterator[NodeRangeCapacity]:
    pod_ranges = list(cluster_ranges)
    for family, length in masks.items():
        declared = tuple(declaration for declaration in pod_ranges if declaration.range.family == family)
        subnet_size = 1 << (addresses.BITS[family] - length)
        pools = addresses.merged(declaration.range for declaration in declared)
        size = sum(pool.size // subnet_size for pool in pools)
        if size:
            taken = taken_subnets(pools, subnet_size, [span for span in allocated if span.family == family])
            yield NodeRangeCapacity(declared, length, size, taken, lacking)


def taken_subnets(pools: list[Range], subnet_size: int, allocated: list[Range]) -> int:
    """How many pieces of the pools have an address in common with any of the ranges."""
    rounded = (Range(span.family, span.first & -subnet_size, span.last | (subnet_size - 1)) for span in allocated)
    return sum(
        (min(span.last, pool.last) - max(span.first, pool.first) + 1) // subnet_size
        for span in addresses.merged(rounded)
        for pool in pools
        if span.overlaps(pool)
    )


def _allocates_node_cidrs(view: SnapshotView) -> bool:
    if is_disabled(Controller.NODE_RANGES, view.pods):
        return False
    lines = command_lines(view.pods, "kube-controller-manager")
    values = [settings.flags(line.words).get("allocate-node-cidrs") for _, line in lines]
    return any(flag is not None and flag.value == "true" for flag in values)


def _controller_masks(view: SnapshotView) -> dict[int, int]:
    """The flags; the one without a family counts where the cluster has one family."""
    for _, line in command_lines(view.pods, "kube-controller-manager"):
        flag_values = settings.flags(line.words)
        familyless = flag_values.get("node-cidr-mask-size")
        by_family = {family: flag_values.get(f"node-cidr-mask-size-ipv{family}", familyless) for family in MASKS}
        return {
            family: prefix_length(flag.value if flag else "", family, MASKS[family])
            for family, flag in by_family.items()
        }
    return MASKS


def undivided(
    plan: Plan, pod_cidrs: dict[str, list[Declaration]], capacities: Iterable[NodeRangeCapacity]
) -> list[list[Declaration]]:
    """Ranges of Nodes that are the whole range of the cluster, one list for each such range.

    Where that has room for one node only, one of them is right.
    """
    cluster_ranges = {
        declaration.range
        for declaration in plan.of(Role.POD)
        if declaration.authority in DIVIDING_AUTHORITIES and not declaration.node
    }
    single = {declaration.range for capacity in capacities if capacity.size == 1 for declaration in capacity.declared}
    owners_by_range: dict[Range, list[Declaration]] = {}
    for declaration in (declaration for ranges in pod_cidrs.values() for declaration in ranges):
        if declaration.range in cluster_ranges:
            owners_by_range.setdefault(declaration.range, []).append(declaration)
    return [
        owners
        for shared_range, owners in sorted(owners_by_range.items())
        if len(owners) > 1 or shared_range not in single
    ]
