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

    wide: tuple[Declaration, ...]
    own: tuple[Declaration, ...]
    is_firm: bool

    def strays(self) -> Iterator[tuple[list[Declaration], list[Declaration]]]:
        """Ranges that are outside, with the ranges of their family in which they should be.

        Each by itself where others are inside, all together where none is: then the wider range is wrong.
        """
        for family in addresses.BITS:
            wide = [found for found in self.wide if found.range.family == family]
            own = [found for found in self.own if found.range.family == family]
            outside = own if wide else []
            for found in wide:
                outside = [one for one in outside if not found.range.covers(one.range)]
            if outside and len(outside) == len(own):
                yield outside, wide
            else:
                yield from (([one], wide) for one in outside)


def enclosing_ranges(
    plan: Plan, network: PodNetwork, pod_cidrs: Mapping[str, list[Declaration]]
) -> list[EnclosingRange]:
    """All that the cluster declares, firm ones first."""
    return sorted(_enclosing_ranges(plan, network, pod_cidrs), key=lambda enclosing: not enclosing.is_firm)


def _enclosing_ranges(
    plan: Plan, network: PodNetwork, pod_cidrs: Mapping[str, list[Declaration]]
) -> Iterator[EnclosingRange]:
    own = tuple(found for ranges in pod_cidrs.values() for found in ranges)
    ignored = network.allocates_from_node is False
    cluster = plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER, Authority.KUBEADM)
    intended = bool(cluster) and cluster[0].authority is Authority.KUBEADM
    if cluster and not (intended and ignored):
        yield EnclosingRange(tuple(cluster), own, not intended)
    for found in network.plugins:
        pod_range = found.plugin.pod_range
        if pod_range.refuses_strays and not ignored and _declared(plan, found.name):
            yield EnclosingRange(_declared(plan, found.name), own, True)
        if pod_range.pool_authority:
            yield EnclosingRange(_declared(plan, pod_range.pool_authority), found.allocation.ranges, False)


def _declared(plan: Plan, authority: str) -> tuple[Declaration, ...]:
    return tuple(found for found in plan.of(Role.POD) if found.authority == authority and not found.node)
