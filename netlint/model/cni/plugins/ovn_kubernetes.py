"""OVN-Kubernetes.

Source: github.com/ovn-kubernetes/ovn-kubernetes, go-controller/pkg/util/node_annotations.go,
go-controller/pkg/config/config.go, dist/templates/rbac-ovnkube-node.yaml.j2 (system:ovn-nodes).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from netlint.model import settings
from netlint.model.cni.node_identity import IdentityAnnotation, NodeIdentity, Sort, lower_case
from netlint.model.cni.plugin import Datapath, Evidence, Membership, Plugin, PolicySupport
from netlint.model.cni.pod_addresses import Ipam, PodAllocation, PodRange
from netlint.model.cni.service_support import ServiceProxyReplacement
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.declarations import Authority, Declaration, MalformedRange, RangeSource, Role, Standing
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.core import Node

NAME = "ovn-kubernetes"
PREFIX = "k8s.ovn.org/"
SUBNETS = PREFIX + "node-subnets"
PRIMARY = PREFIX + "node-primary-ifaddr"
OVERHEADS = {4: 58, 6: 78}
"""Bytes of Geneve with its options over each family; the agent wants room for the larger one where both are used."""
CHASSIS = PREFIX + "node-chassis-id"
AGENT = "ovnkube-node"
_CONFIG = "ovn-config"
INTERNAL = {
    "join": (PREFIX + "node-gateway-router-lrp-ifaddr", {4: "100.64.0.0/16", 6: "fd98::/64"}),
    "transit": (PREFIX + "node-transit-switch-port-ifaddr", {4: "100.88.0.0/16", 6: "fd97::/64"}),
    "masquerade": (PREFIX + "node-masquerade-subnet", {}),
}
"""Internal ranges: the annotation that shows each (newer agents write the first one with an s), and its default."""


def node_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """``node-subnets``: of the default network one range, or a list of one for each family."""
    for node in view.nodes:
        text = node.annotations.get(SUBNETS)
        if text is None:
            continue
        path = ("metadata", "annotations", SUBNETS)
        declared = decoded(node, SUBNETS)
        if declared is None:
            yield MalformedRange(subject_of(node), path, "the text is no JSON mapping")
            continue
        source = RangeSource(Role.NODE_POD, NAME, subject_of(node), node.name)
        yield from source.cidrs(path, settings.texts(declared.get("default")))


def decoded(node: Node, key: str) -> dict[str, Any] | None:
    """An annotation that holds a JSON mapping; None where it does not."""
    try:
        document = json.loads(node.annotations.get(key, "{}"))
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The nodes' ranges and the ones that the network keeps for itself, as far as annotations show them."""
    yield from node_ranges(view)
    shown = [node for node in view.nodes if SUBNETS in node.annotations]
    for name, (key, defaults) in INTERNAL.items():
        for node in shown:
            newer = f"{key}s" if f"{key}s" in node.annotations else key
            yield from _internal(node, name, newer, defaults)
            break  # the same for every node; only the addresses in it differ
    for node in shown:
        yield from _own_network(node)


def _own_network(node: Node) -> Iterator[Declaration | MalformedRange]:
    """The subnet around the node's address."""
    declared = decoded(node, PRIMARY) or {}
    source = RangeSource(Role.NODE, NAME, subject_of(node), node.name, label="node network")
    texts = [text for name in ("ipv4", "ipv6") if isinstance(text := declared.get(name), str) and "/" in text]
    yield from source.cidrs(("metadata", "annotations", PRIMARY), texts)


def _internal(node: Node, name: str, key: str, defaults: dict[int, str]) -> Iterator[Declaration | MalformedRange]:
    source = RangeSource(Role.INTERNAL, NAME, subject_of(node), label=f"{name} range")
    path = ("metadata", "annotations", key)
    declared = decoded(node, key) or {}
    declared = declared["default"] if isinstance(declared.get("default"), dict) else declared  # by network, or flat
    texts = [text for name in ("ipv4", "ipv6") if isinstance(text := declared.get(name), str)]
    yield from source.cidrs(path, texts)
    if not texts and defaults:
        inferred = RangeSource(Role.INTERNAL, NAME, subject_of(node), standing=Standing.INFERRED, label=f"{name} range")
        subnets = str((decoded(node, SUBNETS) or {}).get("default", ""))
        yield inferred.cidr((), defaults[4 if "." in subnets or ":" not in subnets else 6])


def allocation(view: SnapshotView) -> PodAllocation:
    """The annotation decides; ``spec.podCIDRs`` is not looked at."""
    own = tuple(declared for declared in node_ranges(view) if isinstance(declared, Declaration))
    return PodAllocation(False, ranges=own, is_required=True)


def transports(view: SnapshotView) -> Iterator[Transport]:
    """Geneve, always."""
    config_map = view.config_map(_CONFIG)
    mtu = (config_map.data or {}).get("mtu", "") if config_map else ""
    mtus = (Mtu(int(mtu), False, subject_of(config_map), ("data", "mtu")),) if config_map and mtu.isdecimal() else ()
    families = {declared.range.family for declared in node_ranges(view) if isinstance(declared, Declaration)}
    yield Transport(Way.OVERLAY, "Geneve", OVERHEADS[max(families, default=4)], mtus)


def joined_nodes(view: SnapshotView) -> set[str]:
    """The nodes that have a chassis."""
    return {node.name for node in view.nodes if CHASSIS in node.annotations}


PLUGIN = Plugin(
    NAME,
    Evidence(
        annotations=(PREFIX,),
        config_maps=(_CONFIG, "ovnkube-config"),
        daemon_sets=(AGENT,),
        types=("ovn-k8s-cni-overlay",),
    ),
    allocation=allocation,
    ranges=ranges,
    pod_range=PodRange(pool_authority=Authority.OPENSHIFT),
    ipam=Ipam(keeps_first_address=False),
    transports=transports,
    datapath=lambda _: Datapath.OPEN_VSWITCH,
    membership=Membership(joined_nodes, f"the annotation {CHASSIS}"),
    node_identity=NodeIdentity(
        (
            IdentityAnnotation(CHASSIS, Sort.CHASSIS, "OVN's node-chassis-id", lower_case),
            IdentityAnnotation(PREFIX + "node-id", Sort.NUMBER, "OVN's node-id", lower_case),
        )
    ),
    policies=PolicySupport(has_own_kinds=True),
    service_proxy=ServiceProxyReplacement(
        "OVN-Kubernetes",
        AGENT,
        is_active=lambda view: view.daemon_set(AGENT) is not None,
        groups=frozenset({"system:ovn-nodes"}),
    ),
)
