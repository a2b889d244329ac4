"""The contract with dashboards: ``schemas/report-v1.schema.json``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from netlint import __version__
from netlint.findings import Finding, Related, Severity, Skip, Subject, field_name
from netlint.model.cni import PodNetwork
from netlint.objects import KINDS
from netlint.reports import RULE_PAGES, Report
from netlint.snapshot import Snapshot, Spot

SCHEMA = "https://netlint.dev/schemas/report-v1.schema.json"
SCHEMA_VERSION = "1.0"

Json = dict[str, Any]


def render(report: Report) -> str:
    """The report as indented JSON."""
    return encoded(document(report))


def encoded(content: Json) -> str:
    """A document as indented JSON."""
    try:
        encoded = msgspec.json.encode(content)
    except UnicodeEncodeError:
        encoded = msgspec.json.encode(_encodable(content))
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def _encodable(value: Any) -> Any:
    """The value without surrogates, which stand for the bytes of a file name that are no UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return [_encodable(item) for item in value] if isinstance(value, (list, tuple)) else value


def document(report: Report) -> Json:
    """The report as values."""
    result = report.result
    return {
        "$schema": SCHEMA,
        "schemaVersion": SCHEMA_VERSION,
        "tool": {"name": "netlint", "version": __version__},
        "run": _run(report),
        "coverage": {**_coverage(result.snapshot), "scopes": [{"path": path} for path in result.scopes]},
        "summary": _summary(report),
        "rules": [
            {
                "name": rule.name,
                "topic": rule.topic,
                "summary": rule.summary,
                "severity": rule.severity,
                "url": f"{RULE_PAGES}/{rule.topic}/{rule.name}",
            }
            for rule in result.rules
        ],
        "findings": [_finding(finding) for finding in result.findings],
        "skips": [_skip(skip) for skip in result.skips],
        "fabric": _fabric(result.fabric),
        "failures": [{"rule": failure.rule, "message": failure.message} for failure in result.failures],
    }


def _fabric(fabric: PodNetwork | None) -> Json | None:
    if fabric is None:
        return None
    return {
        "plugins": [
            {"name": plugin.name, "onTop": plugin.rides, "evidence": _subject(plugin.evidence)}
            for plugin in fabric.plugins
        ],
        "connections": [
            {
                "plugin": connection.plugin,
                "way": connection.way,
                "encapsulation": connection.encapsulation or None,
                "overhead": connection.overhead,
                "onlyBetweenSubnets": connection.only_remote,
                "nodes": list(connection.nodes) or None,
            }
            for connection in fabric.connections
        ],
    }


def _run(report: Report) -> Json:
    reading = report.result.snapshot.reading
    return {
        "startedAt": report.started,
        "durationSeconds": report.seconds,
        "exitCode": report.exit_code,
        "failOn": report.fail_on,
        "strict": report.strict,
        "sources": reading.sources,
        "server": reading.server or None,
        "errors": sorted(reading.errors),
    }


def _coverage(snapshot: Snapshot) -> Json:
    reading = snapshot.reading
    return {
        "files": reading.files,
        "documentsIgnored": reading.ignored,
        "kinds": [_kind(kind.name, kind.api_version, snapshot) for kind in KINDS],
        "otherKinds": dict(sorted(reading.other_kinds.items())),
    }


def _kind(kind: str, api_version: str, snapshot: Snapshot) -> Json:
    knowledge = snapshot.knowledge
    namespaces = {namespace for name, namespace in knowledge.complete if name == kind}
    gap = knowledge.withdrawn(kind)
    if gap is None and not namespaces:
        gap = knowledge.gap(kind)
    return {
        "kind": kind,
        "apiVersion": api_version,
        "seen": snapshot.count(kind),
        "complete": "*" in namespaces and gap is None,
        "completeIn": sorted(namespaces - {"*"}),
        "gap": {"reason": gap.reason, "message": gap.message} if gap else None,
    }


def _summary(report: Report) -> Json:
    result = report.result
    findings = result.open
    return {
        "findings": len(findings),
        "suppressed": len(result.findings) - len(findings),
        "bySeverity": {severity: result.count(severity) for severity in Severity},
        "byRule": dict(sorted(Counter(finding.rule.name for finding in findings).items())),
        "byTopic": dict(sorted(Counter(finding.rule.topic for finding in findings).items())),
        "skips": len(result.skips),
        "failures": len(result.failures),
    }


def _finding(finding: Finding) -> Json:
    violation = finding.violation
    own = finding.place.spot if finding.place else None
    spots = finding.related_spots or (None,) * len(violation.related)
    return {
        "rule": finding.rule.name,
        "severity": finding.severity,
        "fingerprint": finding.fingerprint,
        "subject": subject_with_field(violation.subject, field_name(violation.path), own),
        "related": [_related(side, spot) for side, spot in zip(violation.related, spots, strict=True)],
        "location": _spot(own),
        "message": violation.message,
        "evidence": violation.evidence,
        "remedy": finding.rule.remedy,
        "suppression": _suppression(finding),
        **({"appliedWith": finding.applied_with} if finding.applied_with else {}),
    }


def _related(side: Related, spot: Spot | None) -> Json:
    return {**subject_with_field(side.subject, field_name(side.path), spot), "text": side.text}


def _suppression(finding: Finding) -> Json | None:
    suppression = finding.suppression
    return {"by": suppression.by, "reason": suppression.reason, "until": suppression.until} if suppression else None


def _skip(skip: Skip) -> Json:
    return {
        "rule": skip.rule,
        "reason": skip.reason,
        "needs": list(skip.needs),
        "scope": [_subject(subject) for subject in skip.scope],
        "message": skip.message,
    }


def subject_with_field(subject: Subject, field: str, spot: Spot | None) -> Json:
    """An object with its field and the place of that, as far as they are known."""
    return {
        **_subject(subject),
        **({"field": field} if field else {}),
        **({"location": _spot(spot)} if spot else {}),
    }


def _subject(subject: Subject) -> Json:
    return {
        "apiVersion": subject.api_version,
        "kind": subject.kind,
        "namespace": subject.namespace,
        "name": subject.name,
    }


def _spot(spot: Spot | None) -> Json | None:
    return {"file": spot.file, "line": spot.line, "column": spot.column} if spot else None
