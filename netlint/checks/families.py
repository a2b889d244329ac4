"""IP families along the way from a Service to its pods, and settings of Services that have no effect."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.addresses import FAMILY_NAMES, FAMILY_NUMBERS
from netlint.cluster import Cluster
from netlint.findings import Related, Violation
from netlint.model.declared.declarations import Authority, Role
from netlint.model.services.service_spec import families, has_pods, is_headless
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.meta import Path


def unserved_ip_families(cluster: Cluster) -> Iterator[Violation]:
    """A Service has an IP family that none of its pods has."""
    for service in cluster.view.services:
        if not has_pods(service) or not (service.spec.ipFamilies or service.spec.clusterIP):
            continue
        if is_headless(service) and service.spec.ipFamilyPolicy == "PreferDualStack":
            continue
        shapes = cluster.pods.shapes_having(service.namespace, service.spec.selector or {})
        lacking = [family for family in families(service) if not cluster.pods.any_listed(shapes, family)]
        available = [family for family in FAMILY_NAMES if lacking and cluster.pods.any_listed(shapes, family)]
        for family in lacking if available else ():
            yield _unserved(cluster, service, family, FAMILY_NAMES[available[0]])


def _unserved(cluster: Cluster, service: Service, family: int, available: str) -> Violation:
    rows = cluster.pods.having(service.namespace, service.spec.selector or {})
    pod = cluster.pods.subject(min(filter(cluster.pods.lists_addresses, rows), key=cluster.pods.order))
    return Violation(
        subject_of(service),
        _family_path(service, family),
        f"the Service is of {FAMILY_NAMES[family]}, and its pods have {available} addresses only",
        {"family": FAMILY_NAMES[family], "pods": available},
        (Related(pod, ("status", "podIPs"), f"has {available} only"),),
        key=FAMILY_NAMES[family],
        mitigated=service.spec.ipFamilyPolicy == "PreferDualStack",
    )


def _family_path(service: Service, family: int) -> Path:
    listed = service.spec.ipFamilies or []
    return ("spec", "ipFamilies", listed.index(FAMILY_NAMES[family])) if listed else ("spec", "clusterIP")  # type: ignore[arg-type]


def unavailable_ip_families(cluster: Cluster) -> Iterator[Violation]:
    """A Service asks for an IP family for which the cluster has no Service range."""
    demanding = [service for service in cluster.view.services if _demanded_families(service)]
    service_ranges = (
        cluster.ranges.plan.strongest(Role.SERVICE, Authority.SERVICE_CIDR, Authority.API_SERVER) if demanding else []
    )
    available = {service_range.range.family for service_range in service_ranges}
    for service in demanding if available else ():
        lacking = sorted(_demanded_families(service) - available)
        if lacking:
            names = " and ".join(FAMILY_NAMES[family] for family in lacking)
            yield Violation(
                subject_of(service),
                ("spec", "ipFamilies" if service.spec.ipFamilies else "ipFamilyPolicy"),
                f"the Service asks for {names}, and the cluster has no such Service range",
                {"families": [FAMILY_NAMES[family] for family in lacking]},
                tuple(
                    Related(service_range.subject, service_range.path, f"Service range {service_range}")
                    for service_range in service_ranges
                ),
            )


def _demanded_families(service: Service) -> set[int]:
    """The families without which the API server refuses the Service; a headless one needs no range."""
    if is_headless(service) or service.spec.type == "ExternalName":
        return set()
    if service.spec.ipFamilyPolicy == "RequireDualStack":
        return {4, 6}
    return {FAMILY_NUMBERS[family] for family in service.spec.ipFamilies or () if family in FAMILY_NUMBERS}


def ineffective_service_fields(cluster: Cluster) -> Iterator[Violation]:
    """A Service has settings that nothing looks at."""
    for service in cluster.view.services:
        for path, why in _ineffective(service):
            yield Violation(subject_of(service), path, why, {"field": path[1]}, key=str(path[1]))


def _ineffective(service: Service) -> Iterator[tuple[Path, str]]:
    spec = service.spec
    if spec.type == "ExternalName":
        if spec.selector:
            yield ("spec", "selector"), "the Service is of type ExternalName, and nobody looks at its selector"
        return
    if not is_headless(service):
        return
    if spec.sessionAffinity == "ClientIP":
        yield ("spec", "sessionAffinity"), "the Service is headless, and no proxy keeps clients with their pod"
    if spec.internalTrafficPolicy == "Local":
        yield ("spec", "internalTrafficPolicy"), "the Service is headless, and DNS names the pods of all nodes"
    for index, port in enumerate(spec.ports or ()):
        if isinstance(port.targetPort, int) and port.targetPort and port.port and port.targetPort != port.port:
            yield (
                ("spec", "ports", index, "port"),
                f"the Service is headless, and nobody translates port {port.port} to {port.targetPort}",
            )
            break


CHECKS = (ineffective_service_fields, unavailable_ip_families, unserved_ip_families)
