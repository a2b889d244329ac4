"""What replaces addresses of pods, as far as the API shows it."""

from __future__ import annotations

from netlint.model.cni import PodNetwork
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.masquerade import bridge_masquerading, ip_masq_agent, proxy_masquerading
from netlint.model.masquerade.consequences import Masquerades, faults_and_consequences
from netlint.model.ranges.cluster_ranges import ClusterRanges

__all__ = ["Masquerades", "masquerades_of"]


def masquerades_of(view: SnapshotView, network: PodNetwork, ranges: ClusterRanges) -> Masquerades:
    """The configurations of CNI plugins, and of what stands beside these, that hide addresses of pods."""
    pods = ranges.pod_ranges
    return faults_and_consequences(
        [
            *network.masquerades(pods),
            *ip_masq_agent.masquerades(view, pods),
            *bridge_masquerading.masquerades(view),
            *proxy_masquerading.masquerades(view, pods),
        ],
        ranges.enclosing_ranges,
    )
