"""Calico, and Canal, its policy engine on flannel's network.

Source: github.com/projectcalico/calico, api/pkg/apis/projectcalico/v3, felix/rules, libcalico-go/lib/backend/k8s/
resources/node.go; docs.tigera.io, Configure outgoing NAT, Enable eBPF and Advertise Kubernetes service IP addresses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from netlint import addresses
from netlint.model.cni.masquerading import Masquerade, UnknownMasquerade, Whom, beyond, nodes_beyond
from netlint.model.cni.node_identity import IdentityAnnotation, NodeIdentity, Sort, lower_case
from netlint.model.cni.plugin import Datapath, Evidence, Membership, Plugin, PolicySupport
from netlint.model.cni.plugins.calico_ipam import (
    NAME,
    block_ranges,
    blocks,
    fillings,
    idle_pools,
    open_ranges,
    pools,
    serves_pods,
)
from netlint.model.cni.pod_addresses import FROM_NODE, UNKNOWN, Fit, Ipam, PodAllocation, PodRange
from netlint.model.cni.service_support import Advertisement, ServiceProxyReplacement, advertised_by
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of
from netlint.objects.calico_crds import FelixConfiguration, IPPool
from netlint.objects.core import Node
from netlint.objects.meta import Path

PREFIX = "projectcalico.org/"
ADDRESSES = (PREFIX + "IPv4Address", PREFIX + "IPv6Address")
OVERHEAD = {("IPIP", 4): 20, ("VXLAN", 4): 50, ("VXLAN", 6): 70, ("WireGuard", 4): 60, ("WireGuard", 6): 80}
"""Bytes of each encapsulation over each family."""
TUNNEL_MTUS = {"IPIP": "ipipMTU", "VXLAN": "vxlanMTU", "WireGuard": "wireguardMTU"}
ENCAPSULATING = ("Always", "CrossSubnet")
HOSTS_TOO = "IPPoolsAndHostIPs"
_CONFIG_MAPS = ("calico-config", "canal-config")
CANAL = ("canal", "rke2-canal")
AGENT = "calico-node"
DAEMON_SETS = (AGENT, *CANAL)


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """Pools, by what they serve, and the networks of the nodes."""
    idle = idle_pools(view)
    for pool in pools(view):
        source = RangeSource(_role(pool, idle), NAME, subject_of(pool))
        if source.role is Role.REMOTE:
            source = replace(source, label="range without masquerading")
        yield source.cidr(("spec", "cidr"), pool.spec.cidr or "")
    for node in view.nodes:
        for key in ADDRESSES:
            text = node.annotations.get(key)
            if text:
                yield from _own_network(node, key, text)


def _role(pool: IPPool, idle: set[str]) -> Role:
    if serves_pods(pool):
        return Role.REMOTE if pool.name in idle else Role.POD
    return Role.LOAD_BALANCER if "LoadBalancer" in (pool.spec.allowedUses or ()) else Role.INTERNAL


def _own_network(node: Node, key: str, text: str) -> Iterator[Declaration | MalformedRange]:
    """The subnet that the agent found around the node's address; a bare address tells none."""
    if "/" in text:
        source = RangeSource(Role.NODE, NAME, subject_of(node), node.name, label="node network")
        yield source.cidr(("metadata", "annotations", key), text)


def allocation(view: SnapshotView) -> PodAllocation:
    """The ``ipam`` of the CNI configuration, else the blocks, which only Calico's own IPAM writes."""
    configured = _configured_ipam(view)
    if configured == "host-local":
        return FROM_NODE
    owned = tuple(block for block in block_ranges(view) if block.node)
    if owned:
        strict = any(config.spec.strictAffinity for config in view.objects("IPAMConfig"))
        lent = tuple(open_ranges(view, strict))
        return PodAllocation(False, ranges=owned, block_kind="IPAMBlock", open_ranges=lent)
    if configured == "calico-ipam":
        return PodAllocation(False, missing_kind="IPAMBlock")
    return UNKNOWN


def _configured_ipam(view: SnapshotView) -> str:
    for name in _CONFIG_MAPS:
        config_map = view.config_map(name)
        text = (config_map.data or {}).get("cni_network_config", "") if config_map else ""
        for ipam in ("calico-ipam", "host-local"):
            if f'"{ipam}"' in text:
                return ipam
    return ""


def transports(view: SnapshotView) -> Iterator[Transport]:
    """One for each pool that pods use: its encapsulation, or WireGuard around everything."""
    felix = felix_default(view)
    idle = idle_pools(view)
    for pool in filter(serves_pods, pools(view)):
        if pool.name in idle:
            continue
        try:
            family = addresses.parse_cidr(pool.spec.cidr or "").range.family
        except ValueError:
            continue
        modes = (("IPIP", pool.spec.ipipMode), ("VXLAN", pool.spec.vxlanMode))
        name, mode = next(((name, mode) for name, mode in modes if mode in ENCAPSULATING), ("", "Never"))
        if felix is not None and (felix.spec.wireguardEnabled if family == 4 else felix.spec.wireguardEnabledV6):
            name, mode = "WireGuard", "Always"
        yield Transport(
            Way.OVERLAY if name else Way.ROUTED,
            name,
            OVERHEAD.get((name, family), 0),
            tuple(_mtus(view, name)),
            only_remote=mode == "CrossSubnet",
            subject=subject_of(pool),
            path=("spec", "vxlanMode" if name == "VXLAN" else "ipipMode"),
        )


def felix_default(view: SnapshotView) -> FelixConfiguration | None:
    """The agent's settings for all nodes."""
    configurations: list[FelixConfiguration] = view.objects("FelixConfiguration")
    return next((felix for felix in configurations if felix.name == "default"), None)


def _mtus(view: SnapshotView, encapsulation: str) -> Iterator[Mtu]:
    """``veth_mtu``, which the manifest gives to tunnels too, else the tunnel's own; 0 lets the agent work it out."""
    config_map = view.config_map(_CONFIG_MAPS[0]) or view.config_map(_CONFIG_MAPS[1])
    text = (config_map.data or {}).get("veth_mtu") if config_map else None
    if config_map and text is not None:
        if text.isdecimal() and int(text):
            yield Mtu(int(text), False, subject_of(config_map), ("data", "veth_mtu"))
        return
    felix = felix_default(view)
    key = TUNNEL_MTUS.get(encapsulation, "")
    size = getattr(felix.spec, key, None) if felix else None
    if felix and size:
        yield Mtu(size, False, subject_of(felix), ("spec", key))


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """``natOutgoing`` hides pods from what is in no pool; disabled pools count, by default nodes do not.

    Without the agent's settings, or where it works with eBPF, it is not known what becomes of the nodes.
    """
    felix = felix_default(view)
    every = [(pool, declared) for pool in pools(view) if serves_pods(pool) and (declared := _declared(pool))]
    hiding = [declared for pool, declared in every if pool.spec.natOutgoing]
    if not hiding:
        return
    spared, families = [declared.range for _, declared in every], {declared.range.family for declared in hiding}
    subject, path = hiding[0].subject, ("spec", "natOutgoing")
    why = "natOutgoing masquerades what leaves all pools"
    lost = beyond(spared, pods, families)
    if lost:
        yield Masquerade(Whom.PODS, why, subject, path, tuple(hiding), lost, tuple(spared))
    nodes = nodes_beyond(spared, view, families)
    if nodes and felix is not None and not felix.spec.bpfEnabled and felix.spec.natOutgoingExclusions != HOSTS_TOO:
        why += f", and natOutgoingExclusions of {subject_of(felix)} is not {HOSTS_TOO}"
        yield Masquerade(Whom.NODES, why, subject, path, tuple(hiding), nodes)


def _declared(pool: IPPool) -> Declaration | None:
    declared = RangeSource(Role.POD, NAME, subject_of(pool)).cidr(("spec", "natOutgoing"), pool.spec.cidr or "")
    return declared if isinstance(declared, Declaration) else None


def unknown_masquerades(view: SnapshotView) -> Iterator[UnknownMasquerade]:
    """The agent's settings say whether nodes are spared."""
    if felix_default(view) is None and any(pool.spec.natOutgoing for pool in view.objects("IPPool")):
        why = "the FelixConfiguration default, which says whether natOutgoing spares nodes, is not in the input"
        yield UnknownMasquerade(Whom.NODES, why)


def joined_nodes(view: SnapshotView) -> set[str]:
    """The nodes whose address agents have announced."""
    return {node.name for node in view.nodes if not node.annotations.keys().isdisjoint(ADDRESSES)}


def enforces_policies_only(view: SnapshotView) -> bool:
    """Whether another plugin connects the pods, as flannel does in Canal."""
    networking = backend(view)
    if networking:
        return networking == "none"
    canal = any(view.daemon_set(name) for name in CANAL) or view.config_map(_CONFIG_MAPS[1])
    connects = pools(view) or blocks(view) or _configured_ipam(view) == "calico-ipam"
    return bool(canal) or not connects


def backend(view: SnapshotView) -> str:
    """``bird``, ``vxlan`` or ``none``, as the agent is told; empty where the input does not show it."""
    for name in DAEMON_SETS:
        agent = view.daemon_set(name)
        for _, text in environment(agent, "CALICO_NETWORKING_BACKEND") if agent else ():
            return text
    config_map = view.config_map(_CONFIG_MAPS[0])
    return (config_map.data or {}).get("calico_backend", "") if config_map else ""


def datapath(view: SnapshotView) -> Datapath:
    """eBPF where the object says so."""
    felix = felix_default(view)
    return Datapath.EBPF if felix and felix.spec.bpfEnabled else Datapath.KERNEL


def programs_services(view: SnapshotView) -> bool:
    """Whether it takes kube-proxy's place, as it does with eBPF; the agents' variable goes before the object."""
    agent = view.daemon_set(AGENT)
    values = [text for _, text in environment(agent, "FELIX_BPFENABLED")] if agent else []
    return values[-1].lower() == "true" if values else datapath(view) is Datapath.EBPF


def advertisements(view: SnapshotView) -> Iterator[Advertisement]:
    """``serviceClusterIPs`` of BGPConfigurations."""
    for configuration in view.objects("BGPConfiguration"):
        for index, entry in enumerate(configuration.spec.serviceClusterIPs or ()):
            if entry.cidr:
                path: Path = ("spec", "serviceClusterIPs", index, "cidr")
                yield advertised_by("Calico", subject_of(configuration), path, f"of {entry.cidr}")


def _tunnel(key: str, title: str = "Calico's tunnel address") -> IdentityAnnotation:
    return IdentityAnnotation(PREFIX + key, Sort.TUNNEL, title)


IDENTITIES = (
    *(IdentityAnnotation(key, Sort.ADDRESS, "Calico's address", is_announced=True) for key in ADDRESSES),
    _tunnel("IPv4IPIPTunnelAddr"),
    _tunnel("IPv4VXLANTunnelAddr"),
    _tunnel("IPv6VXLANTunnelAddr"),
    _tunnel("IPv4WireguardInterfaceAddr", "Calico's WireGuard address"),
    IdentityAnnotation(PREFIX + "VXLANTunnelMACAddr", Sort.MAC, "Calico's VXLAN MAC", lower_case),
    IdentityAnnotation(PREFIX + "VXLANTunnelMACAddrV6", Sort.MAC, "Calico's VXLAN MAC", lower_case),
)

PLUGIN = Plugin(
    NAME,
    Evidence(
        annotations=(PREFIX,),
        config_maps=_CONFIG_MAPS,
        daemon_sets=DAEMON_SETS,
        kinds=("IPPool", "IPAMBlock"),
        types=(NAME,),
    ),
    allocation=allocation,
    ranges=ranges,
    pod_range=PodRange(fit=Fit.LIES_INSIDE, pool_kind="IPPool"),
    ipam=Ipam(blocks=block_ranges, fillings=fillings, keeps_first_address=False),
    transports=transports,
    datapath=datapath,
    masquerades=masquerades,
    unknown_masquerades=unknown_masquerades,
    rides=enforces_policies_only,
    membership=Membership(joined_nodes, f"the annotation {ADDRESSES[0]}"),
    node_identity=NodeIdentity(annotations=IDENTITIES),
    policies=PolicySupport(has_own_kinds=True),
    service_proxy=ServiceProxyReplacement("Calico", AGENT, programs_services),
    advertisements=advertisements,
)
