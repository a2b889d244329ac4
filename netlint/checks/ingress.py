"""Ways in by Ingress and Gateway API: classes, backends, hosts, listeners and routes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from netlint.checks.ingress_routes import unattachable_routes
from netlint.cluster import Cluster
from netlint.cluster.traffic import references
from netlint.cluster.traffic.references import SERVICE, ReferenceGrants, ServiceReference
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.hostnames import covers
from netlint.model.subjects import subject_of
from netlint.objects import ROUTES
from netlint.objects.gateway import GatewayCondition, GatewayRoute
from netlint.objects.ingresses import Ingress
from netlint.objects.meta import Path
from netlint.snapshot import Reason

DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
LEGACY_CLASS = "kubernetes.io/ingress.class"
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
        having = [f"{port.port}{f' ({port.name})' if port.name else ''}" for port in service.spec.ports or ()]
        subject = subject_of(service)
        yield Violation(
            backend.subject,
            backend.port_path,
            f"{subject} has no port {backend.port}; it has {', '.join(having) or 'none'}",
            {"port": backend.port, "ports": [port.port for port in service.spec.ports or ()]},
            (Related(subject, ("spec", "ports"), "declares its ports"),),
            key=backend.key,
        )


def _backends(cluster: Cluster) -> Iterator[ServiceReference]:
    """Every Service that an Ingress or a route names, once for each object and port."""
    found = chain(
        chain.from_iterable(map(references.services_of_ingress, cluster.view.objects("Ingress"))),
        chain.from_iterable(map(references.services_of_route, _routes(cluster))),
    )
    seen: set[tuple[Subject, str]] = set()
    for backend in found:
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
    classes = {item.name: item for item in cluster.view.objects("IngressClass")}
    has_default = any(item.annotations.get(DEFAULT_CLASS) == "true" for item in classes.values())
    for ingress in cluster.view.objects("Ingress"):
        named = ingress.spec.ingressClassName
        if LEGACY_CLASS in ingress.annotations:
            continue
        if named and named not in classes:
            having = ", ".join(sorted(classes)) or "none"
            message = f"there is no IngressClass {named}; there is {having}"
            yield Violation(subject_of(ingress), ("spec", "ingressClassName"), message, {"class": named})
        elif not named and classes and not has_default:
            message = "it names no class, and no IngressClass is the default"
            yield Violation(subject_of(ingress), ("spec",), message, {"class": None}, mitigated=True)


def duplicate_default_classes(cluster: Cluster) -> Iterator[Violation]:
    """Several IngressClasses are marked as the default."""
    marked = [item for item in cluster.view.objects("IngressClass") if item.annotations.get(DEFAULT_CLASS) == "true"]
    if len(marked) > 1:
        path = ("metadata", "annotations", DEFAULT_CLASS)
        first, *others = map(subject_of, marked)
        yield Violation(
            first,
            path,
            f"{first} and {' and '.join(map(str, others))} are both marked as the default",
            {"classes": [item.name for item in marked]},
            tuple(Related(other, path, "is marked as the default too") for other in others),
        )


def conflicting_ingress_paths(cluster: Cluster) -> Iterator[Violation]:
    """Several Ingresses of one class send one host and path to different backends."""
    claims: defaultdict[tuple[str, str, str, str], list[tuple[Ingress, Path, str]]] = defaultdict(list)
    for ingress in cluster.view.objects("Ingress"):
        if ingress.annotations.get(CANARY) != "true":
            for key, path, target in _claims(ingress):
                claims[key].append((ingress, path, target))
    for (_, host, path_type, prefix), claimed in sorted(claims.items()):
        if len({(ingress.namespace, ingress.name) for ingress, _, _ in claimed}) < 2:
            continue
        if len({(ingress.namespace, target) for ingress, _, target in claimed}) < 2:
            continue
        (first, at, target), *others = claimed
        other, _, elsewhere = next(
            claim for claim in others if (claim[0].namespace, claim[2]) != (first.namespace, target)
        )
        yield Violation(
            subject_of(first),
            (*at, "path"),
            f"{host or 'any host'} {prefix} goes to {target} here and to {elsewhere} in {subject_of(other)}",
            {"host": host, "path": prefix, "pathType": path_type},
            tuple(Related(subject_of(item), (*where, "path"), f"sends it to {to}") for item, where, to in others),
            key=f"{host}{prefix} {path_type}",
        )


def _claims(ingress: Ingress) -> Iterator[tuple[tuple[str, str, str, str], Path, str]]:
    """Class, host, type and path; the field; and the backend, for every path with a Service."""
    by = ingress.spec.ingressClassName or ingress.annotations.get(LEGACY_CLASS, "")
    for number, rule in enumerate(ingress.spec.rules or ()):
        for index, entry in enumerate((rule.http.paths if rule.http else None) or ()):
            service = entry.backend.service
            if service is not None and service.name:
                target = f"Service {service.name}:{service.port.name or service.port.number}"
                key = (by, rule.host or "", entry.pathType or "", entry.path or "/")
                yield key, ("spec", "rules", number, "http", "paths", index), target


def uncovered_tls_hosts(cluster: Cluster) -> Iterator[Violation]:
    """An Ingress serves TLS for hosts of which it has no rule, or has rules for hosts that its TLS leaves out."""
    at: Path
    for ingress in cluster.view.objects("Ingress"):
        served = [(index, rule.host) for index, rule in enumerate(ingress.spec.rules or ()) if rule.host]
        for number, tls in enumerate(ingress.spec.tls or ()):
            for index, host in enumerate(tls.hosts or ()):
                if served and not any(covers(host, own) or covers(own, host) for _, own in served):
                    at = ("spec", "tls", number, "hosts", index)
                    yield Violation(subject_of(ingress), at, f"TLS host {host} is no host of its rules", key=host)
        named = [host for tls in ingress.spec.tls or () for host in tls.hosts or ()]
        if named and all(tls.hosts for tls in ingress.spec.tls or ()):
            for index, host in served:
                if not any(covers(known, host) for known in named):
                    at = ("spec", "rules", index, "host")
                    yield Violation(subject_of(ingress), at, f"host {host} is in none of its TLS entries", key=host)


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
    gateways = {(item.namespace, item.name): item for item in cluster.view.objects("Gateway")}
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
    causes = chain(missing_parent_gateways(cluster), unattachable_routes(cluster), _refused(cluster))
    explained = {found.subject for found in causes}
    for route in _routes(cluster):
        if subject_of(route) in explained or any(
            _is_missing(cluster, one) for one in references.services_of_route(route)
        ):
            continue
        for index, parent in enumerate((route.status.parents if route.status else None) or ()):
            for number, condition in enumerate(parent.conditions or ()):
                if condition.type in {"Accepted", "ResolvedRefs"} and condition.status == "False":
                    name = parent.parentRef.name or ""
                    yield Violation(
                        subject_of(route),
                        ("status", "parents", index, "conditions", number),
                        f"{parent.controllerName} says for Gateway {name}: {_said(condition)}",
                        {"gateway": name, "condition": condition.type, "reason": condition.reason},
                        key=f"{name}/{parent.parentRef.sectionName or ''}/{condition.type}",
                    )


def _refused(cluster: Cluster) -> Iterator[Violation]:
    return (found for found in ungranted_references(cluster) if isinstance(found, Violation))


def _said(condition: GatewayCondition) -> str:
    text = f"{condition.type} is False, {condition.reason or 'for no reason'}"
    return f"{text} ({condition.message.rstrip('.')})" if condition.message else text


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
