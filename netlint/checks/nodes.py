"""Nodes: what tells one from another, and by which address others reach it."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.checks.wording import objects
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.node_identity import Sort
from netlint.model.cni.plugins import flannel
from netlint.model.declared.node_objects import is_virtual
from netlint.model.hosts.host import Host
from netlint.model.nodes.identities import is_present
from netlint.model.nodes.node_ip_autodetection import NodeIpAutodetection, SuspectAddress
from netlint.model.subjects import subject_of
from netlint.objects.core import Node
from netlint.objects.meta import condition_status
from netlint.snapshot import Reason

REACHABLE = ("InternalIP", "ExternalIP")
_CHOSEN = [choice for choices in flannel.PUBLIC_IPS.values() for choice in choices]
_PRIVATE = [
    addresses.parse_cidr(cidr).range
    for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
]


def duplicate_node_identities(cluster: Cluster) -> Iterator[Violation]:
    """Two or more Nodes have the same address, MAC address, chassis or machine."""
    by_machine = any(found.plugin.node_identity.by_machine for found in cluster.network.plugins)
    for first, *others in cluster.nodes.shared_identities:
        sides = tuple(Related(subject_of(other.node), other.path, f"{other.title} {other.text}") for other in others)
        machine = first.sort is Sort.MACHINE and not by_machine
        present = [identity for identity in (first, *others) if is_present(identity.node)]
        yield Violation(
            subject_of(first.node),
            first.path,
            f"{first.title} {first.text} also belongs to {objects(sides)}",
            {"identity": first.title, "value": first.text, "nodes": [other.node.name for other in (first, *others)]},
            sides,
            key=f"{first.sort} {first.text}",
            mitigated=machine or len(present) < 2,
        )


def misdetected_node_addresses(cluster: Cluster) -> Iterator[Violation]:
    """What a network plugin announces for a node is not an address by which others reach it."""
    disputed = {(identity.node.name, identity.value) for group in cluster.nodes.shared_identities for identity in group}
    detection = NodeIpAutodetection(
        cluster.view.nodes, cluster.nodes.own_addresses, cluster.ranges.plan, cluster.network.shares_node_subnet
    )
    for suspect in detection.suspect_addresses():
        if (suspect.identity.node.name, suspect.identity.value) not in disputed:
            yield _misdetected(suspect, sorted(detection.own[suspect.identity.node.name]))


def _misdetected(suspect: SuspectAddress, own_addresses: list[tuple[int, int]]) -> Violation:
    identity, witness = suspect.identity, suspect.witness
    listed = [addresses.text(*address) for address in own_addresses]
    return Violation(
        subject_of(identity.node),
        identity.path,
        f"{identity.title} {identity.text} {suspect.reason} (the Node's own: {', '.join(listed)})",
        {"address": identity.text, "nodeAddresses": listed},
        (Related(witness.subject, witness.path, f"{witness.description} {witness}"),) if witness else (),
        key=identity.text,
        mitigated=not suspect.firm,
    )


def unassigned_public_ips(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """flannel is told to use an address that the node's host does not have."""
    hosts = {host.node: host for host in cluster.hosts if host.dump.links is not None}
    for node in cluster.view.nodes:
        for choice, text, address in _chosen_addresses(node):
            host = hosts.get(node.name)
            translated = choice.endswith("-overwrite")
            if host is None:
                yield Undecided(subject_of(node), "there is no node dump of the node", Reason.NOT_APPLICABLE)
            elif not _host_has(host, address) and not (translated and _may_be_assigned(cluster, address)):
                yield _unassigned(node, host, choice, text, translated)


def _chosen_addresses(node: Node) -> Iterator[tuple[str, str, tuple[int, int]]]:
    """Annotations by which somebody chose an address for flannel, and the address."""
    annotations = node.annotations
    for key in filter(annotations.__contains__, _CHOSEN):
        try:
            yield key.removeprefix(flannel.PREFIX), annotations[key], addresses.parse(annotations[key])
        except ValueError:
            continue


def _may_be_assigned(cluster: Cluster, address: tuple[int, int]) -> bool:
    """Whether a Node, or something outside of the cluster, may have an address that is translated."""
    return not _is_private(address) or any(address in own for own in cluster.nodes.own_addresses.values())


def _host_has(host: Host, address: tuple[int, int]) -> bool:
    link_addresses = (link_address for link in host.dump.links or () for link_address in link.addr_info)
    return any(addresses.parse(link_address.local) == address for link_address in link_addresses if link_address.local)


def _is_private(address: tuple[int, int]) -> bool:
    return any(span.holds(*address) for span in _PRIVATE)


def _unassigned(node: Node, host: Host, choice: str, text: str, translated: bool) -> Violation:
    whose = "neither its host nor any Node has" if translated else "no interface of its host has"
    return Violation(
        subject_of(node),
        ("metadata", "annotations", flannel.PREFIX + choice),
        f"{choice} {text} is an address that {whose}",
        {"address": text, "annotation": flannel.PREFIX + choice},
        (Related(host.file("ip-addr.json"), (), "the host's interfaces"),),
        key=choice,
        mitigated=translated,
    )


def nodes_without_addresses(cluster: Cluster) -> Iterator[Violation]:
    """A kubelet reports of its Node, but no address by which others reach it."""
    for node in cluster.view.nodes:
        ready = condition_status(node.status.conditions, "Ready")
        reachable = [entry for entry in node.status.addresses or () if entry.type in REACHABLE and entry.address]
        if ready is None or reachable or is_virtual(node):
            continue
        yield Violation(
            subject_of(node),
            ("status", "addresses"),
            f"{node.name} has neither an InternalIP nor an ExternalIP",
            {"addresses": [entry.address for entry in node.status.addresses or ()]},
            mitigated=ready != "True",
        )


CHECKS = (
    duplicate_node_identities,
    misdetected_node_addresses,
    nodes_without_addresses,
    unassigned_public_ips,
)
