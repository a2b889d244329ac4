"""The plugins that a cluster shows: by what in the API, and whether they run or are only left over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from netlint.findings import Subject
from netlint.model.cni.plugin import Plugin
from netlint.model.cni.plugins import PLUGINS
from netlint.model.cni.pod_addresses import UNKNOWN, PodAllocation
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods.scheduling import runs_on
from netlint.model.subjects import subject_of
from netlint.objects.apps import Workload
from netlint.objects.core import Node


@dataclass(frozen=True, slots=True)
class Detected:
    """A plugin that the cluster shows, with the object that shows it and where it takes addresses from.

    ``rides``: it works on another plugin's network, ``may_ride``: the input does not show whether it does;
    ``agents``: its DaemonSets; ``runs``: whether there are such, or pods of such.
    """

    plugin: Plugin
    evidence: Subject
    allocation: PodAllocation
    rides: bool = False
    may_ride: bool = False
    agents: tuple[Workload, ...] = ()
    runs: bool = False

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.plugin.name


def detect(view: SnapshotView) -> tuple[Detected, ...]:
    """Every plugin for which there is evidence, by name."""
    by_prefix = _by_annotation_prefix(view.nodes)
    by_name = sorted(PLUGINS, key=lambda plugin: plugin.name)
    shown = [(plugin, subject) for plugin in by_name if (subject := _evidence(plugin, by_prefix, view)) is not None]
    carrying = [plugin for plugin, _ in shown if not plugin.rides(view)]
    return tuple(_detected(plugin, subject, carrying, view) for plugin, subject in shown)


def _detected(plugin: Plugin, subject: Subject, carrying: list[Plugin], view: SnapshotView) -> Detected:
    """A plugin that rides on no other one in sight carries packets itself."""
    rides = bool(carrying) and plugin not in carrying
    agents = _agents(plugin, view)
    return Detected(
        plugin,
        subject,
        UNKNOWN if rides else plugin.allocation(view),
        rides,
        plugin.rides(view) is None,
        tuple(agents),
        bool(agents) or _agent_pod(plugin, view) is not None,
    )


def _by_annotation_prefix(nodes: list[Node]) -> dict[str, Node]:
    """The first Node with an annotation of each prefix, the slash included."""
    by_key: dict[str, Node] = {}
    for node in nodes:
        for key in node.annotations:
            by_key.setdefault(key, node)
    by_prefix: dict[str, Node] = {}
    for key, node in by_key.items():
        prefix, slash, _ = key.partition("/")
        by_prefix.setdefault(prefix + slash, node)
    return by_prefix


def _evidence(plugin: Plugin, by_prefix: Mapping[str, Node], view: SnapshotView) -> Subject | None:
    """An object that shows the plugin."""
    by = plugin.evidence
    for prefix in by.annotations:
        if prefix in by_prefix:
            return subject_of(by_prefix[prefix])
    for name in by.config_maps:
        config_map = view.config_map(name)
        if config_map is not None:
            return subject_of(config_map)
    for daemon_set in _agents(plugin, view):
        return subject_of(daemon_set)
    for kind in by.kinds:
        objects = view.objects(kind)
        if objects:
            return subject_of(objects[0])
    return _agent_pod(plugin, view)


def _agents(plugin: Plugin, view: SnapshotView) -> list[Workload]:
    """The plugin's DaemonSets, but for those that no node is good enough for: that is how they are switched off."""
    nodes = view.nodes
    return [
        daemon_set
        for daemon_set in view.daemon_sets
        if daemon_set.name in plugin.evidence.daemon_sets
        and (not nodes or any(runs_on(daemon_set, node) is not False for node in nodes))
    ]


def _agent_pod(plugin: Plugin, view: SnapshotView) -> Subject | None:
    """A live pod of one of the plugin's DaemonSets."""
    pods = view.pods
    shapes = [number for name in plugin.evidence.daemon_sets for number in pods.owned_by("DaemonSet", name)]
    row = pods.first_live(shapes)
    return None if row is None else pods.subject(row)
