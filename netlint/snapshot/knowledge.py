"""What is known completely: only that may be missed.

Knowledge is kept per kind and namespace. ``ALL`` stands for every namespace; cluster-scoped kinds know
nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

ALL = "*"
ANY_KIND = "*"


class Reason(StrEnum):
    """Why a kind is not known completely; also the reason of a skip."""

    MISSING = "missing"
    FORBIDDEN = "forbidden"
    INCOMPLETE = "incomplete"
    NOT_APPLICABLE = "not-applicable"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Gap:
    """Why a kind is not known completely; ``message`` is one clause for people."""

    kind: str
    reason: Reason
    message: str


def absence(kind: str) -> str:
    """What is said of a kind without any object."""
    return f"no {kind} in the input"


@dataclass(slots=True)
class Knowledge:
    """Built by the sources, read by the engine.

    ``never``: why a kind cannot be in this input, at all or beside what was read of it, as a clause. ``observed``: of
    which kinds and namespaces objects were read that a cluster has given, as against those that somebody wrote.
    ``doubts``: why a namespace that shows objects of a kind does not show all of them.
    """

    complete: set[tuple[str, str]] = field(default_factory=set)
    observed: set[tuple[str, str]] = field(default_factory=set)
    doubts: dict[tuple[str, str], Gap] = field(default_factory=dict)
    gaps: dict[tuple[str, str], Gap] = field(default_factory=dict)
    never: dict[str, str] = field(default_factory=dict)

    def completed(self, kind: str, namespace: str = ALL) -> None:
        """Every object of the kind in this namespace has been read."""
        self.complete.add((kind, namespace))

    def withdraw(self, kind: str, namespace: str, reason: Reason, message: str) -> None:
        """Objects of the kind may be missing in this namespace, whatever was read."""
        self._take((kind, namespace), Gap(kind, reason, message))

    def _take(self, key: tuple[str, str], gap: Gap) -> None:
        """Of several reasons one stays, whoever read first."""
        self.gaps[key] = min(
            self.gaps.get(key, gap), gap, key=lambda gap: (list(Reason).index(gap.reason), gap.message)
        )

    def doubt(self, gap: Gap, namespace: str) -> None:
        """Others of the kind may be there, unless it is known otherwise that all were read."""
        self.doubts.setdefault((gap.kind, namespace), gap)

    def gap(self, kind: str, namespace: str = ALL) -> Gap | None:
        """Why the kind is not completely known in the namespace (``ALL``: in some); None where it is."""
        gap = self.withdrawn(kind, namespace)
        if gap is not None:
            return gap
        if (kind, namespace) in self.complete or (kind, ALL) in self.complete:
            return None
        doubt = self.doubts.get((kind, namespace))
        return doubt or Gap(kind, Reason.MISSING, self.never.get(kind, absence(kind)))

    def withdrawn(self, kind: str, namespace: str = ALL) -> Gap | None:
        """Why objects may be missing although some were read, or could not be read at all."""
        for (name, where), gap in self.gaps.items():
            if name in {kind, ANY_KIND} and (namespace == ALL or where in {namespace, ALL}):
                return gap if name == kind else Gap(kind, gap.reason, gap.message)
        return None

    def merge(self, other: Knowledge) -> None:
        """Take in what another reader of the same input knows."""
        self.complete |= other.complete
        self.observed |= other.observed
        self.doubts = {**other.doubts, **self.doubts}
        self.never.update(other.never)
        for key, gap in other.gaps.items():
            self._take(key, gap)
