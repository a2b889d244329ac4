"""The nodes' data planes as checks ask for them: the hosts, and what these do to packets of pods."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from netlint.dataplane.hiding_rules import HostRules, explained, host_rules
from netlint.dataplane.pod_traffic import Traffic, traffic
from netlint.model.cni import PodNetwork
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.host import Host
from netlint.model.masquerade.consequences import Masquerades
from netlint.model.ranges.cluster_ranges import ClusterRanges


class DataPlane:
    """The node dumps, and what follows from them; worked out when first asked for."""

    def __init__(
        self,
        hosts: Sequence[Host],
        view: SnapshotView,
        network: PodNetwork,
        ranges: ClusterRanges,
        masquerades: Masquerades,
    ) -> None:
        """``hosts``: the node dumps, each with the Node that it belongs to."""
        self._hosts = hosts
        self._view = view
        self._network = network
        self._ranges = ranges
        self._masquerades = masquerades

    @cached_property
    def traffic(self) -> list[Traffic]:
        """What pods of the hosts with dumps send to pods elsewhere, and are sent by them."""
        ranges = self._ranges
        return list(
            traffic(self._hosts, self._network.node_ranges, ranges.pod_ranges, ranges.enclosing_ranges, self._view.pods)
        )

    @cached_property
    def hiding_rules(self) -> HostRules:
        """The rules of hosts that hide addresses of pods from pods, as far as no configuration tells it."""
        return host_rules(self.traffic, explained(self._masquerades, self._view, self._ranges.pod_ranges))
