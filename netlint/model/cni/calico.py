"""Calico, and Canal, its policy engine on flannel's network.

Source: github.com/projectcalico/calico, api/pkg/apis/projectcalico/v3, libcalico-go/lib/ipam, felix/rules;
docs.tigera.io, IP address management and Configure outgoing NAT.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from msgspec.structs import replace

from netlint import addresses
from netlint.addresses import Range
from netlint.model.cni.plugin import (
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
    nodes_beyond,
)
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of
from netlint.objects.calico_crds import FelixConfiguration, IPAMBlock, IPPool
from netlint.objects.core import Node

NAME = "calico"
PREFIX = "projectcalico.org/"
OVERHEAD = {("IPIP", 4): 20, ("VXLAN", 4): 50, ("VXLAN", 6): 70, ("WireGuard", 4): 60, ("WireGuard", 6): 80}
"""Bytes of each encapsulation over each family."""
TUNNEL_MTUS = {"IPIP": "ipipMTU", "VXLAN": "vxlanMTU", "WireGuard": "wireguardMTU"}
ENCAPSULATING = ("Always", "CrossSubnet")
OWNER = "host:"
HOSTS_TOO = "IPPoolsAndHostIPs"
_CONFIG_MAPS = ("calico-config", "canal-config")
CANAL = ("canal", "rke2-canal")
DAEMON_SETS = ("calico-node", *CANAL)


def pools(view: SnapshotView) -> list[IPPool]:
    """All pools that name a range, those closed for new addresses included."""
    return [pool for pool in view.objects("IPPool") if pool.spec.cidr]


def serves_pods(pool: IPPool) -> bool:
    """Whether pods take addresses from it, now or earlier."""
    return not pool.spec.allowedUses or "Workload" in pool.spec.allowedUses


def idle_pools(view: SnapshotView) -> set[str]:
    """The names of closed pools of which nobody has an address; blocks tell that, and pods where there are none.

    They are no pod ranges: they name addresses, often outside of the cluster, that are not masqueraded.
    """
    closed = [(pool.name, span) for pool in pools(view) if pool.spec.disabled and (span := _range_of(pool.spec.cidr))]
    given = [span for block in blocks(view) if (span := _range_of(block.spec.cidr))] if closed else []
    if not given:
        return {name for name, span in closed if not view.pods.any_in([span])}
    taken = set(addresses.touching([span for _, span in closed], given))
    return {name for number, (name, _) in enumerate(closed) if number not in taken}


@lru_cache(maxsize=1 << 14)  # blocks are looked at for several questions
def _range_of(cidr: str | None) -> Range | None:
    try:
        return addresses.parse_cidr(cidr or "").range
    except ValueError:
        return None


def blocks(view: SnapshotView) -> list[IPAMBlock]:
    """The blocks in force."""
    return [block for block in view.objects("IPAMBlock") if block.spec.cidr and not block.spec.deleted]


def owner_of(block: IPAMBlock) -> str:
    """The node to which a block belongs; empty for one without."""
    affinity = block.spec.affinity or ""
    return affinity.removeprefix(OWNER) if affinity.startswith(OWNER) else ""


def block_ranges(view: SnapshotView) -> Iterator[Declaration]:
    """The blocks as ranges of the nodes that own them."""
    for block in blocks(view):
        node = owner_of(block)
        if node:
            found = RangeSource(Role.NODE_POD, NAME, subject_of(block), node, label="block").cidr(
                ("spec", "cidr"), block.spec.cidr or ""
            )
            if isinstance(found, Declaration):
                yield found


def open_ranges(view: SnapshotView, strict: bool) -> Iterator[Declaration]:
    """Blocks of no node; the others too unless the affinity is strict, and then what was borrowed before."""
    for block in blocks(view):
        source = RangeSource(Role.NODE_POD, NAME, subject_of(block))
        found = source.cidr(("spec", "cidr"), block.spec.cidr or "")
        if isinstance(found, MalformedRange):
            continue
        if not (strict and owner_of(block)):
            yield found
        else:
            for offset in _lent(block):
                address = found.range.first + offset
                yield source.declaration(("spec", "allocations", offset), Range(found.range.family, address, address))


def _lent(block: IPAMBlock) -> Iterator[int]:
    """The addresses of a block that are recorded for pods of other nodes, by their offsets."""
    attributes = block.spec.attributes or ()
    for offset, number in enumerate(block.spec.allocations or ()):
        owner = attributes[number].secondary if number is not None and 0 <= number < len(attributes) else None
        if owner and owner.node and owner.node != owner_of(block):
            yield offset


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """Pools, by what they serve, and the networks of the nodes."""
    idle = idle_pools(view)
    for pool in pools(view):
        source = RangeSource(_role(pool, idle), NAME, subject_of(pool))
        if source.role is Role.REMOTE:
            source = replace(source, label="range without masquerading")
        yield source.cidr(("spec", "cidr"), pool.spec.cidr or "")
    for node in view.nodes:
        for key in ("IPv4Address", "IPv6Address"):
            text = node.annotations.get(PREFIX + key)
            if text:
                yield from _own_network(node, PREFIX + key, text)


def _role(pool: IPPool, idle: set[str]) -> Role:
    if serves_pods(pool):
        return Role.REMOTE if pool.name in idle else Role.POD
    return Role.LOAD_BALANCER if "LoadBalancer" in (pool.spec.allowedUses or ()) else Role.INTERNAL


def _own_network(node: Node, key: str, text: str) -> Iterator[Declaration | MalformedRange]:
    """The subnet that the agent found around the node's address; a bare address tells none."""
    if "/" in text:
        source = RangeSource(Role.NODE, NAME, subject_of(node), node.name, label="node network")
        yield source.cidr(("metadata", "annotations", key), text)


def allocation(view: SnapshotView) -> Allocation:
    """The ``ipam`` of the CNI configuration, else the blocks, which only Calico's own IPAM writes."""
    configured = _configured_ipam(view)
    if configured == "host-local":
        return FROM_NODE
    own = tuple(block_ranges(view))
    if own:
        strict = any(found.spec.strictAffinity for found in view.objects("IPAMConfig"))
        lent = tuple(open_ranges(view, strict))
        return Allocation(False, own, borrows=not strict, pieces="IPAMBlock", open_ranges=lent)
    if configured == "calico-ipam":
        return Allocation(False, missing="IPAMBlock")
    return UNKNOWN


def _configured_ipam(view: SnapshotView) -> str:
    for name in _CONFIG_MAPS:
        found = view.config_map(name)
        text = (found.data or {}).get("cni_network_config", "") if found else ""
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
    found: list[FelixConfiguration] = view.objects("FelixConfiguration")
    return next((item for item in found if item.name == "default"), None)


def _mtus(view: SnapshotView, encapsulation: str) -> Iterator[Mtu]:
    """``veth_mtu``, which the manifest gives to tunnels too, else the tunnel's own; 0 lets the agent work it out."""
    found = view.config_map(_CONFIG_MAPS[0]) or view.config_map(_CONFIG_MAPS[1])
    text = (found.data or {}).get("veth_mtu") if found else None
    if found and text is not None:
        if text.isdecimal() and int(text):
            yield Mtu(int(text), False, subject_of(found), ("data", "veth_mtu"))
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
    every = [found for pool in pools(view) if serves_pods(pool) and (found := _pool(pool)) is not None]
    hiding = [found for pool, found in every if pool.spec.natOutgoing]
    if not hiding:
        return
    held, families = [found.range for _, found in every], {found.range.family for found in hiding}
    first = hiding[0]
    why = "natOutgoing masquerades what leaves all pools"
    path = ("spec", "natOutgoing")
    lost = beyond(held, pods, families)
    if lost:
        yield Masquerade(Whom.PODS, why, first.subject, path, tuple(hiding), lost, tuple(held))
    nodes = nodes_beyond(held, view, families)
    if nodes and felix is not None and not felix.spec.bpfEnabled and felix.spec.natOutgoingExclusions != HOSTS_TOO:
        why += f", and natOutgoingExclusions of {subject_of(felix)} is not {HOSTS_TOO}"
        yield Masquerade(Whom.NODES, why, first.subject, path, tuple(hiding), nodes)


def _pool(pool: IPPool) -> tuple[IPPool, Declaration] | None:
    found = RangeSource(Role.POD, NAME, subject_of(pool)).cidr(("spec", "natOutgoing"), pool.spec.cidr or "")
    return (pool, found) if isinstance(found, Declaration) else None


def members(view: SnapshotView) -> set[str]:
    """The nodes whose address agents have announced."""
    signs = {PREFIX + "IPv4Address", PREFIX + "IPv6Address"}
    return {node.name for node in view.nodes if not signs.isdisjoint(node.annotations)}


def enforces_policies_only(view: SnapshotView) -> bool:
    """Whether another plugin connects the pods, as flannel does in Canal."""
    told = backend(view)
    if told:
        return told == "none"
    canal = any(view.daemon_set(name) for name in CANAL) or view.config_map(_CONFIG_MAPS[1])
    connects = pools(view) or blocks(view) or _configured_ipam(view) == "calico-ipam"
    return bool(canal) or not connects


def backend(view: SnapshotView) -> str:
    """``bird``, ``vxlan`` or ``none``, as the agent is told; empty where the input does not show it."""
    for name in DAEMON_SETS:
        agent = view.daemon_set(name)
        for _, text in environment(agent, "CALICO_NETWORKING_BACKEND") if agent else ():
            return text
    found = view.config_map(_CONFIG_MAPS[0])
    return (found.data or {}).get("calico_backend", "") if found else ""


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
    transports=transports,
    masquerades=masquerades,
    rides=enforces_policies_only,
    members=members,
    member_sign=f"the annotation {PREFIX}IPv4Address",
)
