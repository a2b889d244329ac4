"""Cilium.

Source: docs.cilium.io, Routing, Masquerading, kube-proxy-free, BGP control plane and Network Policy; github.com/
cilium/cilium, install/kubernetes/cilium/values.yaml (defaults), operator/pkg/model/translation (ingress, gateway-api),
issue 19262.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlint import addresses
from netlint.model.cni.masquerading import Masquerade, Whom, beyond
from netlint.model.cni.plugin import Datapath, Evidence, Membership, Plugin, PolicySupport
from netlint.model.cni.plugins.cilium_ipam import (
    CLOUD_MODES,
    CONFIG,
    DEFAULT_POOLS,
    NAME,
    allocation,
    configuration,
    division,
    mode_of,
    node_ranges,
    pod_pools,
)
from netlint.model.cni.pod_addresses import Fit, Ipam, PodRange
from netlint.model.cni.service_support import Advertisement, IngressProxy, ServiceProxyReplacement, advertised_by
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.selectors import text_of
from netlint.model.subjects import subject_of
from netlint.objects.meta import LabelSelector, Path

AGENT = "cilium"  # its DaemonSet
OVERHEADS = {"vxlan": 50, "geneve": 50}
_NO_CHAINING = ("", "none", "portmap")
_CLOUDS = ("aws://", "azure://", "gce://")
"""Clouds whose networks know the addresses of pods."""
_CLUSTER_IP = "ClusterIP"


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The cluster's pools and those for load balancers."""
    yield from pod_pools(view)
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


def transports(view: SnapshotView) -> Iterator[Transport]:
    """``routing-mode``, which was called ``tunnel`` up to release 1.13."""
    config_map, keys = configuration(view)
    if config_map is None:
        return
    old = keys.get("tunnel", "")
    native = keys.get("routing-mode", "native" if old == "disabled" else "tunnel") == "native"
    protocol = keys.get("tunnel-protocol", "") or (old if old in OVERHEADS else "") or "vxlan"
    mtu, subject = keys.get("mtu", ""), subject_of(config_map)
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
    _, keys = configuration(view)
    routed = any(transport.way is Way.ROUTED for transport in transports(view))
    if not routed or keys.get("enable-ip-masq-agent") == "true":
        return
    for spared in _native_routing_ranges(view):
        if isinstance(spared, Declaration):
            family = spared.range.family
            if keys.get(f"enable-ipv{family}-masquerade", "true" if family == 4 else "false") == "true":
                yield spared


def _native_routing_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    config_map, keys = configuration(view)
    if config_map is None:
        return
    for family in addresses.BITS:
        key = f"ipv{family}-native-routing-cidr"
        if keys.get(key):
            yield RangeSource(Role.POD, NAME, subject_of(config_map), family=family).cidr(("data", key), keys[key])


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
    by_cloud = mode_of(view) in CLOUD_MODES or any(
        (node.spec.providerID or "").startswith(_CLOUDS) for node in view.nodes
    )
    return announces or meshed or by_cloud or keys.get("auto-direct-node-routes") != "true"


def why_nodes_unseen(view: SnapshotView) -> str:
    """Why policies never choose nodes by their addresses; empty where they may."""
    config_map, keys = configuration(view)
    if config_map is None or "nodes" in keys.get("policy-cidr-match-mode", ""):
        return ""
    return "Cilium holds no node against a range unless policy-cidr-match-mode has nodes"


def _routes_directly(keys: Mapping[str, str]) -> bool:
    """Whether every node routes to every other one itself."""
    skips = keys.get("direct-routing-skip-unreachable") == "true"
    return keys.get("auto-direct-node-routes") == "true" and not skips


def joined_nodes(view: SnapshotView) -> set[str]:
    """The nodes that have a CiliumNode."""
    return {node.name for node in view.objects("CiliumNode")}


def is_chained(view: SnapshotView) -> bool | None:
    """Whether another plugin connects the pods, and Cilium only adds to it; None where the input does not show it."""
    config_map, keys = configuration(view)
    return keys.get("cni-chaining-mode", "") not in _NO_CHAINING if config_map else None


def programs_services(view: SnapshotView) -> bool:
    """Whether it takes kube-proxy's place; up to release 1.13 as far as the kernel can (``strict``: or not at all)."""
    return configuration(view)[1].get("kube-proxy-replacement") in {"true", "strict"}


def credentials(view: SnapshotView) -> Iterator[str]:
    """A kubeconfig of the host, with which the agent signs in."""
    if "k8s-kubeconfig-path" in configuration(view)[1]:
        yield "k8s-kubeconfig-path"


def advertisements(view: SnapshotView) -> Iterator[Advertisement]:
    """Services that CiliumBGPAdvertisements and, before these, CiliumBGPPeeringPolicies select."""
    for item in view.objects("CiliumBGPAdvertisement"):
        for index, entry in enumerate(item.spec.advertisements or ()):
            listed = (entry.service.addresses if entry.service else None) or []
            if entry.advertisementType == "Service" and entry.selector is not None and _CLUSTER_IP in listed:
                path: Path = ("spec", "advertisements", index, "service", "addresses", listed.index(_CLUSTER_IP))
                yield advertised_by("Cilium", subject_of(item), path, _selected(entry.selector))
    for policy in view.objects("CiliumBGPPeeringPolicy"):
        for index, router in enumerate(policy.spec.virtualRouters or ()):
            listed = router.serviceAdvertisements or []
            if router.serviceSelector is not None and _CLUSTER_IP in listed:
                path = ("spec", "virtualRouters", index, "serviceAdvertisements", listed.index(_CLUSTER_IP))
                yield advertised_by("Cilium", subject_of(policy), path, _selected(router.serviceSelector))


def _selected(selector: LabelSelector) -> str:
    labels = text_of(selector.matchLabels or {})
    return f"of Services with {labels}" if labels else "of the Services that it selects"


PLUGIN = Plugin(
    NAME,
    Evidence(
        config_maps=(CONFIG,),
        daemon_sets=(AGENT,),
        kinds=("CiliumNode", "CiliumPodIPPool", "CiliumLoadBalancerIPPool"),
        types=("cilium-cni",),
    ),
    allocation=allocation,
    ranges=ranges,
    pod_range=PodRange(fit=Fit.LIES_INSIDE, pool_authority=NAME, pool_kind="CiliumPodIPPool", defaults=DEFAULT_POOLS),
    ipam=Ipam(division=division, keeps_first_address=False),
    transports=transports,
    datapath=lambda _: Datapath.EBPF,
    masquerades=masquerades,
    rides=is_chained,
    membership=Membership(joined_nodes, "a CiliumNode", "CiliumNode"),
    policies=PolicySupport(has_own_kinds=True, why_nodes_unseen=why_nodes_unseen),
    service_proxy=ServiceProxyReplacement("Cilium", AGENT, programs_services, credentials=credentials),
    ingress_proxy=IngressProxy(
        frozenset({"cilium.io/ingress", "gateway.networking.k8s.io/gateway-name", "io.cilium.gateway/owning-gateway"}),
        addresses.parse("192.192.192.192"),
    ),
    advertisements=advertisements,
)
