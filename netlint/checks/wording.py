"""What several checks say in the same words: of declarations, of the sides of a conflict, of node dumps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlint.findings import Related, Undecided
from netlint.model.declared.declarations import Declaration
from netlint.model.hosts.host import Host
from netlint.phrases import NAMED, shortened
from netlint.snapshot import Reason


def with_owner(declared: Declaration) -> str:
    """The range and who declares it: ``10.0.0.0/24 of Node a``."""
    return f"{declared} of {declared.subject}"


def with_kind(declared: Declaration) -> str:
    """What sort of range it is, the range, and who declares it: ``pod range 10.0.0.0/24 of Node a``."""
    return f"{declared.description} {with_owner(declared)}"


def listed(declarations: Iterable[Declaration]) -> str:
    """At most two of them with their owners, the others by number."""
    return shortened(map(with_owner, declarations))


def objects(related: Iterable[Related]) -> str:
    """At most two objects by name, the others by number."""
    return shortened(side.subject for side in related)


def sides(declarations: Iterable[Declaration]) -> tuple[Related, ...]:
    """The declarations as other sides of a conflict."""
    return tuple(
        Related(declared.subject, declared.path, f"{declared.description} {declared}") for declared in declarations
    )


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


def as_on(hosts: Sequence[Host]) -> str:
    """A clause that names other hosts in the same case; empty for none."""
    return f", as on {shortened(host.subject for host in hosts)}" if hosts else ""


def without_file(host: Host, file: str) -> Undecided:
    """The host cannot be judged without a file of its node dump."""
    return Undecided(host.subject, f"the node dump has no {file}", Reason.MISSING)


def of_no_node(host: Host) -> Undecided:
    """The host cannot be judged, as nobody knows which Node it is."""
    return Undecided(host.subject, "the node dump belongs to no Node", Reason.MISSING)
