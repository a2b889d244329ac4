"""Ranges of other clusters to which this one is joined, as far as its own objects show them.

Source: submariner.io, Architecture and Calico CNI; docs.tigera.io, IP pool.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.ranges.address_plan import Plan
from netlint.model.ranges.submariner_clusters import AUTHORITY

OWN = (Role.POD, Role.SERVICE)


def contested(plan: Plan, view: SnapshotView) -> Iterator[list[Declaration]]:
    """Groups of ranges of several joined clusters that have addresses in common, remote ones first.

    The own ranges count where it is known which of the clusters is the own one. A closed pool of Calico's says
    less: only one that is no wider than the Service range is taken for another cluster's.
    """
    joined = [one for one in plan.of(Role.REMOTE, Role.INTERNAL) if one.authority == AUTHORITY]
    listed = [*joined, *(_own(plan) if view.objects("Submariner") else ())]
    for group in addresses.overlapping_groups([one.range for one in listed]):
        members = [listed[number] for number in group]
        if len({_cluster(one) for one in members}) > 1:
            yield sorted(members, key=lambda one: (one.role is not Role.REMOTE, one.subject.order, one.range))
    services, known = plan.trusted(Role.SERVICE), {one.range for one in joined}
    for pool in plan.of(Role.REMOTE):
        around = [one for one in services if one.range.covers(pool.range)]
        if around and pool.range not in known:
            yield [pool, *around]


def _own(plan: Plan) -> list[Declaration]:
    """Nodes' ranges only where they are no pieces of what is declared for all."""
    wide, pieces = plan.trusted(*OWN), plan.of(Role.NODE_POD)
    alone = addresses.uncovered([one.range for one in pieces], [one.range for one in wide])
    return [*wide, *(pieces[number] for number in alone)]


def _cluster(declared: Declaration) -> str:
    return declared.label if declared.role is Role.REMOTE else ""
