"""AWS VPC CNI.

Source: github.com/aws/amazon-vpc-cni-k8s (README.md, docs).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.model.cni.masquerading import Masquerade, UnknownMasquerade, Whom
from netlint.model.cni.plugin import Evidence, Plugin, PolicySupport
from netlint.model.cni.pod_addresses import IN_NODE_SUBNET, Ipam
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of

NAME = "aws-vpc-cni"
DAEMON_SET = "aws-node"
EXTERNAL_SNAT = "AWS_VPC_K8S_CNI_EXTERNALSNAT"
SPARED = "AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"


def transports(view: SnapshotView) -> Iterator[Transport]:
    """``AWS_VPC_ENI_MTU`` sets the MTU of the nodes' links, ``POD_MTU`` that of the pods."""
    agent = view.daemon_set(DAEMON_SET)
    mtus = [
        Mtu(int(text), of_link, subject_of(agent), path)
        for name, of_link in (("POD_MTU", False), ("AWS_VPC_ENI_MTU", True))
        for path, text in (environment(agent, name) if agent else ())
        if agent and text.isdecimal()
    ]
    yield Transport(Way.UNDERLAY, mtus=tuple(mtus), subject=subject_of(agent) if agent else None)


def masquerades(view: SnapshotView, _: Sequence[Declaration]) -> Iterator[Masquerade]:
    """Outside of the VPC's ranges pods go by their node's address, unless an external gateway does that.

    Ranges of peered VPCs are outside; whether there are any, the API does not show.
    """
    agent = view.daemon_set(DAEMON_SET)
    if agent is None or any(environment(agent, SPARED)):
        return
    for path, value in environment(agent, EXTERNAL_SNAT):
        if value.lower() in {"false", "0"}:
            yield Masquerade(Whom.OUTSIDE, f"{EXTERNAL_SNAT} is {value}", subject_of(agent), path)


def unknown_masquerades(view: SnapshotView) -> Iterator[UnknownMasquerade]:
    """All of it is in the DaemonSet."""
    if view.daemon_set(DAEMON_SET) is None:
        yield UnknownMasquerade(Whom.OUTSIDE, f"the DaemonSet {DAEMON_SET} is not in the input")


PLUGIN = Plugin(
    NAME,
    Evidence(config_maps=("amazon-vpc-cni",), daemon_sets=(DAEMON_SET,), types=("aws-cni",)),
    allocation=lambda _: IN_NODE_SUBNET,
    ipam=Ipam(keeps_first_address=False),
    # its node agent looks at packets in the pod's own veth: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
    policies=PolicySupport(sees_cluster_ips=True),
    in_cloud_network=True,
    transports=transports,
    masquerades=masquerades,
    unknown_masquerades=unknown_masquerades,
)
