"""The cluster's nodes as checks ask for them: their addresses and identities, and the agents on them."""

from __future__ import annotations

from functools import cached_property

from netlint.model.cni import PodNetwork
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.nodes.daemonset_coverage import DaemonSetCoverage, daemonset_coverage
from netlint.model.nodes.identities import Identity, shared_identities
from netlint.model.nodes.node_ips import own_addresses


class ClusterNodes:
    """Every Node, worked out when first asked for."""

    def __init__(self, view: SnapshotView, network: PodNetwork) -> None:
        """``network``: whose agents are looked for."""
        self._view = view
        self._network = network

    @cached_property
    def own_addresses(self) -> dict[str, set[tuple[int, int]]]:
        """Family and value of every address of each Node, by its name."""
        return {node.name: own_addresses(node) for node in self._view.nodes}

    @cached_property
    def shared_identities(self) -> list[list[Identity]]:
        """What several Nodes have in common and should not."""
        return shared_identities(self._view.nodes)

    @cached_property
    def network_agents(self) -> list[DaemonSetCoverage]:
        """The DaemonSets of the network plugins in force, held against the pods."""
        agents = [agent for plugin in self._network.plugins if plugin.runs for agent in plugin.agents]
        return [daemonset_coverage(agent, self._view) for agent in agents]
