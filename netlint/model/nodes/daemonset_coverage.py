"""Which nodes have the pods of a DaemonSet: of a network plugin's agent, or of the service proxy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlint.model.declared.node_objects import is_lost, is_virtual
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.pods.scheduling import runs_on
from netlint.model.selectors import selects
from netlint.objects.apps import Workload
from netlint.objects.core import Node
from netlint.snapshot.pod_table import Phase


@dataclass(frozen=True, slots=True)
class DaemonSetCoverage:
    """A DaemonSet held against the pods.

    ``eligible``: Nodes on which its pods should run; ``covered``: names of Nodes that have one; ``uncovered``: eligible
    Nodes without; ``unready``: rows of pods on Nodes where none is ready.
    """

    agent: Workload
    eligible: list[Node]
    covered: set[str]
    uncovered: list[Node]
    unready: list[int]


def daemonset_coverage(agent: Workload, view: SnapshotView) -> DaemonSetCoverage:
    """Coverage of a DaemonSet; Nodes of which it is not clear whether its pods run there are left out."""
    pods = view.pods
    rows = [row for row in pods.of_shapes(_shapes(agent, pods)) if pods.is_live(row)]
    covered = set(map(pods.node, rows))
    eligible = [node for node in view.nodes if _is_eligible(agent, node)]
    # a silent kubelet's pods are never ready
    responsive = {node.name for node in eligible if not is_lost(node)}
    without_ready_pod = responsive - {pods.node(row) for row in rows if pods.is_ready(row)}
    unready = [
        row
        for row in rows
        if without_ready_pod and pods.node(row) in without_ready_pod and _is_starting_or_running(pods, row)
    ]
    uncovered = [node for node in eligible if node.name not in covered]
    return DaemonSetCoverage(agent, eligible, covered, uncovered, sorted(unready, key=pods.order))


def _is_starting_or_running(pods: Pods, row: int) -> bool:
    """Whether it says so: an export without status says nothing of readiness."""
    return pods.phase(row) in {Phase.PENDING, Phase.RUNNING} and not pods.is_terminating(row)


def _is_eligible(agent: Workload, node: Node) -> bool:
    return not (is_virtual(node) or node.metadata.deletionTimestamp) and runs_on(agent, node) is True


def _shapes(agent: Workload, pods: Pods) -> Iterator[int]:
    """The shapes of its pods: those that it owns, else those with the labels of its template."""
    labels = (agent.template.metadata.labels if agent.template else None) or {}
    for number in pods.owned_by("DaemonSet", agent.name):
        if pods.shapes[number].namespace == agent.namespace:
            yield number
    for number in pods.owned_by_nobody() if labels else ():
        shape = pods.shapes[number]
        if shape.namespace == agent.namespace and selects(labels, shape.labels):
            yield number
