"""A cluster with faults of many kinds, and what netlint says of it.

Nobody repairs anything in it: it is meant for a control plane without a controller manager.
"""

from __future__ import annotations

from typing import Any

from tests.support.controlplane import ControlPlane, kubelet

from . import objects
from .objects import CONTROLLER, MANAGED_BY, SERVICE_NAME, TRIGGER_TIME, Object, container, port

HTTP = {"port": 80, "targetPort": "http"}
SERVING = container("web", port(8080, "http"))
CLASHING = (container("web", port(8080)), container("sidecar", port(8080)))
WORKLOADS = ("CronJob", "DaemonSet", "Deployment", "Job", "ReplicaSet", "ReplicationController", "StatefulSet")
NODE_ADDRESSES = {**{f"node-{number}": f"192.168.0.{number}" for number in range(1, 6)}, "node-6": "10.96.0.66"}

Finding = tuple[str, str, str, str]


# No faults, but secrets where people put them.
SECRETS = """
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: kubeadm-config, namespace: kube-system}
  data: {ClusterConfiguration: "kind: ClusterConfiguration"}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: settings, namespace: default}
  data: {password: SECRET}
- apiVersion: v1
  kind: Secret
  metadata: {name: settings, namespace: default}
  stringData: {password: SECRET}
- apiVersion: v1
  kind: Service
  metadata: {name: secretive, namespace: lab, annotations: {note: is kept}}
  spec: {ports: [{port: 80}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: secretive, namespace: lab}
  spec: &pod
    restartPolicy: Never
    initContainers:
    - {name: init, image: init, env: [{name: PASSWORD, value: SECRET}]}
    containers:
    - {name: web, image: web, envFrom: [{secretRef: {name: settings}}], ports: [{containerPort: 80}]}
- apiVersion: batch/v1
  kind: CronJob
  metadata: {name: secretive, namespace: lab}
  spec:
    schedule: "0 0 * * *"
    jobTemplate: {spec: {template: {spec: *pod}}}
- apiVersion: batch/v1
  kind: Job
  metadata: {name: secretive, namespace: lab}
  spec: {template: {spec: *pod}}
"""


def plant(plane: ControlPlane) -> None:
    """Creates it all."""
    nodes, pods = _nodes(), _pods()
    plane.admin.apply_many([*map(objects.namespace, ("shop", "lab")), *nodes])
    plane.admin.apply_many([*_services(), *_slices(), *map(_clashing_workload, WORKLOADS), _resting()])
    plane.admin.apply_many([pod for pod, _ in pods])
    for pod, address in pods:
        host = NODE_ADDRESSES[pod["spec"]["nodeName"]]
        plane.admin.patch_status(pod, kubelet.pod_status(pod, [host], [address], ready=True, phase="Running"))
    plane.admin.delete(_pod("leaving", "node-1"), grace_seconds=3600)


def findings() -> list[Finding]:
    """Rule, severity, subject and message of all that is wrong, as an administrator's run tells it."""
    clash = "port 8080/TCP is declared by web and sidecar, which share one network namespace"
    wrong = "the IPv4 endpoint 10.244.1.11 has ready false and serving false, unlike the pod"
    return [
        ("duplicate-pod-ips", "error", "Pod lab/double", "10.244.1.20 also belongs to Pod shop/double"),
        ("duplicate-pod-ips", "warning", "Pod shop/leaving", "10.244.1.21 also belongs to Pod shop/staying"),
        (
            "missing-pod-cidrs",
            "error",
            "Node node-4",
            "node-4 has no pod range, but flannel takes pod addresses from there",
        ),
        (
            "overlapping-cluster-ranges",
            "error",
            "Node node-6",
            "node address 10.96.0.66 of Node node-6 overlaps Service range 10.96.0.0/12 of ServiceCIDR kubernetes",
        ),
        (
            "overlapping-pod-cidrs",
            "error",
            "Node node-2",
            "10.244.2.0/24 of Node node-2 overlaps 10.244.2.128/25 of Node node-3",
        ),
        (
            "pod-cidrs-outside-cluster-cidr",
            "error",
            "Node node-5",
            "172.20.0.0/24 is outside 10.244.0.0/16 of Pod kube-system/kube-controller-manager-node-1",
        ),
        (
            "pod-ips-outside-node-range",
            "error",
            "Pod shop/stray",
            "10.244.6.30 is outside 10.244.1.0/24 of Node node-1, where the pod runs, "
            "inside 10.244.6.0/24 of Node node-6",
        ),
        *(("conflicting-container-ports", "warning", f"{kind} shop/clashing", clash) for kind in WORKLOADS[:-4]),
        ("conflicting-container-ports", "warning", "Job shop/clashing", clash),
        ("conflicting-container-ports", "warning", "Pod lab/clashing", clash),
        ("conflicting-container-ports", "warning", "Pod shop/accepted", clash),
        *(("conflicting-container-ports", "warning", f"{kind} shop/clashing", clash) for kind in WORKLOADS[-3:]),
        (
            "conflicting-host-ports",
            "error",
            "Pod shop/proxy-0",
            "port 8888/TCP of Node node-6 is also taken by Pod shop/proxy-1",
        ),
        ("mismatched-endpoints", "note", "Service lab/lagging", wrong.replace("10.244.1.11", "10.244.6.35")),
        ("mismatched-endpoints", "error", "Service shop/web", wrong),
        (
            "missing-endpoint-addresses",
            "error",
            "Service shop/web",
            "10.244.1.12 (web-2) is in no IPv4 EndpointSlice of the Service",
        ),
        (
            "services-without-pods",
            "warning",
            "Service shop/empty",
            "app=nothing selects no pod in namespace shop",
        ),
        (
            "services-without-pods",
            "note",
            "Service shop/resting",
            "app=resting selects no pod in namespace shop; Deployment shop/resting has no replicas",
        ),
        (
            "stale-endpoint-addresses",
            "error",
            "Service shop/web",
            "10.244.1.99 is listed as IPv4 endpoint, but no live pod of the Service has it",
        ),
        (
            "unmatched-target-ports",
            "warning",
            "Service shop/mixed",
            "TCP port 'http' is declared by not every selected pod; not Pod shop/plain",
        ),
        (
            "unmatched-target-ports",
            "error",
            "Service shop/unmatched",
            "TCP port 'grpc' is declared by no selected pod",
        ),
        (
            "expired-suppressions",
            "warning",
            "Service shop/web",
            "the suppression of mismatched-endpoints expired on 2020-01-01",
        ),
        (
            "unexplained-suppressions",
            "warning",
            "Service shop/empty",
            "the suppression of services-without-pods gives no reason",
        ),
        (
            "unused-suppressions",
            "warning",
            "Node node-1",
            "the suppression of duplicate-pod-ips accepts nothing: the rule finds no fault here",
        ),
    ]


def _suppression(rule: str, text: str) -> dict[str, str]:
    return {f"ignore.netlint.dev/{rule}": text}


# Nodes and pods


def _nodes() -> list[Object]:
    flannel = {"flannel.alpha.coreos.com/backend-type": "vxlan"}
    return [
        _node("node-1", "10.244.1.0/24", {**flannel, **_suppression("duplicate-pod-ips", "is new")}),
        _node("node-2", "10.244.2.0/24"),
        _node("node-3", "10.244.2.128/25"),
        _node("node-4"),
        _node("node-5", "172.20.0.0/24"),
        _node("node-6", "10.244.6.0/24"),
    ]


def _node(name: str, cidr: str = "", annotations: dict[str, str] | None = None) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "annotations": annotations or {}},
        "spec": {"podCIDR": cidr, "podCIDRs": [cidr]} if cidr else {},
        "status": {"addresses": [{"type": "InternalIP", "address": NODE_ADDRESSES[name]}]},
    }


def _pod(name: str, node: str, *containers: Object, app: str = "other", within: str = "shop", **more: Any) -> Object:
    return objects.pod(name, node, *containers, within=within, labels={"app": app}, **more)


def _pods() -> list[tuple[Object, str]]:
    host_port = container("proxy", port(80, hostPort=8888))
    accepted = _suppression("conflicting-container-ports", "the sidecar waits its turn; until=2099-12-31")
    return [
        (objects.controller_manager_pod("node-1", ["10.244.0.0/16"]), "192.168.0.1"),
        (_pod("web-0", "node-1", SERVING, app="web"), "10.244.1.10"),
        (_pod("web-1", "node-1", SERVING, app="web"), "10.244.1.11"),
        (_pod("web-2", "node-1", SERVING, app="web"), "10.244.1.12"),
        (_pod("plain", "node-1", app="mixed"), "10.244.1.13"),
        (_pod("named", "node-1", SERVING, app="mixed"), "10.244.1.14"),
        (_pod("double", "node-1"), "10.244.1.20"),
        (_pod("double", "node-1", within="lab"), "10.244.1.20"),
        (_pod("leaving", "node-1"), "10.244.1.21"),
        (_pod("staying", "node-1"), "10.244.1.21"),
        (_pod("stray", "node-1"), "10.244.6.30"),
        (_pod("proxy-0", "node-6", host_port), "10.244.6.31"),
        (_pod("proxy-1", "node-6", host_port), "10.244.6.32"),
        (_pod("clashing", "node-6", *CLASHING, within="lab"), "10.244.6.33"),
        (_pod("accepted", "node-6", *CLASHING, annotations=accepted), "10.244.6.34"),
        (_pod("web", "node-6", SERVING, app="web", within="lab"), "10.244.6.35"),
    ]


# Services and slices


def _services() -> list[Object]:
    expired = _suppression("mismatched-endpoints", "nearly repaired; until=2020-01-01")
    unexplained = _suppression("services-without-pods", "")
    return [
        objects.service("web", {"app": "web"}, HTTP, within="shop", annotations=expired),
        objects.service("empty", {"app": "nothing"}, within="shop", annotations=unexplained),
        objects.service("resting", {"app": "resting"}, within="shop"),
        objects.service("mixed", {"app": "mixed"}, HTTP, within="shop"),
        objects.service("unmatched", {"app": "web"}, {"port": 80, "targetPort": "grpc"}, within="shop"),
        objects.service("right", {"app": "web"}, HTTP, within="lab"),
        objects.service("lagging", {"app": "web"}, {**HTTP, "port": 81}, within="lab"),
    ]


def _slices() -> list[Object]:
    """Of `web` one endpoint is right, one is not, one is too many, and one is missing."""
    web = [_endpoint("10.244.1.10", "web-0"), _endpoint("10.244.1.11", "web-1", ready=False)]
    all_web = [_endpoint(f"10.244.1.1{number}", f"web-{number}") for number in range(3)]
    return [
        _slice("web", "shop", [*web, _endpoint("10.244.1.99", "web-9")]),
        _slice("mixed-http", "shop", [_endpoint("10.244.1.14", "named")]),
        _slice("mixed-plain", "shop", [_endpoint("10.244.1.13", "plain")], ports=[]),
        _slice("unmatched", "shop", all_web, ports=[]),
        _slice("right", "lab", [_endpoint("10.244.6.35", "web", node="node-6")]),
        _slice(
            "lagging",
            "lab",
            [_endpoint("10.244.6.35", "web", node="node-6", ready=False)],
            {TRIGGER_TIME: "2020-01-01T00:00:00Z"},
        ),
    ]


def _endpoint(address: str, pod: str, node: str = "node-1", ready: bool = True) -> Object:
    return {
        "addresses": [address],
        "conditions": {"ready": ready, "serving": ready, "terminating": False},
        "nodeName": node,
        "targetRef": {"kind": "Pod", "name": pod},
    }


def _slice(
    name: str,
    within: str,
    endpoints: list[Object],
    annotations: dict[str, str] | None = None,
    ports: list[Object] | None = None,
) -> Object:
    """As the controller writes it; what is behind a dash in its name does not belong to its Service's."""
    labels = {SERVICE_NAME: name.partition("-")[0], MANAGED_BY: CONTROLLER}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": within, "labels": labels, "annotations": annotations or {}},
        "addressType": "IPv4",
        "endpoints": [{**each, "targetRef": {**each["targetRef"], "namespace": within}} for each in endpoints],
        "ports": [{"port": 8080, "protocol": "TCP"}] if ports is None else ports,
    }


# Workloads


def _resting() -> Object:
    return objects.workload("Deployment", "resting", {"app": "resting"}, within="shop", replicas=0)


def _clashing_workload(kind: str) -> Object:
    """A workload of the kind whose pods could not be created."""
    if kind == "CronJob":
        job = objects.workload("Job", "clashing", {}, *CLASHING, within="shop")
        spec = {"schedule": "0 0 * * *", "jobTemplate": {"spec": job["spec"]}}
        return {"apiVersion": "batch/v1", "kind": kind, "metadata": job["metadata"], "spec": spec}
    return objects.workload(kind, "clashing", {"app": kind.lower()}, *CLASHING, within="shop")
