"""Masquerading that follows from ranges of nodes that are outside of the cluster's: one fault, told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from netlint.addresses import uncovered
from netlint.model.cni.masquerading import Masquerade
from netlint.model.declared.declarations import Declaration
from netlint.model.ranges.enclosing_ranges import EnclosingRange


@dataclass(frozen=True, slots=True)
class Masquerades:
    """Configurations that hide addresses of pods.

    ``faults``: those that are wrong themselves. ``following``: by a node's range that is outside of the
    cluster's, those that are right for all ranges inside.
    """

    faults: list[Masquerade] = field(default_factory=list)
    following: dict[Declaration, list[Masquerade]] = field(default_factory=dict)


def masquerades(found: Iterable[Masquerade], enclosing_ranges: Iterable[EnclosingRange]) -> Masquerades:
    """Tell faults from consequences: what spares the wider range need not spare the ranges that are outside of it."""
    firm = [enclosing for enclosing in enclosing_ranges if enclosing.is_firm]
    strays = [(set(outside), [one.range for one in wide]) for held in firm for outside, wide in held.strays()]
    told = Masquerades()
    for one in found:
        foreign: set[Declaration] = set().union(*(out for out, wide in strays if not uncovered(wide, one.spared)))
        lost = {*one.hidden, *one.toward}
        for declared in lost & foreign:
            told.following.setdefault(declared, []).append(one)
        rest = replace(one, hidden=_without(one.hidden, foreign), toward=_without(one.toward, foreign))
        if bool(rest.hidden) == bool(one.hidden) and bool(rest.toward) == bool(one.toward):
            told.faults.append(rest)
    return told


def _without(declared: tuple[Declaration, ...], foreign: set[Declaration]) -> tuple[Declaration, ...]:
    return tuple(found for found in declared if found not in foreign)
