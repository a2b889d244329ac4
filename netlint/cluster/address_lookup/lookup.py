"""What an address or a range is: whose, in which ranges, named by whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from netlint import addresses
from netlint.addresses import Range
from netlint.cluster import Cluster
from netlint.cluster.address_lookup.address_mentions import Mention, mentions
from netlint.findings import Subject
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.hosts.host import Host, is_bridge
from netlint.model.reserved_ranges import special_ranges
from netlint.model.subjects import subject_of
from netlint.objects.core import Node, Service
from netlint.objects.meta import Path
from netlint.snapshot.attached_networks import STATUS


class AddressKind(StrEnum):
    """What an address is, in the words of the Kubernetes network model."""

    POD = "Pod-IP"
    SERVICE = "Service-IP"
    NODE = "Node-IP"
    BRIDGE = "bridge IP"
    PUBLIC = "public proxy IP"
    CONTAINER = "container address"
    RESERVED = "reserved"
    UNKNOWN = "unknown"


class Relation(StrEnum):
    """How a declared range stands to the one that is asked for."""

    CONTAINS = "contains"
    EQUALS = "equals"
    INSIDE = "inside"
    OVERLAPS = "overlaps"


KIND_OF_ROLE = {
    Role.POD: AddressKind.POD,
    Role.NODE_POD: AddressKind.POD,
    Role.SERVICE: AddressKind.SERVICE,
    Role.NODE: AddressKind.NODE,
    Role.BRIDGE: AddressKind.CONTAINER,
    Role.LOAD_BALANCER: AddressKind.PUBLIC,
    Role.INTERNAL: AddressKind.RESERVED,
    Role.SECONDARY: AddressKind.POD,
    Role.PUBLIC: AddressKind.PUBLIC,
    Role.REMOTE: AddressKind.UNKNOWN,
}
"""What an address of a range of each role is, where nobody has it."""
WITHOUT_BRIDGE_ADDRESS = ("aws-vpc-cni", "azure-cni", "calico", "cilium", "ovn-kubernetes", "weave")
"""Plugins that do not keep the first address of a node's range for a bridge or gateway."""
IPVS_LINK = "kube-ipvs0"  # where kube-proxy keeps the addresses of Services with IPVS
DNS_OFFSET = 10  # of the Service range; kubeadm and most other installers give it to the cluster's DNS


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has an address; ``node``: where it is, empty where it is on none."""

    kind: AddressKind
    address: int
    subject: Subject
    path: Path
    node: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A declared range that has addresses in common with the one that is asked for."""

    declaration: Declaration
    relation: Relation


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything about one address or range; ``notes`` are clauses for people."""

    query: Range
    kinds: tuple[AddressKind, ...]
    owners: tuple[Owner, ...]
    nodes: tuple[str, ...]
    notes: tuple[str, ...]
    matches: tuple[Match, ...]
    mentions: tuple[Mention, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything can be said of it."""
        return self.kinds != (AddressKind.UNKNOWN,)


def look_up(cluster: Cluster, query: Range) -> Answer:
    """All that the input says of an address or a range."""
    matches = tuple(_matches(cluster.ranges.plan.declarations, query))
    owners = tuple(owners_in(cluster, query))
    positions = list(_positions(cluster, query.first, matches)) if query.size == 1 else []
    special_ranges_there = special_ranges(query)
    natures = (
        [owner.kind for owner in owners]
        or [nature for nature, _ in positions if nature is not None]
        or [KIND_OF_ROLE[match.declaration.role] for match in _closest(matches)]
        or [AddressKind.RESERVED for special_range in special_ranges_there if special_range.reserved]
        or [AddressKind.UNKNOWN]
    )
    return Answer(
        query,
        tuple(dict.fromkeys(natures)),
        owners,
        tuple(sorted(_nodes(query, owners, matches))),
        (
            *(note for _, note in positions),
            *(f"{special_range.range} is {special_range.meaning}" for special_range in special_ranges_there),
        ),
        matches,
        tuple(mentions(cluster, query)),
    )


def _matches(declarations: Iterable[Declaration], query: Range) -> list[Match]:
    """Ranges around it first, the widest of them first."""
    order = list(Relation)
    overlapping = (
        Match(declaration, _relation(declaration.range, query))
        for declaration in declarations
        if declaration.range.overlaps(query)
    )
    return sorted(
        overlapping,
        key=lambda match: (order.index(match.relation), -match.declaration.range.size, match.declaration.range.first),
    )


def _relation(declared: Range, query: Range) -> Relation:
    if declared == query:
        return Relation.EQUALS
    if declared.covers(query):
        return Relation.CONTAINS
    return Relation.INSIDE if query.covers(declared) else Relation.OVERLAPS


def _closest(matches: tuple[Match, ...]) -> list[Match]:
    """What says most about the range itself: an equal range, else the narrowest around it, else those inside."""
    for relation in (Relation.EQUALS, Relation.CONTAINS):
        of_relation = [match for match in matches if match.relation is relation]
        if of_relation:
            smallest = min(match.declaration.range.size for match in of_relation)
            return [match for match in of_relation if match.declaration.range.size == smallest]
    return list(matches)


def _nodes(query: Range, owners: Iterable[Owner], matches: Iterable[Match]) -> set[str]:
    """Where the owners are; of a range, and of an address that nobody has, the nodes to which it belongs."""
    of_owners = {owner.node for owner in owners if owner.node}
    return of_owners if of_owners and query.size == 1 else of_owners | _nodes_of(matches)


def _nodes_of(matches: Iterable[Match]) -> set[str]:
    """The nodes whose own ranges hold what is asked for."""
    around = (Relation.CONTAINS, Relation.EQUALS)
    declarations = (match.declaration for match in matches if match.relation in around)
    return {
        declaration.node
        for declaration in declarations
        if declaration.node and declaration.role in {Role.NODE_POD, Role.BRIDGE}
    }


def owners_in(cluster: Cluster, query: Range) -> list[Owner]:
    """Who has the addresses of a range, by address."""
    return sorted(_owners(cluster, query), key=lambda owner: (owner.address, owner.subject.order))


def _owners(cluster: Cluster, query: Range) -> Iterator[Owner]:
    yield from _pods(cluster, query)
    yield from _in_secondary_networks(cluster, query)
    for service in cluster.view.services:
        yield from _of_service(service, query)
    for node in cluster.view.nodes:
        yield from _of_node(node, query)
    leased = {address for _, address in _held_by_pods(cluster, query)}
    for host in cluster.hosts:
        yield from _of_links(host, query)
        yield from (lease for lease in _of_leases(host, query) if lease.address not in leased)


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
    """Pods by their addresses in secondary networks."""
    pods = cluster.pods
    for row, networks in pods.table.attached.items():
        for network in networks if pods.is_live(row) else ():
            for family, address in network.addresses:
                if query.holds(family, address):
                    path = ("metadata", "annotations", STATUS)
                    text = f"in network {network.network}"
                    yield Owner(AddressKind.POD, address, pods.subject(row), path, pods.node(row), text)


def _of_service(service: Service, query: Range) -> Iterator[Owner]:
    spec, subject = service.spec, subject_of(service)
    listed: list[tuple[AddressKind, Path, str | None]] = [
        (AddressKind.SERVICE, ("spec", "clusterIPs", index), text) for index, text in enumerate(spec.clusterIPs or ())
    ] or [(AddressKind.SERVICE, ("spec", "clusterIP"), spec.clusterIP)]
    listed += [
        (AddressKind.PUBLIC, ("spec", "externalIPs", index), text) for index, text in enumerate(spec.externalIPs or ())
    ]
    balancer = service.status.loadBalancer if service.status else None
    for index, entry in enumerate((balancer.ingress if balancer else None) or ()):
        listed.append((AddressKind.PUBLIC, ("status", "loadBalancer", "ingress", index, "ip"), entry.ip))
    for nature, path, text in listed:
        address = _address_inside(text if text != "None" else None, query)
        if address is not None:
            yield Owner(nature, address, subject, path, detail=_purpose(service))


def _purpose(service: Service) -> str:
    if (service.namespace, service.name) == ("default", "kubernetes"):
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
    """The address that a text names, where the range holds it."""
    try:
        family, address = addresses.parse(text or "")
    except ValueError:
        return None
    return address if query.holds(family, address) else None


def _positions(cluster: Cluster, address: int, matches: Iterable[Match]) -> Iterator[tuple[AddressKind | None, str]]:
    """What an address is by its place in a range; several declarations of one range are said once."""
    seen = set()
    for match in matches:
        declared = match.declaration
        key = (declared.role, declared.range, declared.node)
        if key in seen or declared.range.size < 4:
            continue
        seen.add(key)
        if declared.role is Role.SERVICE:
            yield from _in_service_range(declared, address)
        elif declared.role is Role.NODE_POD and not cluster.network.shows(*WITHOUT_BRIDGE_ADDRESS):
            yield from _in_node_range(declared, address)


def _in_service_range(declared: Declaration, address: int) -> Iterator[tuple[AddressKind | None, str]]:
    offset, span = address - declared.range.first, declared.range
    if offset == 0:
        yield AddressKind.RESERVED, f"network address of the Service range {span}: no Service gets it"
    elif offset == 1:
        yield None, f"first address of the Service range {span}: the Service default/kubernetes gets it"
    elif offset == DNS_OFFSET:
        yield None, f"tenth address of the Service range {span}: by convention the cluster's DNS gets it"
    elif address == span.last and span.family == 4:
        yield AddressKind.RESERVED, f"last address of the Service range {span}: no Service gets it"


def _in_node_range(declared: Declaration, address: int) -> Iterator[tuple[AddressKind | None, str]]:
    offset, span = address - declared.range.first, declared.range
    where = f"{span}, the pod range of {declared.node or 'a node'}"
    if offset == 0:
        yield AddressKind.RESERVED, f"network address of {where}: no pod gets it"
    elif offset == 1:
        yield AddressKind.BRIDGE, f"first address of {where}: its bridge or gateway gets it"
    elif address == span.last and span.family == 4:
        yield AddressKind.RESERVED, f"broadcast address of {where}: no pod gets it"
