"""The cluster as checks see it: a few facets, each built from one room of the model when first asked for."""

from __future__ import annotations

from functools import cached_property

from netlint.dataplane import DataPlane, observed_connections
from netlint.model.cni import PodNetwork
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.host import Host, bind
from netlint.model.masquerade import Masquerades, masquerades_of
from netlint.model.nodes.cluster_nodes import ClusterNodes
from netlint.model.pods import Pods
from netlint.model.ranges.cluster_ranges import ClusterRanges
from netlint.model.services.cluster_services import ClusterServices
from netlint.snapshot import Snapshot


class Cluster:
    """Read-only root of the model: what the objects and the node dumps amount to."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Nothing is computed before it is asked for."""
        self.view = SnapshotView(snapshot)

    @property
    def pods(self) -> Pods:
        """Which pods there are, and what makes and selects them."""
        return self.view.pods

    @property
    def hosts(self) -> list[Host]:
        """The node dumps, each with the Node that it belongs to."""
        self.view.reads.add("NodeDump")
        return self._hosts

    @cached_property
    def _hosts(self) -> list[Host]:
        return bind(self.view)

    @cached_property
    def network(self) -> PodNetwork:
        """The CNI plugins that the cluster shows, and where they keep each node's pod range."""
        return PodNetwork(self.view, lambda: observed_connections(self._hosts, self.view))

    @cached_property
    def ranges(self) -> ClusterRanges:
        """The address plan."""
        return ClusterRanges(self.view, self.network, self._hosts)

    @cached_property
    def nodes(self) -> ClusterNodes:
        """Who the nodes are."""
        return ClusterNodes(self.view, self.network)

    @cached_property
    def services(self) -> ClusterServices:
        """What Services promise, and what was programmed for them."""
        return ClusterServices(self.view)

    @cached_property
    def masquerades(self) -> Masquerades:
        """The configurations that hide addresses of pods."""
        return masquerades_of(self.view, self.network, self.ranges)

    @cached_property
    def data_plane(self) -> DataPlane:
        """What packets really meet on the nodes that have a dump."""
        return DataPlane(self.hosts, self.view, self.network, self.ranges, self.masquerades)
