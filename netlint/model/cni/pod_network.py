"""What the plugins that a cluster shows make of its network: ranges of nodes, and ways between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from netlint.model.cni.connections import NodeConnection, connections
from netlint.model.cni.detection import Detected, detect
from netlint.model.cni.masquerading import Masquerade, UnknownMasquerade
from netlint.model.cni.transport import Transport
from netlint.model.declared.declarations import Declaration, MalformedRange
from netlint.model.declared.node_objects import is_virtual, is_windows
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods.scheduling import runs_on
from netlint.objects.core import Node


class PodNetwork:
    """The plugins found (none where the input shows none), and what they make of the cluster's network."""

    def __init__(self, view: SnapshotView, observed: Callable[[], Sequence[NodeConnection]]) -> None:
        """Nothing is computed before it is asked for, and the pods only where the plugins leave a question open.

        ``observed``: what hosts show, where no plugin is in sight.
        """
        self._view = view
        self._observed = observed

    @cached_property
    def plugins(self) -> tuple[Detected, ...]:
        """Every plugin for which there is evidence, by name."""
        return detect(self._view)

    @cached_property
    def allocates_from_node(self) -> bool | None:
        """Whether pods get their addresses from ``spec.podCIDRs``; None where it cannot be told.

        Without any plugin in the input the Nodes are the authority wherever they carry ranges. Where
        plugins leave it open, or contradict each other, the pods decide by their majority.
        """
        answers = {detected.allocation.from_node for detected in self.plugins} - {None}
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
        for declared in self.own_ranges:
            ranges.setdefault(declared.node, []).append(declared)
        return ranges

    @property
    def of_nodes(self) -> Mapping[str, list[Declaration]]:
        """What Nodes declare themselves, by their name."""
        return self._view.pod_cidrs

    @property
    def own_ranges(self) -> list[Declaration]:
        """The ranges that plugins gave to nodes themselves."""
        return [declared for detected in self.plugins for declared in detected.allocation.ranges]

    @property
    def open_ranges(self) -> list[Declaration]:
        """The ranges in which pods of any node may have an address, where plugins give addresses themselves."""
        if self.allocates_from_node:
            return []
        return [declared for detected in self.plugins for declared in detected.allocation.open_ranges]

    @property
    def block_kind(self) -> str:
        """The kind that has to be known completely before an address is known to be in no range of its node."""
        return next((detected.allocation.block_kind for detected in self.plugins if detected.allocation.block_kind), "")

    @property
    def unread_pools(self) -> str:
        """The setting by which pods may have addresses outside of all that is known; empty where there is none."""
        settings = ((detected.name, detected.allocation.unread_pools) for detected in self.plugins)
        return next((f"{setting} of {name}" for name, setting in settings if setting), "")

    @property
    def needs_node_ranges(self) -> Detected | None:
        """A plugin that does not start on a node without a pod range, unless pods show that another one serves them."""
        needing = (detected for detected in self.plugins if detected.allocation.from_node)
        return next(needing, None) if self.allocates_from_node else None

    @property
    def missing_kind(self) -> str:
        """The kind that would tell which node has which range, where the input has none of it."""
        return next(
            (detected.allocation.missing_kind for detected in self.plugins if detected.allocation.missing_kind), ""
        )

    def shows(self, *names: str) -> bool:
        """Whether one of these plugins was detected."""
        return any(detected.name in names for detected in self.plugins)

    @property
    def keeps_first_address(self) -> bool:
        """Whether the first address of a node's range is for a bridge or gateway, as far as plugins show."""
        return all(detected.plugin.ipam.keeps_first_address for detected in self.plugins)

    @property
    def shares_node_subnet(self) -> bool:
        """Whether pods get addresses of their node's own subnet."""
        return bool(self.unread_pools) or any(detected.allocation.in_node_subnet for detected in self.plugins)

    @cached_property
    def declared(self) -> list[Declaration | MalformedRange]:
        """Every range that the plugins declare."""
        return [entry for detected in self.plugins for entry in detected.plugin.ranges(self._view)]

    @cached_property
    def carriers(self) -> list[Detected]:
        """The plugins that connect the pods of different nodes: one, unless several of them compete."""
        names = {detected.name for detected in self.plugins}
        return [
            detected for detected in self.plugins if not detected.rides and names.isdisjoint(detected.plugin.yields_to)
        ]

    def in_force(self, *names: str) -> list[Detected]:
        """The plugins of these names (none: any) that connect pods, without leftovers beside one that runs."""
        some_run = any(detected.runs for detected in self.carriers)
        left = [detected for detected in self.carriers if detected.runs or not some_run]
        return [detected for detected in left if not names or detected.name in names]

    def expected(self, detected: Detected) -> list[Node]:
        """The nodes that a plugin connects: hosts with Linux on which one of its agents runs, if it has any."""
        hosts = [node for node in self._view.nodes if not (is_virtual(node) or is_windows(node))]
        if not detected.agents:
            return hosts
        return [node for node in hosts if any(runs_on(agent, node) is True for agent in detected.agents)]

    def reached(self, detected: Detected, way: Transport) -> list[Node]:
        """The nodes to which a plugin carries packets in one way; all where it has not written anything for any."""
        members = self.members(detected) or None
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
        return [(detected, way) for detected in self.in_force() for way in detected.plugin.transports(self._view)]

    @cached_property
    def connections(self) -> list[NodeConnection]:
        """The same in short: what differs, and for which nodes."""
        return list(connections((detected.name, way) for detected, way in self.transports)) or (
            [] if self.plugins else list(self._observed())
        )

    @property
    def sentences(self) -> list[str]:
        """What was found, for people: connections, else the plugins themselves."""
        connected = {detected.plugin for detected in self.connections}
        alone = [f"{detected.name}{' on top' if detected.rides else ''}" for detected in self.plugins]
        return [*map(str, self.connections), *(name for name in alone if name not in connected)]

    def masquerades(self, pods: Sequence[Declaration]) -> list[Masquerade]:
        """Where the plugins' configuration hides addresses of pods, which have them from these ranges."""
        return [entry for detected in self.plugins for entry in detected.plugin.masquerades(self._view, pods)]

    @property
    def unknown_masquerades(self) -> list[UnknownMasquerade]:
        """Where the input lacks the plugin's configuration, or what it depends on."""
        return [unknown for detected in self.plugins for unknown in detected.plugin.unknown_masquerades(self._view)]

    def members(self, detected: Detected) -> set[str] | None:
        """The nodes for which a plugin has written what it writes for every one; None where it writes nothing."""
        membership = detected.plugin.membership
        return membership.nodes(self._view) if membership else None

    def _inside_and_outside(self) -> tuple[int, int]:
        """How many addresses of pods lie in their node's range, and how many do not."""
        pods = self._view.pods
        ranges = {name: [declared.range for declared in own] for name, own in self.of_nodes.items()}
        inside = outside = 0
        for row in pods.live_on_network():
            own = ranges.get(pods.node(row))
            for family, address in pods.addresses(row) if own else ():
                is_inside = any(span.holds(family, address) for span in own or ())
                inside, outside = inside + is_inside, outside + (not is_inside)
        return inside, outside
