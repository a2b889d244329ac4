"""``netlint plan``: a proposal, and the configurations that make it true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netlint.model.ranges.proposal import Demand, FamilyRanges, Proposal
from netlint.phrases import counted
from netlint.reports.json import encoded
from netlint.views import columns, configurations, text_of

SCHEMA = "https://netlint.dev/schemas/plan-v1.schema.json"
AVOIDED = 8  # ranges that are named

Json = dict[str, Any]


def text(proposal: Proposal) -> str:
    """The text that people read."""
    demand = proposal.demand
    lines = [
        f"A plan for {counted(demand.nodes, 'node')}, {counted(demand.pods_per_node, 'pod')} on each, "
        f"and {counted(demand.services, 'Service')}",
        "",
    ]
    lines += columns([row for ranges in proposal.ranges for row in _rows(ranges, demand)])
    lines += ["", f"Avoided: {_avoided(proposal)}"]
    if proposal.is_tight:
        lines.append("Tight: there is no room for twice as much of everything beside what is avoided")
    for title, content in _blocks(proposal):
        lines += ["", f"# {title}", *content.splitlines()]
    return text_of(lines)


def _rows(ranges: FamilyRanges, demand: Demand) -> Iterator[list[str]]:
    yield ["pods", str(ranges.pods), f"{_short(ranges.nodes)} nodes", _growth(ranges.nodes, demand.nodes)]
    node = f"{ranges.of_node(0)}, {ranges.of_node(1)} …"
    yield [
        "each node",
        node,
        f"{_short(ranges.pods_per_node)} pods",
        _growth(ranges.pods_per_node, demand.pods_per_node),
    ]
    service_addresses = ranges.service_addresses
    yield [
        "Services",
        str(ranges.services),
        f"{_short(service_addresses)} Services",
        _growth(service_addresses, demand.services),
    ]


def _short(number: int) -> str:
    return f"{number:,}" if number < 1 << 32 else f"2^{number.bit_length() - (number & (number - 1) == 0)}"


def _growth(capacity: int, demand: int) -> str:
    ratio = capacity / demand
    return f"{ratio:.1f} times what is asked for" if ratio < 1000 else "more than enough"


def _avoided(proposal: Proposal) -> str:
    named = [f"{avoided.range} ({avoided.reason})" for avoided in proposal.avoided[:AVOIDED]]
    more = len(proposal.avoided) - len(named)
    return ", ".join([*named, *([f"{more:,} more"] if more else [])])


def _blocks(proposal: Proposal) -> Iterator[tuple[str, str]]:
    import yaml

    flags = configurations.controller_manager(proposal)
    yield "kubeadm: ClusterConfiguration", yaml.safe_dump(configurations.kubeadm(proposal), sort_keys=False)
    yield "kubelet: KubeletConfiguration", yaml.safe_dump(configurations.kubelet(proposal), sort_keys=False)
    yield "kube-controller-manager: flags", "\n".join(flags)
    yield "flannel: net-conf.json", encoded(configurations.flannel(proposal))
    yield "Calico: IPPool", yaml.safe_dump_all(configurations.calico(proposal), sort_keys=False)
    yield "Cilium: Helm values", yaml.safe_dump(configurations.cilium(proposal), sort_keys=False)


def json(proposal: Proposal) -> str:
    """The JSON that programs read, as ``schemas/plan-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "fits": True,
            "reason": None,
            "request": _demand(proposal.demand),
            "capacity": _demand(proposal.capacity),
            "tight": proposal.is_tight,
            "ranges": [_ranges(ranges) for ranges in proposal.ranges],
            "avoided": [{"range": str(avoided.range), "why": avoided.reason} for avoided in proposal.avoided],
            "configurations": _configurations(proposal),
        }
    )


def _ranges(ranges: FamilyRanges) -> Json:
    return {
        "family": ranges.family,
        "pods": str(ranges.pods),
        "services": str(ranges.services),
        "nodePrefix": ranges.node_prefix,
        "firstNode": str(ranges.of_node(0)),
        "lastNode": str(ranges.of_node(ranges.nodes - 1)),
    }


def _configurations(proposal: Proposal) -> Json:
    return {
        "kubeadm": configurations.kubeadm(proposal),
        "kubelet": configurations.kubelet(proposal),
        "kube-controller-manager": configurations.controller_manager(proposal),
        "flannel": configurations.flannel(proposal),
        "calico": configurations.calico(proposal),
        "cilium": configurations.cilium(proposal),
    }


def refusal(demand: Demand, reason: str) -> str:
    """The JSON that programs read where nothing fits."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "fits": False,
            "reason": reason,
            "request": _demand(demand),
            "capacity": None,
            "tight": None,
            "ranges": [],
            "avoided": [],
            "configurations": None,
        }
    )


def _demand(demand: Demand) -> Json:
    return {
        "nodes": demand.nodes,
        "podsPerNode": demand.pods_per_node,
        "services": demand.services,
        "families": list(demand.families),
    }
