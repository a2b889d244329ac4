"""``netlint plan``: a proposal, and the configurations that make it true."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netlint.model.ranges.proposal import Demand, Proposal, Ranges
from netlint.phrases import counted
from netlint.reports.json import encoded
from netlint.views import columns, configurations, text_of

SCHEMA = "https://netlint.dev/schemas/plan-v1.schema.json"
AVOIDED = 8  # ranges that are named

Json = dict[str, Any]


def text(proposal: Proposal) -> str:
    """For people."""
    demand = proposal.demand
    lines = [
        f"A plan for {counted(demand.nodes, 'node')}, {counted(demand.pods_per_node, 'pod')} on each, "
        f"and {counted(demand.services, 'Service')}",
        "",
    ]
    lines += columns([row for held in proposal.ranges for row in _rows(held, demand)])
    lines += ["", f"Avoided: {_avoided(proposal)}"]
    if proposal.is_tight:
        lines.append("Tight: there is no room for twice as much of everything beside what is avoided")
    for title, content in _blocks(proposal):
        lines += ["", f"# {title}", *content.splitlines()]
    return text_of(lines)


def _rows(held: Ranges, demand: Demand) -> Iterator[list[str]]:
    yield ["pods", str(held.pods), f"{_short(held.nodes)} nodes", _growth(held.nodes, demand.nodes)]
    node = f"{held.of_node(0)}, {held.of_node(1)} …"
    yield ["each node", node, f"{_short(held.pods_per_node)} pods", _growth(held.pods_per_node, demand.pods_per_node)]
    room = held.service_addresses
    yield ["Services", str(held.services), f"{_short(room)} Services", _growth(room, demand.services)]


def _short(number: int) -> str:
    return f"{number:,}" if number < 1 << 32 else f"2^{number.bit_length() - (number & (number - 1) == 0)}"


def _growth(room: int, asked: int) -> str:
    ratio = room / asked
    return f"{ratio:.1f} times what is asked for" if ratio < 1000 else "more than enough"


def _avoided(proposal: Proposal) -> str:
    named = [f"{one.range} ({one.why})" for one in proposal.avoided[:AVOIDED]]
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
    """For programs, as ``schemas/plan-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "fits": True,
            "reason": None,
            "request": _demand(proposal.demand),
            "capacity": _demand(proposal.capacity),
            "tight": proposal.is_tight,
            "ranges": [
                {
                    "family": held.family,
                    "pods": str(held.pods),
                    "services": str(held.services),
                    "nodePrefix": held.node_prefix,
                    "firstNode": str(held.of_node(0)),
                    "lastNode": str(held.of_node(held.nodes - 1)),
                }
                for held in proposal.ranges
            ],
            "avoided": [{"range": str(one.range), "why": one.why} for one in proposal.avoided],
            "configurations": {
                "kubeadm": configurations.kubeadm(proposal),
                "kubelet": configurations.kubelet(proposal),
                "kube-controller-manager": configurations.controller_manager(proposal),
                "flannel": configurations.flannel(proposal),
                "calico": configurations.calico(proposal),
                "cilium": configurations.cilium(proposal),
            },
        }
    )


def refusal(demand: Demand, reason: str) -> str:
    """For programs, where nothing fits."""
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
