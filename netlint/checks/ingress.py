"""Ways in by Ingress and Gateway API: classes, backends, hosts, listeners and routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from netlint.checks.ingress_routes import unattachable_routes
from netlint.cluster import Cluster
from netlint.cluster.traffic import references
from netlint.cluster.traffic.references import SERVICE, ReferenceGrants, ServiceReference
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.hostnames import covers
from netlint.model.subjects import subject_of
from netlint.objects import ROUTES
from netlint.objects.gateway import GatewayCondition, GatewayRoute, RouteParent
from netlint.objects.ingresses import Ingress
from netlint.objects.meta import Path
from netlint.snapshot import Reason

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
LEGACY_CLASS = "kubernetes.io/ingress.class"
ALB_ACTION = "use-annotation"
"""The port of a backend that is no Service but an annotation with an action (AWS Load Balancer Controller)."""
CANARY = "nginx.ingress.kubernetes.io/canary"


def missing_backend_services(cluster: Cluster) -> Iterator[Violation]:
    """An Ingress or a route sends traffic to a Service that does not exist."""
    for backend in _backends(cluster):
        if _is_missing(cluster, backend):
            yield Violation(
                backend.subject,
                backend.name_path,
                f"there is no Service {backend.namespace}/{backend.name}",
                {"service": backend.name, "namespace": backend.namespace},
                key=f"{backend.namespace}/{backend.name}",
            )


def _is_missing(cluster: Cluster, backend: ServiceReference) -> bool:
    key = (backend.namespace, backend.name)
    return cluster.view.is_complete("Service", backend.namespace) and key not in cluster.view.service_named


def unmatched_backend_ports(cluster: Cluster) -> Iterator[Violation]:
    """An Ingress or a route names a port that the Service does not have."""
    for backend in _backends(cluster):
        service = cluster.view.service_named.get((backend.namespace, backend.name))
        if service is None or not backend.port or references.port_of(service, backend.port) is not None:
            continue
        service_ports = [f"{port.port}{f' ({port.name})' if port.name else ''}" for port in service.spec.ports or ()]
        subject = subject_of(service)
        yield Violation(
            backend.subject,
            backend.port_path,
            f"{subject} has no port {backend.port}; it has {', '.join(service_ports) or 'none'}",
            {"port": backend.port, "ports": [port.port for port in service.spec.ports or ()]},
            (Related(subject, ("spec", "ports"), "declares its ports"),),
            key=backend.key,
        )


def _backends(cluster: Cluster) -> Iterator[ServiceReference]:
    """Every Service that an Ingress or a route names, once for each object and port."""
    named = chain(
        chain.from_iterable(map(references.services_of_ingress, cluster.view.objects("Ingress"))),
        chain.from_iterable(map(references.services_of_route, _routes(cluster))),
        chain.from_iterable(map(references.mirrors_of_route, _routes(cluster))),
    )
    seen: set[tuple[Subject, str]] = set()
    for backend in named:
        if backend.port == ALB_ACTION:
            continue
        if (backend.subject, backend.key) not in seen:
            seen.add((backend.subject, backend.key))
            yield backend


def _routes(cluster: Cluster) -> list[GatewayRoute]:
    return [route for kind in ROUTES for route in cluster.view.objects(kind)]


def ungranted_references(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A route or a Gateway refers to an object of another namespace that does not allow it."""
    grants = ReferenceGrants(cluster.view.objects("ReferenceGrant"))
    for subject, path, target, namespace, name in _across_namespaces(cluster):
        if grants.allow(subject, target, namespace, name):
            continue
        if not cluster.view.is_complete("ReferenceGrant", namespace):
            message = f"the ReferenceGrants of namespace {namespace} are not known"
            yield Undecided(subject, message, Reason.MISSING)
            continue
        yield Violation(
            subject,
            (*path, "name"),
            f"no ReferenceGrant in namespace {namespace} lets {subject.kind}s of namespace {subject.namespace} "
            f"refer to {target[1]} {name}",
            {"kind": target[1], "namespace": namespace, "name": name},
            key=f"{target[1]}/{namespace}/{name}",
        )


def _across_namespaces(cluster: Cluster) -> Iterator[tuple[Subject, Path, tuple[str, str], str, str]]:
    """Referrer, field, and group and kind, namespace and name of what it refers to."""
    for backend in chain.from_iterable(map(references.services_of_route, _routes(cluster))):
        if backend.namespace != backend.subject.namespace:
            yield backend.subject, backend.path, SERVICE, backend.namespace, backend.name
    for gateway in cluster.view.objects("Gateway"):
        for path, namespace, name in references.certificates(gateway):
            if namespace != gateway.namespace:
                yield subject_of(gateway), path, ("", "Secret"), namespace, name


def missing_ingress_classes(cluster: Cluster) -> Iterator[Violation]:
    """An Ingress names a class that does not exist, or none although there is no default class."""
    classes = {ingress_class.name: ingress_class for ingress_class in cluster.view.objects("IngressClass")}
    has_default = any(ingress_class.annotations.get(DEFAULT_CLASS) == "true" for ingress_class in classes.values())
    for ingress in cluster.view.objects("Ingress"):
        class_name = ingress.spec.ingressClassName
        if LEGACY_CLASS in ingress.annotations:
            continue
        if class_name and class_name not in classes:
            existing = ", ".join(sorted(classes)) or "none"
            message = f"there is no IngressClass {class_name}; there is {existing}"
            yield Violation(subject_of(ingress), ("spec", "ingressClassName"), message, {"class": class_name})
        elif not class_name and classes and not has_default:
            message = "it names no class, and no IngressClass is the default"
            yield Violation(subject_of(ingress), ("spec",), message, {"class": None}, mitigated=True)


def duplicate_default_classes(cluster: Cluster) -> Iterator[Violation]:
    """Several IngressClasses are marked as the default."""
    marked = [
        ingress_class
        for ingress_class in cluster.view.objects("IngressClass")
        if ingress_class.annotations.get(DEFAULT_CLASS) == "true"
    ]
    if len(marked) > 1:
        path = ("metadata", "annotations", DEFAULT_CLASS)
        first, *others = map(subject_of, marked)
        yield Violation(
            first,
            path,
            f"{first} and {' and '.join(map(str, others))} are both marked as the default",
            {"classes": [ingress_class.name for ingress_class in marked]},
            tuple(Related(other, path, "is marked as the default too") for other in others),
        )


class _PathClaim(NamedTuple):
    """A path of an Ingress and the backend to which it goes."""

    ingress: Ingress
    path: Path
    backend: str

    @property
    def destination(self) -> tuple[str, str]:
        """Backends are in the namespace of their Ingress."""
        return self.ingress.namespace, self.backend


def conflicting_ingress_paths(cluster: Cluster) -> Iterator[Violation]:
    """Several Ingresses of one class send one host and path to different backends."""
    claims: defaultdict[tuple[str, str, str, str], list[_PathClaim]] = defaultdict(list)
    default = _default_class(cluster)
    for ingress in cluster.view.objects("Ingress"):
        if ingress.annotations.get(CANARY) != "true":
            for key, claim in _path_claims(ingress, default):
                claims[key].append(claim)
    for (_, host, path_type, prefix), claimants in sorted(claims.items()):
        first, *others = claimants
        other = next((claim for claim in others if claim.destination != first.destination), None)
        if other is None or len({(claim.ingress.namespace, claim.ingress.name) for claim in claimants}) < 2:
            continue
        yield Violation(
            subject_of(first.ingress),
            first.path,
            f"{host or 'any host'} {prefix} goes to {first.backend} here and to {other.backend} "
            f"in {subject_of(other.ingress)}",
            {"host": host, "path": prefix, "pathType": path_type},
            tuple(Related(subject_of(claim.ingress), claim.path, f"sends it to {claim.backend}") for claim in others),
            key=f"{host}{prefix} {path_type}",
        )


def _default_class(cluster: Cluster) -> str:
    """The class of an Ingress that names none; empty where there is no such, or several."""
    classes = cluster.view.objects("IngressClass")
    marked = [entry.name for entry in classes if entry.annotations.get(DEFAULT_CLASS) == "true"]
    return marked[0] if len(marked) == 1 else ""


def _path_claims(ingress: Ingress, default: str) -> Iterator[tuple[tuple[str, str, str, str], _PathClaim]]:
    """Class, host, type and path; and the claim, for every path with a Service."""
    class_name = ingress.spec.ingressClassName or ingress.annotations.get(LEGACY_CLASS, default)
    for number, rule in enumerate(ingress.spec.rules or ()):
        for index, entry in enumerate((rule.http.paths if rule.http else None) or ()):
            service = entry.backend.service
            if service is not None and service.name:
                prefix = (entry.path or "/").rstrip("/") if entry.pathType == "Prefix" else entry.path
                key = (class_name, rule.host or "", entry.pathType or "", prefix or "/")
                path = ("spec", "rules", number, "http", "paths", index, "path")
                backend = f"Service {service.name}:{service.port.name or service.port.number}"
                yield key, _PathClaim(ingress, path, backend)


def uncovered_tls_hosts(cluster: Cluster) -> Iterator[Violation]:
    """An Ingress serves TLS for hosts of which it has no rule, or has rules for hosts that its TLS leaves out."""
    for ingress in cluster.view.objects("Ingress"):
        rule_hosts = [(index, rule.host) for index, rule in enumerate(ingress.spec.rules or ()) if rule.host]
        for number, tls in enumerate(ingress.spec.tls or ()):
            for index, host in enumerate(tls.hosts or ()):
                if rule_hosts and not any(covers(host, own) or covers(own, host) for _, own in rule_hosts):
                    path: Path = ("spec", "tls", number, "hosts", index)
                    yield Violation(subject_of(ingress), path, f"TLS host {host} is no host of its rules", key=host)
        yield from _hosts_without_tls(ingress, rule_hosts)


def _hosts_without_tls(ingress: Ingress, rule_hosts: list[tuple[int, str]]) -> Iterator[Violation]:
    entries = ingress.spec.tls or []
    tls_hosts = [host for tls in entries for host in tls.hosts or ()]
    if tls_hosts and all(tls.hosts for tls in entries):
        for index, host in rule_hosts:
            if not any(covers(tls_host, host) for tls_host in tls_hosts):
                path = ("spec", "rules", index, "host")
                yield Violation(subject_of(ingress), path, f"host {host} is in none of its TLS entries", key=host)


def conflicting_listeners(cluster: Cluster) -> Iterator[Violation]:
    """Two listeners of a Gateway cannot be told apart."""
    for gateway in cluster.view.objects("Gateway"):
        subject, listeners = subject_of(gateway), gateway.spec.listeners or []
        for number, index in references.indistinct_listeners(listeners):
            other, listener = listeners[number], listeners[index]
            yield Violation(
                subject,
                ("spec", "listeners", index, "port"),
                f"listener {listener.name} takes {listener.protocol} port {listener.port} for "
                f"{listener.hostname or 'every host'}, and listener {other.name} takes {other.protocol} port "
                f"{other.port} for {other.hostname or 'every host'}",
                {"port": listener.port, "listeners": [other.name, listener.name]},
                (Related(subject, ("spec", "listeners", number, "port"), f"listener {other.name}"),),
                key=listener.name or "",
            )


def missing_parent_gateways(cluster: Cluster) -> Iterator[Violation]:
    """A route names a Gateway, or a listener of it, that does not exist."""
    gateways = {(gateway.namespace, gateway.name): gateway for gateway in cluster.view.objects("Gateway")}
    for route in _routes(cluster):
        for path, key in references.gateways_of(route):
            gateway = gateways.get(key)
            if gateway is None:
                if cluster.view.is_complete("Gateway", key[0]):
                    message = f"there is no Gateway {'/'.join(key)}"
                    yield Violation(subject_of(route), (*path, "name"), message, key="/".join(key))
                continue
            parent = (route.spec.parentRefs or [])[int(path[-1])]
            names = [listener.name for listener in gateway.spec.listeners or ()]
            if parent.sectionName and parent.sectionName not in names:
                yield Violation(
                    subject_of(route),
                    (*path, "sectionName"),
                    f"{subject_of(gateway)} has no listener {parent.sectionName}; it has {', '.join(map(str, names))}",
                    {"sectionName": parent.sectionName, "listeners": names},
                    (Related(subject_of(gateway), ("spec", "listeners"), "declares its listeners"),),
                    key=f"{'/'.join(key)}/{parent.sectionName}",
                )


def unaccepted_routes(cluster: Cluster) -> Iterator[Violation]:
    """A gateway's controller says that it does not accept a route, or cannot resolve what it refers to."""
    causes = chain(missing_parent_gateways(cluster), unattachable_routes(cluster), _ungranted(cluster))
    explained = {violation.subject for violation in causes}
    for route in _routes(cluster):
        missing = (backend for backend in references.services_of_route(route) if _is_missing(cluster, backend))
        if subject_of(route) in explained or any(True for _ in missing):
            continue
        for index, parent in _present_parents(route):
            for number, condition in enumerate(parent.conditions or ()):
                if condition.type in {"Accepted", "ResolvedRefs"} and condition.status == "False":
                    name = parent.parentRef.name or ""
                    yield Violation(
                        subject_of(route),
                        ("status", "parents", index, "conditions", number),
                        f"{parent.controllerName} says for Gateway {name}: {_verdict(condition)}",
                        {"gateway": name, "condition": condition.type, "reason": condition.reason},
                        key=f"{name}/{parent.parentRef.sectionName or ''}/{condition.type}",
                    )


def _present_parents(route: GatewayRoute) -> Iterator[tuple[int, RouteParent]]:
    """What controllers say for parents that the route still names; what others said may stay in its status."""
    named = {(parent.namespace or route.namespace, parent.name) for parent in route.spec.parentRefs or ()}
    for index, parent in enumerate((route.status.parents if route.status else None) or ()):
        if (parent.parentRef.namespace or route.namespace, parent.parentRef.name) in named:
            yield index, parent


def _ungranted(cluster: Cluster) -> Iterator[Violation]:
    return (outcome for outcome in ungranted_references(cluster) if isinstance(outcome, Violation))


def _verdict(condition: GatewayCondition) -> str:
    verdict = f"{condition.type} is False, {condition.reason or 'for no reason'}"
    return f"{verdict} ({condition.message.rstrip('.')})" if condition.message else verdict


CHECKS = (
    conflicting_ingress_paths,
    conflicting_listeners,
    duplicate_default_classes,
    missing_backend_services,
    missing_ingress_classes,
    missing_parent_gateways,
    unaccepted_routes,
    uncovered_tls_hosts,
    ungranted_references,
    unmatched_backend_ports,
)
