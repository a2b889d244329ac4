"""Cilium's objects (cilium.io/v2, cilium.io/v2alpha1).

Source: github.com/cilium/cilium, pkg/k8s/apis/cilium.io.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import LabelSelector, Object


class CiliumNodeAddress(Struct, gc=False):
    """One entry of ``spec.addresses`` of a CiliumNode."""

    type: str | None = None
    ip: str | None = None


class AllocatedPool(Struct, gc=False):
    """One entry of ``spec.ipam.pools.allocated``."""

    pool: str | None = None
    cidrs: list[str] | None = None


class IPAMPools(Struct, gc=False):
    """``spec.ipam.pools``."""

    allocated: list[AllocatedPool] | None = None


class CiliumNodeIPAM(Struct, gc=False):
    """``spec.ipam`` of a CiliumNode."""

    podCIDRs: list[str] | None = None
    pools: IPAMPools | None = None


class CiliumNodeSpec(Struct, gc=False):
    """``spec`` of a CiliumNode."""

    addresses: list[CiliumNodeAddress] | None = None
    ipam: CiliumNodeIPAM | None = None


class OperatorStatus(Struct, gc=False):
    """``status.ipam.operator-status``: why the operator could not give the node a range."""

    error: str | None = None


class CiliumNodeIPAMStatus(Struct, gc=False, rename={"operatorStatus": "operator-status"}):
    """``status.ipam`` of a CiliumNode."""

    operatorStatus: OperatorStatus | None = None


class CiliumNodeStatus(Struct, gc=False):
    """``status`` of a CiliumNode."""

    ipam: CiliumNodeIPAMStatus | None = None


class CiliumNode(Object, gc=False):
    """What Cilium knows of a node; it has the Node's name."""

    spec: CiliumNodeSpec = field(default_factory=CiliumNodeSpec)
    status: CiliumNodeStatus | None = None


class PoolOfFamily(Struct, gc=False):
    """``spec.ipv4`` and ``spec.ipv6`` of a CiliumPodIPPool."""

    cidrs: list[str] | None = None
    maskSize: int | None = None


class CiliumPodIPPoolSpec(Struct, gc=False):
    """``spec`` of a CiliumPodIPPool."""

    ipv4: PoolOfFamily | None = None
    ipv6: PoolOfFamily | None = None


class CiliumPodIPPool(Object, gc=False):
    """A pool of the multi-pool IPAM mode."""

    spec: CiliumPodIPPoolSpec = field(default_factory=CiliumPodIPPoolSpec)


class LoadBalancerBlock(Struct, gc=False):
    """One entry of ``spec.blocks``: a CIDR, or a first and a last address."""

    cidr: str | None = None
    start: str | None = None
    stop: str | None = None


class CiliumLoadBalancerIPPoolSpec(Struct, gc=False):
    """``spec`` of a CiliumLoadBalancerIPPool; earlier versions called the blocks ``cidrs``."""

    blocks: list[LoadBalancerBlock] | None = None
    cidrs: list[LoadBalancerBlock] | None = None
    disabled: bool | None = None


class CiliumLoadBalancerIPPool(Object, gc=False):
    """Addresses for Services of type LoadBalancer."""

    spec: CiliumLoadBalancerIPPoolSpec = field(default_factory=CiliumLoadBalancerIPPoolSpec)


class AdvertisedService(Struct, gc=False):
    """``service`` of an advertisement: which of its addresses (ClusterIP, ExternalIP, LoadBalancerIP)."""

    addresses: list[str] | None = None


class BGPAdvertisement(Struct, gc=False):
    """One entry of ``spec.advertisements``."""

    advertisementType: str | None = None
    service: AdvertisedService | None = None
    selector: LabelSelector | None = None


class CiliumBGPAdvertisementSpec(Struct, gc=False):
    """``spec`` of a CiliumBGPAdvertisement."""

    advertisements: list[BGPAdvertisement] | None = None


class CiliumBGPAdvertisement(Object, gc=False):
    """What Cilium tells its BGP peers."""

    spec: CiliumBGPAdvertisementSpec = field(default_factory=CiliumBGPAdvertisementSpec)


class VirtualRouter(Struct, gc=False):
    """One entry of ``spec.virtualRouters``; of Services it advertises load-balancer addresses unless it says more."""

    serviceSelector: LabelSelector | None = None
    serviceAdvertisements: list[str] | None = None


class CiliumBGPPeeringPolicySpec(Struct, gc=False):
    """``spec`` of a CiliumBGPPeeringPolicy."""

    virtualRouters: list[VirtualRouter] | None = None


class CiliumBGPPeeringPolicy(Object, gc=False):
    """Peers, and what they are told: what CiliumBGPAdvertisement has replaced."""

    spec: CiliumBGPPeeringPolicySpec = field(default_factory=CiliumBGPPeeringPolicySpec)
