"""What tells a node from all others: addresses, MAC addresses, chassis, machine.

Source: flannel, pkg/subnet/kube (annotations); Calico, libcalico-go/lib/backend/k8s/resources/node.go;
OVN-Kubernetes, go-controller/pkg/util/node_annotations.go; kubeadm, "Verify the MAC address and product_uuid
are unique for every node".
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple, cast

from netlint import addresses
from netlint.model.cni import calico, flannel, ovn_kubernetes
from netlint.model.declared.node_objects import is_virtual
from netlint.objects.core import Node
from netlint.objects.meta import Path, condition_status

PLACEHOLDERS = {
    "00000000-0000-0000-0000-000000000000",
    "03000200-0400-0500-0006-000700080009",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "not settable",
    "not specified",
}
"""What firmware says that was never given an identity."""


class Sort(StrEnum):
    """What an identity is compared with: only with others of its sort."""

    ADDRESS = "address"
    TUNNEL = "tunnel address"
    MAC = "MAC address"
    CHASSIS = "chassis"
    NUMBER = "node number"
    MACHINE = "machine"


class Identity(NamedTuple):
    """One identity that a Node has, and where it says so."""

    sort: Sort
    value: Hashable
    node: Node
    path: Path
    what: str
    text: str

    @property
    def address(self) -> tuple[int, int]:
        """Family and value, of one that is an address."""
        return cast(tuple[int, int], self.value)

    @property
    def key(self) -> str:
        """The annotation or field that says so."""
        return str(self.path[-1])


class Told(NamedTuple):
    """What an annotation tells of its Node; ``read`` gives value and text, or raises ValueError."""

    sort: Sort
    what: str
    read: Callable[[str], tuple[Hashable, str]]


def _address(text: str) -> tuple[Hashable, str]:
    """An address, with or without the prefix length of its network."""
    value = addresses.parse(text.partition("/")[0])
    return value, addresses.text(*value)


def _lower(text: str) -> tuple[Hashable, str]:
    return text.lower(), text.lower()


def _vtep_mac(text: str) -> tuple[Hashable, str]:
    mac = flannel.data_of(text).get("VtepMAC")
    if not (isinstance(mac, str) and mac):
        raise ValueError("without VtepMAC")
    return _lower(mac)


ANNOUNCED = {
    flannel.PREFIX + "public-ip": Told(Sort.ADDRESS, "flannel's public-ip", _address),
    flannel.PREFIX + "public-ipv6": Told(Sort.ADDRESS, "flannel's public-ipv6", _address),
    calico.PREFIX + "IPv4Address": Told(Sort.ADDRESS, "Calico's address", _address),
    calico.PREFIX + "IPv6Address": Told(Sort.ADDRESS, "Calico's address", _address),
}
"""Annotations with the addresses by which a network plugin lets other nodes reach this one."""
ANNOTATIONS = {
    **ANNOUNCED,
    calico.PREFIX + "IPv4IPIPTunnelAddr": Told(Sort.TUNNEL, "Calico's tunnel address", _address),
    calico.PREFIX + "IPv4VXLANTunnelAddr": Told(Sort.TUNNEL, "Calico's tunnel address", _address),
    calico.PREFIX + "IPv6VXLANTunnelAddr": Told(Sort.TUNNEL, "Calico's tunnel address", _address),
    calico.PREFIX + "IPv4WireguardInterfaceAddr": Told(Sort.TUNNEL, "Calico's WireGuard address", _address),
    flannel.PREFIX + "backend-data": Told(Sort.MAC, "flannel's VtepMAC", _vtep_mac),
    flannel.PREFIX + "backend-v6-data": Told(Sort.MAC, "flannel's VtepMAC", _vtep_mac),
    calico.PREFIX + "VXLANTunnelMACAddr": Told(Sort.MAC, "Calico's VXLAN MAC", _lower),
    calico.PREFIX + "VXLANTunnelMACAddrV6": Told(Sort.MAC, "Calico's VXLAN MAC", _lower),
    ovn_kubernetes.PREFIX + "node-chassis-id": Told(Sort.CHASSIS, "OVN's node-chassis-id", _lower),
    ovn_kubernetes.PREFIX + "node-id": Told(Sort.NUMBER, "OVN's node-id", _lower),
}
"""All annotations that tell an identity."""


def announced(node: Node) -> Iterator[Identity]:
    """The addresses by which a network plugin lets other nodes reach this one."""
    return _annotated(node, ANNOUNCED)


def identities(node: Node) -> Iterator[Identity]:
    """Every identity that the Node tells; of several InternalIPs of a family the first one counts."""
    yield from _internal_ips(node)
    yield from _annotated(node, ANNOTATIONS)
    yield from _machine(node)


def _internal_ips(node: Node) -> Iterator[Identity]:
    seen = set()
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type == "InternalIP" and entry.address:
            value = addresses.parse(entry.address)
            if value[0] not in seen:
                path = ("status", "addresses", index, "address")
                yield Identity(Sort.ADDRESS, value, node, path, "InternalIP", addresses.text(*value))
            seen.add(value[0])


def _annotated(node: Node, asked: Mapping[str, Told]) -> Iterator[Identity]:
    annotations = node.annotations
    for key in filter(annotations.__contains__, asked):
        sort, what, read = asked[key]
        try:
            value, text = read(annotations[key])
        except ValueError:
            continue
        if text:
            yield Identity(sort, value, node, ("metadata", "annotations", key), what, text)


def _machine(node: Node) -> Iterator[Identity]:
    info = node.status.nodeInfo
    for key in ("systemUUID", "machineID") if info else ():
        text = (getattr(info, key) or "").lower()
        if text and text not in PLACEHOLDERS:
            yield Identity(Sort.MACHINE, (key, text), node, ("status", "nodeInfo", key), key, text)


def shared_identities(nodes: Iterable[Node]) -> list[list[Identity]]:
    """Groups of identities of several Nodes that are the same, a Node once in each.

    What the same Nodes have in common as machines is one group, by the first of it. Nodes without a machine
    behind them are left out.
    """
    firsts: dict[tuple[Sort, Hashable], Identity] = {}
    groups: dict[tuple[Sort, Hashable], dict[str, Identity]] = {}
    for node in nodes:
        for found in () if is_virtual(node) else identities(node):
            first = firsts.setdefault(found[:2], found)
            if first.node is not node:
                groups.setdefault(found[:2], {first.node.name: first}).setdefault(node.name, found)
    kept: dict[tuple[Hashable, ...], list[Identity]] = {}
    for sort, value in filter(groups.__contains__, firsts):
        group = groups[sort, value]
        kept.setdefault((sort, tuple(group) if sort is Sort.MACHINE else value), list(group.values()))
    return list(kept.values())


def is_present(node: Node) -> bool:
    """Whether its kubelet has not fallen silent: a Node object may be a leftover of a machine's earlier name."""
    return condition_status(node.status.conditions, "Ready") not in {"False", "Unknown"}
