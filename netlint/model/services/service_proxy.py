"""The service proxy: whose Services it programs, how, and who runs it.

Source: k8s.io/kubernetes/pkg/proxy, kubernetes.io/docs/reference/networking/virtual-ips,
kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1; for replacements the documentation of Cilium
(kube-proxy-free), Antrea (antrea-proxy.md), kube-router (user-guide.md), Calico (eBPF) and OVN-Kubernetes.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlint.model import settings
from netlint.model.cni import antrea, cilium
from netlint.model.declared.control_plane import command_lines, service_proxy_settings
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
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


def replacement(view: SnapshotView) -> str:
    """Who programs Services in place of kube-proxy; empty where nobody is known to."""
    router = view.daemon_set("kube-router")
    if cilium.configuration(view)[1].get("kube-proxy-replacement") in {"true", "strict"}:
        return "Cilium"
    if antrea.programs_services(view):
        return "Antrea"
    if view.daemon_set("ovnkube-node"):
        return "OVN-Kubernetes"
    if router and flag(router, "run-service-proxy") != "false":
        return "kube-router"
    return "Calico" if _has_calico_bpf(view) else ""


def _has_calico_bpf(view: SnapshotView) -> bool:
    """The agents' variable goes before the object."""
    agent = view.daemon_set("calico-node")
    given = [text for _, text in environment(agent, "FELIX_BPFENABLED")] if agent else []
    if given:
        return given[-1].lower() == "true"
    return any(found.name == "default" and found.spec.bpfEnabled for found in view.objects("FelixConfiguration"))


def flag(workload: Workload, name: str) -> str:
    """The value of a flag of a workload's first container."""
    containers = (workload.template.spec.containers if workload.template else None) or []
    words = [*(containers[0].command or ()), *(containers[0].args or ())] if containers else []
    given = settings.flags(words).get(name)
    return given.value if given else ""


def modes(view: SnapshotView) -> set[str]:
    """The modes in which kube-proxy is told to run; an empty one is the default."""
    found = set()
    for _, line in command_lines(view.pods, NAME):
        given = settings.flags(line.words)
        if "proxy-mode" in given and "config" not in given:
            found.add(given["proxy-mode"].value)
    return found or {str(configuration(view).get("mode") or "")}


def configuration(view: SnapshotView) -> dict[str, object]:
    """The KubeProxyConfiguration of kubeadm's ConfigMap; empty without one, and where it cannot be read."""
    found = view.config_maps.get((NAMESPACE, NAME))
    try:
        return service_proxy_settings(found) if found else {}
    except ValueError:
        return {}


def uses_ipvs(view: SnapshotView) -> bool:
    """Whether kube-proxy is in force, in the mode that gives every node the addresses of all Services."""
    return IPVS in modes(view) and not replacement(view)


def agents(view: SnapshotView) -> list[Workload]:
    """The DaemonSets of kube-proxy."""
    return [found for found in view.daemon_sets if found.namespace == NAMESPACE and found.name.startswith(NAME)]


@dataclass(slots=True)
class Absence:
    """Nodes on which kube-proxy is not ready, by reason."""

    excluded: list[Node]
    lacking: list[Node]
    unready: list[Node]


def absence(found: list[DaemonSetCoverage], nodes: list[Node], pods: Pods | None) -> Absence:
    """The DaemonSets held against these nodes and all pods (None: not all are known)."""
    wanted = {node.name for one in found for node in one.eligible}
    having: set[str] = set().union(*(one.covered for one in found))
    concerned, empty = wanted | having, wanted - having
    left_out = [node for node in nodes if node.name not in concerned]
    excluded = [node for node in left_out if all(runs_on(one.agent, node) is False for one in found)]
    if pods is None:
        return Absence(excluded, [], [])
    unready = {pods.node(row) for one in found for row in one.unready}
    return Absence(
        excluded,
        [node for node in nodes if node.name in empty],
        [node for node in nodes if node.name in unready],
    )
