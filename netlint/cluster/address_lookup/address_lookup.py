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


class Nature(StrEnum):
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


NATURES = {
    Role.POD: Nature.POD,
    Role.NODE_POD: Nature.POD,
    Role.SERVICE: Nature.SERVICE,
    Role.NODE: Nature.NODE,
    Role.BRIDGE: Nature.CONTAINER,
    Role.LOAD_BALANCER: Nature.PUBLIC,
    Role.INTERNAL: Nature.RESERVED,
    Role.SECONDARY: Nature.POD,
    Role.PUBLIC: Nature.PUBLIC,
    Role.REMOTE: Nature.UNKNOWN,
}
"""What an address of a range of each role is, where nobody has it."""
IPVS = "kube-ipvs0"  # where kube-proxy keeps the addresses of Services with IPVS
DNS = 10  # of the Service range; kubeadm and most other installers give it to the cluster's DNS


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has an address; ``node``: where it is, empty where it is on none."""

    nature: Nature
    address: int
    subject: Subject
    path: Path
    node: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A declared range that has addresses in common with the one that is asked for."""

    declaration: Declaration
    relation: Relation


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything about one address or range; ``notes`` are clauses for people."""

    asked: Range
    natures: tuple[Nature, ...]
    owners: tuple[Owner, ...]
    nodes: tuple[str, ...]
    notes: tuple[str, ...]
    matches: tuple[Match, ...]
    mentions: tuple[Mention, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything can be said of it."""
        return self.natures != (Nature.UNKNOWN,)


def look_up(cluster: Cluster, asked: Range) -> Answer:
    """All that the input says of an address or a range."""
    matches = tuple(_matches(cluster.ranges.plan.declarations, asked))
    owners = tuple(owners_in(cluster, asked))
    positions = list(_positions(cluster, asked.first, matches)) if asked.size == 1 else []
    special = special_ranges(asked)
    natures = (
        [owner.nature for owner in owners]
        or [nature for nature, _ in positions if nature is not None]
        or [NATURES[match.declaration.role] for match in _closest(matches)]
        or [Nature.RESERVED for one in special if one.reserved]
        or [Nature.UNKNOWN]
    )
    return Answer(
        asked,
        tuple(dict.fromkeys(natures)),
        owners,
        tuple(sorted(_nodes(asked, owners, matches))),
        (*(note for _, note in positions), *(f"{one.range} is {one.meaning}" for one in special)),
        matches,
        tuple(mentions(cluster, asked)),
    )


def _matches(declarations: Iterable[Declaration], asked: Range) -> list[Match]:
    """Ranges around it first, the widest of them first."""
    order = list(Relation)
    found = (Match(held, _relation(held.range, asked)) for held in declarations if held.range.overlaps(asked))
    return sorted(
        found,
        key=lambda match: (order.index(match.relation), -match.declaration.range.size, match.declaration.range.first),
    )


def _relation(held: Range, asked: Range) -> Relation:
    if held == asked:
        return Relation.EQUALS
    if held.covers(asked):
        return Relation.CONTAINS
    return Relation.INSIDE if asked.covers(held) else Relation.OVERLAPS


def _closest(matches: tuple[Match, ...]) -> list[Match]:
    """What says most about the range itself: an equal range, else the narrowest around it, else those inside."""
    for relation in (Relation.EQUALS, Relation.CONTAINS):
        having = [match for match in matches if match.relation is relation]
        if having:
            smallest = min(match.declaration.range.size for match in having)
            return [match for match in having if match.declaration.range.size == smallest]
    return list(matches)


def _nodes(asked: Range, owners: Iterable[Owner], matches: Iterable[Match]) -> set[str]:
    """Where the owners are; of a range, and of an address that nobody has, the nodes to which it belongs."""
    having = {owner.node for owner in owners if owner.node}
    return having if having and asked.size == 1 else having | _nodes_of(matches)


def _nodes_of(matches: Iterable[Match]) -> set[str]:
    """The nodes whose own ranges hold what is asked for."""
    around = (Relation.CONTAINS, Relation.EQUALS)
    held = (match.declaration for match in matches if match.relation in around)
    return {declared.node for declared in held if declared.node and declared.role in {Role.NODE_POD, Role.BRIDGE}}


def owners_in(cluster: Cluster, asked: Range) -> list[Owner]:
    """Who has the addresses of a range, by address."""
    return sorted(_owners(cluster, asked), key=lambda owner: (owner.address, owner.subject.order))


def _owners(cluster: Cluster, asked: Range) -> Iterator[Owner]:
    yield from _pods(cluster, asked)
    yield from _attached(cluster, asked)
    for service in cluster.view.services:
        yield from _of_service(service, asked)
    for node in cluster.view.nodes:
        yield from _of_node(node, asked)
    leased = {address for _, address in _held_by_pods(cluster, asked)}
    for host in cluster.hosts:
        yield from _of_links(host, asked)
        yield from (lease for lease in _of_leases(host, asked) if lease.address not in leased)


def _held_by_pods(cluster: Cluster, asked: Range) -> list[tuple[int, int]]:
    """Rows and addresses of the pods that own an address of the range."""
    pods = cluster.pods
    rows = (row for row in pods.having_address_in(asked) if pods.owns_address(row))
    return [(row, pods.address(row, asked.family)) for row in rows]


def _pods(cluster: Cluster, asked: Range) -> Iterator[Owner]:
    pods = cluster.pods
    for row, address in _held_by_pods(cluster, asked):
        state = "terminating" if pods.is_terminating(row) else pods.phase(row).name.lower()
        path = pods.address_path(row, asked.family)
        yield Owner(Nature.POD, address, pods.subject(row), path, pods.node(row), "" if state == "absent" else state)


def _attached(cluster: Cluster, asked: Range) -> Iterator[Owner]:
    """Pods by their addresses in secondary networks."""
    pods = cluster.pods
    for row, networks in pods.attachments.items():
        for network in networks if pods.is_live(row) else ():
            for family, address in network.addresses:
                if asked.holds(family, address):
                    path = ("metadata", "annotations", STATUS)
                    text = f"in network {network.network}"
                    yield Owner(Nature.POD, address, pods.subject(row), path, pods.node(row), text)


def _of_service(service: Service, asked: Range) -> Iterator[Owner]:
    spec, subject = service.spec, subject_of(service)
    listed: list[tuple[Nature, Path, str | None]] = [
        (Nature.SERVICE, ("spec", "clusterIPs", index), text) for index, text in enumerate(spec.clusterIPs or ())
    ] or [(Nature.SERVICE, ("spec", "clusterIP"), spec.clusterIP)]
    listed += [
        (Nature.PUBLIC, ("spec", "externalIPs", index), text) for index, text in enumerate(spec.externalIPs or ())
    ]
    for index, entry in enumerate(service.balanced):
        listed.append((Nature.PUBLIC, ("status", "loadBalancer", "ingress", index, "ip"), entry.ip))
    for nature, path, text in listed:
        address = _inside(text if text != "None" else None, asked)
        if address is not None:
            yield Owner(nature, address, subject, path, text=_purpose(service))


def _purpose(service: Service) -> str:
    if (service.namespace, service.name) == ("default", "kubernetes"):
        return "the API server"
    return "the cluster's DNS" if service.labels.get("k8s-app") == "kube-dns" else ""


def _of_node(node: Node, asked: Range) -> Iterator[Owner]:
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type not in {"InternalIP", "ExternalIP"}:
            continue
        address = _inside(entry.address, asked)
        if address is not None:
            nature = Nature.NODE if entry.type == "InternalIP" else Nature.PUBLIC
            path = ("status", "addresses", index, "address")
            yield Owner(nature, address, subject_of(node), path, node.name, entry.type or "")


def _of_links(host: Host, asked: Range) -> Iterator[Owner]:
    for link, family, address, _ in host.links:
        if asked.holds(family, address):
            nature = Nature.BRIDGE if is_bridge(link) else Nature.SERVICE if link.ifname == IPVS else Nature.NODE
            text = f"{link.kind} {link.ifname}".strip()
            yield Owner(nature, address, host.file("ip-addr.json"), (link.ifname,), host.node or host.dump.name, text)


def _of_leases(host: Host, asked: Range) -> Iterator[Owner]:
    for network, leased in sorted(host.dump.leases.items()):
        for index, text in enumerate(leased):
            address = _inside(text, asked)
            if address is not None:
                file = host.file(f"var-lib-cni-networks-{network}.txt")
                text = f"leased by network {network}"
                yield Owner(Nature.CONTAINER, address, file, (index,), host.node or host.dump.name, text)


def _inside(text: str | None, asked: Range) -> int | None:
    """The address that a text names, where the range holds it."""
    try:
        family, address = addresses.parse(text or "")
    except ValueError:
        return None
    return address if asked.holds(family, address) else None


def _positions(cluster: Cluster, address: int, matches: Iterable[Match]) -> Iterator[tuple[Nature | None, str]]:
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
        elif declared.role is Role.NODE_POD and cluster.network.keeps_first_address:
            yield from _in_node_range(declared, address)


def _in_service_range(declared: Declaration, address: int) -> Iterator[tuple[Nature | None, str]]:
    offset, span = address - declared.range.first, declared.range
    if offset == 0:
        yield Nature.RESERVED, f"network address of the Service range {span}: no Service gets it"
    elif offset == 1:
        yield None, f"first address of the Service range {span}: the Service default/kubernetes gets it"
    elif offset == DNS:
        yield None, f"tenth address of the Service range {span}: by convention the cluster's DNS gets it"
    elif address == span.last and span.family == 4:
        yield Nature.RESERVED, f"last address of the Service range {span}: no Service gets it"


def _in_node_range(declared: Declaration, address: int) -> Iterator[tuple[Nature | None, str]]:
    offset, span = address - declared.range.first, declared.range
    where = f"{span}, the pod range of {declared.node or 'a node'}"
    if offset == 0:
        yield Nature.RESERVED, f"network address of {where}: no pod gets it"
    elif offset == 1:
        yield Nature.BRIDGE, f"first address of {where}: its bridge or gateway gets it"
    elif address == span.last and span.family == 4:
        yield Nature.RESERVED, f"broadcast address of {where}: no pod gets it"
