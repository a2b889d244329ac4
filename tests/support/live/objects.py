"""Builders of API objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Object = dict[str, Any]

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER = "endpointslice-controller.k8s.io"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"
SLICES = "/apis/discovery.k8s.io/v1/endpointslices"
_API_VERSIONS = {"Job": "batch/v1", "ReplicationController": "v1"}


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def port(number: int, name: str = "", protocol: str = "TCP", **more: Any) -> Object:
    """A port that a container declares."""
    return {"containerPort": number, "protocol": protocol, **({"name": name} if name else {}), **more}


def container(name: str = "web", *ports: Object, **more: Any) -> Object:
    return {"name": name, "image": name, "ports": list(ports), **more}


def pod(
    name: str,
    node: str | None,
    *containers: Object,
    within: str = "default",
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> Object:
    """A pod on a node (None: on none yet); one container without ports where none is given."""
    where = {"nodeName": node} if node else {}
    metadata = {"name": name, "namespace": within, "labels": dict(labels or {}), "annotations": dict(annotations or {})}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**where, "containers": list(containers) or [container()], **spec},
    }


def service(
    name: str,
    selector: Mapping[str, str] | None,
    *ports: Object,
    within: str = "default",
    annotations: Mapping[str, str] | None = None,
    **spec: Any,
) -> Object:
    """A Service; without ports given it has port 80."""
    chosen = {"selector": dict(selector)} if selector else {}
    metadata = {"name": name, "namespace": within, "annotations": dict(annotations or {})}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {**chosen, "ports": list(ports) or [{"port": 80}], **spec},
    }


def by_hand(service_name: str, addresses: Sequence[str], within: str = "default", **more: Any) -> Object:
    """A slice that somebody keeps for a Service without a selector."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{service_name}-by-hand",
            "namespace": within,
            "labels": {SERVICE_NAME: service_name, MANAGED_BY: "somebody"},
        },
        "addressType": "IPv6" if ":" in addresses[0] else "IPv4",
        "endpoints": [{"addresses": [address]} for address in addresses],
        "ports": [{"port": 80}],
        **more,
    }


def workload(
    kind: str, name: str, labels: Mapping[str, str], *containers: Object, within: str = "default", **spec: Any
) -> Object:
    """A workload of any kind but CronJob, with a template of pods that have these labels."""
    selector = {"ReplicationController": dict(labels)}.get(kind, {"matchLabels": dict(labels)})
    template: Object = {
        "metadata": {"labels": dict(labels)},
        "spec": {"containers": list(containers) or [container()]},
    }
    if kind == "Job":  # which chooses its selector itself
        template["spec"]["restartPolicy"] = "Never"
    else:
        spec = {"selector": selector, **spec}
    return {
        "apiVersion": _API_VERSIONS.get(kind, "apps/v1"),
        "kind": kind,
        "metadata": {"name": name, "namespace": within},
        "spec": {**spec, "template": template},
    }


def controller_manager_pod(node: str, cluster_cidrs: Iterable[str]) -> Object:
    """What a kubeadm cluster shows of its controller manager."""
    command = ["kube-controller-manager", f"--cluster-cidr={','.join(cluster_cidrs)}"]
    name = "kube-controller-manager"
    return pod(f"{name}-{node}", node, container(name, command=command), within="kube-system", hostNetwork=True)


def key(obj: Object) -> tuple[str, str]:
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]
