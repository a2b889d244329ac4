"""From rules and a snapshot to a result: which rules can be evaluated, what they find, what is accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePath

from netlint.checks import CHECKS
from netlint.cluster import Cluster
from netlint.config import Config
from netlint.evaluability import kinds
from netlint.evaluation import Evaluation, evaluate
from netlint.findings import (
    Failure,
    Finding,
    Rule,
    Severity,
    Skip,
    Subject,
    Undecided,
    Violation,
    fingerprint,
)
from netlint.model.cni import PodNetwork
from netlint.snapshot import Locator, Reason, Snapshot, Spot
from netlint.suppress import Entry, Suppressions, in_annotations

INPUT = "input"  # the topic of rules that judge what was read, malformed or not


@dataclass(slots=True)
class Result:
    """Everything that a report may show."""

    snapshot: Snapshot
    rules: list[Rule]
    findings: list[Finding] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    fabric: PodNetwork | None = None
    scopes: list[str] = field(default_factory=list)  # alternatives, each of which was evaluated by itself

    @property
    def open(self) -> list[Finding]:
        """The findings that nobody accepted."""
        return [finding for finding in self.findings if finding.suppression is None]

    @property
    def lacking(self) -> list[Skip]:
        """The skips of rules that could apply."""
        return [skip for skip in self.skips if skip.reason is not Reason.NOT_APPLICABLE]

    def count(self, severity: Severity) -> int:
        """The number of open findings of this severity."""
        return sum(finding.severity is severity for finding in self.open)


def run(
    snapshot: Snapshot, rules: Iterable[Rule], config: Config, today: date, locate: Locator | None = None
) -> Result:
    """Evaluate the rules.

    ``today`` decides which suppressions have expired; ``locate`` finds the places of what is reported.
    """
    result = Result(snapshot, list(rules))
    cluster = Cluster(snapshot)
    entries = [*in_annotations(snapshot), *config.suppressions]
    run = _Run(result, config, Suppressions(entries, today))
    for evaluation in evaluate(result.rules, cluster):
        run.take(evaluation)
    result.fabric = cluster.network
    run.judge_suppressions()
    result.findings.sort(key=lambda finding: finding.order)
    result.skips.sort(key=lambda skip: (skip.rule, skip.reason, skip.message))
    if locate is not None:
        result.findings = _located(result.findings, locate)
    return result


class _Run:
    """One evaluation of all rules."""

    def __init__(self, result: Result, config: Config, suppressions: Suppressions) -> None:
        self._result = result
        self._config = config
        self._suppressions = suppressions
        self._evaluated: set[str] = set()
        self._malformed = {
            (item.kind, item.namespace, item.name): item.placeholder for item in result.snapshot.malformed
        }

    def take(self, evaluation: Evaluation) -> None:
        """Report what a rule says."""
        rule, possible = evaluation.rule, evaluation.possible
        self._result.skips += possible.skips
        self._result.failures += [evaluation.failure] if evaluation.failure else []
        if possible.at_all and not possible.skips and evaluation.failure is None:
            self._evaluated.add(rule.name)
        undecided: dict[tuple[Reason, str], list[Subject]] = {}
        for item in evaluation.verdicts:
            if isinstance(item, Violation) and rule.topic != INPUT:
                item = self._unless_malformed(item)
            if isinstance(item, Undecided):
                scope = undecided.setdefault((item.reason, item.message), [])
                scope += [item.subject] if item.subject else []
            elif item.subject.namespace not in possible.blocked:
                self._report(rule, item)
        for (reason, message), subjects in undecided.items():
            scope_of = tuple(sorted(subjects, key=lambda subject: subject.order))
            self._evaluated.discard(rule.name)
            self._result.skips.append(Skip(rule.name, reason, (), message, scope_of))

    def _unless_malformed(self, violation: Violation) -> Violation | Undecided:
        """The violation, or no verdict where an object is malformed: what cannot be read may be the cause."""
        for subject in (violation.subject, *(side.subject for side in violation.related)):
            if subject.order in self._malformed:
                marked = self._malformed[subject.order]
                state = f"has values to be filled in ({marked})" if marked else "is malformed"
                return Undecided(violation.subject, f"{subject} {state}", Reason.INCOMPLETE)
        return violation

    def _report(self, rule: Rule, violation: Violation) -> None:
        severity = self._config.severities.get(rule.name, rule.severity)
        if violation.mitigated and rule.mitigated is not None:
            severity = severity.at_most(rule.mitigated)
        if violation.harmless:
            severity = severity.at_most(Severity.NOTE)
        suppression = self._suppressions.of(rule.name, violation)
        identity = fingerprint(rule.name, violation.subject, violation.key)
        self._result.findings.append(Finding(rule, severity, violation, identity, suppression))

    def judge_suppressions(self) -> None:
        """Report the suppressions that are of no use; they are rules like the others."""
        rules = {rule.name: rule for rule in self._result.rules}
        for name, judge in JUDGES.items():
            if name in rules:
                for entry, message in judge(self._suppressions, self._evaluated):
                    self._report(rules[name], _violation(entry, message))


def _violation(entry: Entry, message: str) -> Violation:
    file = entry.spot.file if entry.spot else ""
    subject = entry.subject or Subject("", "File", "", PurePath(file).name)
    key = "/".join((entry.rule, *(() if entry.subject else (entry.kind, entry.namespace, entry.name))))
    return Violation(subject, entry.path, message, {"rule": entry.rule}, key=key, spot=entry.spot)


def _unused(suppressions: Suppressions, evaluated: set[str]) -> Iterable[tuple[Entry, str]]:
    for entry in suppressions.unused():
        if entry.rule not in CHECKS and "*" not in entry.rule:
            yield entry, f"the suppression names {entry.rule}, which is no rule"
        elif entry.rule in evaluated:
            yield entry, f"the suppression of {entry.rule} accepts nothing: the rule finds no fault here"


def _expired(suppressions: Suppressions, _: set[str]) -> Iterable[tuple[Entry, str]]:
    for entry in suppressions.entries:
        if entry.has_expired(suppressions.today):
            yield entry, f"the suppression of {entry.rule} expired on {entry.until}"


def _unexplained(suppressions: Suppressions, _: set[str]) -> Iterable[tuple[Entry, str]]:
    for entry in suppressions.entries:
        if entry.problem:
            yield entry, f"the suppression of {entry.rule} is not used: {entry.problem}"
        elif not entry.reason:
            yield entry, f"the suppression of {entry.rule} gives no reason"


JUDGES: dict[str, Callable[[Suppressions, set[str]], Iterable[tuple[Entry, str]]]] = {
    "expired-suppressions": _expired,
    "unexplained-suppressions": _unexplained,
    "unused-suppressions": _unused,
}


def kinds_read(rules: Iterable[Rule]) -> set[str]:
    """The kinds that have to be read for these rules."""
    return {kind for rule in rules for kind in kinds((*rule.examines, *rule.needs, *rule.consults))}


def _located(findings: list[Finding], locate: Locator) -> list[Finding]:
    """The findings with the places of their subjects and of everything that they name."""
    fields = []
    for finding in findings:
        violation = finding.violation
        fields.append((violation.subject.origin, violation.path))
        fields += [(side.subject.origin, side.path) for side in violation.related]
    places = iter(locate.fields(fields))
    located = []
    for finding in findings:
        place = next(places)
        related_spots: list[Spot | None] = []
        for _ in finding.violation.related:
            related_place = next(places)
            related_spots.append(related_place.spot if related_place else None)
        if finding.violation.spot is not None:
            place = locate.around(finding.violation.spot)
        located.append(replace(finding, place=place, related_spots=tuple(related_spots)))
    return located


def exit_code(result: Result, fail_on: Severity | None, strict: bool) -> int:
    """0 nothing at or above ``fail_on`` (None: never), 1 findings, 2 a source or a check failed, 3 incomplete."""
    if result.failures or result.snapshot.reading.errors:
        return 2
    if fail_on is not None and any(finding.severity.rank <= fail_on.rank for finding in result.open):
        return 1
    return 3 if strict and result.lacking else 0
