"""What several checks say of declarations and sides in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlint.findings import Related
from netlint.model.declared.declarations import Declaration
from netlint.phrases import NAMED, shortened


def said(declared: Declaration) -> str:
    """The range and who declares it."""
    return f"{declared} of {declared.subject}"


def listed(declarations: Iterable[Declaration]) -> str:
    """At most two of them by name, the others by number."""
    return shortened([said(declared) for declared in declarations])


def subjects(related: Iterable[Related]) -> str:
    """At most two objects by name, the others by number."""
    return shortened([str(side.subject) for side in related])


def sides(declarations: Iterable[Declaration]) -> tuple[Related, ...]:
    """The declarations as other sides of a conflict."""
    return tuple(Related(d.subject, d.path, f"{d.what} {d}") for d in declarations)


def some_sides(declarations: Sequence[Declaration]) -> tuple[Related, ...]:
    """A few of many that are all in the same case."""
    return sides(declarations[:NAMED])


def as_evidence(declared: Declaration) -> dict[str, object]:
    """The declaration as typed values."""
    return {
        "cidr": str(declared),
        "owner": str(declared.subject),
        "declaredBy": str(declared.authority),
    }
