"""Azure CNI.

Source: github.com/Azure/azure-container-networking, docs/overlay-for-aks.md,
learn.microsoft.com/azure/aks/azure-cni-overlay.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.plugin import Evidence, Plugin
from netlint.model.cni.pod_addresses import ELSEWHERE, IN_NODE_SUBNET, Ipam, PodAllocation
from netlint.model.cni.transport import Transport, Way
from netlint.model.declared.snapshot_view import SnapshotView

NAME = "azure-cni"
POD_NETWORK = "kubernetes.azure.com/podnetwork-type"  # a label of Nodes


def is_overlay(view: SnapshotView) -> bool:
    """Whether Azure's own network has a routing domain for pods, apart from that of the nodes."""
    return any(node.labels.get(POD_NETWORK) == "overlay" for node in view.nodes)


def allocation(view: SnapshotView) -> PodAllocation:
    """Subnets of the nodes' network, or of the pods' own."""
    return ELSEWHERE if is_overlay(view) else IN_NODE_SUBNET


def transports(view: SnapshotView) -> Iterator[Transport]:
    """Nodes encapsulate nothing, in an overlay neither."""
    yield Transport(Way.OVERLAY if is_overlay(view) else Way.UNDERLAY)


PLUGIN = Plugin(
    NAME,
    Evidence(daemon_sets=("azure-cns", "azure-cni-networkmonitor"), types=("azure-vnet",)),
    allocation=allocation,
    ipam=Ipam(keeps_first_address=False),
    in_cloud_network=True,
    transports=transports,
    yields_to=("cilium",),
)
