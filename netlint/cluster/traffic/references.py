"""What Ingresses and routes refer to: Services with their ports, gateways, and who allows that.

Source: k8s.io/api/networking/v1/types.go; sigs.k8s.io/gateway-api/apis/v1 and its documentation of ReferenceGrant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint.findings import Subject
from netlint.model.subjects import subject_of
from netlint.objects.core import Service, ServicePort
from netlint.objects.gateway import GROUP, BackendRef, Gateway, GatewayRoute, Listener, ReferenceGrant
from netlint.objects.ingresses import Ingress, IngressBackend
from netlint.objects.meta import Path, group_of

SERVICE = ("", "Service")
GATEWAY = (GROUP, "Gateway")
TRANSPORT_LAYERS = {"HTTP": "HTTP", "HTTPS": "TLS", "TLS": "TLS", "TCP": "TCP", "UDP": "TCP"}
"""What the listeners of a protocol tell connections apart by."""


@dataclass(frozen=True, slots=True)
class ServiceReference:
    """A Service that an object sends traffic to; ``path`` leads to the reference, ``port`` may be a name."""

    subject: Subject
    path: Path
    namespace: str
    name: str
    port: int | str | None
    is_ingress: bool

    @property
    def name_path(self) -> Path:
        """Where the Service is named."""
        return (*self.path, "name")

    @property
    def port_path(self) -> Path:
        """Where its port is."""
        if not self.is_ingress:
            return (*self.path, "port")
        return (*self.path, "port", "name" if isinstance(self.port, str) else "number")

    @property
    def key(self) -> str:
        """The reference among those of one object."""
        return f"{self.namespace}/{self.name}:{self.port or ''}"


def services_of_ingress(ingress: Ingress) -> Iterator[ServiceReference]:
    """The Services behind an Ingress; a backend that is a resource of another kind is left out."""
    for path, backend in ingress_backends(ingress):
        service = backend.service
        if service is not None and service.name:
            port = service.port.name or service.port.number
            yield ServiceReference(
                subject_of(ingress), (*path, "service"), ingress.namespace, service.name, port, is_ingress=True
            )


def ingress_backends(ingress: Ingress) -> Iterator[tuple[Path, IngressBackend]]:
    """Every backend of an Ingress, of whatever kind, with its field."""
    spec = ingress.spec
    if spec.defaultBackend is not None:
        yield ("spec", "defaultBackend"), spec.defaultBackend
    for number, rule in enumerate(spec.rules or ()):
        for index, entry in enumerate((rule.http.paths if rule.http else None) or ()):
            yield ("spec", "rules", number, "http", "paths", index, "backend"), entry.backend


def services_of_route(route: GatewayRoute) -> Iterator[ServiceReference]:
    """The Services behind a route; backends of other kinds are left out."""
    return _services(route, backend_refs(route))


def mirrors_of_route(route: GatewayRoute) -> Iterator[ServiceReference]:
    """The Services that get a copy of each request."""
    filters = (
        (("spec", "rules", number, "filters", index, "requestMirror", "backendRef"), entry.requestMirror.backendRef)
        for number, rule in enumerate(route.spec.rules or ())
        for index, entry in enumerate(rule.filters or ())
        if entry.requestMirror is not None
    )
    return _services(route, filters)


def _services(route: GatewayRoute, refs: Iterable[tuple[Path, BackendRef]]) -> Iterator[ServiceReference]:
    for path, ref in refs:
        if (ref.group or "", ref.kind or "Service") == SERVICE and ref.name:
            yield ServiceReference(
                subject_of(route), path, ref.namespace or route.namespace, ref.name, ref.port, is_ingress=False
            )


def backend_refs(route: GatewayRoute) -> Iterator[tuple[Path, BackendRef]]:
    """Every backend of a route, of whatever kind, with its field."""
    for number, rule in enumerate(route.spec.rules or ()):
        for index, ref in enumerate(rule.backendRefs or ()):
            yield ("spec", "rules", number, "backendRefs", index), ref


def port_of(service: Service, wanted: int | str | None) -> ServicePort | None:
    """The Service's port that a backend means; None where it has none of that name or number."""
    for port in service.spec.ports or ():
        if wanted in {port.port, port.name or ""}:
            return port
    return None


def gateways_of(route: GatewayRoute) -> Iterator[tuple[Path, tuple[str, str]]]:
    """The Gateways that a route names as parents, by namespace and name, with the field of each."""
    for index, parent in enumerate(route.spec.parentRefs or ()):
        group = GROUP if parent.group is None else parent.group
        if (group, parent.kind or "Gateway") == GATEWAY and parent.name:
            yield ("spec", "parentRefs", index), (parent.namespace or route.namespace, parent.name)


class ReferenceGrants:
    """Which references across namespaces are allowed."""

    def __init__(self, grants: Iterable[ReferenceGrant]) -> None:
        """Indexed by the namespace of what is referred to."""
        self._grants: dict[str, list[ReferenceGrant]] = {}
        for grant in grants:
            self._grants.setdefault(grant.namespace, []).append(grant)

    def allow(self, source: Subject, target: tuple[str, str], namespace: str, name: str) -> bool:
        """Whether an object may refer to another one; ``target``: group and kind."""
        if source.namespace == namespace:
            return True
        referrer = (group_of(source.api_version), source.kind, source.namespace)
        return any(_from(grant, referrer) and _to(grant, target, name) for grant in self._grants.get(namespace, ()))


def _from(grant: ReferenceGrant, referrer: tuple[str, str, str]) -> bool:
    return any((entry.group or "", entry.kind, entry.namespace) == referrer for entry in grant.spec.from_ or ())


def _to(grant: ReferenceGrant, target: tuple[str, str], name: str) -> bool:
    return any(
        (entry.group or "", entry.kind) == target and entry.name in {None, "", name} for entry in grant.spec.to or ()
    )


def certificates(gateway: Gateway) -> Iterator[tuple[Path, str, str]]:
    """The Secrets that a Gateway's listeners name: field, namespace, name."""
    for number, listener in enumerate(gateway.spec.listeners or ()):
        for index, ref in enumerate((listener.tls.certificateRefs if listener.tls else None) or ()):
            if (ref.group or "", ref.kind or "Secret") == ("", "Secret") and ref.name:
                path = ("spec", "listeners", number, "tls", "certificateRefs", index)
                yield path, ref.namespace or gateway.namespace, ref.name


def indistinct_listeners(listeners: list[Listener]) -> Iterator[tuple[int, int]]:
    """Pairs of listeners that one connection could belong to: an earlier one, and one that clashes with it.

    On one port there is one of HTTP, TLS (HTTPS too) and TCP, and for each host one listener.
    """
    seen: dict[tuple[int | None, str], list[int]] = {}
    for index, listener in enumerate(listeners):
        transport = "UDP" if listener.protocol == "UDP" else "TCP"
        earlier = seen.setdefault((listener.port, transport), [])
        clash = next((number for number in earlier if _clash(listeners[number], listener)), None)
        if clash is not None:
            yield clash, index
        earlier.append(index)


def _clash(first: Listener, second: Listener) -> bool:
    layers = {TRANSPORT_LAYERS.get(listener.protocol or "") for listener in (first, second)}
    if None in layers:  # a protocol of the implementation's own
        return False
    return len(layers) > 1 or layers == {"TCP"} or (first.hostname or "") == (second.hostname or "")
