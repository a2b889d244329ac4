"""Services for which Cilium's Envoy answers on every node, whatever their endpoints are.

They are made for Ingresses and Gateways, have no selector, and at most an endpoint that nothing ever reaches.
Source: github.com/cilium/cilium, operator/pkg/model/translation (ingress, gateway-api); issue 19262.
"""

from __future__ import annotations

from netlint import addresses
from netlint.model.slices import EndpointSlices
from netlint.objects.core import Service

ADDRESS = addresses.parse("192.192.192.192")
LABELS = frozenset({"cilium.io/ingress", "gateway.networking.k8s.io/gateway-name", "io.cilium.gateway/owning-gateway"})


def is_stand_in(slices: EndpointSlices, number: int) -> bool:
    """Whether all that a slice lists is the endpoint that nothing reaches."""
    family, unreached = ADDRESS
    rows = slices.endpoints(number)
    return bool(rows) and all(slices.address(row, family) == unreached for row in rows)


def is_answered_by_proxy(service: Service) -> bool:
    """Whether a proxy of an Ingress or a Gateway takes the traffic before there is any endpoint."""
    return not service.spec.selector and not LABELS.isdisjoint(service.labels)
