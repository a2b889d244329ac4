"""Cilium.

Source: docs.cilium.io, IP Address Management, Routing and Masquerading; github.com/cilium/cilium,
install/kubernetes/cilium/values.yaml (defaults).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlint import addresses
from netlint.findings import Subject
from netlint.model.cni.plugin import (
    ELSEWHERE,
    FROM_NODE,
    UNKNOWN,
    Allocation,
    Evidence,
    Masquerade,
    Mtu,
    Plugin,
    Transport,
    Way,
    Whom,
    beyond,
)
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.cilium_crds import CiliumNode
from netlint.objects.core import ConfigMap

NAME = "cilium"
CONFIG = "cilium-config"
DEFAULT_POOLS = {4: "10.0.0.0/8", 6: "fd00::/104"}
POOL_KEYS = {4: "cluster-pool-ipv4-cidr", 6: "cluster-pool-ipv6-cidr"}
OVERHEADS = {"vxlan": 50, "geneve": 50}
_NO_CHAINING = ("", "none", "portmap")
_CLOUD_MODES = ("eni", "azure", "alibabacloud", "delegated-plugin")
_CLOUDS = ("aws://", "azure://", "gce://")
"""Clouds whose networks know the addresses of pods."""


def configuration(view: SnapshotView) -> tuple[ConfigMap | None, Mapping[str, str]]:
    """``cilium-config`` and its keys."""
    found = view.config_map(CONFIG)
    return found, (found.data or {}) if found else {}


def mode_of(view: SnapshotView) -> str:
    """The IPAM mode; empty where the ConfigMap is not in the input."""
    found, keys = configuration(view)
    return keys.get("ipam", "cluster-pool") if found else ""


def node_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The pod ranges that the operator gave to each node."""
    for found in view.objects("CiliumNode"):
        source = RangeSource(Role.NODE_POD, NAME, subject_of(found), found.name)
        ipam = found.spec.ipam
        if ipam is None:
            continue
        yield from source.cidr_list(("spec", "ipam", "podCIDRs"), ipam.podCIDRs)
        for index, pool in enumerate((ipam.pools.allocated if ipam.pools else None) or ()):
            yield from source.cidr_list(("spec", "ipam", "pools", "allocated", index, "cidrs"), pool.cidrs)


def without_range(view: SnapshotView) -> Iterator[Subject]:
    """The nodes for which the operator says that it has no range, or that are without one."""
    failed = {node.name for nodes in failures(view).values() for node in nodes}
    for found in view.objects("CiliumNode"):
        if found.name in failed or not (found.spec.ipam and found.spec.ipam.podCIDRs):
            yield subject_of(found)


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The cluster's pools and those for load balancers."""
    found, keys = configuration(view)
    if found is not None and mode_of(view) == "cluster-pool":
        for family, key in POOL_KEYS.items():
            source = RangeSource(Role.POD, NAME, subject_of(found), family=family)
            yield from source.cidrs(("data", key), keys.get(key, "").replace(",", " ").split())
    for pool in view.objects("CiliumPodIPPool"):
        for family, name, part in ((4, "ipv4", pool.spec.ipv4), (6, "ipv6", pool.spec.ipv6)):
            source = RangeSource(Role.POD, NAME, subject_of(pool), family=family)
            yield from source.cidr_list(("spec", name, "cidrs"), part.cidrs if part else None)
    yield from _load_balancer_pools(view)
    yield from (spared for spared in _native_routing_ranges(view) if isinstance(spared, MalformedRange))
    if mode_of(view) not in {"", "kubernetes"}:
        yield from node_ranges(view)


def _load_balancer_pools(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    for pool in view.objects("CiliumLoadBalancerIPPool"):
        if pool.spec.disabled:
            continue
        source = RangeSource(Role.LOAD_BALANCER, NAME, subject_of(pool))
        key = "blocks" if pool.spec.blocks else "cidrs"
        for index, block in enumerate(pool.spec.blocks or pool.spec.cidrs or ()):
            path = ("spec", key, index)
            if block.cidr:
                yield source.cidr((*path, "cidr"), block.cidr)
            elif block.start:
                yield source.span((*path, "start"), f"{block.start}-{block.stop or block.start}")


def allocation(view: SnapshotView) -> Allocation:
    """By the IPAM mode: Nodes, CiliumNodes, or a cloud's subnets."""
    mode = mode_of(view)
    if mode == "kubernetes":
        return FROM_NODE
    if mode in _CLOUD_MODES:
        return ELSEWHERE
    own = tuple(found for found in node_ranges(view) if isinstance(found, Declaration))
    if own:
        return Allocation(False, own)
    return Allocation(False, missing="CiliumNode") if mode else UNKNOWN


def transports(view: SnapshotView) -> Iterator[Transport]:
    """``routing-mode``, which was called ``tunnel`` up to release 1.13."""
    found, keys = configuration(view)
    if found is None:
        return
    old = keys.get("tunnel", "")
    native = keys.get("routing-mode", "native" if old == "disabled" else "tunnel") == "native"
    protocol = keys.get("tunnel-protocol", "") or (old if old in OVERHEADS else "") or "vxlan"
    mtu, subject = keys.get("mtu", ""), subject_of(found)
    yield Transport(
        Way.ROUTED if native else Way.OVERLAY,
        "" if native else {"vxlan": "VXLAN", "geneve": "Geneve"}.get(protocol, protocol),
        0 if native else OVERHEADS.get(protocol, 0),
        (Mtu(int(mtu), True, subject, ("data", "mtu")),) if mtu.isdecimal() and int(mtu) else (),
        by_next_hop=native and _routes_directly(keys),
        subject=subject,
        path=("data", "routing-mode" if "routing-mode" in keys else "tunnel"),
    )


def spared_ranges(view: SnapshotView) -> Iterator[Declaration]:
    """``ipvN-native-routing-cidr``, where nothing else tells what is masqueraded.

    Native routing masquerades whatever leaves it, pods of other nodes included. With ``enable-ip-masq-agent`` a list
    of the agent's own counts as well.
    """
    found, keys = configuration(view)
    routed = any(transport.way is Way.ROUTED for transport in transports(view))
    if found is None or not routed or keys.get("enable-ip-masq-agent") == "true":
        return
    for spared in _native_routing_ranges(view):
        if isinstance(spared, Declaration):
            family = spared.range.family
            if keys.get(f"enable-ipv{family}-masquerade", "true" if family == 4 else "false") == "true":
                yield spared


def _native_routing_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    found, keys = configuration(view)
    if found is None:
        return
    for family in addresses.BITS:
        key = f"ipv{family}-native-routing-cidr"
        if keys.get(key):
            yield RangeSource(Role.POD, NAME, subject_of(found), family=family).cidr(("data", key), keys[key])


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """What of the pods is not spared."""
    for spared in spared_ranges(view):
        toward = beyond([spared.range], pods, {spared.range.family})
        if toward:
            why = f"{spared.path[-1]} {spared} of {spared.subject} does not hold them"
            yield Masquerade(Whom.PODS, why, spared.subject, spared.path, toward=toward, spared=(spared.range,))


def is_known_outside(view: SnapshotView) -> bool:
    """Whether hosts besides the nodes may have routes to pods; not where nodes tell only each other."""
    _, keys = configuration(view)
    announces = keys.get("enable-bgp-control-plane") == "true" or keys.get("bgp-announce-pod-cidr") == "true"
    meshed = keys.get("cluster-id", "0") not in {"", "0"}
    by_cloud = mode_of(view) in _CLOUD_MODES or any(
        (node.spec.providerID or "").startswith(_CLOUDS) for node in view.nodes
    )
    return announces or meshed or by_cloud or keys.get("auto-direct-node-routes") != "true"


def failures(view: SnapshotView) -> dict[str, list[CiliumNode]]:
    """Why the operator could not give nodes what they want, each with these nodes."""
    found: dict[str, list[CiliumNode]] = {}
    for node in view.objects("CiliumNode"):
        status = node.status.ipam.operatorStatus if node.status and node.status.ipam else None
        if status and status.error:
            found.setdefault(status.error, []).append(node)
    return found


def sees_nodes(view: SnapshotView) -> bool:
    """Whether policies may choose nodes by their addresses."""
    _, keys = configuration(view)
    return "nodes" in keys.get("policy-cidr-match-mode", "")


def _routes_directly(keys: Mapping[str, str]) -> bool:
    """Whether every node routes to every other one itself."""
    skips = keys.get("direct-routing-skip-unreachable") == "true"
    return keys.get("auto-direct-node-routes") == "true" and not skips


def members(view: SnapshotView) -> set[str]:
    """The nodes that have a CiliumNode."""
    return {found.name for found in view.objects("CiliumNode")}


def is_chained(view: SnapshotView) -> bool | None:
    """Whether another plugin connects the pods, and Cilium only adds to it."""
    found, keys = configuration(view)
    return keys.get("cni-chaining-mode", "") not in _NO_CHAINING if found else None


PLUGIN = Plugin(
    NAME,
    Evidence(
        config_maps=(CONFIG,),
        daemon_sets=("cilium",),
        kinds=("CiliumNode", "CiliumPodIPPool", "CiliumLoadBalancerIPPool"),
        types=("cilium-cni",),
    ),
    allocation=allocation,
    ranges=ranges,
    transports=transports,
    masquerades=masquerades,
    rides=is_chained,
    members=members,
    member_sign="a CiliumNode",
    member_kind="CiliumNode",
)
