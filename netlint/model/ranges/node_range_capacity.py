"""How many ranges for nodes the cluster's range has, and how many are left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model import settings
from netlint.model.cni import PodNetwork, antrea, cilium
from netlint.model.declared.control_plane import command_lines
from netlint.model.declared.controllers import Controller, is_disabled
from netlint.model.declared.declarations import Authority, Declaration, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.ranges.address_plan import Plan
from netlint.model.subjects import subject_of

MASKS = {4: 24, 6: 64}
"""The kube-controller-manager's ``--node-cidr-mask-size-ipv4`` and ``-ipv6``."""
CILIUM_MASKS = {4: 24, 6: 120}
NEARLY = 0.8
DIVIDED = (Authority.CONTROLLER_MANAGER, Authority.KUBEADM, "flannel", "kindnet", "antrea")
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
    """What the kube-controller-manager, Antrea's controller and Cilium's operator divide."""
    node_ranges = view.pod_cidrs
    own = [declared.range for ranges in node_ranges.values() for declared in ranges]
    lacking = tuple(subject_of(node) for node in view.nodes if not node_ranges[node.name])
    if network.allocates_from_node and _gives_ranges(view):
        wide = plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER)
        yield from _of_families(wide, _controller_masks(view), own, lacking)
    masks = antrea.node_masks(view)
    if masks is not None:
        wide = [found for found in plan.of(Role.POD) if found.authority == antrea.NAME]
        yield from _of_families(wide, MASKS | masks, own, lacking)
    if cilium.mode_of(view) == "cluster-pool":
        wide = [found for found in plan.of(Role.POD) if found.authority == cilium.NAME]
        given = [found.range for found in network.own_ranges if found.authority == cilium.NAME]
        yield from _of_families(wide, _cilium_masks(view), given, tuple(cilium.without_range(view)))


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
        return {family: _length(flag.value if flag else "", MASKS[family], family) for family, flag in named.items()}
    return MASKS


def _cilium_masks(view: SnapshotView) -> dict[int, int]:
    _, keys = cilium.configuration(view)
    return {
        family: _length(keys.get(f"cluster-pool-ipv{family}-mask-size", ""), default, family)
        for family, default in CILIUM_MASKS.items()
    }


def _length(text: str, default: int, family: int) -> int:
    return int(text) if text.isdecimal() and int(text) <= addresses.BITS[family] else default


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
