"""What an address is by its place in a range: the first, the last, the one that the DNS gets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netlint.cluster import Cluster
from netlint.cluster.address_lookup.address_kinds import AddressKind
from netlint.model.declared.declarations import Declaration, Role

DNS_OFFSET = 10  # of the Service range; kubeadm and most other installers give it to the cluster's DNS


def positions(
    cluster: Cluster, address: int, declarations: Iterable[Declaration]
) -> Iterator[tuple[AddressKind | None, str]]:
    """Kinds and notes of an address by its place in ranges around it, one for each range, role and node.

    The kind is None where the place is only a convention. Ranges of fewer than four addresses have no such places.
    """
    seen = set()
    for declared in declarations:
        key = (declared.role, declared.range, declared.node)
        if key in seen or declared.range.size < 4:
            continue
        seen.add(key)
        if declared.role is Role.SERVICE:
            yield from _in_service_range(declared, address)
        elif declared.role is Role.NODE_POD and cluster.network.keeps_first_address:
            yield from _in_node_range(declared, address)


def _in_service_range(declared: Declaration, address: int) -> Iterator[tuple[AddressKind | None, str]]:
    offset, span = address - declared.range.first, declared.range
    if offset == 0:
        yield AddressKind.RESERVED, f"network address of the Service range {span}: no Service gets it"
    elif offset == 1:
        yield None, f"first address of the Service range {span}: the Service default/kubernetes gets it"
    elif offset == DNS_OFFSET:
        yield None, f"tenth address of the Service range {span}: by convention the cluster's DNS gets it"
    elif address == span.last and span.family == 4:
        yield AddressKind.RESERVED, f"last address of the Service range {span}: no Service gets it"


def _in_node_range(declared: Declaration, address: int) -> Iterator[tuple[AddressKind | None, str]]:
    offset, span = address - declared.range.first, declared.range
    where = f"{span}, the pod range of {declared.node or 'a node'}"
    if offset == 0:
        yield AddressKind.RESERVED, f"network address of {where}: no pod gets it"
    elif offset == 1:
        yield AddressKind.BRIDGE, f"first address of {where}: its bridge or gateway gets it"
    elif address == span.last and span.family == 4:
        yield AddressKind.RESERVED, f"broadcast address of {where}: no pod gets it"
