"""Which CNI plugins run the pod network, and what follows for addresses and packets.

Evidence is whatever a plugin leaves in the API: annotations, ConfigMaps, DaemonSets, pods, objects of its
own. Each plugin is a module of this package.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from netlint.findings import Subject
from netlint.model.cni import antrea, calico, cilium, clouds, flannel, kindnet, kube_router, ovn_kubernetes, weave
from netlint.model.cni.plugin import ELSEWHERE, Allocation, Masquerade, Plugin, Transport, Way, Whom
from netlint.model.inventory import Inventory
from netlint.model.plan.declarations import Declaration, Trouble
from netlint.model.plan.nodes import node_ranges, pod_cidrs
from netlint.model.subjects import subject_of
from netlint.objects.core import Node

__all__ = ["PLUGINS", "Allocation", "Detected", "Fabric", "Masquerade", "Plugin", "Transport", "Way", "Whom", "detect"]

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
    """A plugin that the cluster shows, with the object that shows it and where it takes addresses from."""

    plugin: Plugin
    evidence: Subject
    allocation: Allocation

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name


class Fabric:
    """The plugins found (none where the input shows none), and what they make of the cluster's network."""

    def __init__(self, plugins: tuple[Detected, ...], inventory: Inventory) -> None:
        """The pods are looked at only where the plugins leave a question open."""
        self.plugins = plugins
        self._inventory = inventory

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
        ranges: dict[str, list[Declaration]] = {node.name: [] for node in self._inventory.nodes}
        if self.allocates_from_node:
            return {node.name: node_ranges(node) for node in self._inventory.nodes}
        for found in self.own_ranges:
            ranges.setdefault(found.node, []).append(found)
        return ranges

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
    def needs_node_ranges(self) -> Detected | None:
        """A plugin that does not start on a node without a pod range."""
        return next((found for found in self.plugins if found.allocation.from_node), None)

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
        return any(
            found.name in clouds.IN_NODE_SUBNET or (found.name == cilium.NAME and found.allocation is ELSEWHERE)
            for found in self.plugins
        )

    @cached_property
    def declared(self) -> list[Declaration | Trouble]:
        """Every range that the plugins declare."""
        return [entry for found in self.plugins for entry in found.plugin.ranges(self._inventory)]

    @cached_property
    def transports(self) -> list[tuple[Detected, Transport]]:
        """How the plugins carry packets between nodes."""
        return [(found, way) for found in self.plugins for way in found.plugin.transports(self._inventory)]

    def masquerades(self, pods: Sequence[Declaration]) -> list[Masquerade]:
        """Where the plugins' configuration hides addresses of pods, which have them from these ranges."""
        return [entry for found in self.plugins for entry in found.plugin.masquerades(self._inventory, pods)]

    def has_joined(self, found: Detected, node: Node) -> bool:
        """Whether the plugin has written for this node what it writes for every node that has joined."""
        identity = found.plugin.identity
        return identity is None or identity(self._inventory, node)

    def _inside_and_outside(self) -> tuple[int, int]:
        """How many addresses of pods lie in their node's range, and how many do not."""
        pods = self._inventory.pods
        ranges = {node.name: [cidr.range for _, cidr in pod_cidrs(node)] for node in self._inventory.nodes}
        inside = outside = 0
        for row in pods.live_on_network():
            own = ranges.get(pods.node(row))
            for family, address in pods.addresses(row) if own else ():
                held = any(found.holds(family, address) for found in own or ())
                inside, outside = inside + held, outside + (not held)
        return inside, outside


def detect(inventory: Inventory) -> Fabric:
    """Every plugin for which there is evidence."""
    annotated = _annotated(inventory.nodes)
    found = []
    for plugin in PLUGINS:
        evidence = _evidence(plugin, annotated, inventory)
        if evidence is not None:
            found.append(Detected(plugin, evidence, plugin.allocation(inventory)))
    return Fabric(tuple(found), inventory)


def _annotated(nodes: list[Node]) -> dict[str, Node]:
    """The first Node with an annotation of each prefix, the slash included."""
    found: dict[str, Node] = {}
    for node in nodes:
        for key in node.annotations:
            prefix, slash, _ = key.partition("/")
            found.setdefault(prefix + slash, node)
    return found


def _evidence(plugin: Plugin, annotated: Mapping[str, Node], inventory: Inventory) -> Subject | None:
    by = plugin.evidence
    for prefix in by.annotations:
        if prefix in annotated:
            return subject_of(annotated[prefix])
    for name in by.config_maps:
        config_map = inventory.config_map(name)
        if config_map is not None:
            return subject_of(config_map)
    for daemon_set in inventory.daemon_sets:
        if daemon_set.name in by.daemon_sets:
            return subject_of(daemon_set)
    for kind in by.kinds:
        objects = inventory.objects(kind)
        if objects:
            return subject_of(objects[0])
    return _agent(by.daemon_sets, inventory)


def _agent(names: tuple[str, ...], inventory: Inventory) -> Subject | None:
    """A pod of one of these DaemonSets."""
    pods = inventory.pods
    rows = [
        row
        for number, shape in enumerate(pods.table.shapes)
        if shape.owner and shape.owner[0] == "DaemonSet" and shape.owner[1] in names
        for row in pods.rows_of_shape(number)
    ]
    return pods.subject(min(rows, key=pods.order)) if rows else None
