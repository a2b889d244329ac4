"""Ports of Services, of nodes and of pods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation
from netlint.model.pods.host_ports import TakenPort, taken_ports
from netlint.model.pods.selection import PodGroup
from netlint.model.services.node_ports import DEFAULT_RANGE, NodePort, PortRange
from netlint.model.services.service_ports import protocol, resolved_port
from netlint.model.services.service_spec import has_pods, is_headless, may_be_of_several_clusters
from netlint.model.subjects import subject_of
from netlint.objects.core import Service, ServicePort
from netlint.objects.meta import Path
from netlint.phrases import NAMED, inflected, shortened
from netlint.snapshot.pod_shapes import ContainerShape


def conflicting_service_ports(cluster: Cluster) -> Iterator[Violation]:
    """Two ports of one Service have the same number and protocol, name or node port."""
    for service in cluster.view.services:
        ports = service.spec.ports or ()
        if service.spec.type == "ExternalName" or len(ports) < 2:
            continue
        for repeated, (path, *others) in _repeated(ports):
            yield Violation(
                subject_of(service),
                path,
                f"{repeated} is written {len(others) + 1} times",
                {"repeated": repeated},
                tuple(Related(subject_of(service), other, "here too") for other in others),
                key=repeated,
            )


def _repeated(ports: Iterable[ServicePort]) -> Iterator[tuple[str, list[Path]]]:
    places: defaultdict[str, list[Path]] = defaultdict(list)
    for index, port in enumerate(ports):
        path: Path = ("spec", "ports", index)
        if port.port:
            places[f"port {port.port}/{protocol(port)}"].append((*path, "port"))
        if port.name:
            places[f"port name {port.name!r}"].append((*path, "name"))
        if port.nodePort:
            places[f"node port {port.nodePort}/{protocol(port)}"].append((*path, "nodePort"))
    yield from ((text, paths) for text, paths in sorted(places.items()) if len(paths) > 1)


def unnamed_service_ports(cluster: Cluster) -> Iterator[Violation]:
    """A Service with several ports does not name all of them."""
    for service in cluster.view.services:
        ports = service.spec.ports or ()
        unnamed = [index for index, port in enumerate(ports) if not port.name]
        if len(ports) > 1 and unnamed and service.spec.type != "ExternalName":
            first, *others = [("spec", "ports", index) for index in unnamed]
            yield Violation(
                subject_of(service),
                first,
                f"{len(unnamed)} of {len(ports)} ports {inflected(len(unnamed), 'has', 'have')} no name",
                {"unnamed": [f"{ports[index].port}/{protocol(ports[index])}" for index in unnamed]},
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
    others = sorted(transport for declared_number, transport in declared if declared_number == number)
    only = f"; they declare {number}/{', '.join(others)}" if others else ""
    examples = map(cluster.services.selection.example_of, selected)
    example = min(examples, key=lambda subject: subject.order)
    return Violation(
        subject_of(service),
        ("spec", "ports", index, "targetPort" if port.targetPort else "port"),
        f"{number}/{protocol(port)} is declared by no selected pod{only}",
        {
            "targetPort": number,
            "protocol": protocol(port),
            "declared": sorted(f"{n}/{transport}" for n, transport in declared),
        },
        (Related(example, (), "is selected"),),
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
                f"node port {number} is also claimed by {shortened(subject_of(claim.service) for claim in others)}",
                {"nodePort": number, "services": [str(subject_of(claim.service)) for claim in claims.values()]},
                tuple(Related(subject_of(claim.service), claim.path, "claims it too") for claim in others),
                key=str(number),
                mitigated=may_be_of_several_clusters([claim.service for claim in claims.values()]),
            )


def node_ports_outside_range(cluster: Cluster) -> Iterator[Violation]:
    """A node port is outside the range of the API server."""
    declared = cluster.services.node_port_ranges
    allowed = declared or [PortRange(*DEFAULT_RANGE)]
    for claim in cluster.services.node_ports:
        if any(port_range.first <= claim.number <= port_range.last for port_range in allowed):
            continue
        whose = "the default range" if not declared else f"the range of {declared[0].subject}"
        yield Violation(
            subject_of(claim.service),
            claim.path,
            f"node port {claim.number} is outside {allowed[0]}, {whose}",
            {"nodePort": claim.number, "ranges": [str(port_range) for port_range in allowed]},
            tuple(Related(span.subject, span.path, f"gives out {span}") for span in declared if span.subject),
            key=str(claim.number),
            mitigated=not declared,
            harmless=cluster.view.is_observed("Service", claim.service.namespace),
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
    by_port = _holders(cluster, {claim.number for claim in cluster.services.node_ports})
    for claim in cluster.services.node_ports:
        taking = by_port.get((claim.number, claim.protocol), ())
        holders = [holder for holder in taking if not _leads_there(claim, holder)]
        if holders:
            yield Violation(
                subject_of(claim.service),
                claim.path,
                f"node port {claim.number}/{claim.protocol} is also a host port of "
                f"{shortened(holder.subject for holder in holders)}",
                {"nodePort": claim.number, "takenBy": [str(holder.subject) for holder in holders]},
                tuple(Related(holder.subject, holder.path, "takes it") for holder in holders[:NAMED]),
                key=f"{claim.number}/{claim.protocol}",
            )


def _holders(cluster: Cluster, numbers: set[int]) -> dict[tuple[int, str], list[_Holder]]:
    """Takers of these ports, by number and protocol: workloads, and pods that none of the input has made."""
    holders: defaultdict[tuple[int, str], list[_Holder]] = defaultdict(list)
    for host_port, holder in chain(_workload_holders(cluster, numbers), _pod_holders(cluster, numbers)):
        holders[host_port.number, protocol(host_port.port)].append(holder)
    return holders


def _workload_holders(cluster: Cluster, numbers: set[int]) -> Iterator[tuple[TakenPort, _Holder]]:
    for template in cluster.view.templates.all:
        for host_port in taken_ports(template.containers, template.host_network):
            if host_port.number in numbers and template.replicas != 0 and not template.of_deployment:
                path = (*template.path, *host_port.path(template.containers))
                holder = _Holder(template.subject, path, template.containers, template.labels, template.namespace)
                yield host_port, holder


def _pod_holders(cluster: Cluster, numbers: set[int]) -> Iterator[tuple[TakenPort, _Holder]]:
    pods = cluster.pods
    host_ports: dict[int, list[TakenPort]] = {}
    for shape, shape_numbers in pods.by_containers:
        taken = taken_ports(shape.containers, shape.host_network)
        wanted = [host_port for host_port in taken if host_port.number in numbers]
        host_ports.update(dict.fromkeys(shape_numbers, wanted) if wanted else {})
    for number, wanted in sorted(host_ports.items()):
        shape = pods.shapes[number]
        row = None if cluster.view.templates.making(shape) else pods.first_live([number])
        if row is not None:
            subject = pods.subject(row)
            for host_port in wanted:
                path = host_port.path(shape.containers)
                yield host_port, _Holder(subject, path, shape.containers, shape.labels, shape.namespace)


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
        host_port = next(taken_ports(template.containers, template.host_network), None)
        if host_port is None or not template.replicas or template.of_deployment:
            continue
        fitting = [node for node in cluster.view.nodes if template.node_selector.items() <= node.labels.items()]
        if template.replicas > len(fitting):
            yield _oversubscribed(
                template.subject,
                (*template.path, *host_port.path(template.containers)),
                host_port,
                (template.replicas, len(fitting)),
            )


def _oversubscribed(subject: Subject, path: Path, host_port: TakenPort, counts: tuple[int, int]) -> Violation:
    replicas, nodes = counts
    return Violation(
        subject,
        path,
        f"{replicas} replicas take port {host_port.number}/{protocol(host_port.port)} of a node each, "
        f"and {nodes} {inflected(nodes, 'node suits', 'nodes suit')} them",
        {"hostPort": host_port.number, "replicas": replicas, "nodes": nodes},
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
