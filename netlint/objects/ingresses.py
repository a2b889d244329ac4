"""Ingress and IngressClass (networking.k8s.io/v1).

Source: k8s.io/api/networking/v1/types.go.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Object


class BackendPort(Struct, gc=False):
    """``service.port`` of a backend: a port of the Service by name or by number."""

    name: str | None = None
    number: int | None = None


class BackendService(Struct, gc=False):
    """``service`` of a backend."""

    name: str | None = None
    port: BackendPort = field(default_factory=BackendPort)


class IngressBackend(Struct, gc=False):
    """``backend`` and ``defaultBackend``; without a service it is a resource of another kind."""

    service: BackendService | None = None


class IngressPath(Struct, gc=False):
    """One entry of ``http.paths``."""

    path: str | None = None
    pathType: str | None = None
    backend: IngressBackend = field(default_factory=IngressBackend)


class IngressPaths(Struct, gc=False):
    """``http`` of a rule."""

    paths: list[IngressPath] | None = None


class IngressRule(Struct, gc=False):
    """One entry of ``rules``; without a host it serves all of them."""

    host: str | None = None
    http: IngressPaths | None = None


class IngressTLS(Struct, gc=False):
    """One entry of ``tls``; without hosts it serves those of the rules."""

    hosts: list[str] | None = None
    secretName: str | None = None


class IngressSpec(Struct, gc=False):
    """``spec`` of an Ingress."""

    ingressClassName: str | None = None
    defaultBackend: IngressBackend | None = None
    tls: list[IngressTLS] | None = None
    rules: list[IngressRule] | None = None


class IngressAddress(Struct, gc=False):
    """One entry of ``status.loadBalancer.ingress``."""

    ip: str | None = None
    hostname: str | None = None


class IngressLoadBalancer(Struct, gc=False):
    """``status.loadBalancer`` of an Ingress."""

    ingress: list[IngressAddress] | None = None


class IngressStatus(Struct, gc=False):
    """``status`` of an Ingress."""

    loadBalancer: IngressLoadBalancer | None = None


class Ingress(Object, gc=False):
    """An Ingress."""

    spec: IngressSpec = field(default_factory=IngressSpec)
    status: IngressStatus | None = None

    @property
    def balanced(self) -> list[IngressAddress]:
        """``status.loadBalancer.ingress``: where load balancers listen for it."""
        balancer = self.status.loadBalancer if self.status else None
        return (balancer.ingress if balancer else None) or []


class IngressClassSpec(Struct, gc=False):
    """``spec`` of an IngressClass."""

    controller: str | None = None


class IngressClass(Object, gc=False):
    """An IngressClass."""

    spec: IngressClassSpec = field(default_factory=IngressClassSpec)
