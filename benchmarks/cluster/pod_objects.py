"""Pods as the API serves them."""

from functools import lru_cache
from typing import Any

from cluster import variety
from cluster.apps import App
from cluster.identity import NODES, digest, mix, moment, resource_version, template_hash, uid
from cluster.managed_fields import entry
from cluster.pods import ENDING, EVICTED, NOT_READY, PENDING, READY_AFTER, SUCCEEDED, TERMINATING, Pod
from cluster.templates import Template, template

Tree = dict[str, Any]

_WAIT = [
    {
        "key": f"node.kubernetes.io/{state}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    }
    for state in ("not-ready", "unreachable")
]
_ANYWHERE = [{"operator": "Exists"}] + [
    {"key": f"node.kubernetes.io/{state}", "operator": "Exists", "effect": effect}
    for state, effect in (
        ("not-ready", "NoExecute"), ("unreachable", "NoExecute"), ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"), ("pid-pressure", "NoSchedule"), ("unschedulable", "NoSchedule"),
        ("network-unavailable", "NoSchedule"),
    )
]  # fmt: skip
_TOKEN_SOURCES = [
    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
    {
        "downwardAPI": {
            "items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]
        }
    },
]
_EVICTION = (
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 88320Ki. Container app was "
    "using 1163400Ki, request is 512Mi, has larger consumption of memory. "
)
_GROUPS = {
    "StatefulSet": "apps/v1",
    "DaemonSet": "apps/v1",
    "ReplicaSet": "apps/v1",
    "Job": "batch/v1",
    variety.WORKFLOW: "argoproj.io/v1alpha1",
}


def pod_object(pod: Pod, node_name: str, host_addresses: list[str], governing: str) -> Tree:
    """The Pod; ``governing`` is the headless Service of its StatefulSet, if any."""
    made = template(pod.app, pod.older)
    return {
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": _metadata(pod, made, node_name),
        "spec": _spec(pod, made, node_name, governing),
        "status": _status(pod, made, host_addresses if pod.node >= 0 else []),
    }


def pod_labels(pod: Pod) -> dict[str, str]:
    labels = _controller_labels(pod)
    return labels | variety.pod_labels(pod.app, pod.ordinal, pod.name) if pod.app.is_varied else labels


def _controller_labels(pod: Pod) -> dict[str, str]:
    app = pod.app
    match app.kind:
        case "Deployment":
            return app.labels | {"pod-template-hash": pod.name.split("-")[-2]}
        case "StatefulSet":
            return app.labels | {
                "apps.kubernetes.io/pod-index": str(pod.ordinal),
                "controller-revision-hash": f"{app.name}-{template_hash(app.index)}",
                "statefulset.kubernetes.io/pod-name": pod.name,
            }
        case "DaemonSet":
            revision = {"controller-revision-hash": template_hash(app.index), "pod-template-generation": "4"}
            return app.labels | revision
        case "CronJob":
            job = pod.name.rpartition("-")[0]
            return app.labels | {"batch.kubernetes.io/job-name": job, "job-name": job}
    return app.labels


def _metadata(pod: Pod, made: Template, node_name: str) -> Tree:
    name, app = pod.name, pod.app
    metadata: Tree = {"name": name}
    if app.kind not in ("StatefulSet", "Static"):
        metadata["generateName"] = name[:-5]
    metadata |= {
        "namespace": app.namespace,
        "uid": pod.uid,
        "resourceVersion": resource_version(pod.bits),
        "generation": 1,
        "creationTimestamp": moment(pod.age),
    }
    if pod.state == TERMINATING:
        metadata |= {"generation": 2, "deletionTimestamp": moment(-20), "deletionGracePeriodSeconds": 30}
    metadata["labels"] = pod_labels(pod)
    if annotations := _annotations(pod, made):
        metadata["annotations"] = annotations
    metadata["ownerReferences"] = [_owner(pod, made, node_name)]
    if app.kind == "CronJob" and pod.live:
        metadata["finalizers"] = ["batch.kubernetes.io/job-tracking"]
    metadata["managedFields"] = _managed_fields(app, pod.older)
    return metadata


def _annotations(pod: Pod, made: Template) -> dict[str, str]:
    if pod.app.is_varied:
        return made.annotations | variety.pod_annotations(pod.app, pod.ordinal, pod.addresses)
    if pod.app.kind != "Static":
        return made.annotations
    seal = digest(pod.app.index)[:32]
    return {
        "kubernetes.io/config.hash": seal,
        "kubernetes.io/config.mirror": seal,
        "kubernetes.io/config.seen": "2026-07-01T10:02:11.418340127Z",
        "kubernetes.io/config.source": "file",
    }


def _owner(pod: Pod, made: Template, node_name: str) -> Tree:
    app = pod.app
    if app.kind == "Static":
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "name": node_name,
            "uid": uid(NODES, pod.node),
            "controller": True,
        }
    name = app.name if app.kind in ("DaemonSet", "StatefulSet") else pod.name.rpartition("-")[0]
    return {
        "apiVersion": _GROUPS[made.owner_kind],
        "kind": made.owner_kind,
        "name": name,
        "uid": owner_uid(app, name),
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owner_uid(app: App, name: str) -> str:
    return uid(app.index, 5, *name.encode()[-16:])


def _spec(pod: Pod, made: Template, node_name: str, governing: str) -> Tree:
    app = pod.app
    token = f"kube-api-access-{pod.uid[-5:]}"
    mount = {"name": token, "readOnly": True, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
    with_token = app.kind != "Static"
    is_stateful = app.kind == "StatefulSet"
    spec: Tree = {"volumes": [_claimed(volume, pod.name) if is_stateful else volume for volume in made.volumes]}
    if with_token:
        spec["volumes"].append({"name": token, "projected": {"sources": _TOKEN_SOURCES, "defaultMode": 420}})
    for field, containers in (("initContainers", made.init_containers), ("containers", made.containers)):
        if containers:
            mounts = [mount] if with_token else []
            spec[field] = [each | {"volumeMounts": each["volumeMounts"] + mounts} for each in containers]
    spec |= {
        "restartPolicy": "OnFailure" if app.kind in ENDING else "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirstWithHostNet" if app.host_network and with_token else "ClusterFirst",
    }
    spec |= _placement(pod, made, node_name)
    if is_stateful:
        spec |= {"hostname": pod.name} | ({"subdomain": governing} if governing else {})
    return spec | _readiness(pod) | _scheduling(app)


def _placement(pod: Pod, made: Template, node_name: str) -> Tree:
    app = pod.app
    spec: Tree = {"nodeSelector": made.node_selector} if made.node_selector else {}
    account = "default" if app.index % 3 else app.name
    spec |= {"serviceAccountName": account, "serviceAccount": account}
    if pod.node >= 0:
        spec["nodeName"] = node_name
    if app.host_network:
        spec["hostNetwork"] = True
    spec["securityContext"] = {} if app.index % 2 else {"runAsUser": 1000, "fsGroup": 1000}
    if made.pull_secret:
        spec["imagePullSecrets"] = [{"name": "registry-credentials"}]
    return spec


def _readiness(pod: Pod) -> Tree:
    if not pod.app.is_varied:
        return {}
    return {"readinessGates": [{"conditionType": kind} for kind in variety.readiness_gates(pod.app, pod.ordinal)]}


def _claimed(volume: Tree, pod_name: str) -> Tree:
    if volume["name"] != "data":
        return volume
    return {"name": "data", "persistentVolumeClaim": {"claimName": f"data-{pod_name}"}}


def _scheduling(app: App) -> Tree:
    system = app.kind in ("DaemonSet", "Static")
    spec: Tree = {"schedulerName": "default-scheduler", "tolerations": _ANYWHERE if system else _WAIT}
    if app.index % 7 == 1 and not system:
        term = {"labelSelector": {"matchLabels": app.selector}, "topologyKey": "kubernetes.io/hostname"}
        preference = {"weight": 100, "podAffinityTerm": term}
        spec = {
            "affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [preference]}}
        } | spec
    if system:
        spec |= {"priorityClassName": "system-node-critical", "priority": 2_000_001_000}
    else:
        spec["priority"] = 0
    return spec | {"enableServiceLinks": True, "preemptionPolicy": "PreemptLowerPriority"}


def _status(pod: Pod, made: Template, hosts: list[str]) -> Tree:
    started = moment(max(0, pod.age - 2))
    status: Tree = {"observedGeneration": 1, "phase": _phase(pod.state), "conditions": _all_conditions(pod)}
    if pod.state == EVICTED:
        status |= {"message": _EVICTION, "reason": "Evicted"}
    if hosts:
        status |= {"hostIP": hosts[0], "hostIPs": [{"ip": address} for address in hosts]}
    if pod.addresses:
        status |= {"podIP": pod.addresses[0], "podIPs": [{"ip": address} for address in pod.addresses]}
    if hosts:
        status["startTime"] = started
    if pod.state not in (PENDING, EVICTED):
        if made.init_containers:
            status["initContainerStatuses"] = [
                _container_status(pod, c, n + 8) for n, c in enumerate(made.init_containers)
            ]
        status["containerStatuses"] = [_container_status(pod, c, n) for n, c in enumerate(made.containers)]
    status["qosClass"] = "Guaranteed" if len(made.containers) == 1 and not made.init_containers else "Burstable"
    return status


def _phase(state: int) -> str:
    return {PENDING: "Pending", SUCCEEDED: "Succeeded", EVICTED: "Failed"}.get(state, "Running")


def _all_conditions(pod: Pod) -> list[Tree]:
    gates = variety.readiness_gates(pod.app, pod.ordinal) if pod.app.is_varied else []
    return [_condition(kind, "True", moment(pod.age)) for kind in gates] + _conditions(pod)


def _conditions(pod: Pod) -> list[Tree]:
    ready, later, first = "True", moment(max(0, pod.age - READY_AFTER)), moment(pod.age)
    why: Tree = {}
    if pod.state in (NOT_READY, EVICTED, SUCCEEDED):
        ready = "False"
        why = {"reason": "ContainersNotReady", "message": "containers with unready status: [app]"}
    if pod.state == SUCCEEDED:
        why = {"reason": "PodCompleted"}
    if pod.state == PENDING and pod.node < 0:
        message = "0/5 nodes are available: 5 Insufficient cpu. preemption: 0/5 nodes are available."
        return [_condition("PodScheduled", "False", first, {"reason": "Unschedulable", "message": message})]
    if pod.state == PENDING:
        waiting = {"reason": "ContainersNotReady", "message": "containers with unready status: [app]"}
        return [
            _condition("PodReadyToStartContainers", "False", first),
            _condition("Initialized", "True", first),
            _condition("Ready", "False", first, waiting),
            _condition("ContainersReady", "False", first, waiting),
            _condition("PodScheduled", "True", first),
        ]
    started = "False" if pod.state in (SUCCEEDED, EVICTED) else "True"
    return [
        _condition("PodReadyToStartContainers", started, later),
        _condition("Initialized", "True", first),
        _condition("Ready", ready, later, why),
        _condition("ContainersReady", ready, later, why),
        _condition("PodScheduled", "True", first),
    ]


def _condition(kind: str, status: str, since: str, why: Tree | None = None) -> Tree:
    condition: Tree = {"type": kind, "observedGeneration": 1, "status": status, "lastProbeTime": None}
    return condition | {"lastTransitionTime": since} | (why or {})


def _container_status(pod: Pod, container: Tree, number: int) -> Tree:
    started = moment(max(0, pod.age - 3 - number % 8))
    identity = f"containerd://{digest(pod.bits, number)}"
    done = pod.state == SUCCEEDED or (number >= 8 and "restartPolicy" not in container)
    ready = pod.state not in (NOT_READY, SUCCEEDED)
    state: Tree = {"running": {"startedAt": started}}
    if done:
        code = {"exitCode": 0, "reason": "Completed", "startedAt": started}
        state = {"terminated": code | {"finishedAt": moment(max(0, pod.age - 40)), "containerID": identity}}
    return {
        "name": container["name"],
        "state": state,
        "lastState": {},
        "ready": ready,
        "restartCount": pod.bits % 3 if pod.bits & 48 == 48 else 0,
        "image": container["image"],
        "imageID": f"{container['image'].rpartition(':')[0]}@sha256:{digest(pod.app.index, number)}",
        "containerID": identity,
        "started": not done,
    }


@lru_cache(maxsize=512)
def _managed_fields(app: App, older: bool) -> list[Tree]:
    made = template(app, older)
    controller = {"metadata": {"labels": dict.fromkeys(app.labels), "ownerReferences": {}}}
    slim = [
        {key: each[key] for key in ("name", "image", "env", "imagePullPolicy") if key in each}
        for each in made.containers
    ]
    settled = ("dnsPolicy", "enableServiceLinks", "restartPolicy", "schedulerName", "securityContext")
    spec = {"containers": slim} | dict.fromkeys((*settled, "terminationGracePeriodSeconds"))
    conditions = [{"type": kind, "lastTransitionTime": "", "status": ""} for kind in _REPORTED]
    status = {"conditions": conditions, "containerStatuses": [], "hostIP": "", "hostIPs": [], "phase": "",
              "podIP": "", "podIPs": [{"ip": ""}], "startTime": ""}  # fmt: skip
    time = moment(mix(app.index) % 2_000_000)
    return [
        entry("kube-controller-manager", "v1", time, controller | {"spec": spec}),
        entry("kubelet", "v1", time, {"status": status}, "status"),
    ]


_REPORTED = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
