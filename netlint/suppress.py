"""Findings that somebody accepted: by an annotation on an object, or by an entry of the configuration.

An annotation is ``ignore.netlint.dev/<rule>: "reason; until=YYYY-MM-DD"``. A suppression on any object
that a violation names counts; an expired one does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

from netlint.findings import Subject, Suppression, Violation
from netlint.objects.meta import Object, Path
from netlint.snapshot import Snapshot, Spot

PREFIX = "ignore.netlint.dev/"
_UNTIL = re.compile(r";?\s*until=(?P<date>\S*)\s*$")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One suppression as it was written; exactly one of ``subject`` and ``spot`` is set.

    ``kind``, ``namespace`` and ``name`` are globs. ``problem``: why it cannot be used.
    """

    rule: str
    kind: str
    namespace: str
    name: str
    reason: str
    until: date | None
    subject: Subject | None = None
    spot: Spot | None = None
    problem: str = ""

    def covers(self, rule: str, subject: Subject) -> bool:
        """Whether it speaks of this rule and this object."""
        return (
            fnmatchcase(rule, self.rule)
            and fnmatchcase(subject.kind, self.kind)
            and fnmatchcase(subject.namespace, self.namespace)
            and fnmatchcase(subject.name, self.name)
        )

    def has_expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and self.until < today

    @property
    def path(self) -> Path:
        """The annotation's field."""
        return ("metadata", "annotations", PREFIX + self.rule) if self.subject else ()


def in_annotations(snapshot: Snapshot) -> Iterator[Entry]:
    """The suppressions on all objects."""
    lists: list[Sequence[Object]] = [*snapshot.objects.values(), snapshot.slices.slices]
    for items in lists:
        for item in items:
            for key, value in (item.metadata.annotations or {}).items():
                if key.startswith(PREFIX):
                    subject = Subject(item.apiVersion, item.kind, item.namespace, item.name, item.origin)
                    yield _of_annotation(subject, key, value)
    for row, pod_annotations in snapshot.pods.suppressions.items():
        table = snapshot.pods
        namespace = table.shapes.namespace(table.shape[row])
        subject = Subject("v1", "Pod", namespace, table.names[row], table.origin[row])
        for key, value in pod_annotations.items():
            if key.startswith(PREFIX):
                yield _of_annotation(subject, key, value)


def _of_annotation(subject: Subject, key: str, value: str) -> Entry:
    match = _UNTIL.search(value)
    until = _date(match["date"]) if match else None
    problem = f"{match['date']!r} is no date of the form YYYY-MM-DD" if match and until is None else ""
    reason = value[: match.start()] if match else value
    rule = key.removeprefix(PREFIX)
    return Entry(
        rule,
        subject.kind,
        subject.namespace,
        subject.name,
        reason.strip(" ;"),
        until,
        subject,
        problem=problem,
    )


def _date(text: str) -> date | None:
    """The day in this text; None where it is none, such as 2026-02-30."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


class Suppressions:
    """All suppressions of a run, and which of them were of use."""

    def __init__(self, entries: list[Entry], today: date) -> None:
        """``today`` decides which have expired."""
        self.entries = entries
        self.today = today
        self._used: set[int] = set()
        self._of_object: dict[tuple[str, str, str], list[int]] = {}
        self._by_glob = [number for number, entry in enumerate(entries) if entry.subject is None]
        for number, entry in enumerate(entries):
            if entry.subject is not None:
                self._of_object.setdefault(entry.subject.order, []).append(number)

    def of(self, rule: str, violation: Violation) -> Suppression | None:
        """The suppression that accepts a violation; others that would are of use too."""
        if not self.entries:
            return None
        named = (violation.subject, *(side.subject for side in violation.related))
        covering = [number for subject in named for number in self._covering(rule, subject)]
        self._used.update(covering)
        if not covering:
            return None
        entry = self.entries[covering[0]]
        by = str(entry.subject) if entry.subject else entry.spot.file if entry.spot else "configuration"
        return Suppression(by, entry.reason, entry.until.isoformat() if entry.until else None)

    def _covering(self, rule: str, subject: Subject) -> Iterator[int]:
        """The entries that accept the rule's findings on an object."""
        for number in (*self._of_object.get(subject.order, ()), *self._by_glob):
            entry = self.entries[number]
            if entry.covers(rule, subject) and not entry.problem and not entry.has_expired(self.today):
                yield number

    def unused(self) -> list[Entry]:
        """The entries that accepted nothing although they could be used."""
        return [
            entry
            for number, entry in enumerate(self.entries)
            if number not in self._used and not entry.problem and not entry.has_expired(self.today)
        ]
