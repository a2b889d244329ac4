"""Pods: their addresses and their ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from netlint import addresses
from netlint.addresses import RangeIndex
from netlint.checks.wording import sides, with_kind
from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.declared.declarations import Declaration, Role, Standing
from netlint.model.declared.node_objects import is_virtual
from netlint.model.literals import AddressLiteral, in_config_maps, in_workloads
from netlint.model.nodes.node_ips import HostIpMismatch, host_ip_mismatches
from netlint.model.pods.host_ports import EVERY_ADDRESS, TakenPort, container_path, taken_ports
from netlint.model.services.service_ports import protocol
from netlint.model.subjects import subject_of
from netlint.objects import WORKLOADS
from netlint.objects.core import Node
from netlint.objects.meta import Path
from netlint.objects.pod import ContainerPort
from netlint.phrases import NAMED, first_of, inflected
from netlint.snapshot import Reason
from netlint.snapshot.pod_shapes import ContainerShape


class HostPortClaim(NamedTuple):
    """A port of a node that a pod takes."""

    row: int
    port: TakenPort

    @property
    def host_ip(self) -> str | None:
        """The address of the node to which it is bound."""
        return self.port.port.hostIP


def conflicting_host_ports(cluster: Cluster) -> Iterator[Violation]:
    """Two pods take the same port of their node."""
    pods = cluster.pods
    claims_on: defaultdict[tuple[str, str, int], list[HostPortClaim]] = defaultdict(list)
    for shape, shape_numbers in pods.by_containers:
        ports = list(taken_ports(shape.containers, shape.host_network))
        for row in pods.of_shapes(shape_numbers) if ports else ():
            if not (pods.node(row) and pods.is_live(row)):
                continue
            for port in ports:
                claims_on[pods.node(row), protocol(port.port), port.number].append(HostPortClaim(row, port))
    for (node, transport, host_port), claims in sorted(claims_on.items()):
        for group in _clashing_claims(claims):
            if len({claim.row for claim in group}) > 1:
                yield _host_port_conflict(cluster, node, f"{host_port}/{transport}", group)


def _clashing_claims(claims: list[HostPortClaim]) -> Iterator[list[HostPortClaim]]:
    """Groups that share an address: one bound to every address clashes with all others."""
    if any(claim.host_ip in EVERY_ADDRESS for claim in claims):
        yield claims
        return
    by_address: defaultdict[str | None, list[HostPortClaim]] = defaultdict(list)
    for claim in claims:
        by_address[claim.host_ip].append(claim)
    yield from by_address.values()


def _host_port_conflict(cluster: Cluster, node: str, port: str, group: list[HostPortClaim]) -> Violation:
    pods = cluster.pods
    first, *others = sorted(group, key=lambda claim: pods.order(claim.row))
    others = [claim for claim in others if claim.row != first.row]
    related = tuple(
        Related(pods.subject(claim.row), claim.port.path(pods.shape(claim.row).containers), "takes it too")
        for claim in others
    )
    firm = {claim.row for claim in group if not pods.is_terminating(claim.row)}
    return Violation(
        pods.subject(first.row),
        first.port.path(pods.shape(first.row).containers),
        f"port {port} of Node {node} is also taken by {first_of((side.subject for side in related), 2)}",
        {"node": node, "hostPort": port, "pods": sorted({"/".join(pods.order(claim.row)) for claim in group})},
        related,
        key=port,
        mitigated=len(firm) < 2,
    )


def conflicting_container_ports(cluster: Cluster) -> Iterator[Violation]:
    """Containers of one pod declare the same port, or give two ports one name."""
    for template in cluster.view.templates.all:
        for clash in _port_clashes(template.containers):
            subject, unused = template.subject, _is_unused_name(cluster, template.subject.namespace, clash)
            yield _port_conflict(subject, (*template.path,), template.containers, clash, unused)
    for row, clash in _clashing_pods(cluster):
        subject, containers = cluster.pods.subject(row), cluster.pods.shape(row).containers
        yield _port_conflict(subject, (), containers, clash, _is_unused_name(cluster, subject.namespace, clash))


def _is_unused_name(cluster: Cluster, namespace: str, clash: PortClash) -> bool:
    """Whether it is a name that no Service of the namespace uses: then nobody asks which of the ports is meant."""
    return clash.field == "name" and (namespace, clash.name) not in cluster.services.named_target_ports


def _clashing_pods(cluster: Cluster) -> Iterator[tuple[int, PortClash]]:
    """One pod for each owner, where the template that it was made from is not in the input."""
    pods = cluster.pods
    clashing: defaultdict[Any, list[int]] = defaultdict(list)
    for first, shape_numbers in pods.by_containers:
        containers = first.containers
        for number in shape_numbers if any(True for _ in _port_clashes(containers)) else ():
            shape = pods.shapes[number]
            if not cluster.view.templates.making(shape):
                clashing[shape.owner or ("Pod", str(number)), shape.namespace, containers].append(number)
    rows = (pods.first_live(numbers) for numbers in clashing.values())
    for row in sorted((row for row in rows if row is not None), key=pods.order):
        yield from ((row, clash) for clash in _port_clashes(pods.shape(row).containers))


def _port_conflict(
    subject: Subject, prefix: Path, containers: tuple[ContainerShape, ...], clash: PortClash, unused: bool
) -> Violation:
    first, *others = [
        (*prefix, *container_path(containers, number), "ports", index, clash.field) for number, index in clash.places
    ]
    names = list(dict.fromkeys(containers[number].name for number, _ in clash.places))
    shared = len(names) > 1
    declarers = f"{' and '.join(names)}, which share one network namespace" if shared else f"{names[0]} twice"
    return Violation(
        subject,
        first,
        f"{clash.text} is declared by {declarers}",
        {"port": clash.text, "containers": names},
        tuple(Related(subject, path, "declares it too") for path in others),
        key=clash.text,
        mitigated=not shared,
        harmless=unused,
    )


class PortClash(NamedTuple):
    """Declared ports that are the same: what they share, the field that has it, container and index of each."""

    text: str
    name: str
    field: str
    places: list[tuple[int, int]]


def _declared_ports(containers: tuple[ContainerShape, ...]) -> Iterator[tuple[tuple[int, int], ContainerPort]]:
    """Ports of containers that run together, with container and index: init containers but sidecars end before."""
    for number, container in enumerate(containers):
        for index, port in enumerate(container.ports if container.sidecar or not container.init else ()):
            yield (number, index), port


def _port_clashes(containers: tuple[ContainerShape, ...]) -> Iterator[PortClash]:
    numbers: defaultdict[tuple[int | None, str], list[tuple[int, int]]] = defaultdict(list)
    names: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, port in _declared_ports(containers):
        numbers[port.containerPort, protocol(port)].append(place)
        if port.name:
            names[port.name].append(place)
    for (declared, transport), places in numbers.items():
        if len(places) > 1:
            yield PortClash(f"port {declared}/{transport}", "", "containerPort", places)
    for name, places in names.items():
        if len(places) > 1 and places not in numbers.values():
            yield PortClash(f"port name {name!r}", name, "name", places)


def pods_without_addresses(cluster: Cluster) -> Iterator[Violation]:
    """A pod runs and has no address; one finding for each node."""
    pods = cluster.pods
    by_node: defaultdict[str, list[int]] = defaultdict(list)
    virtual = {node.name for node in cluster.view.nodes if is_virtual(node)}
    for row in pods.without_addresses():
        if pods.node(row) in virtual:
            continue
        by_node[pods.node(row)].append(row)
    for node, rows in sorted(by_node.items()):
        first, *others = sorted(rows, key=pods.order)
        more = f"; {len(others)} more there {inflected(len(others), 'has', 'have')} none" if others else ""
        yield Violation(
            pods.subject(first),
            ("status", "podIPs"),
            f"{pods.name(first)} runs on {node} and has no address{more}",
            {"node": node, "pods": ["/".join(pods.order(row)) for row in (first, *others)]},
            tuple(Related(pods.subject(row), ("status",), "has none either") for row in others[:NAMED]),
            mitigated=not any(map(pods.is_ready, rows)),
        )


def mismatched_host_ips(cluster: Cluster) -> Iterator[Violation]:
    """Pods report an address of their node that the Node does not have."""
    holders = {
        address: node for node in reversed(cluster.view.nodes) for address in cluster.nodes.own_addresses[node.name]
    }
    for mismatch in host_ip_mismatches(cluster.pods, cluster.view.nodes, cluster.nodes.own_addresses):
        yield _mismatched_host(cluster, mismatch, holders.get((mismatch.family, mismatch.value)))


def _mismatched_host(cluster: Cluster, mismatch: HostIpMismatch, holder: Node | None) -> Violation:
    pods, node = cluster.pods, mismatch.node
    (first, path), *others = mismatch.rows
    address = addresses.text(mismatch.family, mismatch.value)
    related = [Related(subject_of(node), ("status", "addresses"), "its addresses")]
    related += [Related(subject_of(holder), ("status", "addresses"), f"has {address}")] if holder else []
    related += [Related(pods.subject(row), field, "reports it too") for row, field in others[:NAMED]]
    elsewhere = f", but of Node {holder.name}" if holder else ""
    more = f"; {len(others)} more pods report it" if len(others) > 1 else "; one more pod reports it" if others else ""
    return Violation(
        pods.subject(first),
        path,
        f"{address} is no address of Node {node.name}, where the pod runs{elsewhere}{more}",
        {
            "address": address,
            "node": node.name,
            "nodeAddresses": [addresses.text(*own) for own in sorted(cluster.nodes.own_addresses[node.name])],
            "pods": ["/".join(pods.order(row)) for row, _ in mismatch.rows],
        },
        tuple(related),
        key=address,
    )


def pinned_pod_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Environment, arguments or configuration name an address of the pod range."""
    workloads = (workload for kind in WORKLOADS for workload in cluster.view.objects(kind))
    literals = chain(in_workloads(workloads), in_config_maps(cluster.view.config_maps.values()))
    pod_ranges = _pod_ranges(cluster)
    if not pod_ranges:
        if any(True for _ in literals):
            yield Undecided(None, "nothing in the input declares the range of pods", Reason.NOT_APPLICABLE)
        return
    index = RangeIndex((declared.range, declared) for declared in pod_ranges)
    ordinary = _ordinary_addresses(cluster)
    inside = [
        (literal, within[-1][1])
        for literal in literals
        if (literal.family, literal.value) not in ordinary and (within := index.holding(literal.family, literal.value))
    ]
    holders = _holders(cluster, {(literal.family, literal.value) for literal, _ in inside})
    for literal, declared in inside:
        yield _pinned_address(cluster, literal, declared, holders.get((literal.family, literal.value)))


def _pod_ranges(cluster: Cluster) -> list[Declaration]:
    """Pod ranges of nodes where any is known, else the cluster's."""
    of_nodes = [declared for ranges in cluster.network.node_ranges.values() for declared in ranges]
    return of_nodes or [
        declared for declared in cluster.ranges.plan.trusted(Role.POD) if declared.standing is not Standing.INFERRED
    ]


def _ordinary_addresses(cluster: Cluster) -> set[tuple[int, int]]:
    """Ends of declared ranges, where the bridge has its address, and the nodes' own addresses."""
    spared = set().union(*cluster.nodes.own_addresses.values())
    for declared in cluster.ranges.plan.declarations:
        family, first, last = declared.range
        spared |= {(family, first), (family, first + 1), (family, last)} if first != last else set()
    return spared


def _holders(cluster: Cluster, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The pods that have these addresses now."""
    pods = cluster.pods
    rows = pods.live_on_network() if wanted else ()
    return {address: row for row in rows for address in pods.addresses(row) if address in wanted}


def _pinned_address(cluster: Cluster, literal: AddressLiteral, declared: Declaration, holder: int | None) -> Violation:
    text = addresses.text(literal.family, literal.value)
    pod = cluster.pods.subject(holder) if holder is not None else None
    return Violation(
        literal.subject,
        literal.path,
        f"{text} is inside {with_kind(declared)}" + (f"; {pod} has it now" if pod else ""),
        {"address": text, "range": str(declared), "pod": f"{pod.namespace}/{pod.name}" if pod else None},
        (*sides([declared]), *([Related(pod, ("status",), "has it now")] if pod else [])),
        key=text,
    )


CHECKS = (
    conflicting_container_ports,
    conflicting_host_ports,
    mismatched_host_ips,
    pinned_pod_addresses,
    pods_without_addresses,
)
