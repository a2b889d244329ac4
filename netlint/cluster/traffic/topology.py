"""What carries the packets: nodes, their links, bridges and tunnels, their pods, and the fabric between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.cluster import Cluster
from netlint.model.hosts.host import TUNNELS, Host, is_bridge
from netlint.objects.host import Link


@dataclass(frozen=True, slots=True)
class Interface:
    """A link of a node, as its dump shows it; ``ports``: the links that are attached to it."""

    name: str
    kind: str
    addresses: tuple[str, ...]
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PodOnNetwork:
    """A pod with a network of its own; ``bridge``: the bridge in whose network its address is."""

    namespace: str
    name: str
    addresses: tuple[str, ...]
    bridge: str = ""


@dataclass(frozen=True, slots=True)
class NodeTopology:
    """One node; the links are known only from a dump."""

    name: str
    addresses: tuple[str, ...]
    ranges: tuple[str, ...]
    pods: tuple[PodOnNetwork, ...]
    in_host_network: int
    cards: tuple[Interface, ...] = ()
    bridges: tuple[Interface, ...] = ()
    tunnels: tuple[Interface, ...] = ()
    is_observed: bool = False


@dataclass(frozen=True, slots=True)
class Topology:
    """All nodes, and what is between them, as sentences; ``is_overlay``: some packets travel inside of others."""

    fabric: tuple[str, ...]
    is_overlay: bool
    nodes: tuple[NodeTopology, ...]


def topology(cluster: Cluster, only: str | None = None) -> Topology:
    """The picture of the cluster, or of one node of it."""
    hosts = {host.node: host for host in cluster.hosts}
    pods = _pods_by_node(cluster)
    nodes = [
        _node(cluster, node.name, hosts.get(node.name), pods.get(node.name, []))
        for node in cluster.view.nodes
        if only in {None, node.name}
    ]
    is_overlay = any(connection.encapsulation for connection in cluster.network.connections)
    return Topology(tuple(cluster.network.sentences), is_overlay, tuple(nodes))


def _pods_by_node(cluster: Cluster) -> dict[str, list[int]]:
    """Rows of the live pods of each node."""
    pods, rows_by_node = cluster.pods, dict[str, list[int]]()
    for row in range(len(pods)):
        if pods.is_live(row):
            rows_by_node.setdefault(pods.node(row), []).append(row)
    return rows_by_node


def _node(cluster: Cluster, name: str, host: Host | None, rows: list[int]) -> NodeTopology:
    pods = cluster.pods
    on_pod_network = sorted((row for row in rows if pods.owns_address(row)), key=pods.order)
    node = cluster.view.node_named[name]
    internal_ips = [
        entry.address for entry in node.status.addresses or () if entry.type == "InternalIP" and entry.address
    ]
    ranges = [str(declared.range) for declared in cluster.network.node_ranges.get(name, ())]
    return NodeTopology(
        name,
        tuple(internal_ips),
        tuple(dict.fromkeys(ranges)),
        tuple(_resident(cluster, row, host) for row in on_pod_network),
        len(rows) - len(on_pod_network),
        *(_links(host) if host else ((), (), ())),
        is_observed=host is not None,
    )


def _resident(cluster: Cluster, row: int, host: Host | None) -> PodOnNetwork:
    pods = cluster.pods
    pod_addresses = pods.addresses(row)
    bridges = [(link, span) for link, _, _, span in (host.links if host else ()) if is_bridge(link)]
    carrying = (link.ifname for link, span in bridges if any(span.holds(*address) for address in pod_addresses))
    texts = tuple(addresses.text(*address) for address in pod_addresses)
    return PodOnNetwork(pods.namespace(row), pods.name(row), texts, next(carrying, ""))


def _links(host: Host) -> tuple[tuple[Interface, ...], tuple[Interface, ...], tuple[Interface, ...]]:
    """Network cards, bridges and tunnels."""
    links = [link for link in host.dump.links or () if link.ifname != "lo"]
    bridges = [link for link in links if is_bridge(link)]
    tunnels = [link for link in links if link.kind in TUNNELS]
    others = [link for link in links if link not in bridges and link not in tunnels and not link.master]
    others = [link for link in others if link.kind != "dummy"]  # such as kube-ipvs0, with the addresses of all Services
    cards = [link for link in others if link.addr_info and any(info.scope == "global" for info in link.addr_info)]
    return tuple(_interfaces(host, cards)), tuple(_interfaces(host, bridges)), tuple(_interfaces(host, tunnels))


def _interfaces(host: Host, links: Iterable[Link]) -> Iterator[Interface]:
    for link in links:
        global_addresses = tuple(info.local for info in link.addr_info if info.scope == "global")
        ports = tuple(port.ifname for port in host.ports_of(link.ifname))
        yield Interface(link.ifname, link.kind, global_addresses, ports)
