"""Which CNI plugins run the pod network, and what follows for addresses and packets.

Evidence is whatever a plugin leaves in the API: annotations, ConfigMaps, DaemonSets, pods, objects of its
own. Each plugin is a module of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from netlint.findings import Subject
from netlint.model.cni import antrea, calico, cilium, clouds, flannel, kindnet, kube_router, ovn_kubernetes, weave
from netlint.model.cni.connections import Connection, connections
from netlint.model.cni.evidence import agent_pod, agents, annotated, evidence
from netlint.model.cni.plugin import ELSEWHERE, UNKNOWN, Allocation, Masquerade, Plugin, Transport, Way, Whom
from netlint.model.declared.declarations import Declaration, MalformedRange
from netlint.model.declared.node_objects import is_virtual, is_windows
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods.scheduling import runs_on
from netlint.objects.apps import Workload
from netlint.objects.core import Node

__all__ = [
    "PLUGINS",
    "Allocation",
    "Connection",
    "Detected",
    "Fabric",
    "Masquerade",
    "Plugin",
    "Transport",
    "Way",
    "Whom",
]

PROVIDERS = {clouds.GKE: ("calico", "cilium"), clouds.AZURE: ("cilium",)}
"""Plugins that may leave the packets to others, and to which."""

PLUGINS: tuple[Plugin, ...] = tuple(
    sorted(
        (
            antrea.PLUGIN,
            calico.PLUGIN,
            cilium.PLUGIN,
            *clouds.PLUGINS,
            flannel.PLUGIN,
            kindnet.PLUGIN,
            kube_router.PLUGIN,
            ovn_kubernetes.PLUGIN,
            weave.PLUGIN,
        ),
        key=lambda plugin: plugin.name,
    )
)


@dataclass(frozen=True, slots=True)
class Detected:
    """A plugin that the cluster shows, with the object that shows it and where it takes addresses from.

    ``rides``: it works on another plugin's network, ``may_ride``: the input does not show whether it does;
    ``agents``: its DaemonSets; ``runs``: whether there are such, or pods of such.
    """

    plugin: Plugin
    evidence: Subject
    allocation: Allocation
    rides: bool = False
    may_ride: bool = False
    agents: tuple[Workload, ...] = ()
    runs: bool = False

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name


class PodNetwork:
    """The plugins found (none where the input shows none), and what they make of the cluster's network."""

    def __init__(self, view: SnapshotView, observed: Callable[[], Sequence[Connection]]) -> None:
        """Nothing is computed before it is asked for, and the pods only where the plugins leave a question open.

        ``observed``: what hosts show, where no plugin is in sight.
        """
        self._view = view
        self._observed = observed

    @cached_property
    def plugins(self) -> tuple[Detected, ...]:
        """Every plugin for which there is evidence, by name."""
        view = self._view
        by_prefix = annotated(view.nodes)
        shown = [(plugin, seen) for plugin in PLUGINS if (seen := evidence(plugin, by_prefix, view)) is not None]
        carrying = [plugin for plugin, _ in shown if not plugin.rides(view)]
        return tuple(_detected(plugin, seen, carrying, view) for plugin, seen in shown)

    @cached_property
    def allocates_from_node(self) -> bool | None:
        """Whether pods get their addresses from ``spec.podCIDRs``; None where it cannot be told.

        Without any plugin in the input the Nodes are the authority wherever they carry ranges. Where
        plugins leave it open, or contradict each other, the pods decide by their majority.
        """
        answers = {found.allocation.from_node for found in self.plugins} - {None}
        if len(answers) == 1:
            return answers.pop()
        inside, outside = self._inside_and_outside()
        if inside == outside:
            return None if self.plugins else True
        return inside > outside

    @cached_property
    def node_ranges(self) -> dict[str, list[Declaration]]:
        """The ranges from which each node's pods get their addresses, as far as anybody declares them.

        A Node that has none is there with an empty list.
        """
        ranges: dict[str, list[Declaration]] = {node.name: [] for node in self._view.nodes}
        if self.allocates_from_node:
            return dict(self.of_nodes)
        for found in self.own_ranges:
            ranges.setdefault(found.node, []).append(found)
        return ranges

    @property
    def of_nodes(self) -> Mapping[str, list[Declaration]]:
        """What Nodes declare themselves, by their name."""
        return self._view.pod_cidrs

    @property
    def own_ranges(self) -> list[Declaration]:
        """The ranges that plugins gave to nodes themselves."""
        return [declared for found in self.plugins for declared in found.allocation.ranges]

    @property
    def borrows(self) -> bool:
        """Whether a pod may have an address of another node's range."""
        return any(found.allocation.borrows for found in self.plugins)

    @property
    def open_ranges(self) -> list[Declaration]:
        """The ranges in which pods of any node may have an address, where plugins give addresses themselves."""
        if self.allocates_from_node:
            return []
        return [declared for found in self.plugins for declared in found.allocation.open_ranges]

    @property
    def pieces(self) -> str:
        """The kind that has to be known completely before an address is known to be in no range of its node."""
        return next((found.allocation.pieces for found in self.plugins if found.allocation.pieces), "")

    @property
    def pools(self) -> str:
        """The setting by which pods may have addresses outside of all that is known; empty where there is none."""
        given = ((found.name, found.allocation.pools) for found in self.plugins)
        return next((f"{setting} of {name}" for name, setting in given if setting), "")

    @property
    def needs_node_ranges(self) -> Detected | None:
        """A plugin that does not start on a node without a pod range, unless pods show that another one serves them."""
        needing = (found for found in self.plugins if found.allocation.from_node)
        return next(needing, None) if self.allocates_from_node else None

    @property
    def missing(self) -> str:
        """The kind that would tell which node has which range, where the input has none of it."""
        return next((found.allocation.missing for found in self.plugins if found.allocation.missing), "")

    def shows(self, *names: str) -> bool:
        """Whether one of these plugins was found."""
        return any(found.name in names for found in self.plugins)

    @property
    def shares_node_subnet(self) -> bool:
        """Whether pods get addresses of their node's own subnet."""
        shared = any(
            found.name in clouds.IN_NODE_SUBNET or (found.name == cilium.NAME and found.allocation is ELSEWHERE)
            for found in self.plugins
        )
        return (shared and not clouds.is_azure_overlay(self._view)) or bool(self.pools)

    @cached_property
    def declared(self) -> list[Declaration | MalformedRange]:
        """Every range that the plugins declare."""
        return [entry for found in self.plugins for entry in found.plugin.ranges(self._view)]

    @cached_property
    def carriers(self) -> list[Detected]:
        """The plugins that connect the pods of different nodes: one, unless several of them compete."""
        names = {found.name for found in self.plugins}
        return [found for found in self.plugins if not found.rides and names.isdisjoint(PROVIDERS.get(found.name, ()))]

    def in_force(self, *names: str) -> list[Detected]:
        """The plugins of these names (none: any) that connect pods, without leftovers beside one that runs."""
        some_run = any(found.runs for found in self.carriers)
        left = [found for found in self.carriers if found.runs or not some_run]
        return [found for found in left if not names or found.name in names]

    def expected(self, found: Detected) -> list[Node]:
        """The nodes that a plugin connects: hosts with Linux on which one of its agents runs, if it has any."""
        hosts = [node for node in self._view.nodes if not (is_virtual(node) or is_windows(node))]
        if not found.agents:
            return hosts
        return [node for node in hosts if any(runs_on(agent, node) is True for agent in found.agents)]

    def reached(self, found: Detected, way: Transport) -> list[Node]:
        """The nodes to which a plugin carries packets in one way; all where it has not written anything for any."""
        members = self.members(found) or None
        return [
            node
            for node in self._view.nodes
            if not is_virtual(node)
            and (members is None or node.name in members)
            and (not way.nodes or node.name in way.nodes)
        ]

    @cached_property
    def transports(self) -> list[tuple[Detected, Transport]]:
        """How the plugins carry packets between nodes."""
        return [(found, way) for found in self.in_force() for way in found.plugin.transports(self._view)]

    @cached_property
    def connections(self) -> list[Connection]:
        """The same in short: what differs, and for which nodes."""
        return list(connections((found.name, way) for found, way in self.transports)) or (
            [] if self.plugins else list(self._observed())
        )

    @property
    def sentences(self) -> list[str]:
        """What was found, for people: connections, else the plugins themselves."""
        connected = {found.plugin for found in self.connections}
        alone = [f"{found.name}{' on top' if found.rides else ''}" for found in self.plugins]
        return [*map(str, self.connections), *(said for said in alone if said not in connected)]

    def masquerades(self, pods: Sequence[Declaration]) -> list[Masquerade]:
        """Where the plugins' configuration hides addresses of pods, which have them from these ranges."""
        return [entry for found in self.plugins for entry in found.plugin.masquerades(self._view, pods)]

    def members(self, found: Detected) -> set[str] | None:
        """The nodes for which a plugin has written what it writes for every one; None where it writes nothing."""
        members = found.plugin.members
        return members(self._view) if members else None

    def _inside_and_outside(self) -> tuple[int, int]:
        """How many addresses of pods lie in their node's range, and how many do not."""
        pods = self._view.pods
        ranges = {name: [declared.range for declared in found] for name, found in self.of_nodes.items()}
        inside = outside = 0
        for row in pods.live_on_network():
            own = ranges.get(pods.node(row))
            for family, address in pods.addresses(row) if own else ():
                held = any(found.holds(family, address) for found in own or ())
                inside, outside = inside + held, outside + (not held)
        return inside, outside


def _detected(plugin: Plugin, seen: Subject, carrying: list[Plugin], view: SnapshotView) -> Detected:
    """A plugin that rides on no other one in sight carries packets itself."""
    rides = bool(carrying) and plugin not in carrying
    running = agents(plugin, view)
    return Detected(
        plugin,
        seen,
        UNKNOWN if rides else plugin.allocation(view),
        rides,
        plugin.rides(view) is None,
        tuple(running),
        bool(running) or agent_pod(plugin, view) is not None,
    )
