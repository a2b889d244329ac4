"""What shows a CNI plugin in the API, and whether it is only left over."""

from __future__ import annotations

from collections.abc import Mapping

from netlint.findings import Subject
from netlint.model.cni.plugin import Plugin
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods.scheduling import runs_on
from netlint.model.subjects import subject_of
from netlint.objects.apps import Workload
from netlint.objects.core import Node


def annotated(nodes: list[Node]) -> dict[str, Node]:
    """The first Node with an annotation of each prefix, the slash included."""
    by_key: dict[str, Node] = {}
    for node in nodes:
        for key in node.annotations:
            by_key.setdefault(key, node)
    found: dict[str, Node] = {}
    for key, node in by_key.items():
        prefix, slash, _ = key.partition("/")
        found.setdefault(prefix + slash, node)
    return found


def evidence(plugin: Plugin, by_prefix: Mapping[str, Node], view: SnapshotView) -> Subject | None:
    """An object that shows the plugin."""
    by = plugin.evidence
    for prefix in by.annotations:
        if prefix in by_prefix:
            return subject_of(by_prefix[prefix])
    for name in by.config_maps:
        config_map = view.config_map(name)
        if config_map is not None:
            return subject_of(config_map)
    for daemon_set in agents(plugin, view):
        return subject_of(daemon_set)
    for kind in by.kinds:
        objects = view.objects(kind)
        if objects:
            return subject_of(objects[0])
    return agent_pod(plugin, view)


def agents(plugin: Plugin, view: SnapshotView) -> list[Workload]:
    """The plugin's DaemonSets, but for those that no node is good enough for: that is how they are switched off."""
    nodes = view.nodes
    return [
        found
        for found in view.daemon_sets
        if found.name in plugin.evidence.daemon_sets
        and (not nodes or any(runs_on(found, node) is not False for node in nodes))
    ]


def agent_pod(plugin: Plugin, view: SnapshotView) -> Subject | None:
    """A live pod of one of the plugin's DaemonSets."""
    pods = view.pods
    shapes = [number for name in plugin.evidence.daemon_sets for number in pods.owned_by("DaemonSet", name)]
    row = pods.first_live(shapes)
    return None if row is None else pods.subject(row)
