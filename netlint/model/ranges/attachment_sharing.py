"""Addresses that several pods have in a network beside the cluster's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netlint import addresses
from netlint.findings import Subject
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.ranges.ipam import SHARED_LINKS
from netlint.model.ranges.secondary_networks import Attachment, attachments


@dataclass(frozen=True, slots=True)
class Sharing:
    """A network in which live pods meet, its definition where that is in the input, and who shares an address.

    ``node``: the one on which they meet; empty for a network that reaches all nodes.
    """

    network: str
    node: str
    definition: Subject | None
    holders: Mapping[str, list[int]]


def sharing(view: SnapshotView) -> list[Sharing]:
    """One for each network; networks that end at a node, or may do so, are looked at node by node."""
    pods = view.pods
    if not pods.attachments:
        return []
    defined = {f"{one.subject.namespace}/{one.subject.name}": one for one in _definitions(view)}
    holders: dict[tuple[str, str], dict[tuple[int, int], list[int]]] = {}
    for row, network, address in _held(pods):
        shared = network in defined and defined[network].plugins[0].get("type") in SHARED_LINKS
        where = holders.setdefault((network, "" if shared else pods.node(row)), {})
        where.setdefault(address, []).append(row)
    return [
        Sharing(network, node, defined[network].subject if network in defined else None, several)
        for (network, node), found in sorted(holders.items())
        if (several := _several(found, pods))
    ]


def _definitions(view: SnapshotView) -> Iterator[Attachment]:
    return (found for found in attachments(view) if isinstance(found, Attachment) and found.plugins)


def _held(pods: Pods) -> Iterator[tuple[int, str, tuple[int, int]]]:
    for row, networks in pods.attachments.items():
        if pods.is_live(row):
            for found in networks:
                yield from ((row, found.network, address) for address in found.addresses)


def _several(found: Mapping[tuple[int, int], list[int]], pods: Pods) -> dict[str, list[int]]:
    """By the text of the address; one pod may have it twice."""
    distinct = {address: sorted({*rows}, key=pods.order) for address, rows in sorted(found.items())}
    return {addresses.text(*address): rows for address, rows in distinct.items() if len(rows) > 1}
