"""Ranges of nodes, and the wider ranges in which they have to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netlint import addresses
from netlint.model.cni import PodNetwork
from netlint.model.declared.declarations import Authority, Declaration, Role
from netlint.model.ranges.address_plan import Plan


@dataclass(frozen=True, slots=True)
class EnclosingRange:
    """What has to enclose the ranges of nodes; ``is_firm``: something stops working when it does not."""

    enclosing: tuple[Declaration, ...]
    node_ranges: tuple[Declaration, ...]
    is_firm: bool

    def outside(self) -> Iterator[tuple[list[Declaration], list[Declaration]]]:
        """Ranges that are outside, with the ranges of their family in which they should be.

        Each by itself where others are inside, all together where none is: then the wider range is wrong.
        """
        for family in addresses.BITS:
            enclosing = [declaration for declaration in self.enclosing if declaration.range.family == family]
            node_ranges = [declaration for declaration in self.node_ranges if declaration.range.family == family]
            outside = node_ranges if enclosing else []
            for wider in enclosing:
                outside = [declaration for declaration in outside if not wider.range.covers(declaration.range)]
            if outside and len(outside) == len(node_ranges):
                yield outside, enclosing
            else:
                yield from (([declaration], enclosing) for declaration in outside)


def enclosing_ranges(
    plan: Plan, network: PodNetwork, pod_cidrs: Mapping[str, list[Declaration]]
) -> list[EnclosingRange]:
    """All that the cluster declares, firm ones first."""
    return sorted(_enclosing_ranges(plan, network, pod_cidrs), key=lambda enclosing: not enclosing.is_firm)


def _enclosing_ranges(
    plan: Plan, network: PodNetwork, pod_cidrs: Mapping[str, list[Declaration]]
) -> Iterator[EnclosingRange]:
    node_ranges = tuple(declaration for ranges in pod_cidrs.values() for declaration in ranges)
    ignored = network.allocates_from_node is False
    cluster_ranges = plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER, Authority.KUBEADM)
    is_intended = bool(cluster_ranges) and cluster_ranges[0].authority is Authority.KUBEADM
    if cluster_ranges and not (is_intended and ignored):
        yield EnclosingRange(tuple(cluster_ranges), node_ranges, not is_intended)
    for detected in network.plugins:
        pod_range = detected.plugin.pod_range
        if pod_range.refuses_strays and not ignored and _declared(plan, detected.name):
            yield EnclosingRange(_declared(plan, detected.name), node_ranges, True)
        if pod_range.pool_authority:
            yield EnclosingRange(_declared(plan, pod_range.pool_authority), detected.allocation.ranges, False)


def _declared(plan: Plan, authority: str) -> tuple[Declaration, ...]:
    return tuple(
        declaration for declaration in plan.of(Role.POD) if declaration.authority == authority and not declaration.node
    )
