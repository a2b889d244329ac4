"""Calico's objects (crd.projectcalico.org/v1, the datastore's form, and projectcalico.org/v3).

Source: github.com/projectcalico/calico, api/pkg/apis/projectcalico/v3 and libcalico-go/config/crd.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from netlint.objects.meta import Object

Encapsulation = Literal["Never", "Always", "CrossSubnet", ""]
# Earlier releases wrote the names in other cases and with spellings of their own
Number = int | str  # numorstring: AS numbers may be written as text, such as "64512" or "0.64512"


class IPPoolSpec(Struct, gc=False):
    """``spec`` of an IPPool; a pool without ``allowedUses`` serves workloads and tunnels."""

    cidr: str | None = None
    blockSize: int | None = None
    ipipMode: Encapsulation | None = None
    vxlanMode: Encapsulation | None = None
    natOutgoing: bool | None = None
    disabled: bool | None = None
    disableBGPExport: bool | None = None
    nodeSelector: str | None = None
    allowedUses: list[str] | None = None


class IPPool(Object, gc=False):
    """A range from which blocks, and from them pod addresses, are taken."""

    spec: IPPoolSpec = field(default_factory=IPPoolSpec)


class AllocationOwner(Struct, gc=False):
    """``secondary`` of an allocation: whose address it is."""

    node: str | None = None
    pod: str | None = None
    namespace: str | None = None


class AllocationAttribute(Struct, gc=False):
    """One entry of a block's ``attributes``, to which its ``allocations`` point."""

    handle_id: str | None = None
    secondary: AllocationOwner | None = None


class IPAMBlockSpec(Struct, gc=False):
    """``spec`` of an IPAMBlock; ``affinity`` is ``host:<node>`` or ``virtual:<name>``."""

    cidr: str | None = None
    affinity: str | None = None
    strictAffinity: bool | None = None
    allocations: list[int | None] | None = None
    attributes: list[AllocationAttribute] | None = None
    deleted: bool | None = None


class IPAMBlock(Object, gc=False):
    """A piece of a pool with its allocations."""

    spec: IPAMBlockSpec = field(default_factory=IPAMBlockSpec)


class BlockAffinitySpec(Struct, gc=False):
    """``spec`` of a BlockAffinity; ``deleted`` is text."""

    cidr: str | None = None
    node: str | None = None
    state: str | None = None
    deleted: str | bool | None = None
    type: str | None = None


class BlockAffinity(Object, gc=False):
    """A node's claim to a block."""

    spec: BlockAffinitySpec = field(default_factory=BlockAffinitySpec)


class IPAMConfigSpec(Struct, gc=False):
    """``spec`` of an IPAMConfig."""

    strictAffinity: bool | None = None
    maxBlocksPerHost: int | None = None


class IPAMConfig(Object, gc=False):
    """How blocks are given to nodes (IPAMConfig in crd.projectcalico.org, IPAMConfiguration in v3)."""

    spec: IPAMConfigSpec = field(default_factory=IPAMConfigSpec)


class AdvertisedRange(Struct, gc=False):
    """One entry of ``serviceClusterIPs`` and its siblings."""

    cidr: str | None = None


class BGPConfigurationSpec(Struct, gc=False):
    """``spec`` of a BGPConfiguration."""

    asNumber: Number | None = None
    nodeToNodeMeshEnabled: bool | None = None
    serviceClusterIPs: list[AdvertisedRange] | None = None
    serviceExternalIPs: list[AdvertisedRange] | None = None
    serviceLoadBalancerIPs: list[AdvertisedRange] | None = None


class BGPConfiguration(Object, gc=False):
    """Settings of the route exchange; the one named ``default`` holds for all nodes."""

    spec: BGPConfigurationSpec = field(default_factory=BGPConfigurationSpec)


class BGPPeerSpec(Struct, gc=False):
    """``spec`` of a BGPPeer."""

    node: str | None = None
    nodeSelector: str | None = None
    peerIP: str | None = None
    peerSelector: str | None = None
    asNumber: Number | None = None


class BGPPeer(Object, gc=False):
    """A session of some nodes with a router or with other nodes."""

    spec: BGPPeerSpec = field(default_factory=BGPPeerSpec)


class FelixConfigurationSpec(Struct, gc=False):
    """``spec`` of a FelixConfiguration."""

    natOutgoingExclusions: str | None = None
    bpfEnabled: bool | None = None
    wireguardEnabled: bool | None = None
    wireguardEnabledV6: bool | None = None
    mtuIfacePattern: str | None = None
    vxlanMTU: int | None = None
    ipipMTU: int | None = None
    wireguardMTU: int | None = None


class FelixConfiguration(Object, gc=False):
    """Settings of the agent; the one named ``default`` holds for all nodes, ``node.<name>`` for one."""

    spec: FelixConfigurationSpec = field(default_factory=FelixConfigurationSpec)
