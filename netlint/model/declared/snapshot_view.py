"""What was read, as named lookups over one snapshot: objects, pods, slices, and what is known completely.

Every lookup notes which kinds it reads, so that the tests can hold a rule's page against its check.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from netlint.model.declared.declarations import Declaration
from netlint.model.declared.node_objects import node_ranges
from netlint.model.pods import Pods
from netlint.model.pods.workload_templates import WorkloadTemplates
from netlint.model.slices import EndpointSlices
from netlint.objects import WORKLOADS
from netlint.objects.apps import Workload
from netlint.objects.core import ConfigMap, Node, Service
from netlint.objects.meta import Object
from netlint.snapshot import Gap, Snapshot


def _namespace_and_name(item: Object) -> tuple[str, str]:
    meta = item.metadata
    return meta.namespace or "", meta.name or ""


class SnapshotView:
    """The snapshot as the model reads it."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Nothing is computed before it is asked for."""
        self.snapshot = snapshot
        self.reads: set[str] = set()

    def objects(self, kind: str) -> list[Any]:
        """All objects of a kind, by namespace and name."""
        self.reads.add(kind)
        items: list[Object] = self.snapshot.objects.get(kind, [])
        return sorted(items, key=_namespace_and_name)

    def is_complete(self, kind: str, namespace: str = "*") -> bool:
        """Whether every object of the kind in the namespace is known."""
        return self.gap(kind, namespace) is None

    def is_observed(self, kind: str, namespace: str = "*") -> bool:
        """Whether a cluster gave objects of the kind in the namespace, as against manifests."""
        return (kind, namespace) in self.snapshot.knowledge.observed

    def gap(self, kind: str, namespace: str = "*") -> Gap | None:
        """Why objects of the kind in the namespace may be missing; None where all are known."""
        return self.snapshot.knowledge.gap(kind, namespace)

    @cached_property
    def nodes(self) -> list[Node]:
        """All Nodes, by name."""
        return cast(list[Node], self.objects("Node"))

    @cached_property
    def node_named(self) -> dict[str, Node]:
        """Nodes by name."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def pod_cidrs(self) -> dict[str, list[Declaration]]:
        """The pod ranges of every Node, by its name; an empty list for a Node without."""
        return {node.name: node_ranges(node) for node in self.nodes}

    @cached_property
    def services(self) -> list[Service]:
        """All Services, by namespace and name."""
        return cast(list[Service], self.objects("Service"))

    @cached_property
    def service_named(self) -> dict[tuple[str, str], Service]:
        """Services by namespace and name."""
        return {(service.namespace, service.name): service for service in self.services}

    @cached_property
    def config_maps(self) -> dict[tuple[str, str], ConfigMap]:
        """ConfigMaps by namespace and name."""
        return {(item.namespace, item.name): item for item in self.objects("ConfigMap")}

    def config_map(self, name: str) -> ConfigMap | None:
        """The ConfigMap of this name in the first namespace that has one."""
        return next((config_map for (_, named), config_map in self.config_maps.items() if named == name), None)

    @cached_property
    def daemon_sets(self) -> list[Workload]:
        """All DaemonSets, by namespace and name."""
        return cast(list[Workload], self.objects("DaemonSet"))

    def daemon_set(self, name: str) -> Workload | None:
        """The DaemonSet of this name in the first namespace that has one."""
        return next((daemon_set for daemon_set in self.daemon_sets if daemon_set.name == name), None)

    @cached_property
    def pods(self) -> Pods:
        """All pods."""
        self.reads.add("Pod")
        return Pods(self.snapshot.pods, self._selector_keys)

    @cached_property
    def slices(self) -> EndpointSlices:
        """All EndpointSlices."""
        self.reads.add("EndpointSlice")
        return EndpointSlices(self.snapshot.slices)

    @cached_property
    def templates(self) -> WorkloadTemplates:
        """The pod templates of all workloads."""
        workloads = (item for kind in WORKLOADS for item in self.objects(kind))
        return WorkloadTemplates(workloads, self._selector_keys)

    @cached_property
    def _selector_keys(self) -> set[str]:
        """Not a lookup of Services: it only says which labels are worth an index."""
        services = cast(list[Service], self.snapshot.objects.get("Service", []))
        return {key for service in services for key in service.spec.selector or {}}
