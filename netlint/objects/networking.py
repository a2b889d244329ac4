"""ServiceCIDR (networking.k8s.io/v1, from Kubernetes 1.33).

Source: k8s.io/api/networking/v1/types.go.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Condition, Object


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
