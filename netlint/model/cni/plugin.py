"""What netlint knows of a network plugin, each fact a field that its module fills in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from netlint.model.cni.masquerading import Masquerade, UnknownMasquerade
from netlint.model.cni.node_identity import NodeIdentity
from netlint.model.cni.pod_addresses import Ipam, PodAllocation, PodRange
from netlint.model.cni.service_support import Advertisement, IngressProxy, ServiceProxyReplacement
from netlint.model.cni.transport import Transport
from netlint.model.declared.declarations import Declaration, MalformedRange
from netlint.model.declared.snapshot_view import SnapshotView


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
class Membership:
    """What a plugin writes for every node that joins its network.

    ``nodes``: the names of those for which it is there. ``sign``: what it is, an object of ``kind`` or, where that is
    empty, an annotation.
    """

    nodes: Callable[[SnapshotView], set[str]]
    sign: str
    kind: str = ""


class Datapath(StrEnum):
    """By what packets of pods get from their interface to the node's, past the host's packet filter or through it."""

    KERNEL = "the kernel's routing"
    OPEN_VSWITCH = "Open vSwitch"
    EBPF = "eBPF programs"


@dataclass(frozen=True, slots=True)
class PolicySupport:
    """What a plugin makes of policies.

    ``has_own_kinds``: it has kinds of policies that netlint does not read. ``why_nodes_unseen``: why no range of a
    policy ever holds a node, empty where it may; None where that follows from how packets travel.
    ``sees_cluster_ips``: it judges what pods send before kube-proxy has replaced the address of a Service.
    """

    has_own_kinds: bool = False
    why_nodes_unseen: Callable[[SnapshotView], str] | None = None
    sees_cluster_ips: bool = False


def _nothing(_: SnapshotView) -> Iterable[Declaration | MalformedRange]:
    return ()


def _no_transport(_: SnapshotView) -> Iterable[Transport]:
    return ()


def _no_masquerade(_: SnapshotView, __: Sequence[Declaration]) -> Iterable[Masquerade]:
    return ()


def _all_known(_: SnapshotView) -> Iterable[UnknownMasquerade]:
    return ()


def _on_its_own(_: SnapshotView) -> bool:
    return False


def _by_kernel(_: SnapshotView) -> Datapath:
    return Datapath.KERNEL


def _no_advertisement(_: SnapshotView) -> Iterable[Advertisement]:
    return ()


@dataclass(frozen=True, slots=True)
class Plugin:
    """One network plugin; its functions read what was read, and know nothing of other plugins.

    ``ranges``: what it declares for the address plan. ``masquerades`` is also given the ranges from which pods get
    their addresses. ``masquerade_chain``: the chain of a host's packet filter in which its own agent masquerades what
    a list does not spare. ``rides``: whether it is told to work on another plugin's network, None where the input
    does not show what it is told. ``yields_to``: the plugins that may carry the packets in its place. ``membership``:
    None for a plugin that writes nothing for its nodes. ``in_cloud_network``: pods have addresses of the cloud's
    networks, from which load balancers have theirs too.
    """

    name: str
    evidence: Evidence
    allocation: Callable[[SnapshotView], PodAllocation]
    ranges: Callable[[SnapshotView], Iterable[Declaration | MalformedRange]] = _nothing
    pod_range: PodRange = field(default_factory=PodRange)
    ipam: Ipam = field(default_factory=Ipam)
    in_cloud_network: bool = False
    transports: Callable[[SnapshotView], Iterable[Transport]] = _no_transport
    datapath: Callable[[SnapshotView], Datapath] = _by_kernel
    masquerades: Callable[[SnapshotView, Sequence[Declaration]], Iterable[Masquerade]] = _no_masquerade
    unknown_masquerades: Callable[[SnapshotView], Iterable[UnknownMasquerade]] = _all_known
    masquerade_chain: str = ""
    rides: Callable[[SnapshotView], bool | None] = _on_its_own
    yields_to: tuple[str, ...] = ()
    membership: Membership | None = None
    node_identity: NodeIdentity = field(default_factory=NodeIdentity)
    policies: PolicySupport = field(default_factory=PolicySupport)
    service_proxy: ServiceProxyReplacement | None = None
    ingress_proxy: IngressProxy | None = None
    advertisements: Callable[[SnapshotView], Iterable[Advertisement]] = _no_advertisement
