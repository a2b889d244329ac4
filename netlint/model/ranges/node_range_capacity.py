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
DIVIDED = {
    Authority.CONTROLLER_MANAGER,
    Authority.KUBEADM,
    *(plugin.name for plugin in PLUGINS if plugin.pod_range.is_divided),
}
"""Whose pod range is cut into pieces for the Nodes."""


@dataclass(frozen=True, slots=True)
class NodeRangeCapacity:
    """One family of a range that is cut into pieces for nodes.

    ``taken``: the pieces that nodes have; ``lacking``: the nodes without one.
    """

    declared: tuple[Declaration, ...]
    prefix_length: int
    size: int
    taken: int
    lacking: tuple[Subject, ...]

    @property
    def is_spent(self) -> bool:
        """Whether a node has no range and none is left."""
        return self.taken >= self.size and bool(self.lacking)

    @property
    def is_scarce(self) -> bool:
        """Whether four in five are taken; a cluster of one node is not meant to grow."""
        return self.taken > 1 and self.taken >= NEARLY * self.size


def capacities(view: SnapshotView, plan: Plan, network: PodNetwork) -> Iterator[NodeRangeCapacity]:
    """What the kube-controller-manager and the controllers of network plugins divide."""
    node_ranges = view.pod_cidrs
    own = [declared.range for ranges in node_ranges.values() for declared in ranges]
    lacking = tuple(subject_of(node) for node in view.nodes if not node_ranges[node.name])
    if network.allocates_from_node and _gives_ranges(view):
        wide = plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER)
        yield from _of_families(wide, _controller_masks(view), own, lacking)
    for detected in network.plugins:
        division = detected.plugin.ipam.division(view)
        if division is None:
            continue
        wide = [declared for declared in plan.of(Role.POD) if declared.authority == detected.name]
        lengths = MASKS | division.prefix_lengths
        if division.lacking is None:
            yield from _of_families(wide, lengths, own, lacking)
        else:
            given = [declared.range for declared in detected.allocation.ranges]
            yield from _of_families(wide, lengths, given, division.lacking)


def _of_families(
    wide: Iterable[Declaration], masks: dict[int, int], own: list[Range], lacking: tuple[Subject, ...]
) -> Iterator[NodeRangeCapacity]:
    listed = list(wide)
    for family, length in masks.items():
        declared = tuple(found for found in listed if found.range.family == family)
        piece = 1 << (addresses.BITS[family] - length)
        pools = addresses.merged(found.range for found in declared)
        size = sum(pool.size // piece for pool in pools)
        if size:
            taken = pieces(pools, piece, [held for held in own if held.family == family])
            yield NodeRangeCapacity(declared, length, size, taken, lacking)


def pieces(pools: list[Range], piece: int, own: list[Range]) -> int:
    """How many pieces of the pools have an address in common with any of the ranges."""
    rounded = (Range(held.family, held.first & -piece, held.last | (piece - 1)) for held in own)
    return sum(
        (min(held.last, pool.last) - max(held.first, pool.first) + 1) // piece
        for held in addresses.merged(rounded)
        for pool in pools
        if held.overlaps(pool)
    )


def _gives_ranges(view: SnapshotView) -> bool:
    if is_disabled(Controller.NODE_RANGES, view.pods):
        return False
    lines = command_lines(view.pods, "kube-controller-manager")
    given = [settings.flags(line.words).get("allocate-node-cidrs") for _, line in lines]
    return any(flag is not None and flag.value == "true" for flag in given)


def _controller_masks(view: SnapshotView) -> dict[int, int]:
    """The flags; the one without a family counts where the cluster has one family."""
    for _, line in command_lines(view.pods, "kube-controller-manager"):
        given = settings.flags(line.words)
        plain = given.get("node-cidr-mask-size")
        named = {family: given.get(f"node-cidr-mask-size-ipv{family}", plain) for family in MASKS}
        return {
            family: prefix_length(flag.value if flag else "", family, MASKS[family]) for family, flag in named.items()
        }
    return MASKS


def undivided(
    plan: Plan, pod_cidrs: dict[str, list[Declaration]], capacities: Iterable[NodeRangeCapacity]
) -> list[list[Declaration]]:
    """Ranges of Nodes that are the whole range of the cluster, one list for each such range.

    Where that has room for one node only, one of them is right.
    """
    wide = {one.range for one in plan.of(Role.POD) if one.authority in DIVIDED and not one.node}
    single = {one.range for capacity in capacities if capacity.size == 1 for one in capacity.declared}
    found: dict[Range, list[Declaration]] = {}
    for own in (own for ranges in pod_cidrs.values() for own in ranges):
        if own.range in wide:
            found.setdefault(own.range, []).append(own)
    return [owners for held, owners in sorted(found.items()) if len(owners) > 1 or held not in single]
