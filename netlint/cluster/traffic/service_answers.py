"""What answers behind a Service port: ready pods, endpoints without pods, or nothing, and then why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from netlint.cluster import Cluster
from netlint.cluster.traffic.references import port_of
from netlint.model.services.ingress_proxies import is_answered_by_proxy
from netlint.model.services.service_backends import EndpointChoice, ServiceEndpoint, listed, usable
from netlint.model.services.service_ports import protocol, resolved_port
from netlint.model.services.service_spec import has_pods
from netlint.objects.core import Service, ServicePort
from netlint.phrases import counted


class State(StrEnum):
    """Whether something answers."""

    LIVE = "live"
    DEAD = "dead"
    UNKNOWN = "unknown"  # the input does not tell
    OUTSIDE = "outside"  # what answers is no endpoint of the cluster's
    IDLE = "idle"  # nothing was meant to answer


class Cause(StrEnum):
    """Why nothing answers."""

    NO_SERVICE = "missing-service"
    NO_PORT = "missing-port"
    NO_PODS = "no-pods"
    NO_REPLICAS = "no-replicas"
    UNDECLARED_PORT = "undeclared-port"
    NOT_READY = "not-ready"
    UNLISTED = "unlisted"
    NO_ENDPOINTS = "no-endpoints"


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """What answers behind a Service port.

    ``ready`` of ``known`` pods or endpoints; ``text``: a clause for people; ``cause``: set where nothing answers.
    """

    state: State
    text: str
    ready: int = 0
    known: int = 0
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A port of a Service; None means whichever it has."""

    namespace: str
    name: str
    port: ServicePort | int | str | None

    @property
    def port_text(self) -> str:
        """The port as it is referred to."""
        return str(self.port.port if isinstance(self.port, ServicePort) else self.port or "")

    def __str__(self) -> str:
        """``shop/web:80``."""
        return f"{self.namespace}/{self.name}:{self.port_text}".rstrip(":")


class ServiceAnswers:
    """Follows targets to what answers; what is not known completely is not called dead."""

    def __init__(self, cluster: Cluster) -> None:
        """Every Service port is followed once."""
        self._cluster = cluster
        self._known: dict[tuple[str, str, str, int | None, str], ServiceAnswer] = {}

    def of(self, target: Target) -> ServiceAnswer:
        """What answers behind a target."""
        service = self._cluster.view.service_named.get((target.namespace, target.name))
        if service is None:
            return self._without_service(target)
        port = target.port if isinstance(target.port, ServicePort) else port_of(service, target.port)
        if port is None and target.port is not None:
            return ServiceAnswer(State.DEAD, f"it has no port {target.port}", cause=Cause.NO_PORT)
        return self._of_port(service, port or next(iter(service.spec.ports or ()), ServicePort()))

    def _without_service(self, target: Target) -> ServiceAnswer:
        if self._cluster.view.is_complete("Service", target.namespace):
            return ServiceAnswer(State.DEAD, "there is no such Service", cause=Cause.NO_SERVICE)
        return ServiceAnswer(State.UNKNOWN, "the Service is not known")

    def _of_port(self, service: Service, port: ServicePort) -> ServiceAnswer:
        key = (service.namespace, service.name, port.name or "", port.port, protocol(port))
        if key not in self._known:
            self._known[key] = self._follow(service, port)
        return self._known[key]

    def _follow(self, service: Service, port: ServicePort) -> ServiceAnswer:
        if service.spec.type == "ExternalName":
            return ServiceAnswer(State.OUTSIDE, f"DNS name {service.spec.externalName}")
        if not has_pods(service) or not self._cluster.view.is_complete("Pod", service.namespace):
            return self._of_slices(service, port)
        return self._of_pods(service, port)

    def _of_slices(self, service: Service, port: ServicePort) -> ServiceAnswer:
        """By what is listed, for a Service without a selector or where the pods are not known."""
        if is_answered_by_proxy(service):
            return ServiceAnswer(State.OUTSIDE, "a proxy answers for it on the nodes")
        known, ready = len(self._endpoints(service)), self._listed(service, port)
        if ready:
            return ServiceAnswer(State.LIVE, f"{ready} of {counted(known, 'endpoint')} ready", ready, known)
        if not self._cluster.view.is_complete("EndpointSlice", service.namespace):
            return ServiceAnswer(
                State.UNKNOWN, "its pods are not known" if has_pods(service) else "no slice in the input"
            )
        text = _none_of(known, "endpoint") if known else "it has no endpoint"
        text = "no endpoint has its port" if usable(self._endpoints(service)) else text
        return ServiceAnswer(State.DEAD, text, 0, known, Cause.NO_ENDPOINTS)

    def _listed(self, service: Service, port: ServicePort) -> int:
        return len(EndpointChoice(self._endpoints(service), port).everywhere)

    def _endpoints(self, service: Service) -> list[ServiceEndpoint]:
        return listed(self._cluster.view.slices, service)

    def _of_pods(self, service: Service, port: ServicePort) -> ServiceAnswer:
        rows = self.selected(service)
        if not rows:
            return self._without_pods(service)
        serving = self.serving(rows, bool(service.spec.publishNotReadyAddresses))
        if not serving:
            return ServiceAnswer(State.DEAD, _none_of(len(rows), "pod"), 0, len(rows), Cause.NOT_READY)
        pods = self._cluster.pods
        ready = sum(resolved_port(port, pods.shape(row).containers) is not None for row in serving)
        if not ready:
            text = f"port {port.targetPort!r} is declared by no ready pod"
            return ServiceAnswer(State.DEAD, text, 0, len(rows), Cause.UNDECLARED_PORT)
        if self._cluster.view.is_complete("EndpointSlice", service.namespace) and not self._listed(service, port):
            return ServiceAnswer(State.DEAD, "no EndpointSlice lists a ready pod", 0, len(rows), Cause.UNLISTED)
        return ServiceAnswer(State.LIVE, f"{ready} of {counted(len(rows), 'pod')} ready", ready, len(rows))

    def selected(self, service: Service) -> list[int]:
        """The live pods that a Service selects."""
        pods = self._cluster.pods
        return [row for row in pods.having(service.namespace, service.spec.selector or {}) if pods.is_live(row)]

    def serving(self, rows: Iterable[int], publish: bool = False) -> list[int]:
        """The pods that get traffic: the ready ones; without any, those that serve while they terminate."""
        pods, candidates = self._cluster.pods, list(rows)
        ready = candidates if publish else [row for row in candidates if pods.is_ready(row)]
        return [row for row in ready if not pods.is_terminating(row)] or ready

    def has_ready_pods(self, service: Service) -> bool:
        """Whether any pod that it selects is ready: the short way to what nearly all Services have."""
        pods = self._cluster.pods
        return has_pods(service) and pods.any_ready(pods.shapes_having(service.namespace, service.spec.selector or {}))

    def has_ignored_slices(self, service: Service) -> bool:
        """Whether its slices list something ready that its ports do not reach, or names instead of addresses."""
        slices = self._cluster.view.slices
        numbers = slices.of_service(service.namespace, service.name)
        has_names = any(slices[number].addressType == "FQDN" for number in numbers)
        return not has_pods(service) and (has_names or bool(usable(self._endpoints(service))))

    def is_scaled_down(self, service: Service) -> bool:
        """Whether all workloads that it selects are told to have no pods."""
        templates = self._cluster.view.templates.having(service.namespace, service.spec.selector or {})
        return bool(templates) and all(template.replicas == 0 for template in templates)

    def _without_pods(self, service: Service) -> ServiceAnswer:
        templates = self._cluster.view.templates.having(service.namespace, service.spec.selector or {})
        if not templates:
            return ServiceAnswer(State.DEAD, "it selects no pod", cause=Cause.NO_PODS)
        if not self.is_scaled_down(service):
            return ServiceAnswer(State.UNKNOWN, f"the pods of {templates[0].subject} are not known")
        return ServiceAnswer(State.DEAD, f"{templates[0].subject} has no replicas", cause=Cause.NO_REPLICAS)


def _none_of(number: int, noun: str) -> str:
    return f"its only {noun} is not ready" if number == 1 else f"none of {number:,} {noun}s is ready"
