"""The service proxy: whose Services it programs, how, and who runs it.

Source: k8s.io/kubernetes/pkg/proxy, kubernetes.io/docs/reference/networking/virtual-ips,
kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlint.model import settings
from netlint.model.cni import PLUGINS
from netlint.model.cni.service_support import ServiceProxyReplacement
from netlint.model.declared.control_plane import command_lines, service_proxy_settings
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.nodes.daemonset_coverage import DaemonSetCoverage
from netlint.model.pods import Pods
from netlint.model.pods.scheduling import runs_on
from netlint.objects.apps import Workload
from netlint.objects.core import Node, Service

NAME = "kube-proxy"
NAMESPACE = "kube-system"
PROXY_NAME = "service.kubernetes.io/service-proxy-name"
IPVS = "ipvs"


def is_of_this_proxy(service: Service) -> bool:
    """Whether the cluster's own proxy programs the Service, and not another one that its label names."""
    return PROXY_NAME not in service.labels


def replacement(view: SnapshotView) -> ServiceProxyReplacement | None:
    """Who programs Services in place of kube-proxy; None where nobody is known to."""
    replacements = (plugin.service_proxy for plugin in PLUGINS if plugin.service_proxy)
    return next((found for found in replacements if found.is_active(view)), None)


def modes(view: SnapshotView) -> set[str]:
    """The modes in which kube-proxy is told to run; an empty one is the default."""
    flag_modes = set()
    for _, line in command_lines(view.pods, NAME):
        flags = settings.flags(line.words)
        if "proxy-mode" in flags and "config" not in flags:
            flag_modes.add(flags["proxy-mode"].value)
    return flag_modes or {str(configuration(view).get("mode") or "")}


def configuration(view: SnapshotView) -> dict[str, object]:
    """The KubeProxyConfiguration of kubeadm's ConfigMap; empty without one, and where it cannot be read."""
    config_map = view.config_maps.get((NAMESPACE, NAME))
    try:
        return service_proxy_settings(config_map) if config_map else {}
    except ValueError:
        return {}


def uses_ipvs(view: SnapshotView) -> bool:
    """Whether kube-proxy is in force, in the mode that gives every node the addresses of all Services."""
    return IPVS in modes(view) and not replacement(view)


def agents(view: SnapshotView) -> list[Workload]:
    """The DaemonSets of kube-proxy."""
    return [agent for agent in view.daemon_sets if agent.namespace == NAMESPACE and agent.name.startswith(NAME)]


@dataclass(slots=True)
class Absence:
    """Nodes on which kube-proxy is not ready, by reason."""

    excluded: list[Node]
    lacking: list[Node]
    unready: list[Node]


def absence(coverages: list[DaemonSetCoverage], nodes: list[Node], pods: Pods | None) -> Absence:
    """The DaemonSets held against these nodes and all pods (None: not all are known)."""
    wanted = {node.name for coverage in coverages for node in coverage.eligible}
    having: set[str] = set().union(*(coverage.covered for coverage in coverages))
    concerned, empty = wanted | having, wanted - having
    left_out = [node for node in nodes if node.name not in concerned]
    excluded = [node for node in left_out if all(runs_on(each.agent, node) is False for each in coverages)]
    if pods is None:
        return Absence(excluded, [], [])
    unready = {pods.node(row) for coverage in coverages for row in coverage.unready}
    return Absence(
        excluded,
        [node for node in nodes if node.name in empty],
        [node for node in nodes if node.name in unready],
    )
