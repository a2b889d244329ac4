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

OWN_ROLES = (Role.POD, Role.SERVICE)


def overlapping_clusters(plan: Plan, view: SnapshotView) -> Iterator[list[Declaration]]:
    """Groups of ranges of several joined clusters that have addresses in common, remote ones first.

    The own ranges count where it is known which of the clusters is the own one. A closed pool of Calico's says
    less: only one that is no wider than the Service range is taken for another cluster's.
    """
    of_submariner = [
        declaration for declaration in plan.of(Role.REMOTE, Role.INTERNAL) if declaration.authority == AUTHORITY
    ]
    candidates = [*of_submariner, *(_own_ranges(plan) if view.objects("Submariner") else ())]
    for group in addresses.overlapping_groups([declaration.range for declaration in candidates]):
        members = [candidates[number] for number in group]
        if len({_cluster_of(declaration) for declaration in members}) > 1:
            yield sorted(
                members,
                key=lambda declaration: (
                    declaration.role is not Role.REMOTE,
                    declaration.subject.order,
                    declaration.range,
                ),
            )
    services, known = plan.trusted(Role.SERVICE), {declaration.range for declaration in of_submariner}
    for pool in plan.of(Role.REMOTE):
        service_ranges = [declaration for declaration in services if declaration.range.covers(pool.range)]
        if service_ranges and pool.range not in known:
            yield [pool, *service_ranges]


def _own_ranges(plan: Plan) -> list[Declaration]:
    """Declared pod and Service ranges of the own cluster, and ranges of nodes outside of these."""
    cluster_ranges, node_ranges = plan.trusted(*OWN_ROLES), plan.of(Role.NODE_POD)
    outside = addresses.uncovered(
        [declaration.range for declaration in node_ranges], [declaration.range for declaration in cluster_ranges]
    )
    return [*cluster_ranges, *(node_ranges[number] for number in outside)]


def _cluster_of(declared: Declaration) -> str:
    return declared.label if declared.role is Role.REMOTE else ""
