"""Ports of Services, of nodes and of pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation
from netlint.model.pods.host_ports import TakenPort, taken_ports
from netlint.model.pods.selection import PodGroup
from netlint.model.services.node_ports import DEFAULT_RANGE, NodePort, PortRange
from netlint.model.services.service_ports import protocol, resolved_port
from netlint.model.services.service_spec import has_pods, is_headless
from netlint.model.subjects import subject_of
from netlint.objects.core import Service, ServicePort
from netlint.objects.meta import Path
from netlint.phrases import NAMED, shortened
from netlint.snapshot.pod_shapes import ContainerShape


def conflicting_service_ports(cluster: Cluster) -> Iterator[Violation]:
    """Two ports of one Service have the same number and protocol, name or node port."""
    for service in cluster.view.services:
        ports = service.spec.ports or ()
        if service.spec.type == "ExternalName" or len(ports) < 2:
            continue
        for what, (path, *others) in _repeated(ports):
            yield Violation(
                subject_of(service),
                path,
                f"{what} is written {len(others) + 1} times",
                {"repeated": what},
                tuple(Related(subject_of(service), other, "here too") for other in others),
                key=what,
            )


def _repeated(ports: Iterable[ServicePort]) -> Iterator[tuple[str, list[Path]]]:
    places: defaultdict[str, list[Path]] = defaultdict(list)
    for index, port in enumerate(ports):
        at: Path = ("spec", "ports", index)
        if port.port:
            places[f"port {port.port}/{protocol(port)}"].append((*at, "port"))
        if port.name:
            places[f"port name {port.name!r}"].append((*at, "name"))
        if port.nodePort:
            places[f"node port {port.nodePort}/{protocol(port)}"].append((*at, "nodePort"))
    yield from ((what, found) for what, found in sorted(places.items()) if len(found) > 1)


def unnamed_service_ports(cluster: Cluster) -> Iterator[Violation]:
    """A Service with several ports does not name all of them."""
    for service in cluster.view.services:
        ports = service.spec.ports or ()
        without = [index for index, port in enumerate(ports) if not port.name]
        if len(ports) > 1 and without and service.spec.type != "ExternalName":
            first, *others = [("spec", "ports", index) for index in without]
            yield Violation(
                subject_of(service),
                first,
                f"{len(without)} of {len(ports)} ports {'has' if len(without) == 1 else 'have'} no name",
                {"unnamed": [f"{ports[index].port}/{protocol(ports[index])}" for index in without]},
                tuple(Related(subject_of(service), path, "has no name either") for path in others),
            )


def services_without_ports(cluster: Cluster) -> Iterator[Violation]:
    """A Service with a cluster IP has no port, or one without number."""
    for service in cluster.view.services:
        ports = service.spec.ports or ()
        unnumbered = [index for index, port in enumerate(ports) if port.port is None]
        portless = not ports and has_pods(service) and not is_headless(service)
        if not (unnumbered or portless) or not cluster.view.is_complete("Service", service.namespace):
            continue  # ports that are malformed are not absent
        path = ("spec", "ports", unnumbered[0]) if unnumbered else ("spec",)
        problem = "the port has no number" if unnumbered else "the Service has a selector and no port"
        yield Violation(subject_of(service), path, problem, {"type": service.spec.type})


def undeclared_target_ports(cluster: Cluster) -> Iterator[Violation]:
    """A numeric targetPort is declared by no selected pod, although all containers declare ports."""
    for service in cluster.view.services:
        if not has_pods(service) or is_headless(service):
            continue
        selected = cluster.services.selection.groups(service)
        if not selected or not all(_declares_all(group.containers) for group in selected):
            continue
        declared = {
            (port.containerPort, protocol(port))
            for group in selected
            for container in group.containers
            for port in container.ports
        }
        for index, port in enumerate(service.spec.ports or ()):
            number = port.targetPort or port.port
            if isinstance(number, int) and (number, protocol(port)) not in declared:
                yield _undeclared(cluster, service, index, declared, selected)


def _declares_all(containers: tuple[ContainerShape, ...]) -> bool:
    """Whether every container that keeps running says where it listens."""
    return all(container.ports for container in containers if not container.init or container.sidecar)


def _undeclared(
    cluster: Cluster, service: Service, index: int, declared: set[tuple[int | None, str]], selected: list[PodGroup]
) -> Violation:
    port = (service.spec.ports or [])[index]
    number = port.targetPort or port.port
    others = sorted(how for found, how in declared if found == number)
    only = f"; they declare {number}/{', '.join(others)}" if others else ""
    subject = min((cluster.services.selection.example_of(group) for group in selected), key=lambda found: found.order)
    return Violation(
        subject_of(service),
        ("spec", "ports", index, "targetPort" if port.targetPort else "port"),
        f"{number}/{protocol(port)} is declared by no selected pod{only}",
        {"targetPort": number, "protocol": protocol(port), "declared": sorted(f"{n}/{how}" for n, how in declared)},
        (Related(subject, (), "is selected"),),
        key=f"{protocol(port)}/{port.port}",
    )


def conflicting_node_ports(cluster: Cluster) -> Iterator[Violation]:
    """Two Services claim one node port."""
    by_number: defaultdict[int, dict[tuple[str, str], NodePort]] = defaultdict(dict)
    for claim in cluster.services.node_ports:
        by_number[claim.number].setdefault((claim.service.namespace, claim.service.name), claim)
    for number, claims in sorted(by_number.items()):
        if len(claims) > 1:
            first, *others = claims.values()
            yield Violation(
                subject_of(first.service),
                first.path,
                f"node port {number} is also claimed by {shortened([str(subject_of(one.service)) for one in others])}",
                {"nodePort": number, "services": [str(subject_of(one.service)) for one in claims.values()]},
                tuple(Related(subject_of(one.service), one.path, "claims it too") for one in others),
                key=str(number),
                mitigated=_may_be_apart([first, *others]),
            )


def _may_be_apart(claims: list[NodePort]) -> bool:
    """Whether they may be meant for different clusters: manifests in different namespaces, none from a server."""
    namespaces = {claim.service.namespace for claim in claims}
    return len(namespaces) == len(claims) and not all(claim.service.spec.clusterIP for claim in claims)


def node_ports_outside_range(cluster: Cluster) -> Iterator[Violation]:
    """A node port is outside the range of the API server."""
    declared = cluster.services.node_port_ranges
    allowed = declared or [PortRange(*DEFAULT_RANGE)]
    for claim in cluster.services.node_ports:
        if any(held.first <= claim.number <= held.last for held in allowed):
            continue
        whose = "the default range" if not declared else f"the range of {declared[0].subject}"
        yield Violation(
            subject_of(claim.service),
            claim.path,
            f"node port {claim.number} is outside {allowed[0]}, {whose}",
            {"nodePort": claim.number, "ranges": [str(held) for held in allowed]},
            tuple(Related(held.subject, held.path, f"gives out {held}") for held in declared if held.subject),
            key=str(claim.number),
            mitigated=not declared,
        )


class _Holder(NamedTuple):
    """Pods or a template that take a port of their node."""

    subject: Subject
    path: Path
    containers: tuple[ContainerShape, ...]
    labels: dict[str, str]
    namespace: str


def node_ports_taken_by_pods(cluster: Cluster) -> Iterator[Violation]:
    """A node port is also a host port of a pod."""
    if not cluster.services.node_ports:
        return
    taken = _taken_by_pods(cluster, {claim.number for claim in cluster.services.node_ports})
    for claim in cluster.services.node_ports:
        holders = [found for found in taken.get((claim.number, claim.protocol), ()) if not _leads_there(claim, found)]
        if holders:
            yield Violation(
                subject_of(claim.service),
                claim.path,
                f"node port {claim.number}/{claim.protocol} is also a host port of "
                f"{shortened([str(found.subject) for found in holders])}",
                {"nodePort": claim.number, "takenBy": [str(found.subject) for found in holders]},
                tuple(Related(found.subject, found.path, "takes it") for found in holders[:NAMED]),
                key=f"{claim.number}/{claim.protocol}",
            )


def _taken_by_pods(cluster: Cluster, numbers: set[int]) -> dict[tuple[int, str], list[_Holder]]:
    """Who takes these ports: workloads, and pods that no workload of the input has made."""
    found: defaultdict[tuple[int, str], list[_Holder]] = defaultdict(list)
    for template in cluster.view.templates.all:
        for taken in taken_ports(template.containers, template.host_network):
            if taken.number in numbers and template.replicas != 0 and not template.of_deployment:
                path = (*template.path, *taken.path(template.containers))
                holder = _Holder(template.subject, path, template.containers, template.labels, template.namespace)
                found[taken.number, protocol(taken.port)].append(holder)
    pods = cluster.pods
    taking: dict[int, list[TakenPort]] = {}
    for shape, alike in pods.by_containers:
        wanted = [taken for taken in taken_ports(shape.containers, shape.host_network) if taken.number in numbers]
        taking.update(dict.fromkeys(alike, wanted) if wanted else {})
    for number, wanted in sorted(taking.items()):
        shape = pods.shapes[number]
        row = None if cluster.view.templates.making(shape) else pods.first_live([number])
        for taken in wanted if row is not None else ():
            assert row is not None
            path = taken.path(shape.containers)
            holder = _Holder(pods.subject(row), path, shape.containers, shape.labels, shape.namespace)
            found[taken.number, protocol(taken.port)].append(holder)
    return found


def _leads_there(claim: NodePort, holder: _Holder) -> bool:
    """Whether the Service's own pods take the port, so that connections end up there anyhow."""
    service, selector = claim.service, claim.service.spec.selector or {}
    if claim.position is None or not has_pods(service) or service.namespace != holder.namespace:
        return False
    target = resolved_port((service.spec.ports or [])[claim.position], holder.containers)
    return target is not None and selector.items() <= holder.labels.items()


def oversubscribed_host_ports(cluster: Cluster) -> Iterator[Violation]:
    """A workload with host ports wants more replicas than there are nodes."""
    for template in cluster.view.templates.all:
        taken = next(taken_ports(template.containers, template.host_network), None)
        if taken is None or not template.replicas or template.of_deployment:
            continue
        fitting = [node for node in cluster.view.nodes if template.node_selector.items() <= node.labels.items()]
        if template.replicas > len(fitting):
            yield _oversubscribed(
                template.subject,
                (*template.path, *taken.path(template.containers)),
                taken,
                (template.replicas, len(fitting)),
            )


def _oversubscribed(subject: Subject, path: Path, taken: TakenPort, counts: tuple[int, int]) -> Violation:
    replicas, nodes = counts
    return Violation(
        subject,
        path,
        f"{replicas} replicas take port {taken.number}/{protocol(taken.port)} of a node each, "
        f"and {nodes} {'node suits' if nodes == 1 else 'nodes suit'} them",
        {"hostPort": taken.number, "replicas": replicas, "nodes": nodes},
        (Related(subject, ("spec", "replicas"), "wants so many"),),
    )


CHECKS = (
    conflicting_node_ports,
    conflicting_service_ports,
    node_ports_outside_range,
    node_ports_taken_by_pods,
    oversubscribed_host_ports,
    services_without_ports,
    undeclared_target_ports,
    unnamed_service_ports,
)
