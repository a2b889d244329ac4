"""The nodes' own links, as node dumps show them, under what plugins send over them.

Source: flannel-io/flannel, Documentation/backends.md (host-gw, MTU); docs.cilium.io, Routing; RFC 7348; RFC 8926.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.cni import PLUGINS
from netlint.model.cni.connections import NodeConnection
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.node_objects import OWN_ADDRESSES
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.host import Host
from netlint.objects.core import Node
from netlint.objects.host import Link
from netlint.objects.meta import Path

_ANNOUNCED = tuple(key for plugin in PLUGINS for key in plugin.node_identity.peer_addresses)
HOSTS = "hosts"


class Address(NamedTuple):
    """A node's address, and the field that declares it."""

    node: Node
    family: int
    value: int
    path: Path


@dataclass(frozen=True, slots=True)
class Uplink:
    """The link of a host that has its Node's address, and what can be reached from it without a router."""

    host: Host
    link: Link
    reach: frozenset[Range]

    @property
    def file(self) -> Subject:
        """The file of the dump that shows it."""
        return self.host.file("ip-addr.json")


def uplinks_of(hosts: Iterable[Host], nodes: Iterable[Node]) -> list[Uplink]:
    """The uplinks of the hosts whose Node has an address that the host has too."""
    own = {node.name: {(entry.family, entry.value) for entry in node_addresses(node)} for node in nodes}
    uplinks = []
    for host in hosts:
        for link, family, value, network in host.links:
            if (family, value) in own.get(host.node, ()):
                uplinks.append(Uplink(host, link, frozenset({network, *_routed(host, link)})))
                break
    return uplinks


def node_addresses(node: Node) -> Iterator[Address]:
    """The addresses by which other nodes know it: those that agents announce to their peers, else its InternalIPs."""
    for key in _ANNOUNCED:
        if node.annotations.get(key):
            yield from _address(node, node.annotations[key], ("metadata", "annotations", key))
    if not any(node.annotations.get(key) for key in _ANNOUNCED):
        for number, entry in enumerate(node.status.addresses or ()):
            if entry.type == OWN_ADDRESSES[0] and entry.address:
                yield from _address(node, entry.address, ("status", "addresses", number, "address"))


def _address(node: Node, text: str, path: Path) -> Iterator[Address]:
    try:
        yield Address(node, *addresses.parse(text), path)
    except ValueError:
        return


def _routed(host: Host, link: Link) -> Iterator[Range]:
    """The further networks of a link: of its other addresses, and of the routes to it without a gateway."""
    for other, _, _, network in host.links:
        if other.ifname == link.ifname:
            yield network
    for route in host.routes:
        if route.entry.dev == link.ifname and route.is_direct and route.entry.type == "unicast":
            yield route.destination


def observed_connections(hosts: Iterable[Host], view: SnapshotView) -> list[NodeConnection]:
    """Plain routing, where a host sends what is for another node's pods to an address of that node."""
    own = {(entry.family, entry.value): node.name for node in view.nodes for entry in node_addresses(node)}
    owners = {declared.range: name for name, ranges in view.pod_cidrs.items() for declared in ranges}
    for host in hosts:
        for route in host.unicast_routes:
            peer = owners.get(route.destination)
            if peer not in {None, host.node} and route.gateway and own.get(route.gateway) == peer:
                return [NodeConnection(HOSTS, Way.ROUTED)]
    return []


def off_link(uplinks: list[Uplink], nodes: Iterable[Node]) -> list[tuple[Address, list[Uplink]]]:
    """Addresses of nodes that lie on no link of some hosts, with those hosts; the worst one first."""
    peers = [address for node in nodes for address in node_addresses(node)]
    by_reach: dict[frozenset[Range], list[Uplink]] = {}
    for uplink in uplinks:
        by_reach.setdefault(uplink.reach, []).append(uplink)
    missing: dict[int, list[Uplink]] = {}
    for reach, alike in by_reach.items():
        families = {span.family for span in reach}
        for number, peer in enumerate(peers):
            if peer.family in families and not any(span.holds(peer.family, peer.value) for span in reach):
                missing.setdefault(number, []).extend(alike)
    ordered = sorted(missing.items(), key=lambda item: (-len(item[1]), peers[item[0]].node.name, item[0]))
    return [(peers[number], hosts) for number, hosts in ordered]


class Need(NamedTuple):
    """A declared MTU with the way of packets that needs most of it."""

    mtu: Mtu
    transport: Transport

    @property
    def size(self) -> int:
        """The smallest MTU that links may have."""
        return self.mtu.needs(self.transport.overhead)

    def exceeds(self, uplink: Uplink) -> bool:
        """Whether a host that sends packets in this way has too small a link."""
        nodes = self.transport.nodes
        return 0 < uplink.link.mtu < self.size and (not nodes or uplink.host.node in nodes)

    @property
    def text(self) -> str:
        """The declaration, and what it asks of links, for people."""
        if self.mtu.of_link:
            return f"an MTU of {self.mtu.size} for the nodes' links is declared"
        if not self.transport.encapsulation:
            return f"an MTU of {self.mtu.size} for pods is declared"
        return f"an MTU of {self.mtu.size} for pods needs {self.size} with {self.transport.encapsulation}"


def mtu_needs(transports: Iterable[Transport]) -> list[Need]:
    """The need of each declared MTU, in the way that needs most."""
    needs: dict[Mtu, Need] = {}
    for transport in transports:
        for mtu in transport.mtus:
            need = Need(mtu, transport)
            if mtu not in needs or need.size > needs[mtu].size:
                needs[mtu] = need
    return list(needs.values())
