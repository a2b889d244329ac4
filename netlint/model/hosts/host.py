"""What node dumps show: networks of the host's links, bridges, Docker's pools, CNI files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.declared.declarations import Authority, Declaration, DeclaredRanges, RangeSource, Role, Standing
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.cni_files import Configuration, configurations
from netlint.model.hosts.routes import MAIN, KernelRoute, routes_of
from netlint.model.pods import Pods
from netlint.model.subjects import subject_of
from netlint.objects.core import Node
from netlint.objects.host import Link, NodeDump
from netlint.snapshot import Spot

BRIDGES = ("docker0", "cni0", "cbr0", "kbr0", "lxcbr0", "virbr0", "kube-bridge", "weave", "obr0")
POD_BRIDGES = ("cni0", "cbr0")
DOCKER = "docker0"
DOCKER_FILE = "etc-docker-daemon.json"
_ON_CARDS = ("macvlan", "ipvlan")
TUNNELS = ("vxlan", "ipip", "sit", "geneve", "wireguard", "gre", "gretap", "ip6tnl", "tun")


class Host:
    """One node dump, bound to the Node whose address it has."""

    def __init__(self, dump: NodeDump, node: Node | None) -> None:
        """``node``: None where the dump belongs to none."""
        self.dump = dump
        self.node = node.name if node else ""
        self.subject = subject_of(node) if node else Subject("", "File", "", dump.folder)

    def file(self, name: str) -> Subject:
        """A file of the dump as a subject."""
        return Subject("", "File", "", f"{self.dump.folder}/{name}")

    def spot(self, name: str) -> Spot:
        """A file of the dump as a place."""
        return Spot(f"{self.dump.folder}/{name}")

    @cached_property
    def links(self) -> list[tuple[Link, int, int, Range]]:
        """Links with their global addresses: family, address, and the network around it."""
        links = []
        for link in self.dump.links or ():
            for entry in link.addr_info:
                if entry.scope == "global" and link.ifname != "lo":
                    family, value = addresses.parse(entry.local)
                    size = 1 << (addresses.BITS[family] - entry.prefixlen)
                    first = value & -size
                    links.append((link, family, value, Range(family, first, first + size - 1)))
        return links

    @property
    def subnets(self) -> dict[int, tuple[str, Range]]:
        """The subnet of this host as flannel's agent wrote it down, and its range, by family."""
        written = self.dump.subnet_env or {}
        texts = (written.get(key, "") for key in ("FLANNEL_SUBNET", "FLANNEL_IPV6_SUBNET"))
        return {span.family: (text, span) for text in texts if (span := read_range(text)) is not None}

    @property
    def docker_bridge(self) -> Range | None:
        """The network of docker0 where Docker itself connects the pods, in ranges that flannel has given."""
        network = read_range((self.dump.subnet_env or {}).get("FLANNEL_NETWORK", ""))
        bridge = read_range(self.dump.docker.bip) if self.dump.docker else None
        joined = network and bridge and not self.configurations and network.covers(bridge)
        return bridge if joined else None

    @cached_property
    def routes(self) -> list[KernelRoute]:
        """The routes of all tables and both families."""
        return list(routes_of(self.dump))

    @property
    def unicast_routes(self) -> list[KernelRoute]:
        """The routes of the main table by which packets leave."""
        return [route for route in self.routes if (route.entry.table, route.entry.type) == (MAIN, "unicast")]

    @cached_property
    def configurations(self) -> list[Configuration]:
        """Its CNI networks, that of the pods first."""
        return configurations(self.dump)

    @property
    def pod_bridges(self) -> set[str]:
        """The bridges of the pods' network; where no file names one, those that are made for nothing else."""
        named = set(self.configurations[0].bridges) if self.configurations else set()
        if self.docker_bridge:
            named.add(DOCKER)
        return named or {link.ifname for link in self.dump.links or () if link.ifname in POD_BRIDGES}

    @property
    def is_bridged(self) -> bool:
        """Whether its pods get addresses of its own network, on links that hang on its network card."""
        return bool(self.configurations) and self.configurations[0].type in _ON_CARDS

    def ports_of(self, bridge: str) -> list[Link]:
        """The links that are attached to a bridge."""
        return [link for link in self.dump.links or () if link.master == bridge]


def read_range(text: str) -> Range | None:
    """The range of a CIDR, or around an address with a prefix length; None for other text."""
    try:
        return addresses.parse_cidr(text).range
    except ValueError:
        return None


def is_bridge(link: Link) -> bool:
    """Whether it is a Linux bridge or, by its name, a bridge of another make."""
    return link.kind in {"bridge", "openvswitch"} or link.ifname in BRIDGES or link.ifname.startswith("br-")


def bind(view: SnapshotView) -> list[Host]:
    """The dumps with their Nodes: by address, and among several Nodes of one address by the folder's name."""
    dumps = view.snapshot.dumps
    if not dumps:
        return []
    by_address: dict[tuple[int, int], list[str]] = {}
    for node in view.nodes:
        for entry in node.status.addresses or ():
            if entry.type == "InternalIP" and entry.address:
                by_address.setdefault(addresses.parse(entry.address), []).append(node.name)
    named = view.node_named
    return [Host(dump, named.get(_node_of(dump, by_address, set(named)))) for dump in dumps]


def _node_of(dump: NodeDump, by_address: Mapping[tuple[int, int], list[str]], names: set[str]) -> str:
    candidates = {
        name
        for link in dump.links or ()
        for info in link.addr_info
        if info.scope == "global"
        for name in by_address.get(addresses.parse(info.local), ())
    }
    if len(candidates) == 1:
        return candidates.pop()
    return dump.name if dump.name in (candidates or names) else ""


def of_hosts(
    hosts: Sequence[Host], nodes: Mapping[str, Node], ranges: Mapping[str, list[Declaration]], pods: Pods
) -> DeclaredRanges:
    """The ranges of all hosts; ``ranges``: those from which each node's pods get their addresses."""
    carried = addresses_by_node(pods) if hosts else {}
    for host in hosts:
        own = [declared.range for declared in ranges.get(host.node, ())]
        node = nodes.get(host.node)
        listed = {entry.address for entry in (node.status.addresses if node else None) or ()}
        yield from _networks(host, listed, own, carried.get(host.node, set()))
        yield from _docker_pools(host)
        yield from _subnet_env(host)


def addresses_by_node(pods: Pods) -> dict[str, set[tuple[int, int]]]:
    """Family and value of the addresses that live pods have, by their node."""
    by_node: dict[str, set[tuple[int, int]]] = {}
    for row in pods.live_on_network():
        by_node.setdefault(pods.node(row), set()).update(pods.addresses(row))
    return by_node


def _networks(host: Host, listed: set[str | None], own: list[Range], pods: set[tuple[int, int]]) -> DeclaredRanges:
    """The networks of links, tunnels and veth pairs aside.

    A bridge that carries pods of its own node is their range, whatever its name; one that has the node's
    own address is the node's network.
    """
    for link, family, address, network in host.links:
        if link.kind in TUNNELS or network.size == 1 or (link.kind == "veth" and link.master):
            continue
        role, label = Role.NODE, f"network of {link.ifname}"
        if is_bridge(link) and addresses.text(family, address) not in listed:
            carries = any(network.holds(*held) for held in pods) or any(held.covers(network) for held in own)
            if not carries and link.ifname in host.pod_bridges and any(held.family == family for held in own):
                continue  # left from a range that the node has no more
            role, label = Role.NODE_POD if carries else Role.BRIDGE, f"bridge {link.ifname}"
        file = host.file("ip-addr.json")
        idle = role is Role.BRIDGE and not host.ports_of(link.ifname)
        yield RangeSource(role, Authority.HOST, file, host.node, Standing.OBSERVED, label, idle).declaration(
            (), network
        )


def _docker_pools(host: Host) -> DeclaredRanges:
    docker = host.dump.docker
    if docker is None:
        return
    file = host.file(DOCKER_FILE)
    source = RangeSource(Role.BRIDGE, "Docker", file, host.node, label="Docker address pool")
    for index, pool in enumerate(docker.default_address_pools):
        yield source.cidr(("default-address-pools", index, "base"), pool.base)


def _subnet_env(host: Host) -> DeclaredRanges:
    """``FLANNEL_SUBNET`` is written as the bridge's address with its prefix length."""
    declared = host.dump.subnet_env or {}
    file = host.file("run-flannel-subnet.env")
    for key, role in (
        ("FLANNEL_NETWORK", Role.POD),
        ("FLANNEL_IPV6_NETWORK", Role.POD),
        ("FLANNEL_SUBNET", Role.NODE_POD),
        ("FLANNEL_IPV6_SUBNET", Role.NODE_POD),
    ):
        if declared.get(key):
            yield RangeSource(role, "flannel", file, host.node, Standing.OBSERVED).cidr((key,), declared[key])
