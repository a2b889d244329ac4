"""Gateway API: gateways, routes of all protocols, and what allows references across namespaces.

Source: sigs.k8s.io/gateway-api/apis/v1 (gateway_types.go, shared_types.go, httproute_types.go),
apis/v1beta1/referencegrant_types.go.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import LabelSelector, Object

GROUP = "gateway.networking.k8s.io"


class GatewayCondition(Struct, gc=False):
    """One entry of ``conditions``."""

    type: str | None = None
    status: str | None = None
    reason: str | None = None
    message: str | None = None


class SecretReference(Struct, gc=False):
    """One entry of ``certificateRefs``; a Secret of the Gateway's namespace unless it says otherwise."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class ListenerTLS(Struct, gc=False):
    """``tls`` of a listener."""

    mode: str | None = None
    certificateRefs: list[SecretReference] | None = None


class RouteNamespaces(Struct, gc=False):
    """``namespaces`` of ``allowedRoutes``: those of All, of the Same as the Gateway's unless it says otherwise."""

    from_: str | None = field(default=None, name="from")
    selector: LabelSelector | None = None


class RouteKind(Struct, gc=False):
    """One entry of ``kinds`` of ``allowedRoutes``."""

    group: str | None = None
    kind: str | None = None


class AllowedRoutes(Struct, gc=False):
    """``allowedRoutes`` of a listener."""

    namespaces: RouteNamespaces | None = None
    kinds: list[RouteKind] | None = None


class Listener(Struct, gc=False):
    """One entry of ``listeners``."""

    name: str | None = None
    hostname: str | None = None
    port: int | None = None
    protocol: str | None = None
    tls: ListenerTLS | None = None
    allowedRoutes: AllowedRoutes | None = None


class GatewayAddress(Struct, gc=False):
    """One entry of ``addresses``; its type is IPAddress unless it says otherwise."""

    type: str | None = None
    value: str | None = None


class GatewaySpec(Struct, gc=False):
    """``spec`` of a Gateway."""

    gatewayClassName: str | None = None
    listeners: list[Listener] | None = None
    addresses: list[GatewayAddress] | None = None


class GatewayStatus(Struct, gc=False):
    """``status`` of a Gateway."""

    addresses: list[GatewayAddress] | None = None
    conditions: list[GatewayCondition] | None = None


class Gateway(Object, gc=False):
    """A Gateway."""

    spec: GatewaySpec = field(default_factory=GatewaySpec)
    status: GatewayStatus | None = None


class GatewayClassSpec(Struct, gc=False):
    """``spec`` of a GatewayClass."""

    controllerName: str | None = None


class GatewayClass(Object, gc=False):
    """A GatewayClass."""

    spec: GatewayClassSpec = field(default_factory=GatewayClassSpec)


class ParentRef(Struct, gc=False):
    """One entry of ``parentRefs``; a Gateway of the route's namespace unless it says otherwise."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    sectionName: str | None = None
    port: int | None = None


class BackendRef(Struct, gc=False):
    """One entry of ``backendRefs``; a Service of the route's namespace unless it says otherwise."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    port: int | None = None
    weight: int | None = None


class RequestMirror(Struct, gc=False):
    """``requestMirror`` of a filter."""

    backendRef: BackendRef = field(default_factory=BackendRef)


class RouteFilter(Struct, gc=False):
    """One entry of a rule's ``filters``, as far as it names a backend."""

    requestMirror: RequestMirror | None = None


class RouteRule(Struct, gc=False):
    """One entry of ``rules``."""

    backendRefs: list[BackendRef] | None = None
    filters: list[RouteFilter] | None = None


class RouteSpec(Struct, gc=False):
    """``spec`` of a route."""

    parentRefs: list[ParentRef] | None = None
    hostnames: list[str] | None = None
    rules: list[RouteRule] | None = None


class RouteParent(Struct, gc=False):
    """What one parent's controller says of the route."""

    parentRef: ParentRef = field(default_factory=ParentRef)
    controllerName: str | None = None
    conditions: list[GatewayCondition] | None = None


class RouteStatus(Struct, gc=False):
    """``status`` of a route."""

    parents: list[RouteParent] | None = None


class GatewayRoute(Object, gc=False):
    """A route of any protocol."""

    spec: RouteSpec = field(default_factory=RouteSpec)
    status: RouteStatus | None = None


class GrantFrom(Struct, gc=False):
    """Who may refer."""

    group: str | None = None
    kind: str | None = None
    namespace: str | None = None


class GrantTo(Struct, gc=False):
    """What may be referred to; without a name every object of the kind."""

    group: str | None = None
    kind: str | None = None
    name: str | None = None


class ReferenceGrantSpec(Struct, gc=False):
    """``spec`` of a ReferenceGrant."""

    from_: list[GrantFrom] | None = field(default=None, name="from")
    to: list[GrantTo] | None = None


class ReferenceGrant(Object, gc=False):
    """A ReferenceGrant: it stands in the namespace of what is referred to."""

    spec: ReferenceGrantSpec = field(default_factory=ReferenceGrantSpec)
