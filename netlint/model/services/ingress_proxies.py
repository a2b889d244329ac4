"""Services for which the proxy of a network plugin answers on every node, whatever their endpoints are.

They are made for Ingresses and Gateways, have no selector, and at most an endpoint that nothing ever reaches.
"""

from __future__ import annotations

from netlint.model.cni import PLUGINS
from netlint.model.slices import EndpointSlices
from netlint.objects.core import Service

PROXIES = [plugin.ingress_proxy for plugin in PLUGINS if plugin.ingress_proxy]
LABELS = frozenset().union(*(proxy.labels for proxy in PROXIES))


def is_stand_in(slices: EndpointSlices, number: int) -> bool:
    """Whether all that a slice lists is the endpoint that nothing reaches."""
    rows = slices.endpoints(number)
    placeholders = (proxy.placeholder for proxy in PROXIES)
    return bool(rows) and any(
        all(slices.address(row, family) == unreached for row in rows) for family, unreached in placeholders
    )


def is_answered_by_proxy(service: Service) -> bool:
    """Whether a proxy of an Ingress or a Gateway takes the traffic before there is any endpoint."""
    return not service.spec.selector and not LABELS.isdisjoint(service.labels)
