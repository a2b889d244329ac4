"""Which CNI plugin runs the pod network, and whether it takes a node's pod range from ``spec.podCIDRs``.

Evidence is whatever a plugin leaves in the API: annotations, ConfigMaps, DaemonSets, pods. Each plugin's
documentation is named beside its entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from netlint.findings import Subject
from netlint.model.plan import pod_cidrs
from netlint.model.pods import Pods
from netlint.model.subjects import subject_of
from netlint.objects.apps import Workload
from netlint.objects.core import ConfigMap, Node

ConfigMaps = Mapping[tuple[str, str], ConfigMap]


@dataclass(frozen=True, slots=True)
class Plugin:
    """How a plugin is recognised, by prefixes of node annotations, and by names of other objects.

    ``allocates_from_node``: whether it takes a node's range from ``spec.podCIDRs``; None where only its
    configuration tells, which ``configured`` then reads.
    """

    name: str
    allocates_from_node: bool | None
    annotations: tuple[str, ...] = ()
    config_maps: tuple[str, ...] = ()
    daemon_sets: tuple[str, ...] = ()
    configured: Callable[[ConfigMaps], bool | None] = lambda _: None


def _cilium(config_maps: ConfigMaps) -> bool | None:
    """``ipam`` of ``cilium-config`` (docs.cilium.io, IP Address Management)."""
    found = next((item for (_, name), item in config_maps.items() if name == "cilium-config"), None)
    if found is None:
        return None
    return (found.data or {}).get("ipam", "cluster-pool") == "kubernetes"


def _calico(config_maps: ConfigMaps) -> bool | None:
    """The ``ipam`` of the CNI configuration in ``calico-config`` (docs.tigera.io, CNI plugin)."""
    for (_, name), item in config_maps.items():
        if name in {"calico-config", "canal-config"}:
            text = (item.data or {}).get("cni_network_config", "")
            if "calico-ipam" in text or "host-local" in text:
                return "calico-ipam" not in text
    return None


PLUGINS = (
    Plugin("antrea", True, ("node.antrea.io/",), ("antrea-config",), ("antrea-agent",)),
    Plugin("aws-vpc-cni", False, (), ("amazon-vpc-cni",), ("aws-node",)),
    Plugin("azure-cni", False, (), (), ("azure-cns", "azure-cni-networkmonitor")),
    Plugin(
        "calico",
        None,
        ("projectcalico.org/",),
        ("calico-config", "canal-config"),
        ("calico-node", "canal"),
        _calico,
    ),
    Plugin("cilium", None, (), ("cilium-config",), ("cilium",), _cilium),
    Plugin(
        "flannel",
        True,
        ("flannel.alpha.coreos.com/",),
        ("kube-flannel-cfg",),
        ("kube-flannel-ds", "kube-flannel"),
    ),
    Plugin("kindnet", True, (), (), ("kindnet",)),
    Plugin("kube-router", True, ("kube-router.io/",), ("kube-router-cfg",), ("kube-router",)),
    Plugin("ovn-kubernetes", False, ("k8s.ovn.org/",), ("ovn-config",), ("ovnkube-node",)),
    Plugin("weave", False, (), ("weave-net",), ("weave-net",)),
)


@dataclass(frozen=True, slots=True)
class Detected:
    """A plugin that the cluster shows, with the object that shows it."""

    name: str
    allocates_from_node: bool | None
    evidence: Subject


class Fabric:
    """The plugins found (none where the input shows none), and whether pods follow their node's ranges."""

    def __init__(self, plugins: tuple[Detected, ...], nodes: list[Node], pods: Pods) -> None:
        """The pods are looked at only where the plugins leave a question open."""
        self.plugins = plugins
        self._nodes = nodes
        self._pods = pods

    @cached_property
    def allocates_from_node(self) -> bool | None:
        """Whether pods get their addresses from ``spec.podCIDRs``; None where it cannot be told.

        Without any plugin in the input the Nodes are the authority wherever they carry ranges. Where
        plugins leave it open, or contradict each other, the pods decide by their majority.
        """
        answers = {plugin.allocates_from_node for plugin in self.plugins} - {None}
        if len(answers) == 1:
            return answers.pop()
        inside, outside = self._inside_and_outside()
        if inside == outside:
            return None if self.plugins else True
        return inside > outside

    @property
    def needs_node_ranges(self) -> Detected | None:
        """A plugin that does not start on a node without a pod range."""
        return next((plugin for plugin in self.plugins if plugin.allocates_from_node), None)

    def shows(self, *names: str) -> bool:
        """Whether one of these plugins was found."""
        return any(plugin.name in names for plugin in self.plugins)

    def _inside_and_outside(self) -> tuple[int, int]:
        """How many addresses of pods lie in their node's range, and how many do not."""
        pods = self._pods
        ranges = {node.name: [cidr.range for _, cidr in pod_cidrs(node)] for node in self._nodes}
        inside = outside = 0
        for row in pods.live_on_network():
            own = ranges.get(pods.node(row))
            for family, address in pods.addresses(row) if own else ():
                held = any(found.holds(family, address) for found in own or ())
                inside, outside = inside + held, outside + (not held)
        return inside, outside


def detect(nodes: Iterable[Node], config_maps: ConfigMaps, daemon_sets: Iterable[Workload], pods: Pods) -> Fabric:
    """Every plugin for which there is evidence."""
    nodes, daemon_sets = list(nodes), list(daemon_sets)
    found = []
    annotated = _annotated(nodes)
    for plugin in PLUGINS:
        evidence = _evidence(plugin, annotated, config_maps, daemon_sets, pods)
        if evidence is not None:
            answer = plugin.allocates_from_node
            found.append(Detected(plugin.name, plugin.configured(config_maps) if answer is None else answer, evidence))
    return Fabric(tuple(found), nodes, pods)


def _annotated(nodes: Iterable[Node]) -> dict[str, Node]:
    """The first Node with an annotation of each prefix, the slash included."""
    found: dict[str, Node] = {}
    for node in nodes:
        for key in node.annotations:
            prefix, slash, _ = key.partition("/")
            found.setdefault(prefix + slash, node)
    return found


def _evidence(
    plugin: Plugin,
    annotated: Mapping[str, Node],
    config_maps: ConfigMaps,
    daemon_sets: list[Workload],
    pods: Pods,
) -> Subject | None:
    for prefix in plugin.annotations:
        if prefix in annotated:
            return subject_of(annotated[prefix])
    for (_, name), item in sorted(config_maps.items()):
        if name in plugin.config_maps:
            return subject_of(item)
    for daemon_set in daemon_sets:
        if daemon_set.name in plugin.daemon_sets:
            return subject_of(daemon_set)
    rows = [
        row
        for number, shape in enumerate(pods.table.shapes)
        if shape.owner and shape.owner[0] == "DaemonSet" and shape.owner[1] in plugin.daemon_sets
        for row in pods.rows_of_shape(number)
    ]
    return pods.subject(min(rows, key=pods.order)) if rows else None
