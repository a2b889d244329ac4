"""The addresses that pods report of their nodes, held against those that the Nodes have.

Source: k8s.io/kubernetes/pkg/kubelet (kubelet_pods.go, generateAPIPodStatus), pkg/util/node (GetNodeHostIPs).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from netlint import addresses
from netlint.model.declared.node_objects import is_virtual
from netlint.model.pods import Pods
from netlint.objects.core import Node
from netlint.objects.meta import Path
from netlint.snapshot.pod_table import Phase

Address = tuple[int, int]


class HostIpMismatch(NamedTuple):
    """An address that pods report of their node and that is not its, with the field of each pod."""

    node: Node
    family: int
    value: int
    rows: list[tuple[int, Path]]


def own_addresses(node: Node) -> set[Address]:
    """Every address of a Node, those written as its name included."""
    own = set()
    for entry in node.status.addresses or ():
        try:
            own.add(addresses.parse(entry.address or ""))
        except ValueError:
            continue  # a name
    return own


def host_ip_mismatches(
    pods: Pods, nodes: Iterable[Node], addresses_of: Mapping[str, set[Address]]
) -> list[HostIpMismatch]:
    """Mismatches by node and address; Nodes that are not known, or none of whose addresses is, are left out."""
    known = {node.name: node for node in nodes if not is_virtual(node)}
    own = {name: own_addresses for name in known if (own_addresses := addresses_of[name])}
    wrong: dict[tuple[str, Address], dict[int, Path]] = {}
    for row, address, path in (*_wrong_host_ips(pods, own), *_wrong_host_network_ips(pods, own)):
        wrong.setdefault((pods.node(row), address), {}).setdefault(row, path)
    return [
        HostIpMismatch(
            known[name], *address, sorted(paths.items(), key=lambda row_and_path: pods.order(row_and_path[0]))
        )
        for (name, address), paths in sorted(wrong.items())
    ]


def _wrong_host_ips(pods: Pods, own: Mapping[str, set[Address]]) -> Iterator[tuple[int, Address, Path]]:
    """Pods whose ``status.hostIP`` is not their node's: few pairs of node and address, many pods."""
    for row in pods.having_host_ip(lambda node, ip: node in own and addresses.parse(ip) not in own[node]):
        if _reports(pods, row):
            yield row, addresses.parse(pods.host_ip(row)), ("status", "hostIP")


def _wrong_host_network_ips(pods: Pods, own: Mapping[str, set[Address]]) -> Iterator[tuple[int, Address, Path]]:
    """Pods on the host network with an address that is not their node's."""
    for family in pods.families:
        column = pods.address_column(family)
        for row in pods.live_on_host_network():
            addresses_of_node, value = own.get(pods.node(row)), column[row]
            if value and addresses_of_node and (family, value) not in addresses_of_node and _reports(pods, row):
                yield row, (family, value), pods.address_path(row, family)


def _reports(pods: Pods, row: int) -> bool:
    """Whether the pod's node still says how it is."""
    return pods.is_live(row) and pods.phase(row) != Phase.UNKNOWN
