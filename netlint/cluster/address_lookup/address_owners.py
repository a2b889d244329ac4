"""Who has an address: pods, Services, Nodes, links and leases of hosts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.addresses import Range
from netlint.cluster import Cluster
from netlint.cluster.address_lookup.address_kinds import AddressKind
from netlint.findings import Subject
from netlint.model.hosts.host import Host, is_bridge
from netlint.model.subjects import subject_of
from netlint.objects.core import API_SERVER, Node, Service
from netlint.objects.meta import Path
from netlint.snapshot.attached_networks import STATUS

IPVS_LINK = "kube-ipvs0"  # where kube-proxy keeps the addresses of Services with IPVS


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has an address, and the field that says so.

    ``address``: its value, in the family of the query. ``node``: the name of the Node where it is, empty where it
    is on none. ``detail``: the state of a pod, the use of a Service, the link of a host.
    """

    kind: AddressKind
    address: int
    subject: Subject
    path: Path
    node: str = ""
    detail: str = ""


def owners_in(cluster: Cluster, query: Range) -> list[Owner]:
    """Owners of the addresses of a range, by address and object."""
    return sorted(_owners(cluster, query), key=lambda owner: (owner.address, owner.subject.order))


def _owners(cluster: Cluster, query: Range) -> Iterator[Owner]:
    yield from _pods(cluster, query)
    yield from _in_secondary_networks(cluster, query)
    for service in cluster.view.services:
        yield from _of_service(service, query)
    for node in cluster.view.nodes:
        yield from _of_node(node, query)
    of_pods = {address for _, address in _held_by_pods(cluster, query)}
    for host in cluster.hosts:
        yield from _of_links(host, query)
        yield from (lease for lease in _of_leases(host, query) if lease.address not in of_pods)


def _held_by_pods(cluster: Cluster, query: Range) -> list[tuple[int, int]]:
    """Rows and addresses of the pods that own an address of the range."""
    pods = cluster.pods
    rows = (row for row in pods.having_address_in(query) if pods.owns_address(row))
    return [(row, pods.address(row, query.family)) for row in rows]


def _pods(cluster: Cluster, query: Range) -> Iterator[Owner]:
    pods = cluster.pods
    for row, address in _held_by_pods(cluster, query):
        state = "terminating" if pods.is_terminating(row) else pods.phase(row).name.lower()
        path = pods.address_path(row, query.family)
        yield Owner(
            AddressKind.POD, address, pods.subject(row), path, pods.node(row), "" if state == "absent" else state
        )


def _in_secondary_networks(cluster: Cluster, query: Range) -> Iterator[Owner]:
    """Live pods by their addresses in secondary networks."""
    pods = cluster.pods
    for row, networks in pods.attachments.items():
        for network in networks if pods.is_live(row) else ():
            for family, address in network.addresses:
                if query.holds(family, address):
                    path = ("metadata", "annotations", STATUS)
                    text = f"in network {network.network}"
                    yield Owner(AddressKind.POD, address, pods.subject(row), path, pods.node(row), text)


def _of_service(service: Service, query: Range) -> Iterator[Owner]:
    spec, subject = service.spec, subject_of(service)
    fields: list[tuple[AddressKind, Path, str | None]] = [
        (AddressKind.SERVICE, ("spec", "clusterIPs", index), text) for index, text in enumerate(spec.clusterIPs or ())
    ] or [(AddressKind.SERVICE, ("spec", "clusterIP"), spec.clusterIP)]
    fields += [
        (AddressKind.PUBLIC, ("spec", "externalIPs", index), text) for index, text in enumerate(spec.externalIPs or ())
    ]
    for index, entry in enumerate(service.balanced):
        fields.append((AddressKind.PUBLIC, ("status", "loadBalancer", "ingress", index, "ip"), entry.ip))
    for nature, path, text in fields:
        address = _address_inside(text if text != "None" else None, query)
        if address is not None:
            yield Owner(nature, address, subject, path, detail=_purpose(service))


def _purpose(service: Service) -> str:
    if (service.namespace, service.name) == API_SERVER:
        return "the API server"
    return "the cluster's DNS" if service.labels.get("k8s-app") == "kube-dns" else ""


def _of_node(node: Node, query: Range) -> Iterator[Owner]:
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type not in {"InternalIP", "ExternalIP"}:
            continue
        address = _address_inside(entry.address, query)
        if address is not None:
            kind = AddressKind.NODE if entry.type == "InternalIP" else AddressKind.PUBLIC
            path = ("status", "addresses", index, "address")
            yield Owner(kind, address, subject_of(node), path, node.name, entry.type or "")


def _of_links(host: Host, query: Range) -> Iterator[Owner]:
    for link, family, address, _ in host.links:
        if query.holds(family, address):
            kind = (
                AddressKind.BRIDGE
                if is_bridge(link)
                else AddressKind.SERVICE
                if link.ifname == IPVS_LINK
                else AddressKind.NODE
            )
            text = f"{link.kind} {link.ifname}".strip()
            yield Owner(kind, address, host.file("ip-addr.json"), (link.ifname,), host.node or host.dump.name, text)


def _of_leases(host: Host, query: Range) -> Iterator[Owner]:
    for network, leased in sorted(host.dump.leases.items()):
        for index, text in enumerate(leased):
            address = _address_inside(text, query)
            if address is not None:
                file = host.file(f"var-lib-cni-networks-{network}.txt")
                text = f"leased by network {network}"
                yield Owner(AddressKind.CONTAINER, address, file, (index,), host.node or host.dump.name, text)


def _address_inside(text: str | None, query: Range) -> int | None:
    """Value of the address that a text names; None where the range does not hold it, or the text is none."""
    try:
        family, address = addresses.parse(text or "")
    except ValueError:
        return None
    return address if query.holds(family, address) else None
