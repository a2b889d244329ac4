"""ServiceCIDR and IPAddress (networking.k8s.io/v1, from Kubernetes 1.33).

Source: k8s.io/api/networking/v1/types.go.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Condition, DatedMeta, Object


class ServiceCIDRSpec(Struct, gc=False):
    """``spec`` of a ServiceCIDR."""

    cidrs: list[str] | None = None


class ServiceCIDRStatus(Struct, gc=False):
    """``status`` of a ServiceCIDR."""

    conditions: list[Condition] | None = None


class ServiceCIDR(Object, gc=False):
    """A ServiceCIDR."""

    spec: ServiceCIDRSpec = field(default_factory=ServiceCIDRSpec)
    status: ServiceCIDRStatus | None = None


class ParentReference(Struct, gc=False):
    """``spec.parentRef`` of an IPAddress: the object whose address it is."""

    group: str | None = None
    resource: str | None = None
    namespace: str | None = None
    name: str | None = None


class IPAddressSpec(Struct, gc=False):
    """``spec`` of an IPAddress."""

    parentRef: ParentReference | None = None


class IPAddress(Object, gc=False):
    """One allocated cluster IP; the object is named by the address."""

    metadata: DatedMeta = field(default_factory=DatedMeta)
    spec: IPAddressSpec = field(default_factory=IPAddressSpec)
