"""The report that people read: findings with both sides of the conflict, their places, and the lines there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.findings import Finding, Severity, field_name
from netlint.reports import Detail, Report, printable
from netlint.reports.concise import spot_name
from netlint.reports.footer import footer
from netlint.reports.styled_lines import SHOWN, STYLES, Line, rendered
from netlint.snapshot import Place, Spot

LONGEST_LINE = 160


def render(report: Report) -> str:
    """Findings, failures, and a footer that ends with the verdict."""
    return rendered([*findings(report), *_failures(report), *footer(report)], color=report.detail.color)


def findings(report: Report) -> Iterator[Line]:
    """The open findings, errors first, those of one rule together; repeats are collapsed."""
    alike: defaultdict[tuple[Severity, str], list[Finding]] = defaultdict(list)
    for finding in report.result.open:
        alike[finding.severity, finding.rule.name].append(finding)
    for _, repeats in sorted(alike.items(), key=lambda item: item[0][0].rank):
        yield from _repeats(repeats, report.detail)


def _repeats(alike: list[Finding], detail: Detail) -> Iterator[Line]:
    """Findings of one rule and severity, with one explanation for all of them."""
    shown = alike if detail.repeats else alike[:SHOWN]
    for finding in shown:
        yield from _finding(finding, detail.repeats)
        if finding is not shown[-1]:
            yield []
    rule = alike[0].rule
    if len(alike) > len(shown):
        yield [("   = ", "blue"), (f"... and {len(alike) - len(shown):,} more {rule.name}; --show-all shows them", "")]
    yield [("   = ", "blue"), (f"fix: {rule.remedy}", "")]
    yield [("   = ", "blue"), (f"why: netlint explain {rule.name}", "dim")]
    yield []


def _finding(finding: Finding, show_all: bool) -> Iterator[Line]:
    violation = finding.violation
    yield [
        (f"{finding.severity}[{finding.rule.name}]", STYLES[finding.severity]),
        (f": {violation.message}", "bold"),
    ]
    field = field_name(violation.path)
    named = f"{violation.subject}{', ' + field if field else ''}"
    if finding.place is None:
        yield [("  --> ", "blue"), (named, "")]
    elif violation.subject.kind == "File":
        yield [("  --> ", "blue"), (_spot(finding.place.spot), "")]
    else:
        yield [("  --> ", "blue"), (f"{_spot(finding.place.spot)}  {named}", "")]
    yield from _snippet(finding.place)
    yield from _sides(finding, show_all)
    if finding.applied_with:
        yield [("   = ", "blue"), (f"applied with: {finding.applied_with}", "")]


def _snippet(place: Place | None) -> Iterator[Line]:
    if place is None or not place.lines or place.spot.line is None:
        return
    width = len(str(place.first + len(place.lines) - 1))
    column = place.spot.column or 1
    for number, text in enumerate(place.lines, place.first):
        in_sight = place.spot.column is not None and column <= max(len(text) + 1, LONGEST_LINE)
        pointed = number == place.spot.line and in_sight
        start = column - 1 - LONGEST_LINE // 2 if pointed and column > LONGEST_LINE else 0
        yield [(f"  {number:>{width}} | ", "blue"), (_on_one_line(text[start : start + LONGEST_LINE]), "")]
        if pointed:
            before = len(_on_one_line(text[start : column - 1]))
            end = len(text.rstrip()) if place.end is None else place.end - 1
            carets = "^" * max(1, len(_on_one_line(text[column - 1 : min(end, start + LONGEST_LINE)])))
            yield [(f"  {'':>{width}} | ", "blue"), (" " * before, ""), (carets, "red")]


def _on_one_line(text: str) -> str:
    """A part of a line as it is shown; a tab takes one column, whatever the terminal makes of it."""
    return printable(text.replace("\t", " "))


def _sides(finding: Finding, show_all: bool) -> Iterator[Line]:
    related = finding.violation.related
    spots = finding.related_spots or (None,) * len(related)
    shown = len(related) if show_all else SHOWN
    for side, spot in list(zip(related, spots, strict=True))[:shown]:
        field = field_name(side.path)
        where = f"{_spot(spot)}  " if spot else ""
        named = f"{side.subject}{', ' + field if field else ''}"
        yield [("   = ", "blue"), (f"also: {where}{named}{': ' + side.text if side.text else ''}", "")]
    if len(related) > shown:
        yield [("   = ", "blue"), (f"also: {len(related) - shown} more; --show-all shows them", "")]


def _failures(report: Report) -> Iterator[Line]:
    for failure in report.result.failures:
        yield [("failure", "bold red"), (f"[{failure.rule}]: the check crashed: {failure.message}", "")]
    for error in report.result.snapshot.reading.errors:
        yield [("error", "bold red"), (f": {error}", "")]


def _spot(spot: Spot) -> str:
    return spot_name(spot.file, spot.line, spot.column)
