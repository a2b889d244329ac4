"""The API objects that netlint reads, as structs with only the fields it needs.

``KINDS`` is the one list of them: what a kind is called, where the API serves it, and its struct.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlint.objects.apps import CronJob, Workload
from netlint.objects.core import ConfigMap, Namespace, Node, Service
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Object, group_of
from netlint.objects.networking import ServiceCIDR
from netlint.objects.pod import Pod

WORKLOADS = (
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: ``versions`` in order of preference, each with the same fields as the struct."""

    name: str
    group: str
    versions: tuple[str, ...]
    plural: str
    namespaced: bool
    struct: type[Object] | type[Pod]

    @property
    def api_version(self) -> str:
        """The preferred ``apiVersion``."""
        return f"{self.group}/{self.versions[0]}" if self.group else self.versions[0]

    @property
    def resource(self) -> str:
        """``plural.group`` as kubectl and RBAC know it; the bare plural in the core group."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


KINDS: tuple[Kind, ...] = (
    Kind("ConfigMap", "", ("v1",), "configmaps", True, ConfigMap),
    Kind("CronJob", "batch", ("v1",), "cronjobs", True, CronJob),
    Kind("DaemonSet", "apps", ("v1",), "daemonsets", True, Workload),
    Kind("Deployment", "apps", ("v1",), "deployments", True, Workload),
    Kind("EndpointSlice", "discovery.k8s.io", ("v1",), "endpointslices", True, EndpointSlice),
    Kind("Job", "batch", ("v1",), "jobs", True, Workload),
    Kind("Namespace", "", ("v1",), "namespaces", False, Namespace),
    Kind("Node", "", ("v1",), "nodes", False, Node),
    Kind("Pod", "", ("v1",), "pods", True, Pod),
    Kind("ReplicaSet", "apps", ("v1",), "replicasets", True, Workload),
    Kind("ReplicationController", "", ("v1",), "replicationcontrollers", True, Workload),
    Kind("Service", "", ("v1",), "services", True, Service),
    Kind("ServiceCIDR", "networking.k8s.io", ("v1", "v1beta1"), "servicecidrs", False, ServiceCIDR),
    Kind("StatefulSet", "apps", ("v1",), "statefulsets", True, Workload),
)

KIND_OF = {(kind.group, kind.name): kind for kind in KINDS}
KIND_NAMED = {kind.name: kind for kind in KINDS}


def kind_of(api_version: str, kind: str) -> Kind | None:
    """The kind that netlint reads under this name, in any version of its group."""
    return KIND_OF.get((group_of(api_version), kind))


CONFIG_MAPS = (
    ("kube-flannel", "kube-flannel-cfg"),
    ("kube-system", "antrea-config"),
    ("kube-system", "calico-config"),
    ("kube-system", "canal-config"),
    ("kube-system", "cilium-config"),
    ("kube-system", "kube-flannel-cfg"),
    ("kube-system", "kubeadm-config"),
)
"""Namespace and name of the ConfigMaps that are read from a live cluster, where they are not listed."""
