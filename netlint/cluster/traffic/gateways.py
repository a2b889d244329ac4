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

CARRIED = {
    "GRPCRoute": ("HTTP", "HTTPS"),
    "HTTPRoute": ("HTTP", "HTTPS"),
    "TCPRoute": ("TCP", "TLS"),
    "TLSRoute": ("TLS",),
    "UDPRoute": ("UDP",),
}
"""Protocols of the listeners to which routes can be attached."""
NAME_LABEL = "kubernetes.io/metadata.name"
STANDARD = {protocol for protocols in CARRIED.values() for protocol in protocols}


class Attachment(NamedTuple):
    """A listener, by its position in its Gateway, with its routes."""

    gateway: Gateway
    position: int
    listener: Listener
    routes: list[GatewayRoute]


def attachments(cluster: Cluster) -> Iterator[Attachment]:
    """Every listener of every Gateway."""
    admission = Admission(cluster.view.objects("Namespace"))
    naming: defaultdict[tuple[str, str], list[tuple[GatewayRoute, ParentRef]]] = defaultdict(list)
    for route in (route for kind in ROUTES for route in cluster.view.objects(kind)):
        for path, key in gateways_of(route):
            naming[key].append((route, (route.spec.parentRefs or [])[int(path[-1])]))
    for gateway in cluster.view.objects("Gateway"):
        candidates = naming[gateway.namespace, gateway.name]
        for index, listener in enumerate(gateway.spec.listeners or ()):
            found = [
                route
                for route, parent in candidates
                if names(parent, listener)
                and not admission.refusal(route, gateway, listener)
                and accepted(route, gateway) != "False"
            ]
            once = {(route.kind, route.namespace, route.name): route for route in found}
            yield Attachment(gateway, index, listener, list(once.values()))


def names(parent: ParentRef, listener: Listener) -> bool:
    """Whether a route means this listener of the Gateway that it names."""
    return parent.sectionName in {None, "", listener.name} and parent.port in {None, listener.port}


class Admission:
    """Which routes listeners let in; what is not known refuses nobody."""

    def __init__(self, namespaces: Iterable[Namespace]) -> None:
        """Namespaces have their name as a label, whether it is written or not."""
        self._labels = {one.name: {**one.labels, NAME_LABEL: one.name} for one in namespaces}

    def refusal(self, route: GatewayRoute, gateway: Gateway, listener: Listener) -> str:
        """Why a listener does not take a route, as what it does take; empty where it does.

        Listeners of protocols that are an implementation's own take any route.
        """
        if listener.protocol in STANDARD and listener.protocol not in CARRIED[route.kind]:
            return f"is for {listener.protocol}, not for {route.kind}s"
        allowed = listener.allowedRoutes or AllowedRoutes()
        kinds = [one.kind or "" for one in allowed.kinds or ()]
        if kinds and not any((one.group or GROUP, one.kind) == (GROUP, route.kind) for one in allowed.kinds or ()):
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


def accepted(route: GatewayRoute, gateway: Gateway) -> str:
    """What the Gateway's controller says of accepting the route: False where any listener's refusal is told, else True.

    Empty where it says nothing.
    """
    said = {
        condition.status or ""
        for parent in (route.status.parents if route.status else None) or ()
        if (parent.parentRef.namespace or route.namespace, parent.parentRef.name) == (gateway.namespace, gateway.name)
        for condition in parent.conditions or ()
        if condition.type == "Accepted"
    }
    return next((status for status in ("False", "True") if status in said), "")
