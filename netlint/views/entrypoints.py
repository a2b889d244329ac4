"""``netlint entrypoints``: every way into the cluster, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from netlint.cluster.traffic.entrypoints import EntryPoint, Via
from netlint.cluster.traffic.service_answers import Backing, State, Target
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
Followed = list[tuple[EntryPoint, Backing]]


def sides(followed: Followed) -> list[Side]:
    """The fields whose places are shown."""
    return [(entry.subject, entry.path) for entry, _ in followed]


def text(followed: Followed, nodes: list[Node], known: Spots, missing: list[Gap]) -> str:
    """For people."""
    if not followed:
        return text_of([f"No way {'is known to lead' if missing else 'leads'} into the cluster.", *not_known(missing)])
    table = [
        [*row(entry, backing), str(entry.subject), place((entry.subject, entry.path), known)]
        for entry, backing in followed
    ]
    dead = sum(backing.state is State.DEAD for _, backing in followed)
    lines = columns([[title.upper() for title in TITLES], *table], indent="")
    lines += ["", f"{counted(len(followed), 'way')} in, {counted(dead, 'dead end')}"]
    given = (
        ", ".join(str(declared) for node in nodes for declared in node_addresses(node)) if len(nodes) <= NAMED else ""
    )
    if given and any(entry.via is Via.NODE_PORT for entry, _ in followed):
        lines.append(f"Every node: {given}")
    return text_of([*lines, *not_known(missing)])


def row(entry: EntryPoint, backing: Backing) -> list[str]:
    """One way in as cells."""
    port = f"{entry.port}/{entry.protocol}" if entry.port else "-"
    target = str(entry.target) if entry.target is not None else "-"
    leads = f"Service {target}" if isinstance(entry.target, Target) else target
    state = backing.state.upper() if backing.state is State.DEAD else str(backing.state)
    return [str(entry.via), _where(entry), port, leads, state, backing.text]


def _where(entry: EntryPoint) -> str:
    given = ", ".join(f"{one} (ipMode Proxy)" if one in entry.proxied else one for one in entry.addresses)
    if entry.via is Via.NODE_PORT:
        given = "every node"
    if entry.via is Via.HOST_PORT:
        nodes = few(entry.nodes)
        given = f"{given} of {nodes}" if given and nodes else nodes or "its nodes"
    return f"{entry.name} at {given or 'no address yet'}" if entry.name else given or "no address yet"


def json(followed: Followed, nodes: Iterable[Node], known: Spots, missing: list[Gap]) -> str:
    """For programs, as ``schemas/entrypoints-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "entryPoints": [as_json(entry, backing, known) for entry, backing in followed],
            "deadEnds": sum(backing.state is State.DEAD for _, backing in followed),
            "nodes": [
                {"name": node.name, "addresses": [str(declared) for declared in node_addresses(node)]} for node in nodes
            ],
            "incomplete": not_known_json(missing),
        }
    )


def as_json(entry: EntryPoint, backing: Backing, known: Spots) -> Json:
    """One way in as values."""
    declared = subject_with_field(entry.subject, field_name(entry.path), known.get((entry.subject.origin, entry.path)))
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
        "state": backing.state,
        "cause": backing.cause,
        "text": backing.text,
        "ready": backing.ready,
        "known": backing.known,
    }


def _target(entry: EntryPoint) -> Json | None:
    target = entry.target
    if target is None:
        return None
    if isinstance(target, Target):
        return {"kind": "Service", "namespace": target.namespace, "name": target.name, "port": target.port_text}
    owner = target.owner
    return {"kind": owner.kind, "namespace": owner.namespace, "name": owner.name, "port": str(target.port)}
