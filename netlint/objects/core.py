"""Node, Service, Endpoints, Namespace and ConfigMap (core/v1).

Source: k8s.io/api/core/v1/types.go.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from netlint.objects.meta import Condition, DatedMeta, Object, OwnerReference, Protocol

API_SERVER = ("default", "kubernetes")
"""Namespace and name of the Service, the EndpointSlice and the Endpoints that API servers write for themselves."""


class NodeAddress(Struct, gc=False):
    """One entry of a Node's ``status.addresses``."""

    type: str | None = None
    address: str | None = None


class Taint(Struct, gc=False):
    """One entry of a Node's ``spec.taints``."""

    key: str | None = None
    value: str | None = None
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None


class NodeSpec(Struct, gc=False):
    """``spec`` of a Node."""

    podCIDR: str | None = None
    podCIDRs: list[str] | None = None
    providerID: str | None = None
    taints: list[Taint] | None = None


class NodeSystemInfo(Struct, gc=False):
    """``status.nodeInfo`` of a Node."""

    systemUUID: str | None = None
    machineID: str | None = None
    operatingSystem: str | None = None  # "" until the kubelet has reported
    kubeletVersion: str | None = None


class NodeCondition(Condition, gc=False):
    """One entry of a Node's ``status.conditions``."""

    reason: str | None = None


class NodeStatus(Struct, gc=False):
    """``status`` of a Node."""

    addresses: list[NodeAddress] | None = None
    conditions: list[NodeCondition] | None = None
    nodeInfo: NodeSystemInfo | None = None


class Node(Object, gc=False):
    """A Node."""

    spec: NodeSpec = field(default_factory=NodeSpec)
    status: NodeStatus = field(default_factory=NodeStatus)


class ServicePort(Struct, gc=False):
    """One entry of a Service's ``spec.ports``."""

    name: str | None = None
    protocol: Protocol | None = None
    port: int | None = None
    targetPort: int | str | None = None
    nodePort: int | None = None


class ServiceSpec(Struct, gc=False):
    """``spec`` of a Service."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] | None = None
    clusterIP: str | None = None
    clusterIPs: list[str] | None = None
    ipFamilies: list[Literal["IPv4", "IPv6"]] | None = None
    ipFamilyPolicy: Literal["SingleStack", "PreferDualStack", "RequireDualStack"] | None = None
    selector: dict[str, str] | None = None
    ports: list[ServicePort] | None = None
    externalName: str | None = None
    externalIPs: list[str] | None = None
    loadBalancerIP: str | None = None
    loadBalancerClass: str | None = None
    externalTrafficPolicy: Literal["Cluster", "Local"] | None = None
    internalTrafficPolicy: Literal["Cluster", "Local"] | None = None
    healthCheckNodePort: int | None = None
    sessionAffinity: Literal["ClientIP", "None"] | None = None
    publishNotReadyAddresses: bool | None = None


class LoadBalancerIngress(Struct, gc=False):
    """One entry of a Service's ``status.loadBalancer.ingress``."""

    ip: str | None = None
    ipMode: str | None = None
    hostname: str | None = None


class LoadBalancerStatus(Struct, gc=False):
    """``status.loadBalancer`` of a Service."""

    ingress: list[LoadBalancerIngress] | None = None


class ServiceStatus(Struct, gc=False):
    """``status`` of a Service."""

    loadBalancer: LoadBalancerStatus | None = None


class OwnedMeta(DatedMeta, gc=False):
    """The metadata of kinds that controllers make as people do."""

    ownerReferences: list[OwnerReference] | None = None


class Service(Object, gc=False):
    """A Service."""

    metadata: OwnedMeta = field(default_factory=OwnedMeta)
    spec: ServiceSpec = field(default_factory=ServiceSpec)
    status: ServiceStatus | None = None

    @property
    def balanced(self) -> list[LoadBalancerIngress]:
        """``status.loadBalancer.ingress``: where load balancers listen for it."""
        balancer = self.status.loadBalancer if self.status else None
        return (balancer.ingress if balancer else None) or []


class ConfigMap(Object, gc=False):
    """A ConfigMap; ``binaryData`` is not read."""

    data: dict[str, str] | None = None


class Namespace(Object, gc=False):
    """A Namespace."""
