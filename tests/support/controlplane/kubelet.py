"""The status that a kubelet reports for its node and its pods."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from .prepare import KUBERNETES_VERSION

Object = dict[str, Any]

ENDED = ("Succeeded", "Failed")


def node_status(name: str, addresses: Sequence[str], ready: bool) -> Object:
    return {
        "addresses": [
            *({"type": "InternalIP", "address": address} for address in addresses),
            {"type": "Hostname", "address": name},
        ],
        "conditions": [
            _condition("Ready", ready, "KubeletReady" if ready else "KubeletNotReady", lastHeartbeatTime=_now())
        ],
        "capacity": {"cpu": "8", "memory": "32Gi", "pods": "110"},
        "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"},
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "6.12.0",
            "kubeProxyVersion": "",
            "kubeletVersion": KUBERNETES_VERSION,
            "machineID": name,
            "operatingSystem": "linux",
            "osImage": "Debian GNU/Linux 12 (bookworm)",
            "systemUUID": name,
        },
    }


def node_addresses(node: Object) -> list[str]:
    return [each["address"] for each in node["status"].get("addresses", []) if each["type"] == "InternalIP"]


def pod_status(pod: Object, host_ips: Sequence[str], ips: Sequence[str], ready: bool, phase: str) -> Object:
    """The status of a pod whose containers run, wait or have ended together."""
    ready = ready and phase == "Running"
    reason = "" if ready else "PodCompleted" if phase in ENDED else "ContainersNotReady"
    status: Object = {
        "phase": phase,
        "startTime": _now(),
        "hostIP": host_ips[0],
        "hostIPs": [{"ip": ip} for ip in host_ips],
        "conditions": [
            _condition("PodScheduled", True),
            _condition("Initialized", True),
            _condition("ContainersReady", ready, reason),
            _condition("Ready", ready, reason),
        ],
        "containerStatuses": [_container_status(each, ready, phase) for each in pod["spec"]["containers"]],
    }
    if ips:
        status |= {"podIP": ips[0], "podIPs": [{"ip": ip} for ip in ips]}
    return status


def _container_status(container: Object, ready: bool, phase: str) -> Object:
    state: Object = {"waiting": {"reason": "ContainerCreating"}}
    if phase == "Running":
        state = {"running": {"startedAt": _now()}}
    elif phase in ENDED:
        state = {"terminated": {"exitCode": int(phase == "Failed"), "reason": "Completed"}}
    image = container.get("image", "")
    return {
        "name": container["name"],
        "image": image,
        "imageID": image,
        "ready": ready,
        "restartCount": 0,
        "state": state,
    }


def _condition(kind: str, holds: bool, reason: str = "", **more: str) -> Object:
    condition: Object = {"type": kind, "status": str(holds), "lastTransitionTime": _now(), **more}
    return condition | {"reason": reason} if reason else condition


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
