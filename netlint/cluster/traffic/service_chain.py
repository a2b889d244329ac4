"""One Service followed end to end: what it selects, what its slices say, what proxies make of it, who leads to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from netlint.cluster import Cluster
from netlint.cluster.traffic import entrypoints, references
from netlint.cluster.traffic.entrypoints import EntryPoint
from netlint.cluster.traffic.service_answers import Backing, Backings, Target
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
NEAREST = 3


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything about one Service; ``pods`` are rows, completed pods included, ``workloads`` only without any.

    ``from_slices``: what proxies program is told by the slices, which are known; else by the pods.
    """

    cluster: Cluster
    service: Service
    ports: list[tuple[ServicePort, Backing]]
    pods: list[int]
    workloads: list[WorkloadTemplate]
    slices: list[tuple[EndpointSlice, list[ServiceEndpoint]]]
    from_slices: bool
    unprogrammed: str
    programs: list[Program]
    ways_in: list[tuple[EntryPoint, Backing]]
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
        own = [(link_of(finding), finding) for finding in findings if self._concerns(finding.violation, parts)]
        return sorted(own, key=lambda found: (LINKS.index(found[0]), found[1].severity.rank))

    def _concerns(self, violation: Violation, parts: set[tuple[str, str, str]]) -> bool:
        """What is wrong with another Service concerns this one only where it is named itself, not by its pods."""
        sides = {violation.subject.order, *(side.subject.order for side in violation.related)}
        if violation.subject.kind == "Service":
            return subject_of(self.service).order in sides
        return not parts.isdisjoint(sides)


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


def named(cluster: Cluster, name: str, namespace: str | None) -> list[Service]:
    """The Services of this name; None: in any namespace."""
    return [one for one in cluster.view.services if one.name == name and namespace in {None, one.namespace}]


def nearest(cluster: Cluster, name: str, namespace: str | None) -> list[str]:
    """The Services whose names are most like this one, those of the namespace first."""
    near = get_close_matches(name, {one.name for one in cluster.view.services}, NEAREST)
    found = [one for wanted in near for one in cluster.view.services if one.name == wanted]
    found.sort(key=lambda one: one.namespace != namespace)
    return [f"{one.namespace}/{one.name}" for one in found[:NEAREST]]


def trace(cluster: Cluster, service: Service) -> Trace:
    """Follow a Service."""
    backings = Backings(cluster)
    pods = _selected(cluster, service)
    slices = cluster.view.slices
    numbers = slices.of_service(service.namespace, service.name)
    listed = [(slices[number], list(listed_in(slices, number))) for number in numbers]
    from_slices = bool(listed) or cluster.view.is_complete("EndpointSlice", service.namespace)
    endpoints = [found for _, of_slice in listed for found in of_slice]
    if not from_slices:
        endpoints = demanded(service, cluster.services.endpoints, cluster.pods)
    why_not = unprogrammed(service)
    return Trace(
        cluster,
        service,
        [(port, backings.of(Target(service.namespace, service.name, port))) for port in service.spec.ports or ()],
        pods,
        [] if pods or not has_pods(service) else _workloads(cluster, service),
        listed,
        from_slices,
        why_not,
        [] if why_not or not (from_slices or endpoints) else programs(service, endpoints, cluster.view.nodes),
        [
            (entry, entrypoints.follow(entry, backings))
            for entry in entrypoints.to_services(cluster)
            if entry.leads_to(service)
        ],
        _referrers(cluster, service),
    )


def _selected(cluster: Cluster, service: Service) -> list[int]:
    if not has_pods(service):
        return []
    return sorted(cluster.pods.having(service.namespace, service.spec.selector or {}), key=cluster.pods.order)


def _workloads(cluster: Cluster, service: Service) -> list[WorkloadTemplate]:
    found = cluster.view.templates.having(service.namespace, service.spec.selector or {})
    return sorted(found, key=lambda template: template.subject.order)


def _referrers(cluster: Cluster, service: Service) -> list[Subject]:
    """The Ingresses and routes that name it, whether they lead anywhere or not."""
    found = [backend for ingress in cluster.view.objects("Ingress") for backend in references.of_ingress(ingress)]
    found += [
        backend for kind in ROUTES for route in cluster.view.objects(kind) for backend in references.of_route(route)
    ]
    own = (service.namespace, service.name)
    return list(dict.fromkeys(backend.subject for backend in found if (backend.namespace, backend.name) == own))
