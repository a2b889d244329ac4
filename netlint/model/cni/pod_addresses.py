"""Where a plugin takes the addresses of pods from: ranges of nodes, its own pools, and what is left of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.objects.meta import Path

NEARLY_FULL = 0.8


@dataclass(frozen=True, slots=True)
class PodAllocation:
    """Where a plugin takes the address of a pod from.

    ``from_node``: whether that is ``spec.podCIDRs`` of the pod's Node; None where the input does not tell.
    ``in_node_subnet``: whether it is the subnet of the node's own address.
    ``ranges``: the ranges that the plugin gave to nodes itself. ``is_required``: a node does not work without one.
    ``refused``: the nodes to which it says that it could not give one. ``missing_kind``: the kind that would tell
    which ranges these are, where none of it is in the input. ``block_kind``: the kind of the objects that give a node
    its ranges, where there may be several of them.
    ``open_ranges``: ranges in which pods of any node may have an address. ``unread_pools``: the setting by which pods
    may be given addresses of pools that are not read.
    """

    from_node: bool | None = None
    in_node_subnet: bool = False
    ranges: tuple[Declaration, ...] = ()
    is_required: bool = False
    refused: frozenset[str] = frozenset()
    missing_kind: str = ""
    block_kind: str = ""
    open_ranges: tuple[Declaration, ...] = ()
    unread_pools: str = ""


FROM_NODE = PodAllocation(from_node=True)
UNKNOWN = PodAllocation()
ELSEWHERE = PodAllocation(from_node=False)  # where the API does not show it
IN_NODE_SUBNET = PodAllocation(from_node=False, in_node_subnet=True)


class Fit(StrEnum):
    """How a plugin's own setting for the range of all pods has to stand to the cluster's."""

    COVERS = "covers"  # it may be wider
    LIES_INSIDE = "lies inside"  # it may be narrower
    FREE = "free"


@dataclass(frozen=True, slots=True)
class PodRange:
    """What a plugin's own setting for the range of all pods means.

    ``refuses_strays``: where Nodes give the addresses, it does not work with a range of a Node that is outside of its
    own. ``is_divided``: its range is cut into pieces for the Nodes. ``pool_authority``: who declares the pools from
    which it gives ranges to nodes; empty where it does not. ``pool_kind``: the kind of its pools' objects.
    ``defaults``: the ranges that stand there where nobody chose one.
    """

    fit: Fit = Fit.FREE
    refuses_strays: bool = False
    is_divided: bool = False
    pool_authority: str = ""
    pool_kind: str = ""
    defaults: tuple[Range, ...] = ()


class NodeRangeDivision(NamedTuple):
    """How a plugin's controller cuts its pod range into pieces for nodes.

    ``prefix_lengths``: those of the pieces by family, as far as somebody chose them. ``lacking``: the objects of the
    nodes without a piece; None where pieces stand in ``spec.podCIDRs`` of the Nodes.
    """

    prefix_lengths: dict[int, int]
    lacking: tuple[Subject, ...] | None = None


@dataclass(frozen=True, slots=True)
class Filling:
    """How full something is from which pods get addresses; ``size`` and ``in_use`` count addresses."""

    subject: Subject
    path: Path
    name: str
    size: int
    in_use: int
    others: tuple[Declaration, ...] = ()

    @property
    def is_full(self) -> bool:
        """Whether the next pod gets no address."""
        return self.in_use >= self.size

    @property
    def is_scarce(self) -> bool:
        """Whether four in five are in use."""
        return self.in_use >= NEARLY_FULL * self.size


def _no_division(_: SnapshotView) -> NodeRangeDivision | None:
    return None


def _no_filling(_: SnapshotView) -> Iterable[Filling]:
    return ()


@dataclass(frozen=True, slots=True)
class Ipam:
    """How a plugin keeps its addresses.

    ``division``: how its controller cuts its range for nodes; None where it does not. ``blocks``: the ranges that it
    gave to nodes or keeps without an owner, whether it takes addresses from there now or did; None where that is
    ``PodAllocation.ranges``. ``fillings``: its pools. ``keeps_first_address``: the first address of a node's range is
    for a bridge or gateway.
    """

    division: Callable[[SnapshotView], NodeRangeDivision | None] = _no_division
    blocks: Callable[[SnapshotView], Iterable[Declaration]] | None = None
    fillings: Callable[[SnapshotView], Iterable[Filling]] = _no_filling
    keeps_first_address: bool = True


def prefix_length(text: str, family: int, default: int) -> int:
    """The prefix length that a setting gives; the default where it gives none that can be."""
    return int(text) if text.isdecimal() and int(text) <= addresses.BITS[family] else default
