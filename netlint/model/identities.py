"""What tells a node from all others: addresses, MAC addresses, chassis, machine.

Source: flannel, pkg/subnet/kube (annotations); Calico, libcalico-go/lib/backend/k8s/resources/node.go;
OVN-Kubernetes, go-controller/pkg/util/node_annotations.go; kubeadm, "Verify the MAC address and product_uuid
are unique for every node".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from netlint import addresses
from netlint.model.cni import calico, flannel, ovn_kubernetes
from netlint.model.plan.nodes import is_virtual
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
OF_NODE = {"public-ip": "flannel's public-ip", "public-ipv6": "flannel's public-ipv6"}
OF_CALICO = {"IPv4Address": "Calico's address", "IPv6Address": "Calico's address"}
TUNNELS = {
    "IPv4IPIPTunnelAddr": "Calico's tunnel address",
    "IPv4VXLANTunnelAddr": "Calico's tunnel address",
    "IPv6VXLANTunnelAddr": "Calico's tunnel address",
    "IPv4WireguardInterfaceAddr": "Calico's WireGuard address",
}
MACS = {"VXLANTunnelMACAddr": "Calico's VXLAN MAC", "VXLANTunnelMACAddrV6": "Calico's VXLAN MAC"}


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
        return addresses.parse(self.text)

    @property
    def key(self) -> str:
        """The annotation or field that says so."""
        return str(self.path[-1])


def announced(node: Node) -> Iterator[Identity]:
    """The addresses by which a network plugin lets other nodes reach this one."""
    for key, what in OF_NODE.items():
        yield from _address(Sort.ADDRESS, node, flannel.PREFIX + key, what)
    for key, what in OF_CALICO.items():
        yield from _address(Sort.ADDRESS, node, calico.PREFIX + key, what)


def identities(node: Node) -> Iterator[Identity]:
    """Every identity that the Node tells; of several InternalIPs of a family the first one counts."""
    yield from _internal_ips(node)
    yield from announced(node)
    for key, what in TUNNELS.items():
        yield from _address(Sort.TUNNEL, node, calico.PREFIX + key, what)
    yield from _macs(node)
    for key, sort in (("node-chassis-id", Sort.CHASSIS), ("node-id", Sort.NUMBER)):
        yield from _text(sort, node, ovn_kubernetes.PREFIX + key, f"OVN's {key}")
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


def _address(sort: Sort, node: Node, key: str, what: str) -> Iterator[Identity]:
    """An address in an annotation, with or without the prefix length of its network."""
    text = node.annotations.get(key)
    if not text:
        return
    try:
        value = addresses.parse(text.partition("/")[0])
    except ValueError:
        return
    yield Identity(sort, value, node, ("metadata", "annotations", key), what, addresses.text(*value))


def _text(sort: Sort, node: Node, key: str, what: str) -> Iterator[Identity]:
    text = node.annotations.get(key, "").lower()
    if text:
        yield Identity(sort, text, node, ("metadata", "annotations", key), what, text)


def _macs(node: Node) -> Iterator[Identity]:
    for family, key in ((4, "backend-data"), (6, "backend-v6-data")):
        mac = flannel.backend_data(node, family).get("VtepMAC")
        if isinstance(mac, str) and mac:
            path = ("metadata", "annotations", flannel.PREFIX + key)
            yield Identity(Sort.MAC, mac.lower(), node, path, "flannel's VtepMAC", mac.lower())
    for key, what in MACS.items():
        yield from _text(Sort.MAC, node, calico.PREFIX + key, what)


def _machine(node: Node) -> Iterator[Identity]:
    info = node.status.nodeInfo
    for key in ("systemUUID", "machineID") if info else ():
        text = (getattr(info, key) or "").lower()
        if text and text not in PLACEHOLDERS:
            yield Identity(Sort.MACHINE, (key, text), node, ("status", "nodeInfo", key), key, text)


def shared(nodes: Iterable[Node]) -> list[list[Identity]]:
    """Groups of identities of several Nodes that are the same, a Node once in each.

    What the same Nodes have in common as machines is one group, by the first of it. Nodes without a machine
    behind them are left out.
    """
    groups: dict[tuple[Sort, Hashable], dict[str, Identity]] = {}
    for node in nodes:
        for found in () if is_virtual(node) else identities(node):
            groups.setdefault((found.sort, found.value), {}).setdefault(node.name, found)
    kept: dict[tuple[Hashable, ...], list[Identity]] = {}
    for (sort, value), group in groups.items():
        if len(group) > 1:
            key = tuple(group) if sort is Sort.MACHINE else value
            kept.setdefault((sort, key), list(group.values()))
    return list(kept.values())


def is_present(node: Node) -> bool:
    """Whether its kubelet has not fallen silent: a Node object may be a leftover of a machine's earlier name."""
    return condition_status(node.status.conditions, "Ready") not in {"False", "Unknown"}
