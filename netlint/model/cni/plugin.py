"""What netlint knows of a CNI plugin: how it shows, where its truth lives, how it carries packets."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.declared.declarations import Declaration, MalformedRange
from netlint.model.declared.node_objects import node_addresses
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.objects.meta import Path


@dataclass(frozen=True, slots=True)
class Evidence:
    """By what a plugin is recognised: prefixes of node annotations, and names of other objects.

    ``types``: how its binaries are called in CNI configurations, where that tells it from others.
    """

    annotations: tuple[str, ...] = ()
    config_maps: tuple[str, ...] = ()
    daemon_sets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allocation:
    """Where a plugin takes the address of a pod from.

    ``from_node``: whether that is ``spec.podCIDRs`` of the pod's Node; None where the input does not tell.
    ``ranges``: the ranges that the plugin gave to nodes itself. ``missing``: the kind that would tell
    which, where none of it is in the input. ``borrows``: a pod may have an address of another node's range.
    ``pieces``: the kind of the objects that give a node its ranges, where there may be several of them.
    ``open_ranges``: ranges in which pods of any node may have an address. ``pools``: the setting by which pods may
    be given addresses of pools that are not read.
    """

    from_node: bool | None = None
    ranges: tuple[Declaration, ...] = ()
    missing: str = ""
    borrows: bool = False
    pieces: str = ""
    open_ranges: tuple[Declaration, ...] = ()
    pools: str = ""


FROM_NODE = Allocation(from_node=True)
UNKNOWN = Allocation()
ELSEWHERE = Allocation(from_node=False)  # in a subnet that the API does not show


class Way(StrEnum):
    """How packets between pods of two nodes travel."""

    OVERLAY = "overlay"  # inside packets between the nodes
    UNDERLAY = "underlay"  # pods have addresses of the nodes' own network
    ROUTED = "plain routing"  # as they are, by routes


class Mtu(NamedTuple):
    """A declared MTU: that of pods, or (``of_link``) that of the nodes' links, from which the plugin takes its own."""

    size: int
    of_link: bool
    subject: Subject
    path: Path

    def needs(self, overhead: int) -> int:
        """The smallest MTU that the nodes' links may have."""
        return self.size if self.of_link else self.size + overhead


@dataclass(frozen=True, slots=True)
class Transport:
    """How one plugin carries packets, and who says so.

    ``overhead``: bytes that the encapsulation takes from every packet; ``mtus``: those that somebody
    declared, where the plugin does not work it out. ``only_remote``: encapsulated only towards nodes in
    other subnets. ``by_next_hop``: routes lead to the peers' own addresses, which needs a common link.
    ``nodes``: for which of them; empty for all.
    """

    way: Way
    encapsulation: str = ""
    overhead: int = 0
    mtus: tuple[Mtu, ...] = ()
    only_remote: bool = False
    by_next_hop: bool = False
    subject: Subject | None = None
    path: Path = ()
    nodes: tuple[str, ...] = ()


class Whom(StrEnum):
    """From whom the addresses of pods are hidden."""

    PODS = "pods"
    NODES = "other nodes"
    BACKENDS = "pods behind Services"
    OUTSIDE = "hosts outside of the VPC"


@dataclass(frozen=True, slots=True)
class Masquerade:
    """A configuration that makes pods go by the address of their node.

    ``hidden``: the ranges of these pods; empty for all. ``toward``: where ``whom`` is, as far as that is
    known. ``spared``: the ranges that it takes for the pods'. ``mild``: it concerns only a network that pods
    have beside their own.
    """

    whom: Whom
    why: str
    subject: Subject
    path: Path
    hidden: tuple[Declaration, ...] = ()
    toward: tuple[Declaration, ...] = ()
    spared: tuple[Range, ...] = ()
    mild: bool = False


def beyond(
    spared: Iterable[Range], declared: Sequence[Declaration], families: Container[int]
) -> tuple[Declaration, ...]:
    """The declarations of these families that lie not wholly in what is spared."""
    judged = [found for found in declared if found.range.family in families]
    return tuple(judged[number] for number in addresses.uncovered([found.range for found in judged], spared))


def nodes_beyond(spared: Iterable[Range], view: SnapshotView, families: Container[int]) -> tuple[Declaration, ...]:
    """The addresses of nodes outside of what is spared; none where no node has another one beside it."""
    if len(view.nodes) < 2:
        return ()
    found = [address for node in view.nodes for address in node_addresses(node, ("InternalIP",))]
    return beyond(spared, found, families)


def _nothing(_: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    return iter(())


def _no_transport(_: SnapshotView) -> Iterable[Transport]:
    return ()


def _on_its_own(_: SnapshotView) -> bool:
    return False


def _no_masquerade(_: SnapshotView, __: Sequence[Declaration]) -> Iterable[Masquerade]:
    return ()


@dataclass(frozen=True, slots=True)
class Plugin:
    """One CNI plugin; its functions read an inventory and know nothing of other plugins.

    ``masquerades`` is also given the ranges from which pods get their addresses.
    ``rides``: whether it is told to work on another plugin's network, None where the input does not show what
    it is told. ``members``: the nodes for which
    there is what the plugin writes (``member_sign``, an object of ``member_kind`` or an annotation) when one
    joins; None for a plugin that writes nothing.
    """

    name: str
    evidence: Evidence
    allocation: Callable[[SnapshotView], Allocation]
    ranges: Callable[[SnapshotView], Iterable[Declaration | MalformedRange]] = _nothing
    transports: Callable[[SnapshotView], Iterable[Transport]] = _no_transport
    masquerades: Callable[[SnapshotView, Sequence[Declaration]], Iterable[Masquerade]] = _no_masquerade
    rides: Callable[[SnapshotView], bool | None] = _on_its_own
    members: Callable[[SnapshotView], set[str]] | None = None
    member_sign: str = ""
    member_kind: str = ""
