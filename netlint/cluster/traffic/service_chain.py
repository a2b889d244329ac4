"""One Service followed end to end: what it selects, what its slices say, what proxies make of it, who leads to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from netlint.cluster import Cluster
from netlint.cluster.traffic import entrypoints, references
from netlint.cluster.traffic.entrypoints import EntryPoint
from netlint.cluster.traffic.service_answers import ServiceAnswer, ServiceAnswers, Target
from netlint.findings import Finding, Subject, Violation
from netlint.model.pods.workload_templates import WorkloadTemplate
from netlint.model.services.service_backends import (
    Program,
    ServiceEndpoint,
    demanded,
    listed_in,
    programs,
    unprogrammed,
)
from netlint.model.services.service_spec import has_pods
from netlint.model.subjects import subject_of
from netlint.objects import ROUTES
from netlint.objects.core import Service, ServicePort
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Path

LINKS = ("addresses", "ports", "selector", "pods", "slices", "ways in")
"""The links of the chain, in the order in which they are looked at."""
MAX_SIMILAR = 3


@dataclass(frozen=True, slots=True)
class ServiceChain:
    """One Service followed end to end.

    ``pods``: rows, completed pods included; ``workloads``: only where there are no pods. ``from_slices``: whether
    ``programs`` are those of the slices, which are known; else they follow from the pods.
    """

    cluster: Cluster
    service: Service
    ports: list[tuple[ServicePort, ServiceAnswer]]
    pods: list[int]
    workloads: list[WorkloadTemplate]
    slices: list[tuple[EndpointSlice, list[ServiceEndpoint]]]
    from_slices: bool
    unprogrammed: str
    programs: list[Program]
    entry_points: list[tuple[EntryPoint, ServiceAnswer]]
    referrers: list[Subject]

    @property
    def _parts(self) -> set[tuple[str, str, str]]:
        pods = self.cluster.pods
        return {
            subject_of(self.service).order,
            *(pods.subject(row).order for row in self.pods),
            *(template.subject.order for template in self.workloads),
            *(subject_of(slice_).order for slice_, _ in self.slices),
            *(subject.order for subject in self.referrers),
        }

    def breaks(self, findings: Iterable[Finding]) -> list[tuple[str, Finding]]:
        """The findings that concern the chain, each with its link, in the order of these."""
        parts = self._parts
        concerning = [(link_of(finding), finding) for finding in findings if self._concerns(finding.violation, parts)]
        return sorted(
            concerning,
            key=lambda link_and_finding: (LINKS.index(link_and_finding[0]), link_and_finding[1].severity.rank),
        )

    def _concerns(self, violation: Violation, parts: set[tuple[str, str, str]]) -> bool:
        """What is wrong with another Service concerns this one only where it is named itself, not by its pods."""
        involved = {violation.subject.order, *(side.subject.order for side in violation.related)}
        if violation.subject.kind == "Service":
            return subject_of(self.service).order in involved
        return not parts.isdisjoint(involved)


def link_of(finding: Finding) -> str:
    """The link of the chain that a finding speaks of."""
    kind, path = finding.violation.subject.kind, finding.violation.path
    if kind in {"Ingress", *ROUTES}:
        return "ways in"
    if kind == "EndpointSlice" or "EndpointSlice" in (*finding.rule.examines, *finding.rule.needs):
        return "slices"
    return _link_in_service(path) if kind == "Service" else "pods"


def _link_in_service(path: Path) -> str:
    match path[:2]:
        case ("spec", "selector" | "ports" as field):
            return "ways in" if path[-1] == "nodePort" else str(field)
        case ("spec", "externalIPs" | "externalTrafficPolicy" | "healthCheckNodePort" | "loadBalancerIP"):
            return "ways in"
        case ("status", _):
            return "ways in"
    return "addresses"


def services_named(cluster: Cluster, name: str, namespace: str | None) -> list[Service]:
    """The Services of this name; None: in any namespace."""
    return [
        service for service in cluster.view.services if service.name == name and namespace in {None, service.namespace}
    ]


def similar_services(cluster: Cluster, name: str, namespace: str | None) -> list[str]:
    """The Services whose names are most like this one, those of the namespace first."""
    names = get_close_matches(name, {service.name for service in cluster.view.services}, MAX_SIMILAR)
    similar = [service for similar_name in names for service in cluster.view.services if service.name == similar_name]
    similar.sort(key=lambda service: service.namespace != namespace)
    return [f"{service.namespace}/{service.name}" for service in similar[:MAX_SIMILAR]]


def service_chain(cluster: Cluster, service: Service) -> ServiceChain:
    """The chain of a Service."""
    answers = ServiceAnswers(cluster)
    pods = _selected(cluster, service)
    view = cluster.view.slices
    slices = [
        (view[number], list(listed_in(view, number))) for number in view.of_service(service.namespace, service.name)
    ]
    from_slices = bool(slices) or cluster.view.is_complete("EndpointSlice", service.namespace)
    endpoints = [endpoint for _, endpoints_of_slice in slices for endpoint in endpoints_of_slice]
    if not from_slices:
        endpoints = demanded(service, cluster.services.endpoints, cluster.pods)
    why_not = unprogrammed(service)
    return ServiceChain(
        cluster,
        service,
        [(port, answers.of(Target(service.namespace, service.name, port))) for port in service.spec.ports or ()],
        pods,
        [] if pods or not has_pods(service) else _workloads(cluster, service),
        slices,
        from_slices,
        why_not,
        [] if why_not or not (from_slices or endpoints) else programs(service, endpoints, cluster.view.nodes),
        list(_entry_points(cluster, service, answers)),
        _referrers(cluster, service),
    )


def _entry_points(
    cluster: Cluster, service: Service, answers: ServiceAnswers
) -> Iterator[tuple[EntryPoint, ServiceAnswer]]:
    for entry in entrypoints.service_entry_points(cluster):
        if entry.leads_to(service):
            yield entry, entrypoints.answer_at(entry, answers)


def _selected(cluster: Cluster, service: Service) -> list[int]:
    if not has_pods(service):
        return []
    return sorted(cluster.pods.having(service.namespace, service.spec.selector or {}), key=cluster.pods.order)


def _workloads(cluster: Cluster, service: Service) -> list[WorkloadTemplate]:
    templates = cluster.view.templates.having(service.namespace, service.spec.selector or {})
    return sorted(templates, key=lambda template: template.subject.order)


def _referrers(cluster: Cluster, service: Service) -> list[Subject]:
    """The Ingresses and routes that name it, whether they lead anywhere or not."""
    backends = [
        backend for ingress in cluster.view.objects("Ingress") for backend in references.services_of_ingress(ingress)
    ]
    backends += [
        backend
        for kind in ROUTES
        for route in cluster.view.objects(kind)
        for backend in references.services_of_route(route)
    ]
    wanted = (service.namespace, service.name)
    return list(dict.fromkeys(backend.subject for backend in backends if (backend.namespace, backend.name) == wanted))
