"""``netlint service``: one Service followed end to end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from netlint import addresses
from netlint.cluster.traffic.service_chain import Trace
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


def sides(trace: Trace) -> list[Side]:
    """The fields whose places are shown."""
    return [
        (subject_of(trace.service), ()),
        *((subject_of(slice_), ()) for slice_, _ in trace.slices),
        *((template.subject, ()) for template in trace.workloads),
        *((entry.subject, entry.path) for entry, _ in trace.ways_in),
    ]


def text(trace: Trace, broken: Broken, known: Spots, missing: list[Gap]) -> str:
    """For people."""
    lines = [f"{subject_of(trace.service)}: {_kind(trace)}", *_verdict(trace, broken, known)]
    lines += _section("Ports", columns([_port(port, backing.text) for port, backing in trace.ports]))
    lines += _section("Selector", _selector(trace))
    lines += _section("Pods", limited([_pod(trace, row) for row in trace.pods]))
    lines += _section("Slices", [line for slice_ in trace.slices for line in _slice(*slice_, known)])
    lines += _section(_source(trace), _programs(trace))
    lines += _section("Ways in from outside", _ways_in(trace, known))
    lines += _section("Findings", [line for link, finding in broken for line in _finding(link, finding)])
    return text_of([*lines, *not_known(missing)])


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *lines] if lines else []


def _kind(trace: Trace) -> str:
    spec = trace.service.spec
    if spec.type == "ExternalName":
        return f"ExternalName {spec.externalName}"
    given = [text for text in spec.clusterIPs or [spec.clusterIP or ""] if text and text != "None"]
    headless = "None" in {spec.clusterIP, *(spec.clusterIPs or ())}
    own = "headless" if headless else ", ".join(given) or "no cluster IP yet"
    return f"{spec.type or 'ClusterIP'}, {own}"


def _verdict(trace: Trace, broken: Broken, known: Spots) -> list[str]:
    where = place((subject_of(trace.service), ()), known)
    links = ", ".join(dict.fromkeys(link for link, finding in broken if finding.severity != "note"))
    said = f"  breaks at: {links}" if links else "  no link of it is known to break"
    return [*([f"  {where}"] if where else []), said]


def _port(port: ServicePort, backing: str) -> list[str]:
    target = port.targetPort or port.port or UNKNOWN
    return [port.name or "-", _number(port), f"to port {target} of the pods", backing]


def _number(port: ServicePort) -> str:
    return f"{port.port or UNKNOWN}/{protocol(port)}"


def _selector(trace: Trace) -> list[str]:
    spec = trace.service.spec
    if not has_pods(trace.service):
        return ["  none: others write its endpoints"] if spec.type != "ExternalName" else []
    pods = trace.cluster.pods
    live = [row for row in trace.pods if pods.is_live(row)]
    ready = sum(pods.is_ready(row) and not pods.is_terminating(row) for row in live)
    selected = f"{counted(len(live), 'live pod')}, {ready:,} of them ready"
    if not (live or trace.cluster.view.is_complete("Pod", trace.service.namespace)):
        selected = "its pods are not known"
    lines = [f"  {labels_text(spec.selector or {})}: {selected}"]
    return lines + [
        f"  {template.subject}: {_replicas(template)}, whose pods are not in the input" for template in trace.workloads
    ]


def _replicas(template: WorkloadTemplate) -> str:
    """An autoscaler, or the API server's default, says what the manifest does not."""
    return "a number of pods that it does not say" if template.replicas is None else f"{template.replicas} replicas"


def _pod(trace: Trace, row: int) -> list[str]:
    pods = trace.cluster.pods
    ips = ", ".join(addresses.text(family, value) for family, value in pods.addresses(row)) or "no address"
    return [pods.name(row), ips, pods.node(row) or "no node", state_of(trace, row), _resolved(trace, row)]


def state_of(trace: Trace, row: int) -> str:
    """In which state a pod is, as its endpoint sees it."""
    pods = trace.cluster.pods
    if pods.phase(row) in TERMINAL:
        return "completed" if pods.phase(row).name == "SUCCEEDED" else "failed"
    ready = "ready" if pods.is_ready(row) else "not ready"
    return f"{ready}, terminating" if pods.is_terminating(row) else ready


def _resolved(trace: Trace, row: int) -> str:
    found: list[str] = []
    for port, _ in trace.ports if trace.cluster.pods.is_live(row) else ():
        number = resolved_port(port, trace.cluster.pods.shape(row).containers)
        found.append(f"{port.name} {number}" if number and port.name else str(number or f"no {port.targetPort}"))
    return ", ".join(found)


def _slice(slice_: EndpointSlice, listed: Sequence[ServiceEndpoint], known: Spots) -> list[str]:
    ports = ", ".join(
        f"{name or '-'} {number or UNKNOWN}/{how}" for name, number, how in sorted(slice_ports(slice_), key=str)
    )
    ready = sum(endpoint.conditions.ready for endpoint in listed)
    where = place((subject_of(slice_), ()), known)
    head = [slice_.name, slice_.addressType or "-", ports or "no port", f"{ready:,} of {len(listed):,} ready", where]
    return [*columns([head]), *("  " + line for line in limited([_endpoint(endpoint) for endpoint in listed]))]


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


def _source(trace: Trace) -> str:
    return f"What service proxies program, by its {'slices' if trace.from_slices else 'pods'}"


def _programs(trace: Trace) -> list[str]:
    if trace.unprogrammed:
        return [f"  {trace.unprogrammed}"]
    kinds = {program.traffic for program in trace.programs}
    nodes = len(trace.cluster.view.nodes)
    return limited([_program(program, nodes, len(kinds) > 1) for program in trace.programs])


def _program(program: Program, all_nodes: int, several: bool) -> list[str]:
    port = program.port
    where = "every node" if all_nodes and len(program.nodes) == all_nodes else few(program.nodes) or "any node"
    traffic = [program.traffic] if several else []
    ends = [f"{_bracketed(to.family, to.address)}:{to.port}" for to in program.backends]
    nothing = "nothing: dropped, as no endpoint is on the node" if program.dropped else "nothing: refused"
    of_port = [port.name or "-", _number(port)]
    return [*of_port, *traffic, where, f"to {few(ends)}" if ends else nothing]


def _bracketed(family: int, address: int) -> str:
    written = addresses.text(family, address)
    return f"[{written}]" if family == 6 else written


def _ways_in(trace: Trace, known: Spots) -> list[str]:
    if not trace.ways_in:
        return ["  none: only clients inside the cluster can reach it"]
    return columns(
        [[*entry_row(entry, backing), place((entry.subject, entry.path), known)] for entry, backing in trace.ways_in]
    )


def _finding(link: str, finding: Finding) -> Iterable[str]:
    violation = finding.violation
    spot = finding.place.spot if finding.place else None
    yield f"  {link}: {finding.severity}[{finding.rule.name}]: {violation.message}"
    field = field_name(violation.path)
    named = f"{violation.subject}{', ' + field if field else ''}"
    yield f"    --> {spot_name(spot.file, spot.line, spot.column) + '  ' if spot else ''}{named}"
    yield f"    fix: {finding.rule.remedy}"


def json(trace: Trace, broken: Broken, known: Spots, missing: list[Gap]) -> str:
    """For programs, as ``schemas/service-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "service": _service_json(trace, known),
            "pods": [_pod_json(trace, row) for row in trace.pods],
            "workloads": [
                {"subject": subject_with_field(item.subject, "", None), "replicas": item.replicas}
                for item in trace.workloads
            ],
            "slices": [_slice_json(slice_, listed, known) for slice_, listed in trace.slices],
            "proxies": {
                "by": "slices" if trace.from_slices else "pods",
                "unprogrammed": trace.unprogrammed or None,
                "programs": [_program_json(program) for program in trace.programs],
            },
            "waysIn": [entry_as_json(entry, backing, known) for entry, backing in trace.ways_in],
            "findings": [_finding_json(link, finding) for link, finding in broken],
            "incomplete": not_known_json(missing),
        }
    )


def _service_json(trace: Trace, known: Spots) -> Json:
    service = trace.service
    spec, subject = service.spec, subject_of(service)
    return {
        "subject": subject_with_field(subject, "", known.get((subject.origin, ()))),
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
                "state": backing.state,
                "text": backing.text,
            }
            for port, backing in trace.ports
        ],
    }


def _pod_json(trace: Trace, row: int) -> Json:
    pods = trace.cluster.pods
    containers = pods.shape(row).containers
    return {
        "subject": subject_with_field(pods.subject(row), "", None),
        "addresses": [addresses.text(family, value) for family, value in pods.addresses(row)],
        "node": pods.node(row) or None,
        "phase": pods.phase(row).name.capitalize(),
        "ready": pods.is_ready(row),
        "terminating": pods.is_terminating(row),
        "ports": [resolved_port(port, containers) for port, _ in trace.ports],
    }


def _slice_json(slice_: EndpointSlice, listed: Iterable[ServiceEndpoint], known: Spots) -> Json:
    subject = subject_of(slice_)
    return {
        "subject": subject_with_field(subject, "", known.get((subject.origin, ()))),
        "addressType": slice_.addressType,
        "managedBy": slice_.labels.get(MANAGED_BY),
        "ports": [
            {"name": name, "port": number, "protocol": how}
            for name, number, how in sorted(slice_ports(slice_), key=str)
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
            for endpoint in listed
        ],
    }


def _program_json(program: Program) -> Json:
    return {
        "port": program.port.port,
        "name": program.port.name or "",
        "protocol": protocol(program.port),
        "traffic": program.traffic,
        "nodes": list(program.nodes),
        "backends": [{"address": addresses.text(to.family, to.address), "port": to.port} for to in program.backends],
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
