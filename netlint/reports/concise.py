"""One line for each finding: place, severity, rule, message."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.findings import Finding, Subject, field_name
from netlint.phrases import first_of
from netlint.reports import Report, printable


def render(report: Report) -> str:
    """The open findings, what failed, and where that counts or was asked for what was not evaluated, a line each."""
    result = report.result
    lines = [_line(finding) for finding in result.open]
    if report.detail.skipped or report.strict:
        lines += [f"-: skip: {skip.rule}: {skip.message}{named_scope(skip.scope)}" for skip in result.lacking]
    lines += [f"-: failure: {failure.rule}: {failure.message}" for failure in result.failures]
    lines += [f"-: error: {error}" for error in result.snapshot.reading.errors]
    return "".join(printable(line) + "\n" for line in lines)


def _line(finding: Finding) -> str:
    violation = finding.violation
    place = finding.place
    where = str(violation.subject) if place is None else spot_name(place.spot.file, place.spot.line, place.spot.column)
    field = field_name(violation.path)
    named = (
        f"{violation.subject}{' ' + field if field else ''}: " if place is not None else f"{field}: " if field else ""
    )
    return f"{where}: {finding.severity}: {finding.rule.name}: {named}{violation.message}"


def named_scope(scope: Sequence[Subject]) -> str:
    """The subjects of which rules were not evaluated, in brackets; empty where they were evaluated for none."""
    if not scope:
        return ""
    return f" ({first_of([str(subject) for subject in scope])})"


def spot_name(file: str, line: int | None, column: int | None) -> str:
    """``file:line:column`` as far as it is known."""
    return ":".join(str(part) for part in (file, line, column) if part is not None)
