"""Which routes are attached to which listener of a Gateway.

Source: sigs.k8s.io/gateway-api/apis/v1 (gateway_types.go, shared_types.go: ParentReference, Hostname).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netlint.cluster import Cluster
from netlint.cluster.traffic.references import gateways_of
from netlint.model.hostnames import intersect
from netlint.model.selectors import chooses, keys_of, text_of
from netlint.objects import ROUTES
from netlint.objects.core import Namespace
from netlint.objects.gateway import GROUP, AllowedRoutes, Gateway, GatewayRoute, Listener, ParentRef, RouteNamespaces
from netlint.objects.meta import LabelSelector

LISTENER_PROTOCOLS = {
    "GRPCRoute": ("HTTP", "HTTPS"),
    "HTTPRoute": ("HTTP", "HTTPS"),
    "TCPRoute": ("TCP", "TLS"),
    "TLSRoute": ("TLS",),
    "UDPRoute": ("UDP",),
}
"""Protocols of the listeners to which routes can be attached."""
NAME_LABEL = "kubernetes.io/metadata.name"
STANDARD_PROTOCOLS = {protocol for protocols in LISTENER_PROTOCOLS.values() for protocol in protocols}


class ListenerRoutes(NamedTuple):
    """A listener, by its position in its Gateway, with its routes."""

    gateway: Gateway
    position: int
    listener: Listener
    routes: list[GatewayRoute]


def listener_routes(cluster: Cluster) -> Iterator[ListenerRoutes]:
    """Every listener of every Gateway."""
    admission = RouteAdmission(cluster.view.objects("Namespace"))
    by_gateway: defaultdict[tuple[str, str], list[tuple[GatewayRoute, ParentRef]]] = defaultdict(list)
    for route in (route for kind in ROUTES for route in cluster.view.objects(kind)):
        for path, key in gateways_of(route):
            by_gateway[key].append((route, (route.spec.parentRefs or [])[int(path[-1])]))
    for gateway in cluster.view.objects("Gateway"):
        candidates = by_gateway[gateway.namespace, gateway.name]
        for index, listener in enumerate(gateway.spec.listeners or ()):
            attached = [
                route
                for route, parent in candidates
                if selects_listener(parent, listener)
                and not admission.refusal(route, gateway, listener)
                and accepted_status(route, gateway) != "False"
            ]
            distinct = {(route.kind, route.namespace, route.name): route for route in attached}
            yield ListenerRoutes(gateway, index, listener, list(distinct.values()))


def selects_listener(parent: ParentRef, listener: Listener) -> bool:
    """Whether a route means this listener of the Gateway that it names."""
    return parent.sectionName in {None, "", listener.name} and parent.port in {None, listener.port}


class RouteAdmission:
    """Which routes listeners let in; what is not known refuses nobody."""

    def __init__(self, namespaces: Iterable[Namespace]) -> None:
        """Namespaces have their name as a label, whether it is written or not."""
        self._labels = {namespace.name: {**namespace.labels, NAME_LABEL: namespace.name} for namespace in namespaces}

    def refusal(self, route: GatewayRoute, gateway: Gateway, listener: Listener) -> str:
        """Why a listener does not take a route, as what it does take; empty where it does.

        Listeners of protocols that are an implementation's own take any route.
        """
        if listener.protocol in STANDARD_PROTOCOLS and listener.protocol not in LISTENER_PROTOCOLS[route.kind]:
            return f"is for {listener.protocol}, not for {route.kind}s"
        allowed = listener.allowedRoutes or AllowedRoutes()
        kinds = [allowed_kind.kind or "" for allowed_kind in allowed.kinds or ()]
        if kinds and not any(
            (allowed_kind.group or GROUP, allowed_kind.kind) == (GROUP, route.kind)
            for allowed_kind in allowed.kinds or ()
        ):
            return f"takes kind {' or '.join(kinds)} alone"
        if not shared_hosts(route, listener):
            return f"serves host {listener.hostname} alone"
        return self._elsewhere(route, gateway, allowed.namespaces or RouteNamespaces())

    def _elsewhere(self, route: GatewayRoute, gateway: Gateway, allowed: RouteNamespaces) -> str:
        if allowed.from_ == "None":
            return "takes no route at all"
        if allowed.from_ in {None, "", "Same"} and route.namespace != gateway.namespace:
            return f"takes routes of namespace {gateway.namespace} alone"
        selector = allowed.selector
        if allowed.from_ != "Selector" or selector is None or self._is_chosen(selector, route.namespace) is not False:
            return ""
        return f"takes routes of namespaces with {text_of(selector.matchLabels or {}) or 'other labels'} alone"

    def _is_chosen(self, selector: LabelSelector, namespace: str) -> bool | None:
        if namespace not in self._labels and keys_of(selector) != {NAME_LABEL}:
            return None
        return chooses(selector, self._labels.get(namespace, {NAME_LABEL: namespace}))


def shared_hosts(route: GatewayRoute, listener: Listener) -> list[str]:
    """The host names for which a listener serves a route; ``*`` for all."""
    own = listener.hostname or ""
    if not own or not route.spec.hostnames:
        return list(route.spec.hostnames or [own or "*"])
    return [host for host in route.spec.hostnames if intersect(own, host)]


def accepted_status(route: GatewayRoute, gateway: Gateway) -> str:
    """What the Gateway's controller says of accepting the route: False where any listener's refusal is told, else True.

    Empty where it says nothing.
    """
    statuses = {
        condition.status or ""
        for parent in (route.status.parents if route.status else None) or ()
        if (parent.parentRef.namespace or route.namespace, parent.parentRef.name) == (gateway.namespace, gateway.name)
        for condition in parent.conditions or ()
        if condition.type == "Accepted"
    }
    return next((status for status in ("False", "True") if status in statuses), "")
