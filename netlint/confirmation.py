"""A second look at findings that may come of kinds being listed one after the other: only what persists counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date

from netlint import engine
from netlint.config import Config
from netlint.engine import Result
from netlint.evaluability import kinds
from netlint.findings import Finding, Violation
from netlint.objects import KIND_NAMED
from netlint.snapshot import Reason, Snapshot
from netlint.snapshot.knowledge import ALL
from netlint.sources.live.apiserver import PAGE

Places = Mapping[str, set[str]]
"""Namespaces by kind; ``ALL`` for every one, and for kinds that are in none."""

PAUSE = 2.0  # seconds
UNREADABLE = {Reason.FORBIDDEN, Reason.NOT_APPLICABLE}
FEW = 20
"""So many namespaces are read one by one in any case; more of them where a list of everything has as many pages."""


def confirm(
    result: Result, doubted: Collection[Finding], config: Config, today: date, look: Callable[[Places], Snapshot]
) -> list[str]:
    """Read what these findings speak of once more after a while, and drop those that are gone from the result.

    The result's snapshot then holds what was read last. Gives the reasons why something could not be read again:
    what was found there stays.
    """
    time.sleep(PAUSE)
    later = look(_together((_places(finding, result.snapshot) for finding in doubted), result.snapshot))
    result.snapshot.renew(later)
    rules = {finding.rule.name: finding.rule for finding in doubted}
    again = engine.run(result.snapshot, rules.values(), config, today)
    checkable = {finding.fingerprint for finding in doubted if _is_judged(finding, result, later, again)}
    findings = {finding.fingerprint: finding for finding in again.findings}
    result.findings = list(_remaining(result.findings, checkable, findings))
    return sorted({gap.message for gap in later.knowledge.gaps.values()})


def _places(finding: Finding, snapshot: Snapshot) -> dict[str, set[str]]:
    """The namespaces to read again, by kind; what could not be read the first time was not needed."""
    violation = finding.violation
    named = {violation.subject.namespace, *(side.subject.namespace for side in violation.related)} - {""}
    places = {}
    for kind in kinds(finding.rule.rereads):
        within = named if named and KIND_NAMED[kind].namespaced else {ALL}
        gaps = {namespace: snapshot.knowledge.withdrawn(kind, namespace) for namespace in within}
        places[kind] = {namespace for namespace, gap in gaps.items() if gap is None or gap.reason not in UNREADABLE}
    return places


def _together(places: Iterable[Places], snapshot: Snapshot) -> Places:
    namespaces_of: dict[str, set[str]] = {}
    for of_finding in places:
        for kind, namespaces in of_finding.items():
            namespaces_of.setdefault(kind, set()).update(namespaces)
    most = {kind: max(FEW, snapshot.count(kind) // PAGE) for kind in namespaces_of}
    return {kind: names if len(names) <= most[kind] else {ALL} for kind, names in namespaces_of.items()}


def _is_judged(finding: Finding, result: Result, later: Snapshot, again: Result) -> bool:
    """Whether all that it speaks of was read again, and its rule could be evaluated as before."""
    name, unread = finding.rule.name, later.knowledge.withdrawn
    if any(failure.rule == name for failure in again.failures):
        return False
    if any(skip.rule == name and skip not in result.skips for skip in again.skips):
        return False
    places = _places(finding, result.snapshot)
    return not any(unread(kind, namespace) for kind, named in places.items() for namespace in named)


def _remaining(findings: Iterable[Finding], checkable: set[str], again: Mapping[str, Finding]) -> Iterator[Finding]:
    for finding in findings:
        now = again.get(finding.fingerprint)
        if finding.fingerprint not in checkable:
            yield finding
        elif now is not None and _speak_of_the_same(finding.violation, now.violation):
            yield now


def _speak_of_the_same(before: Violation, now: Violation) -> bool:
    """Not where other endpoints are wrong by now, for example."""
    lists = [(value, now.evidence.get(name)) for name, value in before.evidence.items() if isinstance(value, list)]
    return all(not value or any(entry in value for entry in other or ()) for value, other in lists)
