"""``netlint map --view topology``: nodes with their pods, bridges, tunnels and cards, on the fabric between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from netlint.cluster.traffic.topology import Interface, NodeTopology, Topology
from netlint.phrases import counted
from netlint.reports import printable
from netlint.reports.json import encoded
from netlint.views.tree import SCHEMA, WIDTH

NODES, PODS = 32, 16  # that are shown one by one

Json = dict[str, Any]


def text(topology: Topology) -> str:
    """The text that people read."""
    top = Tree(Text(printable(_fabric(topology)), "bold"))
    for node in topology.nodes[:NODES]:
        _grow(top.add(Text(printable(_title(node)), "bold green")), node)
    if len(topology.nodes) > NODES:
        hidden = topology.nodes[NODES:]
        pods = counted(sum(len(node.pods) for node in hidden), "pod")
        top.add(Text(f"and {counted(len(hidden), 'more node')} with {pods}; --node NAME shows one"))
    output = StringIO()
    Console(file=output, width=WIDTH, highlight=False, color_system=None).print(top)
    return "".join(line.rstrip() + "\n" for line in output.getvalue().splitlines())


def _fabric(topology: Topology) -> str:
    return f"Fabric: {'; '.join(topology.fabric) or 'unknown'}"


def _title(node: NodeTopology) -> str:
    return "  ".join([node.name, *node.addresses])


def _grow(branch: Tree, node: NodeTopology) -> None:
    for name, links in (("card", node.cards), ("tunnel", node.tunnels)):
        for link in links:
            branch.add(Text(printable(f"{name} {_link(link)}")))
    for bridge in node.bridges:
        attached = branch.add(
            Text(printable(f"bridge {_link(bridge)}, {counted(len(bridge.ports), 'port')}"), "yellow")
        )
        _add_pods(attached, [pod for pod in node.pods if pod.bridge == bridge.name])
    unbridged = [pod for pod in node.pods if not pod.bridge]
    if unbridged or not node.bridges:
        within = f", pod range {', '.join(node.ranges)}" if node.ranges else ", no pod range"
        _add_pods(branch.add(Text(printable(f"{counted(len(unbridged), 'pod')}{within}"), "cyan")), unbridged)
    if node.in_host_network:
        branch.add(Text(f"{counted(node.in_host_network, 'pod')} in the network of the host"))


def _add_pods(branch: Tree, pods: Sequence[Any]) -> None:
    for pod in pods[:PODS]:
        branch.add(Text(printable("  ".join([f"{pod.namespace}/{pod.name}", *pod.addresses]))))
    if len(pods) > PODS:
        branch.add(Text(f"and {len(pods) - PODS} more"))


def _link(link: Interface) -> str:
    kind = f" ({link.kind})" if link.kind and link.kind != "bridge" else ""
    return "  ".join([f"{link.name}{kind}", *link.addresses])


def json(topology: Topology) -> str:
    """The JSON that programs read, as ``schemas/map-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "view": "topology",
            "fabric": list(topology.fabric),
            "nodes": [_node(node) for node in topology.nodes],
        }
    )


def _node(node: NodeTopology) -> Json:
    return {
        "name": node.name,
        "addresses": list(node.addresses),
        "podRanges": list(node.ranges),
        "observed": node.is_observed,
        "cards": list(_interfaces(node.cards)),
        "bridges": list(_interfaces(node.bridges)),
        "tunnels": list(_interfaces(node.tunnels)),
        "podsInHostNetwork": node.in_host_network,
        "pods": [
            {
                "namespace": pod.namespace,
                "name": pod.name,
                "addresses": list(pod.addresses),
                "bridge": pod.bridge or None,
            }
            for pod in node.pods
        ],
    }


def _interfaces(links: Sequence[Interface]) -> Iterator[Json]:
    for link in links:
        yield {
            "name": link.name,
            "kind": link.kind,
            "addresses": list(link.addresses),
            "ports": list(link.ports),
        }
