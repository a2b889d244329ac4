"""The API objects that netlint reads, as structs with only the fields it needs.

``KINDS`` is the one list of them: what a kind is called, where the API serves it, and its struct.
"""

from __future__ import annotations

from dataclasses import dataclass

from netlint.objects.apps import CronJob, Workload
from netlint.objects.calico_crds import (
    BGPConfiguration,
    BGPPeer,
    BlockAffinity,
    FelixConfiguration,
    IPAMBlock,
    IPAMConfig,
    IPPool,
)
from netlint.objects.cilium_crds import (
    CiliumBGPAdvertisement,
    CiliumBGPPeeringPolicy,
    CiliumLoadBalancerIPPool,
    CiliumNode,
    CiliumPodIPPool,
)
from netlint.objects.cloud_crds import ENIConfig, Network
from netlint.objects.core import ConfigMap, Namespace, Node, Service
from netlint.objects.core_endpoints import Endpoints
from netlint.objects.discovery import EndpointSlice
from netlint.objects.gateway import Gateway, GatewayClass, GatewayRoute, ReferenceGrant
from netlint.objects.ingresses import Ingress, IngressClass
from netlint.objects.loadbalancers import IPAddressPool
from netlint.objects.meta import Object, group_of
from netlint.objects.multus import NetworkAttachmentDefinition, WhereaboutsIPPool
from netlint.objects.network_policies import NetworkPolicy
from netlint.objects.networking import IPAddress, ServiceCIDR
from netlint.objects.pod import Pod
from netlint.objects.rbac import ClusterRole, ClusterRoleBinding
from netlint.objects.submariner_crds import Submariner, SubmarinerCluster, SubmarinerEndpoint

WORKLOADS = (
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "ReplicaSet",
    "ReplicationController",
    "StatefulSet",
)
ROUTES = ("GRPCRoute", "HTTPRoute", "TCPRoute", "TLSRoute", "UDPRoute")
ADDRESS_PLAN = (
    "BGPConfiguration",
    "BGPPeer",
    "BlockAffinity",
    "CiliumLoadBalancerIPPool",
    "CiliumNode",
    "CiliumPodIPPool",
    "Cluster.submariner.io",
    "ConfigMap",
    "DaemonSet",
    "ENIConfig",
    "Endpoint.submariner.io",
    "FelixConfiguration",
    "IPAMBlock",
    "IPAMConfig",
    "IPAddressPool",
    "IPPool",
    "IPPool.whereabouts.cni.cncf.io",
    "Network",
    "NetworkAttachmentDefinition",
    "Node",
    "Pod",
    "Service",
    "ServiceCIDR",
    "Submariner",
)
"""The kinds that declare ranges, or that tell which CNI plugin does."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, served by any of ``api_versions`` (the first is preferred) with the same fields.

    ``name`` tells it from all others: where two groups have a kind of this name, it is written
    ``Kind.group``, as apimachinery's GroupKind prints it.
    """

    name: str
    api_versions: tuple[str, ...]
    plural: str
    namespaced: bool
    struct: type[Object] | type[Pod]

    @property
    def kind(self) -> str:
        """As objects write it in ``kind``."""
        return self.name.partition(".")[0]

    @property
    def api_version(self) -> str:
        """The preferred ``apiVersion``."""
        return self.api_versions[0]

    @property
    def resource(self) -> str:
        """``plural.group`` as kubectl and RBAC know it; the bare plural in the core group."""
        return f"{self.plural}.{self.groups[0]}" if self.groups[0] else self.plural

    @property
    def groups(self) -> tuple[str, ...]:
        """The API groups that serve it; the core group is empty."""
        return tuple(dict.fromkeys(map(group_of, self.api_versions)))


_GATEWAY = "gateway.networking.k8s.io"
_SINCE_BETA = (f"{_GATEWAY}/v1", f"{_GATEWAY}/v1beta1")
_SINCE_ALPHA = (f"{_GATEWAY}/v1", f"{_GATEWAY}/v1alpha3", f"{_GATEWAY}/v1alpha2")
_CALICO = ("crd.projectcalico.org/v1", "projectcalico.org/v3")
_CILIUM = ("cilium.io/v2", "cilium.io/v2alpha1")
_RBAC = "rbac.authorization.k8s.io/v1"
KINDS: tuple[Kind, ...] = (
    Kind("BGPConfiguration", _CALICO, "bgpconfigurations", False, BGPConfiguration),
    Kind("BGPPeer", _CALICO, "bgppeers", False, BGPPeer),
    Kind("BlockAffinity", _CALICO, "blockaffinities", False, BlockAffinity),
    Kind("CiliumBGPAdvertisement", _CILIUM, "ciliumbgpadvertisements", False, CiliumBGPAdvertisement),
    Kind("CiliumBGPPeeringPolicy", ("cilium.io/v2alpha1",), "ciliumbgppeeringpolicies", False, CiliumBGPPeeringPolicy),
    Kind(
        "CiliumLoadBalancerIPPool",
        _CILIUM,
        "ciliumloadbalancerippools",
        False,
        CiliumLoadBalancerIPPool,
    ),
    Kind("CiliumNode", ("cilium.io/v2",), "ciliumnodes", False, CiliumNode),
    Kind("CiliumPodIPPool", ("cilium.io/v2alpha1",), "ciliumpodippools", False, CiliumPodIPPool),
    Kind("Cluster.submariner.io", ("submariner.io/v1",), "clusters", True, SubmarinerCluster),
    Kind("ClusterRole", (_RBAC,), "clusterroles", False, ClusterRole),
    Kind("ClusterRoleBinding", (_RBAC,), "clusterrolebindings", False, ClusterRoleBinding),
    Kind("ConfigMap", ("v1",), "configmaps", True, ConfigMap),
    Kind("CronJob", ("batch/v1",), "cronjobs", True, CronJob),
    Kind("DaemonSet", ("apps/v1",), "daemonsets", True, Workload),
    Kind("Deployment", ("apps/v1",), "deployments", True, Workload),
    Kind("ENIConfig", ("crd.k8s.amazonaws.com/v1alpha1",), "eniconfigs", False, ENIConfig),
    Kind("Endpoint.submariner.io", ("submariner.io/v1",), "endpoints", True, SubmarinerEndpoint),
    Kind("EndpointSlice", ("discovery.k8s.io/v1",), "endpointslices", True, EndpointSlice),
    Kind("Endpoints", ("v1",), "endpoints", True, Endpoints),
    Kind("FelixConfiguration", _CALICO, "felixconfigurations", False, FelixConfiguration),
    Kind("GRPCRoute", (f"{_GATEWAY}/v1",), "grpcroutes", True, GatewayRoute),
    Kind("Gateway", _SINCE_BETA, "gateways", True, Gateway),
    Kind("GatewayClass", _SINCE_BETA, "gatewayclasses", False, GatewayClass),
    Kind("HTTPRoute", _SINCE_BETA, "httproutes", True, GatewayRoute),
    Kind("IPAMBlock", ("crd.projectcalico.org/v1",), "ipamblocks", False, IPAMBlock),
    Kind("IPAMConfig", ("crd.projectcalico.org/v1",), "ipamconfigs", False, IPAMConfig),
    Kind("IPAddress", ("networking.k8s.io/v1", "networking.k8s.io/v1beta1"), "ipaddresses", False, IPAddress),
    Kind("IPAddressPool", ("metallb.io/v1beta1",), "ipaddresspools", True, IPAddressPool),
    Kind("IPPool", _CALICO, "ippools", False, IPPool),
    Kind(
        "IPPool.whereabouts.cni.cncf.io",
        ("whereabouts.cni.cncf.io/v1alpha1",),
        "ippools",
        True,
        WhereaboutsIPPool,
    ),
    Kind("Ingress", ("networking.k8s.io/v1",), "ingresses", True, Ingress),
    Kind("IngressClass", ("networking.k8s.io/v1",), "ingressclasses", False, IngressClass),
    Kind("Job", ("batch/v1",), "jobs", True, Workload),
    Kind("Namespace", ("v1",), "namespaces", False, Namespace),
    Kind("Network", ("config.openshift.io/v1",), "networks", False, Network),
    Kind(
        "NetworkAttachmentDefinition",
        ("k8s.cni.cncf.io/v1",),
        "network-attachment-definitions",
        True,
        NetworkAttachmentDefinition,
    ),
    Kind("NetworkPolicy", ("networking.k8s.io/v1",), "networkpolicies", True, NetworkPolicy),
    Kind("Node", ("v1",), "nodes", False, Node),
    Kind("Pod", ("v1",), "pods", True, Pod),
    Kind("ReferenceGrant", _SINCE_BETA, "referencegrants", True, ReferenceGrant),
    Kind("ReplicaSet", ("apps/v1",), "replicasets", True, Workload),
    Kind("ReplicationController", ("v1",), "replicationcontrollers", True, Workload),
    Kind("Service", ("v1",), "services", True, Service),
    Kind("ServiceCIDR", ("networking.k8s.io/v1", "networking.k8s.io/v1beta1"), "servicecidrs", False, ServiceCIDR),
    Kind("StatefulSet", ("apps/v1",), "statefulsets", True, Workload),
    Kind("Submariner", ("submariner.io/v1alpha1",), "submariners", True, Submariner),
    Kind("TCPRoute", _SINCE_ALPHA, "tcproutes", True, GatewayRoute),
    Kind("TLSRoute", _SINCE_ALPHA, "tlsroutes", True, GatewayRoute),
    Kind("UDPRoute", _SINCE_ALPHA, "udproutes", True, GatewayRoute),
)

KIND_OF = {(group, kind.kind): kind for kind in KINDS for group in kind.groups}
KIND_NAMED = {kind.name: kind for kind in KINDS}
"""By their netlint name."""


OWN_GROUPS = {"", "apps", "batch", "discovery.k8s.io", "extensions", "networking.k8s.io", "rbac.authorization.k8s.io"}
"""Kubernetes' own groups: no two of them have kinds of one name, but kinds have moved between them."""
_OWN = {kind.kind: kind for kind in KINDS if OWN_GROUPS.issuperset(kind.groups)}


def kind_of(api_version: str, kind: str) -> Kind | None:
    """The kind that netlint reads under this name, in any version of its group, or of another one of Kubernetes'."""
    group = group_of(api_version)
    return KIND_OF.get((group, kind)) or (_OWN.get(kind) if group in OWN_GROUPS else None)


CONFIG_MAPS = (
    ("kube-flannel", "kube-flannel-cfg"),
    ("kube-system", "amazon-vpc-cni"),
    ("kube-system", "antrea-config"),
    ("kube-system", "calico-config"),
    ("kube-system", "canal-config"),
    ("kube-system", "cilium-config"),
    ("kube-system", "coredns"),
    ("kube-system", "ip-masq-agent"),
    ("kube-system", "kube-flannel-cfg"),
    ("kube-system", "kube-proxy"),
    ("kube-system", "kube-router-cfg"),
    ("kube-system", "kubeadm-config"),
    ("kube-system", "kubelet-config"),
    ("kube-system", "weave-net"),
    ("metallb-system", "config"),
    ("ovn-kubernetes", "ovn-config"),
)
"""Namespace and name of the ConfigMaps that are read from a live cluster, where they are not listed."""
