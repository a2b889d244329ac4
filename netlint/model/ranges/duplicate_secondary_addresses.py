"""Addresses that several pods have in a network beside the cluster's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from netlint import addresses
from netlint.findings import Subject
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.pods import Pods
from netlint.model.ranges.ipam import SHARED_LINKS
from netlint.model.ranges.secondary_networks import NetworkAttachment, network_attachments


@dataclass(frozen=True, slots=True)
class DuplicateAddresses:
    """Addresses that several live pods have in one secondary network.

    ``network``: namespace/name of its definition, as pods name it. ``node``: the one on which the pods meet; empty for
    a network that reaches all nodes. ``definition``: None where it is not in the input. ``holders``: rows of pods by
    address.
    """

    network: str
    node: str
    definition: Subject | None
    holders: Mapping[str, list[int]]


def duplicate_addresses(view: SnapshotView) -> list[DuplicateAddresses]:
    """Networks with such addresses; networks that end at a node, or may do so, are looked at node by node."""
    pods = view.pods
    if not pods.attachments:
        return []
    defined = {
        f"{attachment.subject.namespace}/{attachment.subject.name}": attachment
        for attachment in _usable_attachments(view)
    }
    holders: dict[tuple[str, str], dict[tuple[int, int], list[int]]] = {}
    for row, network, address in _live_addresses(pods):
        spans_nodes = network in defined and defined[network].plugins[0].get("type") in SHARED_LINKS
        rows_by_address = holders.setdefault((network, "" if spans_nodes else pods.node(row)), {})
        rows_by_address.setdefault(address, []).append(row)
    return [
        DuplicateAddresses(network, node, defined[network].subject if network in defined else None, several)
        for (network, node), rows_by_address in sorted(holders.items())
        if (several := _duplicates(rows_by_address, pods))
    ]


def _usable_attachments(view: SnapshotView) -> Iterator[NetworkAttachment]:
    return (
        attachment
        for attachment in network_attachments(view)
        if isinstance(attachment, NetworkAttachment) and attachment.plugins
    )


def _live_addresses(pods: Pods) -> Iterator[tuple[int, str, tuple[int, int]]]:
    for row, attached in pods.attachments.items():
        if pods.is_live(row):
            for network in attached:
                yield from ((row, network.network, address) for address in network.addresses)


def _duplicates(rows_by_address: Mapping[tuple[int, int], list[int]], pods: Pods) -> dict[str, list[int]]:
    """By the text of the address; one pod may have it twice."""
    distinct = {address: sorted({*rows}, key=pods.order) for address, rows in sorted(rows_by_address.items())}
    return {addresses.text(*address): rows for address, rows in distinct.items() if len(rows) > 1}
