"""Which routes are attached to which listener of a Gateway.

Source: sigs.k8s.io/gateway-api/apis/v1 (gateway_types.go, shared_types.go: ParentReference, Hostname).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from netlint.model.cluster import Cluster
from netlint.model.hostnames import intersect
from netlint.model.references import gateways_of
from netlint.objects import ROUTES
from netlint.objects.gateway import Gateway, Listener, ParentRef, Route

CARRIED = {
    "GRPCRoute": ("HTTP", "HTTPS"),
    "HTTPRoute": ("HTTP", "HTTPS"),
    "TCPRoute": ("TCP", "TLS"),
    "TLSRoute": ("TLS",),
    "UDPRoute": ("UDP",),
}
"""Protocols of the listeners to which routes can be attached."""
STANDARD = {protocol for protocols in CARRIED.values() for protocol in protocols}


class Attachment(NamedTuple):
    """A listener, by its position in its Gateway, with its routes."""

    gateway: Gateway
    position: int
    listener: Listener
    routes: list[Route]


def attachments(cluster: Cluster) -> Iterator[Attachment]:
    """Every listener of every Gateway."""
    naming: defaultdict[tuple[str, str], list[tuple[Route, ParentRef]]] = defaultdict(list)
    for route in (route for kind in ROUTES for route in cluster.objects(kind)):
        for path, key in gateways_of(route):
            naming[key].append((route, (route.spec.parentRefs or [])[int(path[-1])]))
    for gateway in cluster.objects("Gateway"):
        candidates = naming[gateway.namespace, gateway.name]
        for index, listener in enumerate(gateway.spec.listeners or ()):
            found = [
                route for route, parent in candidates if _names(parent, listener) and _fits(route, gateway, listener)
            ]
            once = {(route.kind, route.namespace, route.name): route for route in found}
            yield Attachment(gateway, index, listener, list(once.values()))


def _names(parent: ParentRef, listener: Listener) -> bool:
    return parent.sectionName in {None, "", listener.name} and parent.port in {None, listener.port}


def _fits(route: Route, gateway: Gateway, listener: Listener) -> bool:
    """Listeners of protocols that are an implementation's own take any route."""
    if listener.protocol in STANDARD and listener.protocol not in CARRIED[route.kind]:
        return False
    return bool(shared_hosts(route, listener)) and not _is_refused(route, gateway)


def shared_hosts(route: Route, listener: Listener) -> list[str]:
    """The host names for which a listener serves a route; ``*`` for all."""
    own = listener.hostname or ""
    if not own or not route.spec.hostnames:
        return list(route.spec.hostnames or [own or "*"])
    return [host for host in route.spec.hostnames if intersect(own, host)]


def _is_refused(route: Route, gateway: Gateway) -> bool:
    """Whether its controller says that it does not accept the route."""
    return any(
        condition.type == "Accepted" and condition.status == "False"
        for parent in (route.status.parents if route.status else None) or ()
        if (parent.parentRef.namespace or route.namespace, parent.parentRef.name) == (gateway.namespace, gateway.name)
        for condition in parent.conditions or ()
    )
