"""A proposal in the words of those who have to be told: kubeadm, the control plane, network plugins.

Source: kubernetes.io, kubeadm-config.v1beta4, kubelet-config.v1beta1; flannel Documentation/configuration.md;
docs.tigera.io, IP pool; docs.cilium.io, Helm reference.
"""

from __future__ import annotations

from typing import Any

from netlint.model.ranges.proposal import FamilyRanges, Proposal

Json = dict[str, Any]
BLOCKS = {4: range(26, 33), 6: range(122, 129)}
"""Prefix lengths of Calico's blocks: its default, or smaller ones where a node's share is."""


def kubeadm(proposal: Proposal) -> Json:
    """``ClusterConfiguration``."""
    return {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "networking": {"podSubnet": pods(proposal), "serviceSubnet": services(proposal)},
        "controllerManager": {
            "extraArgs": [{"name": name, "value": str(size)} for name, size in _masks(proposal).items()]
        },
    }


def kubelet(proposal: Proposal) -> Json:
    """``KubeletConfiguration``."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "maxPods": proposal.demand.pods_per_node,
    }


def controller_manager(proposal: Proposal) -> list[str]:
    """Flags of the kube-controller-manager."""
    return [
        "--allocate-node-cidrs=true",
        f"--cluster-cidr={pods(proposal)}",
        f"--service-cluster-ip-range={services(proposal)}",
        *(f"--{name}={size}" for name, size in _masks(proposal).items()),
    ]


def _masks(proposal: Proposal) -> dict[str, int]:
    if len(proposal.ranges) == 1:
        return {"node-cidr-mask-size": proposal.ranges[0].node_prefix}
    return {f"node-cidr-mask-size-ipv{ranges.family}": ranges.node_prefix for ranges in proposal.ranges}


def flannel(proposal: Proposal) -> Json:
    """``net-conf.json``."""
    content: Json = {}
    for ranges in proposal.ranges:
        prefix = "IPv6" if ranges.family == 6 else ""
        content |= {"EnableIPv6": True} if prefix else {}
        content |= {f"{prefix}Network": str(ranges.pods), f"{prefix}SubnetLen": ranges.node_prefix}
    return content | {"Backend": {"Type": "vxlan"}}


def calico(proposal: Proposal) -> list[Json]:
    """An IPPool for each family."""
    return [
        {
            "apiVersion": "projectcalico.org/v3",
            "kind": "IPPool",
            "metadata": {"name": f"default-ipv{ranges.family}-ippool"},
            "spec": {
                "cidr": str(ranges.pods),
                "blockSize": _block_size(ranges),
                "vxlanMode": "Always",
                "natOutgoing": True,
                "nodeSelector": "all()",
            },
        }
        for ranges in proposal.ranges
    ]


def _block_size(ranges: FamilyRanges) -> int:
    allowed = BLOCKS[ranges.family]
    return min(allowed[-1], max(allowed[0], ranges.node_prefix))


def cilium(proposal: Proposal) -> Json:
    """Values of the Helm chart."""
    operator: Json = {}
    for ranges in proposal.ranges:
        operator[f"clusterPoolIPv{ranges.family}PodCIDRList"] = [str(ranges.pods)]
        operator[f"clusterPoolIPv{ranges.family}MaskSize"] = ranges.node_prefix
    families = {6: {"ipv6": {"enabled": True}}}
    return {
        **{key: value for ranges in proposal.ranges for key, value in families.get(ranges.family, {}).items()},
        "ipam": {"mode": "cluster-pool", "operator": operator},
    }


def pods(proposal: Proposal) -> str:
    """The pod ranges, IPv4 first, as flags and kubeadm take them."""
    return ",".join(str(ranges.pods) for ranges in proposal.ranges)


def services(proposal: Proposal) -> str:
    """The Service ranges, IPv4 first."""
    return ",".join(str(ranges.services) for ranges in proposal.ranges)
