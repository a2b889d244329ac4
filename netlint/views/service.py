"""``netlint service``: one Service followed end to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from netlint import addresses
from netlint.cluster.traffic.service_chain import ServiceChain
from netlint.findings import Finding, field_name
from netlint.model.pods.shape_index import TERMINAL
from netlint.model.pods.workload_templates import WorkloadTemplate
from netlint.model.selectors import text_of as labels_text
from netlint.model.services.service_backends import Program, ServiceEndpoint
from netlint.model.services.service_ports import protocol, resolved_port, slice_ports
from netlint.model.services.service_spec import has_pods
from netlint.model.subjects import subject_of
from netlint.objects import ROUTES, WORKLOADS
from netlint.objects.core import ServicePort
from netlint.objects.discovery import MANAGED_BY, EndpointSlice
from netlint.phrases import counted
from netlint.reports.concise import spot_name
from netlint.reports.json import encoded, subject_with_field
from netlint.snapshot import Gap
from netlint.views import Side, Spots, columns, few, limited, not_known, not_known_json, place, text_of
from netlint.views.entrypoints import as_json as entry_as_json
from netlint.views.entrypoints import row as entry_row

SCHEMA = "https://netlint.dev/schemas/service-v1.schema.json"
KINDS = ("EndpointSlice", "Node", "Pod", "Service")
OPTIONAL = ("Gateway", "Ingress", *ROUTES)
READ = {*KINDS, *OPTIONAL, "Namespace", *WORKLOADS}
UNKNOWN = "?"

Json = dict[str, Any]
Broken = list[tuple[str, Finding]]


def sides(chain: ServiceChain) -> list[Side]:
    """The fields whose places are shown."""
    return [
        (subject_of(chain.service), ()),
        *((subject_of(slice_), ()) for slice_, _ in chain.slices),
        *((template.subject, ()) for template in chain.workloads),
        *((entry.subject, entry.path) for entry, _ in chain.entry_points),
    ]


def text(chain: ServiceChain, broken: Broken, spots: Spots, gaps: list[Gap]) -> str:
    """The text that people read."""
    lines = [f"{subject_of(chain.service)}: {_kind(chain)}", *_verdict(chain, broken, spots)]
    lines += _section("Ports", columns([_port(port, answer.text) for port, answer in chain.ports]))
    lines += _section("Selector", _selector(chain))
    lines += _section("Pods", limited([_pod(chain, row) for row in chain.pods]))
    lines += _section("Slices", [line for slice_ in chain.slices for line in _slice(*slice_, spots)])
    lines += _section(_source(chain), _programs(chain))
    lines += _section("Ways in from outside", _ways_in(chain, spots))
    lines += _section("Findings", [line for link, finding in broken for line in _finding(link, finding)])
    return text_of([*lines, *not_known(gaps)])


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _kind(chain: ServiceChain) -> str:
    spec = chain.service.spec
    if spec.type == "ExternalName":
        return f"ExternalName {spec.externalName}"
    addresses_given = [text for text in spec.clusterIPs or [spec.clusterIP or ""] if text and text != "None"]
    headless = "None" in {spec.clusterIP, *(spec.clusterIPs or ())}
    cluster_ips = "headless" if headless else ", ".join(addresses_given) or "no cluster IP yet"
    return f"{spec.type or 'ClusterIP'}, {cluster_ips}"


def _verdict(chain: ServiceChain, broken: Broken, spots: Spots) -> list[str]:
    where = place((subject_of(chain.service), ()), spots)
    links = ", ".join(dict.fromkeys(link for link, finding in broken if finding.severity != "note"))
    sentence = f"  breaks at: {links}" if links else "  no link of it is known to break"
    return [*([f"  {where}"] if where else []), sentence]


def _port(port: ServicePort, answer: str) -> list[str]:
    target = port.targetPort or port.port or UNKNOWN
    return [port.name or "-", _number(port), f"to port {target} of the pods", answer]


def _number(port: ServicePort) -> str:
    return f"{port.port or UNKNOWN}/{protocol(port)}"


def _selector(chain: ServiceChain) -> list[str]:
    spec = chain.service.spec
    if not has_pods(chain.service):
        return ["  none: others write its endpoints"] if spec.type != "ExternalName" else []
    pods = chain.cluster.pods
    live = [row for row in chain.pods if pods.is_live(row)]
    ready = sum(pods.is_ready(row) and not pods.is_terminating(row) for row in live)
    selected = f"{counted(len(live), 'live pod')}, {ready:,} of them ready"
    if not (live or chain.cluster.view.is_complete("Pod", chain.service.namespace)):
        selected = "its pods are not known"
    lines = [f"  {labels_text(spec.selector or {})}: {selected}"]
    return lines + [
        f"  {template.subject}: {_replicas(template)}, whose pods are not in the input" for template in chain.workloads
    ]


def _replicas(template: WorkloadTemplate) -> str:
    """An autoscaler, or the API server's default, says what the manifest does not."""
    return "a number of pods that it does not say" if template.replicas is None else f"{template.replicas} replicas"


def _pod(chain: ServiceChain, row: int) -> list[str]:
    pods = chain.cluster.pods
    ips = ", ".join(addresses.text(family, value) for family, value in pods.addresses(row)) or "no address"
    return [pods.name(row), ips, pods.node(row) or "no node", state_of(chain, row), _resolved(chain, row)]


def state_of(chain: ServiceChain, row: int) -> str:
    """In which state a pod is, as its endpoint sees it."""
    pods = chain.cluster.pods
    if pods.phase(row) in TERMINAL:
        return "completed" if pods.phase(row).name == "SUCCEEDED" else "failed"
    ready = "ready" if pods.is_ready(row) else "not ready"
    return f"{ready}, terminating" if pods.is_terminating(row) else ready


def _resolved(chain: ServiceChain, row: int) -> str:
    resolved: list[str] = []
    for port, _ in chain.ports if chain.cluster.pods.is_live(row) else ():
        number = resolved_port(port, chain.cluster.pods.shape(row).containers)
        resolved.append(f"{port.name} {number}" if number and port.name else str(number or f"no {port.targetPort}"))
    return ", ".join(resolved)


def _slice(slice_: EndpointSlice, endpoints: Sequence[ServiceEndpoint], spots: Spots) -> list[str]:
    ports = ", ".join(
        f"{name or '-'} {number or UNKNOWN}/{transport}"
        for name, number, transport in sorted(slice_ports(slice_), key=str)
    )
    ready = sum(endpoint.conditions.ready for endpoint in endpoints)
    where = place((subject_of(slice_), ()), spots)
    head = [slice_.name, slice_.addressType or "-", ports or "no port", f"{ready:,} of {len(endpoints):,} ready", where]
    return [*columns([head]), *("  " + line for line in limited([_endpoint(endpoint) for endpoint in endpoints]))]


def _endpoint(endpoint: ServiceEndpoint) -> list[str]:
    state = endpoint.conditions
    words = ["ready" if state.ready else "serving" if state.serving else "not ready"]
    words += ["terminating"] if state.terminating else []
    words += [f"for zone {name}" for name in endpoint.hints.zones] + [f"for {name}" for name in endpoint.hints.nodes]
    return [
        addresses.text(endpoint.family, endpoint.address),
        endpoint.pod or "no pod",
        endpoint.node or "no node",
        ", ".join(words),
    ]


def _source(chain: ServiceChain) -> str:
    return f"What service proxies program, by its {'slices' if chain.from_slices else 'pods'}"


def _programs(chain: ServiceChain) -> list[str]:
    if chain.unprogrammed:
        return [f"  {chain.unprogrammed}"]
    kinds = {program.traffic for program in chain.programs}
    nodes = len(chain.cluster.view.nodes)
    return limited([_program(program, nodes, len(kinds) > 1) for program in chain.programs])


def _program(program: Program, all_nodes: int, several: bool) -> list[str]:
    port = program.port
    where = "every node" if all_nodes and len(program.nodes) == all_nodes else few(program.nodes) or "any node"
    traffic = [program.traffic] if several else []
    destinations = [f"{_bracketed(backend.family, backend.address)}:{backend.port}" for backend in program.backends]
    nothing = "nothing: dropped, as no endpoint is on the node" if program.dropped else "nothing: refused"
    of_port = [port.name or "-", _number(port)]
    return [*of_port, *traffic, where, f"to {few(destinations)}" if destinations else nothing]


def _bracketed(family: int, address: int) -> str:
    written = addresses.text(family, address)
    return f"[{written}]" if family == 6 else written


def _ways_in(chain: ServiceChain, spots: Spots) -> list[str]:
    if not chain.entry_points:
        return ["  none: only clients inside the cluster can reach it"]
    return columns(
        [[*entry_row(entry, answer), place((entry.subject, entry.path), spots)] for entry, answer in chain.entry_points]
    )


def _finding(link: str, finding: Finding) -> Iterable[str]:
    violation = finding.violation
    spot = finding.place.spot if finding.place else None
    yield f"  {link}: {finding.severity}[{finding.rule.name}]: {violation.message}"
    field = field_name(violation.path)
    named = f"{violation.subject}{', ' + field if field else ''}"
    yield f"    --> {spot_name(spot.file, spot.line, spot.column) + '  ' if spot else ''}{named}"
    yield f"    fix: {finding.rule.remedy}"


def json(chain: ServiceChain, broken: Broken, spots: Spots, gaps: list[Gap]) -> str:
    """The JSON that programs read, as ``schemas/service-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "service": _service_json(chain, spots),
            "pods": [_pod_json(chain, row) for row in chain.pods],
            "workloads": [
                {"subject": subject_with_field(item.subject, "", None), "replicas": item.replicas}
                for item in chain.workloads
            ],
            "slices": [_slice_json(slice_, endpoints, spots) for slice_, endpoints in chain.slices],
            "proxies": {
                "by": "slices" if chain.from_slices else "pods",
                "unprogrammed": chain.unprogrammed or None,
                "programs": [_program_json(program) for program in chain.programs],
            },
            "waysIn": [entry_as_json(entry, answer, spots) for entry, answer in chain.entry_points],
            "findings": [_finding_json(link, finding) for link, finding in broken],
            "incomplete": not_known_json(gaps),
        }
    )


def _service_json(chain: ServiceChain, spots: Spots) -> Json:
    service = chain.service
    spec, subject = service.spec, subject_of(service)
    return {
        "subject": subject_with_field(subject, "", spots.get((subject.origin, ()))),
        "type": spec.type or "ClusterIP",
        "clusterIPs": [text for text in spec.clusterIPs or [spec.clusterIP or ""] if text],
        "externalName": spec.externalName,
        "selector": spec.selector or {},
        "internalTrafficPolicy": spec.internalTrafficPolicy or "Cluster",
        "externalTrafficPolicy": spec.externalTrafficPolicy,
        "publishNotReadyAddresses": bool(spec.publishNotReadyAddresses),
        "ports": [
            {
                "name": port.name or "",
                "port": port.port,
                "protocol": protocol(port),
                "targetPort": port.targetPort or port.port,
                "nodePort": port.nodePort or None,
                "state": answer.state,
                "text": answer.text,
            }
            for port, answer in chain.ports
        ],
    }


def _pod_json(chain: ServiceChain, row: int) -> Json:
    pods = chain.cluster.pods
    containers = pods.shape(row).containers
    return {
        "subject": subject_with_field(pods.subject(row), "", None),
        "addresses": [addresses.text(family, value) for family, value in pods.addresses(row)],
        "node": pods.node(row) or None,
        "phase": pods.phase(row).name.capitalize(),
        "ready": pods.is_ready(row),
        "terminating": pods.is_terminating(row),
        "ports": [resolved_port(port, containers) for port, _ in chain.ports],
    }


def _slice_json(slice_: EndpointSlice, endpoints: Iterable[ServiceEndpoint], spots: Spots) -> Json:
    subject = subject_of(slice_)
    return {
        "subject": subject_with_field(subject, "", spots.get((subject.origin, ()))),
        "addressType": slice_.addressType,
        "managedBy": slice_.labels.get(MANAGED_BY),
        "ports": [
            {"name": name, "port": number, "protocol": transport}
            for name, number, transport in sorted(slice_ports(slice_), key=str)
        ],
        "endpoints": [
            {
                "address": addresses.text(endpoint.family, endpoint.address),
                "pod": endpoint.pod or None,
                "node": endpoint.node or None,
                **endpoint.conditions._asdict(),
                "forZones": list(endpoint.hints.zones),
                "forNodes": list(endpoint.hints.nodes),
            }
            for endpoint in endpoints
        ],
    }


def _program_json(program: Program) -> Json:
    return {
        "port": program.port.port,
        "name": program.port.name or "",
        "protocol": protocol(program.port),
        "traffic": program.traffic,
        "nodes": list(program.nodes),
        "backends": [
            {"address": addresses.text(backend.family, backend.address), "port": backend.port}
            for backend in program.backends
        ],
        "otherwise": None if program.backends else "dropped" if program.dropped else "refused",
    }


def _finding_json(link: str, finding: Finding) -> Json:
    violation = finding.violation
    spot = finding.place.spot if finding.place else None
    return {
        "link": link,
        "rule": finding.rule.name,
        "severity": finding.severity,
        "fingerprint": finding.fingerprint,
        "subject": subject_with_field(violation.subject, field_name(violation.path), spot),
        "message": violation.message,
        "remedy": finding.rule.remedy,
    }
