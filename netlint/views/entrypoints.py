"""``netlint entrypoints``: every way into the cluster, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netlint.cluster.traffic.entrypoints import EntryPoint, Via
from netlint.cluster.traffic.service_answers import ServiceAnswer, State, Target
from netlint.findings import field_name
from netlint.model.declared.node_objects import node_addresses
from netlint.objects import ROUTES, WORKLOADS
from netlint.objects.core import Node
from netlint.phrases import NAMED, counted
from netlint.reports.json import encoded, subject_with_field
from netlint.snapshot import Gap
from netlint.views import Side, Spots, columns, few, not_known, not_known_json, place, text_of

SCHEMA = "https://netlint.dev/schemas/entrypoints-v1.schema.json"
KINDS = ("Node", "Pod", "Service")
OPTIONAL = ("Gateway", "Ingress", *ROUTES)
READ = {*KINDS, "EndpointSlice", "Namespace", *OPTIONAL, *WORKLOADS}
TITLES = ["way in", "address", "port", "leads to", "state", "what answers", "declared by", "place"]

Json = dict[str, Any]
Followed = list[tuple[EntryPoint, ServiceAnswer]]


def sides(answered: Followed) -> list[Side]:
    """The fields whose places are shown."""
    return [(entry.subject, entry.path) for entry, _ in answered]


def text(answered: Followed, nodes: list[Node], spots: Spots, gaps: list[Gap]) -> str:
    """The text that people read."""
    if not answered:
        return text_of([f"No way {'is known to lead' if gaps else 'leads'} into the cluster.", *not_known(gaps)])
    table = [
        [*row(entry, answer), str(entry.subject), place((entry.subject, entry.path), spots)]
        for entry, answer in answered
    ]
    dead = sum(answer.state is State.DEAD for _, answer in answered)
    lines = columns([[title.upper() for title in TITLES], *table], indent="")
    lines += ["", f"{counted(len(answered), 'way')} in, {counted(dead, 'dead end')}"]
    node_addresses_text = (
        ", ".join(str(declared) for node in nodes for declared in node_addresses(node)) if len(nodes) <= NAMED else ""
    )
    if node_addresses_text and any(entry.via is Via.NODE_PORT for entry, _ in answered):
        lines.append(f"Every node: {node_addresses_text}")
    return text_of([*lines, *not_known(gaps)])


def row(entry: EntryPoint, answer: ServiceAnswer) -> list[str]:
    """One way in as cells."""
    port = f"{entry.port}/{entry.protocol}" if entry.port else "-"
    target = str(entry.target) if entry.target is not None else "-"
    leads = f"Service {target}" if isinstance(entry.target, Target) else target
    state = answer.state.upper() if answer.state is State.DEAD else str(answer.state)
    return [str(entry.via), _where(entry), port, leads, state, answer.text]


def _where(entry: EntryPoint) -> str:
    place_text = ", ".join(
        f"{address} (ipMode Proxy)" if address in entry.proxied else address for address in entry.addresses
    )
    if entry.via is Via.NODE_PORT:
        place_text = "every node"
    if entry.via is Via.HOST_PORT:
        nodes = few(entry.nodes)
        place_text = f"{place_text} of {nodes}" if place_text and nodes else nodes or "its nodes"
    return f"{entry.name} at {place_text or 'no address yet'}" if entry.name else place_text or "no address yet"


def json(answered: Followed, nodes: Iterable[Node], spots: Spots, gaps: list[Gap]) -> str:
    """The JSON that programs read, as ``schemas/entrypoints-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "entryPoints": [as_json(entry, answer, spots) for entry, answer in answered],
            "deadEnds": sum(answer.state is State.DEAD for _, answer in answered),
            "nodes": [
                {"name": node.name, "addresses": [str(declared) for declared in node_addresses(node)]} for node in nodes
            ],
            "incomplete": not_known_json(gaps),
        }
    )


def as_json(entry: EntryPoint, answer: ServiceAnswer, spots: Spots) -> Json:
    """One way in as values."""
    declared = subject_with_field(entry.subject, field_name(entry.path), spots.get((entry.subject.origin, entry.path)))
    return {
        "via": entry.via,
        "addresses": list(entry.addresses),
        "proxied": list(entry.proxied),
        "everyNode": entry.via is Via.NODE_PORT,
        "nodes": list(entry.nodes),
        "port": entry.port,
        "protocol": entry.protocol,
        "name": entry.name,
        "declaredBy": declared,
        "target": _target(entry),
        "state": answer.state,
        "cause": answer.cause,
        "text": answer.text,
        "ready": answer.ready,
        "known": answer.known,
    }


def _target(entry: EntryPoint) -> Json | None:
    target = entry.target
    if target is None:
        return None
    if isinstance(target, Target):
        return {"kind": "Service", "namespace": target.namespace, "name": target.name, "port": target.port_text}
    owner = target.owner
    return {"kind": owner.kind, "namespace": owner.namespace, "name": owner.name, "port": str(target.port)}
