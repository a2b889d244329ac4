"""AWS VPC CNI with custom networking: which ENIConfig gives each node the subnet of its pods.

Source: github.com/aws/amazon-vpc-cni-k8s, README.md (AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG, ENI_CONFIG_LABEL_DEF,
ENI_CONFIG_ANNOTATION_DEF), pkg/eniconfig.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netlint.model.cni.plugins.aws_vpc_cni import DAEMON_SET
from netlint.model.declared.node_objects import is_virtual, is_windows
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.pods.scheduling import runs_on
from netlint.objects.apps import Workload
from netlint.objects.core import Node
from netlint.objects.meta import Path

EXTERNAL = "vpc.amazonaws.com/externalEniConfig"
KEY = "k8s.amazonaws.com/eniConfig"
ZONE = "topology.kubernetes.io/zone"


class ENIConfigChoice(NamedTuple):
    """The name of the ENIConfig that a node takes, and the field that says so."""

    node: Node
    name: str
    path: Path


def custom_agent(view: SnapshotView) -> Workload | None:
    """The plugin's DaemonSet where custom networking is switched on."""
    agent = view.daemon_set(DAEMON_SET)
    return agent if agent and _variable(agent, "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG").lower() == "true" else None


def choices(view: SnapshotView, agent: Workload) -> Iterator[ENIConfigChoice]:
    """What each node takes: a label of others' makes, the annotation, the label, else ``default``."""
    annotation = _variable(agent, "ENI_CONFIG_ANNOTATION_DEF") or KEY
    label = _variable(agent, "ENI_CONFIG_LABEL_DEF") or KEY
    for node in view.nodes:
        if not is_virtual(node) and not is_windows(node) and runs_on(agent, node) is True:
            yield _choice(node, annotation, label)


def _choice(node: Node, annotation: str, label: str) -> ENIConfigChoice:
    fields = (("labels", EXTERNAL), ("annotations", annotation), ("labels", label))
    for part, key in fields:
        names = node.labels if part == "labels" else node.annotations
        if key in names:
            return ENIConfigChoice(node, names[key], ("metadata", part, key))
    return ENIConfigChoice(node, "default", ("metadata", "labels"))


def _variable(agent: Workload, name: str) -> str:
    """The first value of a variable; empty where it is not set."""
    values = environment(agent, name)
    return values[0][1] if values else ""
