"""The report that people read: findings with both sides of the conflict, their places, and the lines there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from netlint.engine import Result
from netlint.findings import Finding, Severity, Skip, field_name
from netlint.model.cni import PodNetwork
from netlint.objects import KINDS
from netlint.phrases import counted, first_of
from netlint.reports import RULE_PAGES, Report, printable
from netlint.reports.concise import named_scope, spot_name
from netlint.snapshot import Place, Snapshot, Spot

SHOWN = 5  # findings of one rule, sides of one finding, and rules that were not evaluated for one reason
LONGEST_LINE = 160
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}

Span = tuple[str, str]  # text and style
Line = list[Span]


def render(report: Report) -> str:
    """Findings, failures, and a footer."""
    lines = [*findings(report), *_failures(report), *_footer(report)]
    lines = [[(printable(text), style) for text, style in line] for line in lines]
    return _styled(lines) if report.color else plain(lines)


def plain(lines: Iterable[Line]) -> str:
    """The lines without their styles."""
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def findings(report: Report) -> Iterator[Line]:
    """The open findings, those of one rule together; repeats are collapsed."""
    by_rule: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in report.result.open:
        by_rule[finding.rule.name].append(finding)
    for name, of_rule in by_rule.items():
        worst = sorted(of_rule, key=lambda finding: finding.severity.rank)
        shown = worst if report.show_all else worst[:SHOWN]
        for finding in shown:
            yield from _finding(finding, report.show_all)
        if len(of_rule) > len(shown):
            more = len(of_rule) - len(shown)
            yield [(f"... and {more} more {name}; --show-all shows them", "dim")]
            yield []


def _finding(finding: Finding, show_all: bool) -> Iterator[Line]:
    violation = finding.violation
    rule = finding.rule
    yield [
        (f"{finding.severity}[{rule.name}]", STYLES[finding.severity]),
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
    yield [("   = ", "blue"), (f"fix: {rule.remedy}", "")]
    yield [("   = ", "blue"), (f"rule: {RULE_PAGES}/{rule.topic}/{rule.name}", "dim")]
    yield []


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


def _footer(report: Report) -> Iterator[Line]:
    result = report.result
    yield from _not_evaluated(result.skips if report.show_all else result.lacking, report.show_all)
    counts = [(result.count(severity), severity) for severity in Severity]
    counted = ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for count, severity in counts if count)
    suppressed = len(result.findings) - len(result.open)
    accepted = f" ({suppressed} suppressed)" if suppressed else ""
    seconds = f" in {report.seconds:.1f} s" if report.seconds is not None else ""
    failed = bool(result.failures or result.snapshot.reading.errors)
    nothing = _without_faults(result) if failed else "No fault found"
    style = "bold" if counted or failed else "bold green"
    yield [(counted or nothing, style), (f"{accepted}: {_read(result.snapshot)}{seconds}", "")]
    yield [(_coverage(result), "")]
    yield from _fabric(result.fabric)


def _without_faults(result: Result) -> str:
    """The summary of a run without findings in which something could not be read, or a rule failed."""
    if any(result.snapshot.count(kind.name) for kind in KINDS):
        return "No fault found, but not everything was checked"
    return "Nothing was checked"


def _coverage(result: Result) -> str:
    """The numbers of rules that were evaluated, and that were not."""
    lacking = {skip.rule for skip in result.lacking}
    idle = {skip.rule for skip in result.skips if not skip.scope} - lacking
    evaluated = len(result.rules) - len({skip.rule for skip in result.skips if not skip.scope})
    return (
        f"{evaluated} of {len(result.rules)} rules evaluated"
        + (f", {len(lacking)} not or not everywhere" if lacking else "")
        + (f", {len(idle)} do not apply" if idle else "")
    )


def _fabric(fabric: PodNetwork | None) -> Iterator[Line]:
    """The line about what connects the nodes, if the input shows it."""
    sentences = fabric.sentences if fabric else []
    if sentences:
        yield [(f"fabric: {'; '.join(sentences)}", "")]


def _not_evaluated(skips: Iterable[Skip], show_all: bool) -> Iterator[Line]:
    """Skips with the same reason in one line: those of rules that spoke nowhere, and those of rules that did."""
    by_reason: defaultdict[tuple[str, bool], list[Skip]] = defaultdict(list)
    for skip in skips:
        by_reason[skip.message, bool(skip.scope)].append(skip)
    unnamed = 0
    for (message, _), alike in by_reason.items():
        rules = list(dict.fromkeys(skip.rule for skip in alike))
        shown = rules if show_all or len(rules) <= SHOWN else rules[: SHOWN - 1]
        unnamed += len(rules) - len(shown)
        scope = tuple(dict.fromkeys(subject for skip in alike for subject in skip.scope))
        yield [("not evaluated", "bold"), (f": {first_of(rules, len(shown))}: {message}{named_scope(scope)}", "")]
    if unnamed:
        yield [("... --show-all names all of these rules", "dim")]


def _read(snapshot: Snapshot) -> str:
    counts = [(snapshot.count(kind.name), kind.name) for kind in KINDS]
    total = sum(count for count, _ in counts)
    kinds = ", ".join(f"{count:,} {kind}" for count, kind in counts if count)
    files = snapshot.reading.files
    source = counted(files, "file") if files else snapshot.reading.server.get("context", "the input")
    objects = "object" if total == 1 else "objects"
    if total:
        return f"{total:,} {objects} of {source} ({kinds})"
    other = ", ".join(f"{count:,} {kind}" for kind, count in sorted(snapshot.reading.other_kinds.items()))
    return f"no object in {source} that a rule is about ({other})" if other else f"no object in {source}"


def _spot(spot: Spot) -> str:
    return spot_name(spot.file, spot.line, spot.column)


def _styled(lines: Iterable[Line]) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out, force_terminal=True, color_system="standard", no_color=False, highlight=False, soft_wrap=True
    )
    for line in lines:
        console.print(Text.assemble(*line))
    return out.getvalue()
