"""Masquerading that follows from ranges of nodes that are outside of the cluster's: one fault, told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from netlint.addresses import uncovered
from netlint.model.cni.plugin import Masquerade
from netlint.model.declared.declarations import Declaration
from netlint.model.ranges.enclosing_ranges import EnclosingRange


@dataclass(frozen=True, slots=True)
class Masquerades:
    """Configurations that hide addresses of pods.

    ``faults``: those that are wrong themselves. ``following``: by a node's range that is outside of the
    cluster's, those that are right for all ranges inside.
    """

    faults: list[Masquerade] = field(default_factory=list)
    consequences: dict[Declaration, list[Masquerade]] = field(default_factory=dict)


def faults_and_consequences(
    all_masquerades: Iterable[Masquerade], enclosing_ranges: Iterable[EnclosingRange]
) -> Masquerades:
    """Tell faults from consequences: what spares the wider range need not spare the ranges that are outside of it."""
    firm = [enclosing for enclosing in enclosing_ranges if enclosing.is_firm]
    strays = [
        (set(outside), [declaration.range for declaration in wide])
        for enclosing in firm
        for outside, wide in enclosing.strays()
    ]
    result = Masquerades()
    for masquerade in all_masquerades:
        foreign: set[Declaration] = set().union(
            *(outside for outside, wide in strays if not uncovered(wide, masquerade.spared))
        )
        exposed = {*masquerade.hidden, *masquerade.toward}
        for declared in exposed & foreign:
            result.consequences.setdefault(declared, []).append(masquerade)
        remaining = replace(
            masquerade, hidden=_without(masquerade.hidden, foreign), toward=_without(masquerade.toward, foreign)
        )
        if bool(remaining.hidden) == bool(masquerade.hidden) and bool(remaining.toward) == bool(masquerade.toward):
            result.faults.append(remaining)
    return result


def _without(declared: tuple[Declaration, ...], foreign: set[Declaration]) -> tuple[Declaration, ...]:
    return tuple(declaration for declaration in declared if declaration not in foreign)
