"""What Nodes declare: pod ranges and addresses."""

from __future__ import annotations

from collections.abc import Container, Iterator

from netlint import addresses
from netlint.addresses import Cidr
from netlint.model.declared.declarations import Authority, Declaration, RangeSource, Role
from netlint.model.subjects import subject_of
from netlint.objects.core import Node
from netlint.objects.meta import Path, condition_status

OWN_ADDRESSES = ("InternalIP", "ExternalIP")
VIRTUAL = (
    ("type", "virtual-kubelet"),
    ("type", "kwok"),
    ("eks.amazonaws.com/compute-type", "fargate"),
    ("liqo.io/type", "virtual-node"),
)
"""Labels of Nodes behind which there is no host of this cluster's network."""
_VIRTUAL_KEYS = {key for key, _ in VIRTUAL}


def is_virtual(node: Node) -> bool:
    """Whether a provider runs the pods somewhere else."""
    labels = node.labels
    return not _VIRTUAL_KEYS.isdisjoint(labels) and any(labels.get(key) == value for key, value in VIRTUAL)


def readiness(node: Node) -> str:
    """The status of its Ready condition; empty without one."""
    return condition_status(node.status.conditions, "Ready") or ""


def is_lost(node: Node) -> bool:
    """Whether nobody has heard of it for long: it may be gone, and its addresses, and its pods', given to others.

    Source: pkg/controller/nodelifecycle, which then sets its conditions to Unknown.
    """
    return readiness(node) == "Unknown"


def is_ready(node: Node) -> bool:
    """Whether its Ready condition is True."""
    return readiness(node) == "True"


def is_windows(node: Node) -> bool:
    """Whether it runs Windows, where network agents have other names and ways."""
    info = node.status.nodeInfo
    return "windows" in {node.labels.get("kubernetes.io/os"), info.operatingSystem if info else None}


def pod_cidrs(node: Node) -> list[tuple[Path, Cidr]]:
    """The pod ranges of a Node with their fields; ``podCIDR`` counts only where ``podCIDRs`` is empty."""
    listed: list[tuple[Path, str]] = [
        (("spec", "podCIDRs", index), cidr) for index, cidr in enumerate(node.spec.podCIDRs or ()) if cidr
    ]
    if not listed and node.spec.podCIDR:
        listed = [(("spec", "podCIDR"), node.spec.podCIDR)]
    return [(path, addresses.parse_cidr(text)) for path, text in listed]


def node_ranges(node: Node) -> list[Declaration]:
    """The pod ranges that a Node declares."""
    source = RangeSource(Role.NODE_POD, Authority.NODE, subject_of(node), node.name)
    return [source.declaration(path, cidr.range, cidr) for path, cidr in pod_cidrs(node)]


def node_addresses(node: Node, types: Container[str] = OWN_ADDRESSES) -> Iterator[Declaration]:
    """The InternalIP and ExternalIP addresses of a Node, as ranges of one address."""
    source = RangeSource(Role.NODE, Authority.NODE, subject_of(node), node.name)
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type in types and entry.address:
            family, value = addresses.parse(entry.address)
            yield source.declaration(("status", "addresses", index, "address"), addresses.Range(family, value, value))
