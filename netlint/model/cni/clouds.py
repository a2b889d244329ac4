"""The plugins of the clouds: AWS VPC CNI, Azure CNI, GKE.

Source: github.com/aws/amazon-vpc-cni-k8s (README.md, docs), github.com/Azure/azure-container-networking,
cloud.google.com/kubernetes-engine/docs/concepts/alias-ips.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.plugin import (
    ELSEWHERE,
    FROM_NODE,
    Evidence,
    Masquerade,
    Plugin,
    Transport,
    Way,
    Whom,
)
from netlint.model.inventory import Inventory
from netlint.model.subjects import subject_of

AWS = "aws-vpc-cni"
AZURE = "azure-cni"
GKE = "gke"
IN_NODE_SUBNET = (AWS, AZURE)
AWS_DAEMON_SET = "aws-node"


def _underlay(_: Inventory) -> Iterator[Transport]:
    yield Transport(Way.UNDERLAY)


def _aws_masquerades(inventory: Inventory) -> Iterator[Masquerade]:
    """Outside of the VPC's ranges pods go by their node's address, unless an external gateway does that.

    Ranges of peered VPCs are outside; whether there are any, the API does not show.
    """
    found = inventory.daemon_set(AWS_DAEMON_SET)
    if found is None:
        return
    external = inventory.environment(found, "AWS_VPC_K8S_CNI_EXTERNALSNAT")
    if external and external[0][1].lower() in {"true", "1"}:
        return
    yield Masquerade(
        (),
        Whom.OUTSIDE,
        "AWS_VPC_K8S_CNI_EXTERNALSNAT is not set, so pods go by their node's address outside of the VPC's own "
        "ranges, in peered VPCs too",
        subject_of(found),
        external[0][0] if external else (),
        expected=True,
    )


PLUGINS = (
    Plugin(
        AWS,
        Evidence(config_maps=("amazon-vpc-cni",), daemon_sets=(AWS_DAEMON_SET,)),
        allocation=lambda _: ELSEWHERE,
        transports=_underlay,
        masquerades=_aws_masquerades,
    ),
    Plugin(
        AZURE,
        Evidence(daemon_sets=("azure-cns", "azure-cni-networkmonitor")),
        allocation=lambda _: ELSEWHERE,
        transports=_underlay,
    ),
    Plugin(
        GKE,
        Evidence(daemon_sets=("netd",)),
        allocation=lambda _: FROM_NODE,
        transports=_underlay,
    ),
)
