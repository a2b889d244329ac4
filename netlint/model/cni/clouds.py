"""The plugins of the clouds: AWS VPC CNI, Azure CNI, GKE.

Source: github.com/aws/amazon-vpc-cni-k8s (README.md, docs), github.com/Azure/azure-container-networking,
docs/overlay-for-aks.md, learn.microsoft.com/azure/aks/azure-cni-overlay,
cloud.google.com/kubernetes-engine/docs/concepts/alias-ips.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.model.cni.plugin import (
    ELSEWHERE,
    FROM_NODE,
    Evidence,
    Masquerade,
    Mtu,
    Plugin,
    Transport,
    Way,
    Whom,
)
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of

AWS = "aws-vpc-cni"
AZURE = "azure-cni"
GKE = "gke"
IN_NODE_SUBNET = (AWS, AZURE)
AWS_DAEMON_SET = "aws-node"
EXTERNAL_SNAT = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
SPARED = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"
POD_NETWORK = "kubernetes.azure.com/podnetwork-type"  # a label of Nodes


def _underlay(_: SnapshotView) -> Iterator[Transport]:
    yield Transport(Way.UNDERLAY)


def is_azure_overlay(view: SnapshotView) -> bool:
    """Whether Azure's own network has a routing domain for pods, apart from that of the nodes."""
    return any(node.labels.get(POD_NETWORK) == "overlay" for node in view.nodes)


def _azure_transports(view: SnapshotView) -> Iterator[Transport]:
    """Nodes encapsulate nothing, in an overlay neither."""
    yield Transport(Way.OVERLAY if is_azure_overlay(view) else Way.UNDERLAY)


def _aws_transports(view: SnapshotView) -> Iterator[Transport]:
    """``AWS_VPC_ENI_MTU`` sets the MTU of the nodes' links, ``POD_MTU`` that of the pods."""
    found = view.daemon_set(AWS_DAEMON_SET)
    mtus = [
        Mtu(int(text), of_link, subject_of(found), path)
        for name, of_link in (("POD_MTU", False), ("AWS_VPC_ENI_MTU", True))
        for path, text in (environment(found, name) if found else ())
        if found and text.isdecimal()
    ]
    yield Transport(Way.UNDERLAY, mtus=tuple(mtus), subject=subject_of(found) if found else None)


def _aws_masquerades(view: SnapshotView, _: Sequence[Declaration]) -> Iterator[Masquerade]:
    """Outside of the VPC's ranges pods go by their node's address, unless an external gateway does that.

    Ranges of peered VPCs are outside; whether there are any, the API does not show.
    """
    found = view.daemon_set(AWS_DAEMON_SET)
    if found is None or any(environment(found, SPARED)):
        return
    for path, value in environment(found, EXTERNAL_SNAT):
        if value.lower() in {"false", "0"}:
            yield Masquerade(Whom.OUTSIDE, f"{EXTERNAL_SNAT} is {value}", subject_of(found), path)


PLUGINS = (
    Plugin(
        AWS,
        Evidence(config_maps=("amazon-vpc-cni",), daemon_sets=(AWS_DAEMON_SET,), types=("aws-cni",)),
        allocation=lambda _: ELSEWHERE,
        transports=_aws_transports,
        masquerades=_aws_masquerades,
    ),
    Plugin(
        AZURE,
        Evidence(daemon_sets=("azure-cns", "azure-cni-networkmonitor"), types=("azure-vnet",)),
        allocation=lambda _: ELSEWHERE,
        transports=_azure_transports,
    ),
    Plugin(
        GKE,
        Evidence(daemon_sets=("netd",)),
        allocation=lambda _: FROM_NODE,
        transports=_underlay,
    ),
)
