"""The end of the report that people read: what was read, which rules could not speak, and the verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from netlint.engine import Result
from netlint.evaluability import EVERYWHERE, kinds
from netlint.findings import Severity, Skip
from netlint.model.cni import PodNetwork
from netlint.objects import KINDS
from netlint.phrases import counted, first_of, inflected
from netlint.reports import Report
from netlint.reports.concise import named_scope
from netlint.reports.styled_lines import SHOWN, STYLES, Line
from netlint.snapshot import Reason, Snapshot

ABOUT_THE_INPUT = {"input", "suppressions"}
"""The topics whose rules judge what was given, and nothing of a network."""


def footer(report: Report) -> Iterator[Line]:
    """What was not evaluated, what was read, and last of all the verdict."""
    result = report.result
    yield from _statistics(result) if report.detail.statistics else ()
    yield from _not_evaluated(result, report.detail.skipped)
    seconds = f" in {report.seconds:.1f} s" if report.seconds is not None else ""
    yield [("read", "bold"), (f": {_read(result.snapshot)}{seconds}", "")]
    if result.scopes:
        yield [("not applied together", "bold"), (f": {'; '.join(result.scopes)} (--one-scope: they are)", "")]
    yield from _fabric(result.fabric)
    yield [("rules", "bold"), (f": {_coverage(result)}", "")]
    yield []
    yield _verdict(result)


def _verdict(result: Result) -> Line:
    counts = [(result.count(severity), severity) for severity in Severity]
    numbers = ", ".join(counted(count, severity) for count, severity in counts if count)
    suppressed = len(result.findings) - len(result.open)
    accepted = f" ({suppressed:,} suppressed)" if suppressed else ""
    if numbers:
        worst = next(severity for count, severity in counts if count)
        return [(numbers, STYLES[worst]), (accepted, "")]
    if not _judged_anything(result):
        return [("Nothing was checked", "bold yellow"), (accepted, "")]
    if result.failures or result.snapshot.reading.errors:
        return [("No fault found, but not everything was checked", "bold yellow"), (accepted, "")]
    return [("No fault found", "bold green"), (accepted, "")]


def _judged_anything(result: Result) -> bool:
    """Whether a rule could speak: one that is about more than the input itself, if any such was asked for."""
    silent = {skip.rule for skip in result.skips if not skip.scope} | {failure.rule for failure in result.failures}
    asked = [rule for rule in result.rules if rule.topic not in ABOUT_THE_INPUT] or result.rules
    return any(rule.name not in silent for rule in asked)


def _statistics(result: Result) -> Iterator[Line]:
    """A line for each rule with findings: the worst severity first, then the most findings."""
    numbers: defaultdict[tuple[Severity, str], int] = defaultdict(int)
    for finding in result.open:
        numbers[finding.severity, finding.rule.name] += 1
    width = max((len(f"{number:,}") for number in numbers.values()), default=0)
    ranked = sorted(numbers.items(), key=lambda item: (item[0][0].rank, -item[1], item[0][1]))
    for (severity, name), number in ranked:
        yield [(f"{number:>{width},}  ", ""), (f"{severity:<7}", STYLES[severity]), (f"  {name}", "")]
    if numbers:
        yield []


def _coverage(result: Result) -> str:
    """The numbers of rules that were evaluated, and that were not."""
    lacking = {skip.rule for skip in result.lacking}
    silent = {skip.rule for skip in result.skips if not skip.scope}
    idle = silent - lacking
    return f"{len(result.rules) - len(silent)} of {len(result.rules)} evaluated" + (
        f", {len(idle)} do not apply" if idle else ""
    )


def _fabric(fabric: PodNetwork | None) -> Iterator[Line]:
    """The line about what connects the nodes, if the input shows it."""
    sentences = fabric.sentences if fabric else []
    if sentences:
        yield [("fabric", "bold"), (f": {'; '.join(sentences)}", "")]


def _not_evaluated(result: Result, each: bool) -> Iterator[Line]:
    """What was not evaluated: rules that want other input in one line, a line for each other reason."""
    if each:
        yield from _reasons(result.skips, named=None)
        return
    wanting = [skip for skip in result.lacking if skip.reason is Reason.MISSING]
    reasons = list(_reasons([skip for skip in result.lacking if skip.reason is not Reason.MISSING], named=SHOWN - 1))
    yield from reasons[:SHOWN]
    if len(reasons) > SHOWN:
        more = len(reasons) - SHOWN
        yield [(f"... and {counted(more, 'more reason')}; --show-skipped names them", "dim")]
    if wanting:
        rules = len({skip.rule for skip in wanting})
        lacking = set(kinds(need for skip in wanting for need in skip.needs))
        names = first_of(sorted(lacking & EVERYWHERE or lacking), SHOWN)
        clause = (
            f": {counted(rules, 'rule')} {inflected(rules, 'needs', 'need')} more than this input shows"
            f"{f' ({names})' if names else ''}; --show-skipped names them"
        )
        yield [("not evaluated", "bold"), (clause, "")]


def _reasons(skips: Iterable[Skip], named: int | None) -> Iterator[Line]:
    """Skips with the same reason in one line: those of rules that spoke nowhere, and those of rules that did.

    ``named``: so many rules are named for each reason; all of them for None.
    """
    by_reason: defaultdict[tuple[str, bool], list[Skip]] = defaultdict(list)
    for skip in skips:
        by_reason[skip.message, bool(skip.scope)].append(skip)
    for (message, _), alike in by_reason.items():
        rules = list(dict.fromkeys(skip.rule for skip in alike))
        scope = tuple(dict.fromkeys(subject for skip in alike for subject in skip.scope))
        names = first_of(rules, named or len(rules))
        yield [("not evaluated", "bold"), (f": {names}: {message}{named_scope(scope)}", "")]


def _read(snapshot: Snapshot) -> str:
    counts = [(snapshot.count(kind.name), kind.name) for kind in KINDS]
    total = sum(count for count, _ in counts)
    kinds = ", ".join(f"{count:,} {kind}" for count, kind in counts if count)
    files = snapshot.reading.files
    source = counted(files, "file") if files else snapshot.reading.server.get("context", "the input")
    if total:
        return f"{counted(total, 'object')} of {source} ({kinds})"
    other = ", ".join(f"{count:,} {kind}" for kind, count in sorted(snapshot.reading.other_kinds.items()))
    return f"no object in {source} that a rule is about ({other})" if other else f"no object in {source}"
