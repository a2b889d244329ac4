"""Pod, and the pod template of the workloads.

A cluster has 150,000 Pods but only some thousand different sets of labels and ports, so of a Pod these
stay raw JSON until they are known to be new; see ``netlint.snapshot.pod_table``.
Source: k8s.io/api/core/v1/types.go.
"""

from __future__ import annotations

from msgspec import Raw, Struct, field

from netlint.objects.meta import OwnerReference, Protocol, Requirement

NULL = Raw(b"null")


class ContainerPort(Struct, gc=False, frozen=True):
    """One entry of a container's ``ports``."""

    name: str | None = None
    containerPort: int | None = None
    protocol: Protocol | None = None
    hostPort: int | None = None
    hostIP: str | None = None


class EnvVar(Struct, gc=False):
    """One entry of a container's ``env``; one with ``valueFrom`` has no value."""

    name: str | None = None
    value: str | None = None


class Container(Struct, gc=False):
    """A container or init container with its declared ports."""

    name: str | None = None
    image: str | None = None
    env: list[EnvVar] | None = None
    ports: list[ContainerPort] | None = None
    restartPolicy: str | None = None
    command: list[str] | None = None
    args: list[str] | None = None


class Toleration(Struct, gc=False):
    """One entry of ``tolerations``."""

    key: str | None = None
    operator: str | None = None
    value: str | None = None
    effect: str | None = None


class NodeTerm(Struct, gc=False):
    """One entry of ``nodeSelectorTerms``: all that it requires must hold."""

    matchExpressions: list[Requirement] | None = None
    matchFields: list[Requirement] | None = None


class RequiredNodes(Struct, gc=False):
    """``requiredDuringSchedulingIgnoredDuringExecution`` of a node affinity: one of the terms must hold."""

    nodeSelectorTerms: list[NodeTerm] | None = None


class NodeAffinity(Struct, gc=False):
    """``affinity.nodeAffinity``."""

    requiredDuringSchedulingIgnoredDuringExecution: RequiredNodes | None = None


class Affinity(Struct, gc=False):
    """``affinity``."""

    nodeAffinity: NodeAffinity | None = None


class KeyToPath(Struct, gc=False):
    """A key of a ConfigMap, and the file that it becomes."""

    key: str | None = None
    path: str | None = None


class ConfigMapVolume(Struct, gc=False):
    """``configMap`` of a volume."""

    name: str | None = None
    items: list[KeyToPath] | None = None


class Volume(Struct, gc=False):
    """One entry of ``volumes``; what is no ConfigMap has none."""

    name: str | None = None
    configMap: ConfigMapVolume | None = None


class PodSpec(Struct, gc=False):
    """``spec`` of a pod, read completely."""

    containers: list[Container] | None = None
    initContainers: list[Container] | None = None
    volumes: list[Volume] | None = None
    hostNetwork: bool | None = None
    dnsPolicy: str | None = None
    hostname: str | None = None
    subdomain: str | None = None
    nodeName: str | None = None
    serviceAccountName: str | None = None
    nodeSelector: dict[str, str] | None = None
    tolerations: list[Toleration] | None = None
    affinity: Affinity | None = None


class RawContainer(Struct, gc=False):
    """A container whose ports and flags are decoded only once per set of equal ones."""

    name: str | None = None
    image: Raw = NULL
    ports: Raw = NULL
    restartPolicy: str | None = None
    command: Raw = NULL
    args: Raw = NULL


class RawPodSpec(Struct, gc=False):
    """``spec`` of a Pod."""

    containers: list[RawContainer] | None = None
    initContainers: list[RawContainer] | None = None
    hostNetwork: bool | None = None
    hostname: str | None = None
    subdomain: str | None = None
    nodeName: str | None = None


class PodIP(Struct, gc=False):
    """One entry of ``status.podIPs`` or ``status.hostIPs``."""

    ip: str | None = None


class PodCondition(Struct, gc=False):
    """One entry of a Pod's ``status.conditions``."""

    type: str | None = None
    status: str | None = None
    lastTransitionTime: str | None = None


class PodStatus(Struct, gc=False):
    """``status`` of a Pod."""

    phase: str | None = None
    podIP: str | None = None
    podIPs: list[PodIP] | None = None
    hostIP: str | None = None
    conditions: list[PodCondition] | None = None


class PodMeta(Struct, gc=False):
    """``metadata`` of a Pod."""

    name: str | None = None
    namespace: str | None = None
    uid: str | None = None
    labels: Raw = NULL
    annotations: Raw = NULL
    creationTimestamp: str | None = None
    deletionTimestamp: str | None = None
    ownerReferences: Raw = NULL


class Pod(Struct, gc=False):
    """A Pod as it is read in bulk."""

    apiVersion: str = ""
    kind: str = ""
    metadata: PodMeta = field(default_factory=PodMeta)
    spec: RawPodSpec = field(default_factory=RawPodSpec)
    status: PodStatus | None = None


class StrictPodMeta(PodMeta, gc=False):
    """``metadata`` of a Pod with every field decoded."""

    labels: dict[str, str] | None = None  # type: ignore[assignment]
    annotations: dict[str, str] | None = None  # type: ignore[assignment]
    ownerReferences: list[OwnerReference] | None = None  # type: ignore[assignment]


class StrictPod(Struct, gc=False):
    """A Pod with every field decoded: what a malformed one is held against."""

    apiVersion: str = ""
    kind: str = ""
    metadata: StrictPodMeta = field(default_factory=StrictPodMeta)
    spec: PodSpec = field(default_factory=PodSpec)
    status: PodStatus | None = None
