"""Pods: their addresses and their ports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from netlint import addresses
from netlint.addresses import RangeIndex
from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.declared.declarations import Declaration, Role, Standing
from netlint.model.literals import AddressLiteral, in_config_maps, in_workloads
from netlint.model.nodes.node_ips import Mismatch, mismatches
from netlint.model.pods.host_ports import EVERY_ADDRESS, TakenPort, container_path, taken_ports
from netlint.model.services.service_ports import protocol
from netlint.model.subjects import subject_of
from netlint.objects import WORKLOADS
from netlint.objects.core import Node
from netlint.objects.meta import Path
from netlint.phrases import NAMED, first_of
from netlint.snapshot import Reason
from netlint.snapshot.pod_shapes import ContainerShape


class HostPort(NamedTuple):
    """A port of a node that a pod takes."""

    row: int
    taken: TakenPort

    @property
    def host_ip(self) -> str | None:
        """The address of the node to which it is bound."""
        return self.taken.port.hostIP


def conflicting_host_ports(cluster: Cluster) -> Iterator[Violation]:
    """Two pods take the same port of their node."""
    pods = cluster.pods
    taken: defaultdict[tuple[str, str, int], list[HostPort]] = defaultdict(list)
    for shape, alike in pods.by_containers:
        ports = list(taken_ports(shape.containers, shape.host_network))
        for row in pods.of_shapes(alike) if ports else ():
            if not (pods.node(row) and pods.is_live(row)):
                continue
            for found in ports:
                taken[pods.node(row), protocol(found.port), found.number].append(HostPort(row, found))
    for (node, how, host_port), sharing in sorted(taken.items()):
        for group in _clashing(sharing):
            if len({item.row for item in group}) > 1:
                yield _host_port_conflict(cluster, node, f"{host_port}/{how}", group)


def _clashing(found: list[HostPort]) -> Iterator[list[HostPort]]:
    """Groups that share an address: one bound to every address clashes with all others."""
    if any(item.host_ip in EVERY_ADDRESS for item in found):
        yield found
        return
    by_address: defaultdict[str | None, list[HostPort]] = defaultdict(list)
    for item in found:
        by_address[item.host_ip].append(item)
    yield from by_address.values()


def _host_port_conflict(cluster: Cluster, node: str, port: str, group: list[HostPort]) -> Violation:
    pods = cluster.pods
    first, *others = sorted(group, key=lambda item: pods.order(item.row))
    others = [item for item in others if item.row != first.row]
    sides = tuple(
        Related(pods.subject(item.row), item.taken.path(pods.shape(item.row).containers), "takes it too")
        for item in others
    )
    firm = {item.row for item in group if not pods.is_terminating(item.row)}
    return Violation(
        pods.subject(first.row),
        first.taken.path(pods.shape(first.row).containers),
        f"port {port} of Node {node} is also taken by {first_of([str(side.subject) for side in sides], 2)}",
        {"node": node, "hostPort": port, "pods": sorted({"/".join(pods.order(item.row)) for item in group})},
        sides,
        key=port,
        mitigated=len(firm) < 2,
    )


def conflicting_container_ports(cluster: Cluster) -> Iterator[Violation]:
    """Containers of one pod declare the same port, or give two ports one name."""
    for template in cluster.view.templates.all:
        for clash in _port_clashes(template.containers):
            yield _port_conflict(template.subject, (*template.path,), template.containers, clash)
    for row, clash in _clashing_pods(cluster):
        yield _port_conflict(cluster.pods.subject(row), (), cluster.pods.shape(row).containers, clash)


def _clashing_pods(cluster: Cluster) -> Iterator[tuple[int, Clash]]:
    """One pod for each owner, where the template that it was made from is not in the input."""
    pods = cluster.pods
    clashing: defaultdict[Any, list[int]] = defaultdict(list)
    for first, alike in pods.by_containers:
        containers = first.containers
        for number in alike if any(True for _ in _port_clashes(containers)) else ():
            shape = pods.shapes[number]
            if not cluster.view.templates.making(shape):
                clashing[shape.owner or ("Pod", str(number)), shape.namespace, containers].append(number)
    rows = (pods.first_live(numbers) for numbers in clashing.values())
    for row in sorted((row for row in rows if row is not None), key=pods.order):
        yield from ((row, clash) for clash in _port_clashes(pods.shape(row).containers))


def _port_conflict(subject: Subject, prefix: Path, containers: tuple[ContainerShape, ...], clash: Clash) -> Violation:
    (first, at), *others = clash.places
    names = list(dict.fromkeys(containers[number].name for number, _ in clash.places))
    shared = len(names) > 1
    how = f"{' and '.join(names)}, which share one network namespace" if shared else f"{names[0]} twice"
    return Violation(
        subject,
        (*prefix, *container_path(containers, first), "ports", at, clash.field),
        f"{clash.what} is declared by {how}",
        {"port": clash.what, "containers": names},
        tuple(
            Related(
                subject,
                (*prefix, *container_path(containers, number), "ports", index, clash.field),
                "declares it too",
            )
            for number, index in others
        ),
        key=clash.what,
        mitigated=not shared,
    )


class Clash(NamedTuple):
    """Declared ports that are the same: container and index of each."""

    what: str
    field: str
    places: list[tuple[int, int]]


def _port_clashes(containers: tuple[ContainerShape, ...]) -> Iterator[Clash]:
    numbers: defaultdict[tuple[int | None, str], list[tuple[int, int]]] = defaultdict(list)
    names: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, container in enumerate(containers):
        if container.init and not container.sidecar:
            continue
        for index, port in enumerate(container.ports):
            numbers[port.containerPort, protocol(port)].append((number, index))
            if port.name:
                names[port.name].append((number, index))
    for (declared, how), places in numbers.items():
        if len(places) > 1:
            yield Clash(f"port {declared}/{how}", "containerPort", places)
    for name, places in names.items():
        if len(places) > 1 and places not in numbers.values():
            yield Clash(f"port name {name!r}", "name", places)


def pods_without_addresses(cluster: Cluster) -> Iterator[Violation]:
    """A pod runs and has no address; one finding for each node."""
    pods = cluster.pods
    by_node: defaultdict[str, list[int]] = defaultdict(list)
    for row in pods.without_addresses():
        by_node[pods.node(row)].append(row)
    for node, rows in sorted(by_node.items()):
        first, *others = sorted(rows, key=pods.order)
        more = f"; {len(others)} more there {'has' if len(others) == 1 else 'have'} none" if others else ""
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
    for found in mismatches(cluster.pods, cluster.view.nodes, cluster.nodes.own_addresses):
        yield _mismatched_host(cluster, found, holders.get((found.family, found.value)))


def _mismatched_host(cluster: Cluster, found: Mismatch, holder: Node | None) -> Violation:
    pods, node = cluster.pods, found.node
    (first, path), *others = found.rows
    address = addresses.text(found.family, found.value)
    listed = sorted(cluster.nodes.own_addresses[node.name])
    sides = [Related(subject_of(node), ("status", "addresses"), "its addresses")]
    sides += [Related(subject_of(holder), ("status", "addresses"), f"has {address}")] if holder else []
    sides += [Related(pods.subject(row), at, "reports it too") for row, at in others[:NAMED]]
    elsewhere = f", but of Node {holder.name}" if holder else ""
    more = f"; {len(others)} more pods report it" if len(others) > 1 else "; one more pod reports it" if others else ""
    return Violation(
        pods.subject(first),
        path,
        f"{address} is no address of Node {node.name}, where the pod runs{elsewhere}{more}",
        {
            "address": address,
            "node": node.name,
            "nodeAddresses": [addresses.text(*own) for own in listed],
            "pods": ["/".join(pods.order(row)) for row, _ in found.rows],
        },
        tuple(sides),
        key=address,
    )


def pinned_pod_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Environment, arguments or configuration name an address of the pod range."""
    workloads = (item for kind in WORKLOADS for item in cluster.view.objects(kind))
    literals = chain(in_workloads(workloads), in_config_maps(cluster.view.config_maps.values()))
    held = _pod_ranges(cluster)
    if not held:
        if any(True for _ in literals):
            yield Undecided(None, "nothing in the input declares the range of pods", Reason.NOT_APPLICABLE)
        return
    index = RangeIndex((found.range, found) for found in held)
    spared = _spared(cluster)
    inside = [
        (found, within[-1][1])
        for found in literals
        if (found.family, found.value) not in spared and (within := index.holding(found.family, found.value))
    ]
    holders = _holders(cluster, {(found.family, found.value) for found, _ in inside})
    for found, declared in inside:
        yield _pinned(cluster, found, declared, holders.get((found.family, found.value)))


def _pod_ranges(cluster: Cluster) -> list[Declaration]:
    """Those of nodes where any is known, else the cluster's."""
    given = [found for ranges in cluster.network.node_ranges.values() for found in ranges]
    return given or [
        found for found in cluster.ranges.plan.trusted(Role.POD) if found.standing is not Standing.INFERRED
    ]


def _spared(cluster: Cluster) -> set[tuple[int, int]]:
    """Ends of declared ranges, where the bridge has its address, and the nodes' own addresses."""
    spared = set().union(*cluster.nodes.own_addresses.values())
    for found in cluster.ranges.plan.declarations:
        family, first, last = found.range
        spared |= {(family, first), (family, first + 1), (family, last)} if first != last else set()
    return spared


def _holders(cluster: Cluster, wanted: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """The pods that have these addresses now."""
    pods = cluster.pods
    rows = pods.live_on_network() if wanted else ()
    return {address: row for row in rows for address in pods.addresses(row) if address in wanted}


def _pinned(cluster: Cluster, found: AddressLiteral, declared: Declaration, holder: int | None) -> Violation:
    text = addresses.text(found.family, found.value)
    pod = cluster.pods.subject(holder) if holder is not None else None
    sides = [Related(declared.subject, declared.path, f"{declared.what} {declared}")]
    return Violation(
        found.subject,
        found.path,
        f"{text} is inside {declared.what} {declared} of {declared.subject}" + (f"; {pod} has it now" if pod else ""),
        {"address": text, "range": str(declared), "pod": f"{pod.namespace}/{pod.name}" if pod else None},
        (*sides, *([Related(pod, ("status",), "has it now")] if pod else [])),
        key=text,
    )


CHECKS = (
    conflicting_container_ports,
    conflicting_host_ports,
    mismatched_host_ips,
    pinned_pod_addresses,
    pods_without_addresses,
)
