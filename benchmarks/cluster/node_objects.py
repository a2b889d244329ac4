"""Nodes as the API serves them, with the annotations that flannel writes."""

from functools import lru_cache
from typing import Any

from cluster.addresses import AddressPlan
from cluster.identity import NODES, digest, mix, moment, resource_version, uid
from cluster.managed_fields import entry
from cluster.variety import node_annotations, node_labels
from cluster.words import IMAGES, REGISTRIES

Tree = dict[str, Any]

ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")
_POOLS = (
    ("general", "m6i.2xlarge", 8, 32),
    ("compute", "c6i.4xlarge", 16, 32),
    ("memory", "r6i.2xlarge", 8, 64),
)
_CONDITIONS = (
    ("NetworkUnavailable", "False", "FlannelIsUp", "Flannel is running on this node"),
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def node_name(node: int, control_planes: int) -> str:
    if node < control_planes:
        return f"control-plane-{node + 1}"
    return f"{_pool(node)[0]}-{ZONES[node % 3][-2:]}-{mix(node, NODES) % 0xFFFF:04x}{node:04d}"


def zone_of(node: int) -> str:
    return ZONES[node % 3]


def node_object(node: int, addresses: AddressPlan, control_planes: int, varied: bool = False) -> Tree:
    name = node_name(node, control_planes)
    own = addresses.node_addresses(node)
    spec: Tree = {}
    if ranges := addresses.node_ranges(node):
        spec = {"podCIDR": ranges[0], "podCIDRs": ranges}
    spec["providerID"] = f"vsphere://{uid(node, 21)}"
    if node < control_planes:
        spec["taints"] = [{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]
    return {
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "uid": uid(NODES, node),
            "resourceVersion": resource_version(NODES, node),
            "creationTimestamp": moment(_age(node)),
            "labels": _labels(node, name, control_planes) | (node_labels(node) if varied else {}),
            "annotations": _flannel(node, own) | {
                "kubeadm.alpha.kubernetes.io/cri-socket": "unix:///var/run/containerd/containerd.sock",
                "node.alpha.kubernetes.io/ttl": "300",
                "volumes.kubernetes.io/controller-managed-attach-detach": "true",
            } | (node_annotations(node) if varied else {}),
            "managedFields": _managed_fields(),
        },
        "spec": spec,
        "status": _status(node, name, own),
    }  # fmt: skip


def _pool(node: int) -> tuple[str, str, int, int]:
    return _POOLS[mix(node, 23) % len(_POOLS)]


def _age(node: int) -> int:
    return 3_000_000 + mix(node, 29) % 9_000_000


def _labels(node: int, name: str, control_planes: int) -> dict[str, str]:
    pool, machine, *_ = _pool(node)
    labels = {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/instance-type": machine,
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/region": "eu-central-1",
        "topology.kubernetes.io/zone": zone_of(node),
    }
    if node < control_planes:
        return labels | {
            "node-role.kubernetes.io/control-plane": "",
            "node.kubernetes.io/exclude-from-external-load-balancers": "",
        }
    return labels | {"example.com/pool": pool, "node-role.kubernetes.io/worker": ""}


def _flannel(node: int, own: list[str]) -> dict[str, str]:
    prefix = "flannel.alpha.coreos.com/"
    annotations = {
        f"{prefix}backend-data": f'{{"VNI":1,"VtepMAC":"{_mac(node)}"}}',
        f"{prefix}backend-type": "vxlan",
        f"{prefix}kube-subnet-manager": "true",
        f"{prefix}public-ip": own[0],
    }
    if len(own) > 1:
        annotations |= {
            f"{prefix}backend-v6-data": f'{{"VNI":1,"VtepMAC":"{_mac(node + 100_000)}"}}',
            f"{prefix}public-ipv6": own[1],
        }
    return annotations


def _mac(number: int) -> str:
    """Unicast, locally administered, unique by its last four octets."""
    octets = (2 + 4 * (mix(number) & 63), mix(number, 1) & 255, *number.to_bytes(4, "big"))
    return ":".join(f"{octet:02x}" for octet in octets)


def _status(node: int, name: str, own: list[str]) -> Tree:
    _, _, cores, memory = _pool(node)
    capacity = {
        "cpu": str(cores),
        "ephemeral-storage": "203056560Ki",
        "hugepages-1Gi": "0",
        "hugepages-2Mi": "0",
        "memory": f"{memory * 1_000_000 - mix(node) % 50_000}Ki",
        "pods": "110",
    }
    reserved = {"cpu": f"{cores * 1000 - 110}m", "memory": f"{memory * 1_000_000 - 1_150_000}Ki"}
    changed = moment(_age(node) - 60)
    conditions = [
        {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": moment(mix(node, 31) % 300) if kind != "NetworkUnavailable" else changed,
            "lastTransitionTime": changed,
            "reason": reason,
            "message": message,
        }
        for kind, status, reason, message in _CONDITIONS
    ]
    return {
        "capacity": capacity,
        "allocatable": capacity | reserved | {"ephemeral-storage": "187136925578"},
        "conditions": conditions,
        "addresses": [{"type": "InternalIP", "address": address} for address in own]
        + [{"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
        "nodeInfo": {
            "machineID": uid(node, 33).replace("-", ""),
            "systemUUID": uid(node, 21),
            "bootID": uid(node, 34),
            "kernelVersion": "6.12.48+deb13-amd64",
            "osImage": "Debian GNU/Linux 13 (trixie)",
            "containerRuntimeVersion": "containerd://2.1.4",
            "kubeletVersion": "v1.36.3",
            "kubeProxyVersion": "",
            "operatingSystem": "linux",
            "architecture": "amd64",
            "swap": {"capacity": 0},
        },
        "images": _images(mix(node, 35) % 64),
        "runtimeHandlers": [{"name": "", "features": {"recursiveReadOnlyMounts": True, "userNamespaces": True}}],
        "features": {"supplementalGroupsPolicy": True},
    }


@lru_cache(maxsize=64)
def _images(family: int) -> list[Tree]:
    """What the kubelet found on its disk; one of 64 sets."""
    images = []
    for number in range(17 + family % 5):
        name = f"{REGISTRIES[mix(family, number) % len(REGISTRIES)]}/{IMAGES[(family + number) % len(IMAGES)]}"
        tag = f"{number % 5}.{family}.{number}"
        names = [f"{name}@sha256:{digest(family, number)}", f"{name}:{tag}"]
        images.append({"names": names, "sizeBytes": 9_000_000 + mix(family, number, 1) % 900_000_000})
    return sorted(images, key=lambda image: -image["sizeBytes"])


@lru_cache(maxsize=1)
def _managed_fields() -> list[Tree]:
    flannel = {
        "metadata": {"annotations": _flannel(0, [""])},
        "status": {"conditions": [{"type": "NetworkUnavailable"}]},
    }
    kubelet = {
        "status": {
            "allocatable": dict.fromkeys(("cpu", "memory", "ephemeral-storage")),
            "conditions": [
                {
                    "type": kind,
                    "lastHeartbeatTime": "",
                    "lastTransitionTime": "",
                    "message": "",
                    "reason": "",
                    "status": "",
                }
                for kind, *_ in _CONDITIONS[1:]
            ],
            "images": [],
            "nodeInfo": dict.fromkeys(("bootID", "kernelVersion", "machineID", "systemUUID")),
        }
    }
    time = moment(40)
    return [
        entry("kubeadm", "v1", moment(3_000_000), {"metadata": {"labels": dict.fromkeys(_labels(0, "", 1))}}),
        entry("kube-controller-manager", "v1", moment(2_900_000), {"spec": {"podCIDR": "", "podCIDRs": []}}),
        entry("flanneld", "v1", time, flannel, "status"),
        entry("kubelet", "v1", time, kubelet, "status"),
    ]
