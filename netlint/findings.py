"""The vocabulary of a run: what a rule is, what a check says, and what the engine makes of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from netlint.objects.meta import Path, group_of
from netlint.snapshot import Place, Reason, Spot


class Severity(StrEnum):
    """The severity of a finding; the worst comes first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return list(Severity).index(self)

    def at_most(self, other: Severity) -> Severity:
        """The milder of the two."""
        return self if self.rank >= other.rank else other


@dataclass(frozen=True, slots=True)
class Rule:
    """A documented promise: one page in ``rules/``.

    ``examines``: the kinds whose objects it judges; ``needs``: the kinds that must be known completely
    before it may speak; ``consults``: the kinds that only refine what it says. ``rereads``: the kinds of
    these that change so fast that a live run reads them once more before it reports. ``mitigated``: the
    severity of a violation for which the check found an excuse that the page names. ``faults``: what it
    finds, in words, by section of ``docs/faults.md``.
    """

    name: str
    topic: str
    summary: str
    severity: Severity
    examines: tuple[str, ...]
    needs: tuple[str, ...] = ()
    consults: tuple[str, ...] = ()
    rereads: tuple[str, ...] = ()
    mitigated: Severity | None = None
    key: str | None = None
    faults: dict[str, list[str]] = field(default_factory=dict)
    since: str = ""
    references: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def url(self) -> str:
        """The path of its page."""
        return f"rules/{self.topic}/{self.name}.md"


@dataclass(frozen=True, slots=True)
class Subject:
    """An object that a finding speaks of; ``origin`` says where it was read and does not identify it."""

    api_version: str
    kind: str
    namespace: str
    name: str
    origin: int = field(default=0, compare=False)

    @property
    def order(self) -> tuple[str, str, str]:
        """Subjects are ordered by kind, namespace and name."""
        return self.kind, self.namespace, self.name

    def __str__(self) -> str:
        """``Service shop/web``, or ``Node n1`` for what is not namespaced."""
        if not self.name and not self.kind.endswith("List"):  # lists have none
            return f"{self.kind} without a name" + (f" in namespace {self.namespace}" if self.namespace else "")
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}".rstrip()


@dataclass(frozen=True, slots=True)
class Related:
    """Another side of a conflict: an object, its field, and what is there."""

    subject: Subject
    path: Path = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Violation:
    """A fault that a check has found.

    ``key`` tells apart several violations of one rule on one subject; ``evidence`` holds typed values
    (addresses, ranges, ports), ``spot`` a place in a file where there is no object to point at. ``mitigated``: there
    is an excuse that the page names; ``harmless``: nothing comes of it as things are, so it is no more than a note.
    """

    subject: Subject
    path: Path
    message: str
    evidence: dict[str, Any] = field(default_factory=dict)
    related: tuple[Related, ...] = ()
    key: str = ""
    mitigated: bool = False
    harmless: bool = False
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Undecided:
    """A subject of which a check cannot tell (None: it cannot tell of anything), and why."""

    subject: Subject | None
    message: str
    reason: Reason = Reason.UNDECIDED


@dataclass(frozen=True, slots=True)
class Suppression:
    """The acceptance of a finding ``by`` an annotation of an object, or by the configuration."""

    by: str
    reason: str
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation as the user sees it; ``applied_with``: the alternative in which it is one, if not in all of them."""

    rule: Rule
    severity: Severity
    violation: Violation
    fingerprint: str
    suppression: Suppression | None = None
    place: Place | None = None
    related_spots: tuple[Spot | None, ...] = ()
    applied_with: str = ""

    @property
    def order(self) -> tuple[str, str, tuple[str, str, str], str, str]:
        """Findings are ordered by topic, rule, subject, field and key."""
        violation = self.violation
        return (
            self.rule.topic,
            self.rule.name,
            violation.subject.order,
            field_name(violation.path),
            violation.key,
        )


@dataclass(frozen=True, slots=True)
class Skip:
    """A rule that was not evaluated; ``scope``: only there (empty: nowhere at all)."""

    rule: str
    reason: Reason
    needs: tuple[str, ...]
    message: str
    scope: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that crashed."""

    rule: str
    message: str
    trace: str = ""


def fingerprint(rule: str, subject: Subject, key: str) -> str:
    """The identity of a finding over time: nothing that an edit elsewhere would change."""
    parts = (rule, group_of(subject.api_version), subject.kind, subject.namespace, subject.name, key)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def field_name(path: Path) -> str:
    """A path as the API server writes it: ``spec.ports[0].port``, ``metadata.labels[app.kubernetes.io/name]``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.replace("-", "").replace("_", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f"[{step}]"
    return text
