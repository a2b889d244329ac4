"""Masquerading that follows from ranges of nodes that are outside of the cluster's: one fault, told once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from netlint.addresses import Range, uncovered
from netlint.model.cni.masquerading import Masquerade
from netlint.model.declared.declarations import Declaration
from netlint.model.ranges.enclosing_ranges import EnclosingRange


@dataclass(frozen=True, slots=True)
class Masquerades:
    """Configurations that hide addresses of pods.

    ``faults``: those that are wrong themselves. ``consequences``: those that are right for all ranges inside of the
    cluster's, by the node's range outside of it that they hide.
    """

    faults: list[Masquerade] = field(default_factory=list)
    consequences: dict[Declaration, list[Masquerade]] = field(default_factory=dict)


def faults_and_consequences(
    all_masquerades: Iterable[Masquerade], enclosing_ranges: Iterable[EnclosingRange]
) -> Masquerades:
    """Masquerades told apart: what spares the wider range need not spare the ranges of nodes outside of it."""
    strays = [stray for enclosing in enclosing_ranges if enclosing.is_firm for stray in _strays(enclosing)]
    result = Masquerades()
    for masquerade in all_masquerades:
        foreign: set[Declaration] = set().union(
            *(outside for outside, wider in strays if not uncovered(wider, masquerade.spared))
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


def _strays(enclosing: EnclosingRange) -> Iterator[tuple[set[Declaration], list[Range]]]:
    for outside, wider in enclosing.outside():
        yield set(outside), [declaration.range for declaration in wider]


def _without(declared: tuple[Declaration, ...], foreign: set[Declaration]) -> tuple[Declaration, ...]:
    return tuple(declaration for declaration in declared if declaration not in foreign)
