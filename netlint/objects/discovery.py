"""EndpointSlice (discovery.k8s.io/v1).

Source: k8s.io/api/discovery/v1/types.go.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from netlint.objects.meta import Object, Protocol

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"


class EndpointPort(Struct, gc=False):
    """One entry of a slice's ``ports``."""

    name: str | None = None
    port: int | None = None
    protocol: Protocol | None = None


class EndpointConditions(Struct, gc=False):
    """``conditions`` of an endpoint."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ObjectReference(Struct, gc=False):
    """``targetRef`` of an endpoint."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class Hint(Struct, gc=False):
    """One entry of ``forZones`` or ``forNodes``."""

    name: str | None = None


class EndpointHints(Struct, gc=False):
    """``hints`` of an endpoint: from where it should be used."""

    forZones: list[Hint] | None = None
    forNodes: list[Hint] | None = None


class Endpoint(Struct, gc=False):
    """One entry of a slice's ``endpoints``."""

    addresses: list[str] | None = None
    conditions: EndpointConditions | None = None
    hostname: str | None = None
    nodeName: str | None = None
    targetRef: ObjectReference | None = None
    zone: str | None = None
    hints: EndpointHints | None = None


class EndpointSlice(Object, gc=False):
    """An EndpointSlice."""

    addressType: Literal["IPv4", "IPv6", "FQDN"] | None = None
    ports: list[EndpointPort] | None = None
    endpoints: list[Endpoint] | None = None
