"""Pools of addresses for Services of type LoadBalancer: MetalLB's (metallb.io/v1beta1).

Source: github.com/metallb/metallb, api/v1beta1.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Object


class IPAddressPoolSpec(Struct, gc=False):
    """``spec``; an entry is a CIDR or ``first-last``."""

    addresses: list[str] | None = None


class IPAddressPool(Object, gc=False):
    """Addresses that MetalLB may give to Services."""

    spec: IPAddressPoolSpec = field(default_factory=IPAddressPoolSpec)
