"""Secondary networks: NetworkAttachmentDefinition (k8s.cni.cncf.io/v1) and whereabouts' objects.

Source: the Network Custom Resource Definition De-facto Standard, github.com/k8snetworkplumbingwg/whereabouts.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Object


class NetworkAttachmentDefinitionSpec(Struct, gc=False):
    """``spec``; ``config`` is a CNI configuration as JSON text, empty where it is a file on each node."""

    config: str | None = None


class NetworkAttachmentDefinition(Object, gc=False):
    """A network that pods may join by an annotation."""

    spec: NetworkAttachmentDefinitionSpec = field(default_factory=NetworkAttachmentDefinitionSpec)


class WhereaboutsAllocation(Struct, gc=False):
    """One allocated address of a whereabouts pool; ``podref`` is ``<namespace>/<name>``."""

    id: str | None = None
    podref: str | None = None
    ifname: str | None = None


class WhereaboutsIPPoolSpec(Struct, gc=False):
    """``spec``; the allocations are known by their offset in the range."""

    range: str | None = None
    allocations: dict[str, WhereaboutsAllocation] | None = None


class WhereaboutsIPPool(Object, gc=False):
    """What whereabouts has given out of one range."""

    spec: WhereaboutsIPPoolSpec = field(default_factory=WhereaboutsIPPoolSpec)
