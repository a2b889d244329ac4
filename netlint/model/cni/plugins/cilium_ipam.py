"""Cilium's own IPAM: the pools that its operator divides, and what it gave to each node.

Source: docs.cilium.io, IP Address Management; github.com/cilium/cilium, install/kubernetes/cilium/values.yaml
(defaults), pkg/k8s/apis/cilium.io/v2/types.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netlint import addresses
from netlint.model.cni.plugins.azure_cni import is_overlay
from netlint.model.cni.pod_addresses import (
    ELSEWHERE,
    FROM_NODE,
    IN_NODE_SUBNET,
    UNKNOWN,
    NodeRangeDivision,
    PodAllocation,
    prefix_length,
)
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.cilium_crds import CiliumNode
from netlint.objects.core import ConfigMap

NAME = "cilium"
CONFIG = "cilium-config"
DEFAULT_POOLS = tuple(addresses.parse_cidr(text).range for text in ("10.0.0.0/8", "fd00::/104"))
NODE_LENGTHS = {4: 24, 6: 120}
"""By family: the prefix length of a node's range where nobody chose one."""
CLUSTER_POOL = "cluster-pool"
CLOUD_MODES = ("eni", "azure", "alibabacloud", "delegated-plugin")


def configuration(view: SnapshotView) -> tuple[ConfigMap | None, Mapping[str, str]]:
    """``cilium-config`` and its keys."""
    config_map = view.config_map(CONFIG)
    return config_map, (config_map.data or {}) if config_map else {}


def mode_of(view: SnapshotView) -> str:
    """The IPAM mode; empty where the ConfigMap is not in the input."""
    config_map, keys = configuration(view)
    return keys.get("ipam", CLUSTER_POOL) if config_map else ""


def node_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The pod ranges that the operator gave to each node."""
    for node in view.objects("CiliumNode"):
        source = RangeSource(Role.NODE_POD, NAME, subject_of(node), node.name)
        ipam = node.spec.ipam
        if ipam is None:
            continue
        yield from source.cidr_list(("spec", "ipam", "podCIDRs"), ipam.podCIDRs)
        for index, pool in enumerate((ipam.pools.allocated if ipam.pools else None) or ()):
            yield from source.cidr_list(("spec", "ipam", "pools", "allocated", index, "cidrs"), pool.cidrs)


def pod_pools(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The ranges from which the operator gives to nodes."""
    config_map, keys = configuration(view)
    if config_map is not None and mode_of(view) == CLUSTER_POOL:
        for family in addresses.BITS:
            key = f"cluster-pool-ipv{family}-cidr"
            source = RangeSource(Role.POD, NAME, subject_of(config_map), family=family)
            yield from source.cidrs(("data", key), keys.get(key, "").replace(",", " ").split())
    for pool in view.objects("CiliumPodIPPool"):
        for family, name, part in ((4, "ipv4", pool.spec.ipv4), (6, "ipv6", pool.spec.ipv6)):
            source = RangeSource(Role.POD, NAME, subject_of(pool), family=family)
            yield from source.cidr_list(("spec", name, "cidrs"), part.cidrs if part else None)


def allocation(view: SnapshotView) -> PodAllocation:
    """By the IPAM mode: Nodes, CiliumNodes, or a cloud's subnets."""
    mode = mode_of(view)
    if mode == "kubernetes":
        return FROM_NODE
    if mode in CLOUD_MODES:
        return ELSEWHERE if is_overlay(view) else IN_NODE_SUBNET
    own = tuple(declared for declared in node_ranges(view) if isinstance(declared, Declaration))
    if own:
        return PodAllocation(False, ranges=own, is_required=mode == CLUSTER_POOL, refused=_refused(view))
    return PodAllocation(False, missing_kind="CiliumNode") if mode else UNKNOWN


def failures(view: SnapshotView) -> dict[str, list[CiliumNode]]:
    """Why the operator could not give nodes what they want, each with these nodes."""
    by_error: dict[str, list[CiliumNode]] = {}
    for node in view.objects("CiliumNode"):
        status = node.status.ipam.operatorStatus if node.status and node.status.ipam else None
        if status and status.error:
            by_error.setdefault(status.error, []).append(node)
    return by_error


def _refused(view: SnapshotView) -> frozenset[str]:
    return frozenset(node.name for nodes in failures(view).values() for node in nodes)


def division(view: SnapshotView) -> NodeRangeDivision | None:
    """With ``cluster-pool`` the operator gives a range to every CiliumNode."""
    if mode_of(view) != CLUSTER_POOL:
        return None
    _, keys = configuration(view)
    lengths = {
        family: prefix_length(keys.get(f"cluster-pool-ipv{family}-mask-size", ""), family, default)
        for family, default in NODE_LENGTHS.items()
    }
    refused = _refused(view)
    lacking = (
        subject_of(node)
        for node in view.objects("CiliumNode")
        if node.name in refused or not (node.spec.ipam and node.spec.ipam.podCIDRs)
    )
    return NodeRangeDivision(lengths, tuple(lacking))
