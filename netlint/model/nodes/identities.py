"""What tells a node from all others: addresses, MAC addresses, chassis, machine.

Source: kubeadm, "Verify the MAC address and product_uuid are unique for every node".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from netlint import addresses
from netlint.model.cni import PLUGINS
from netlint.model.cni.node_identity import IdentityAnnotation, Sort
from netlint.model.declared.node_objects import is_virtual
from netlint.objects.core import Node
from netlint.objects.meta import Path, condition_status

PLACEHOLDERS = {
    "00000000-0000-0000-0000-000000000000",
    "03000200-0400-0500-0006-000700080009",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "not settable",
    "not specified",
}
"""What firmware says that was never given an identity."""


class Identity(NamedTuple):
    """One identity that a Node has, and where it says so."""

    sort: Sort
    value: Hashable
    node: Node
    path: Path
    title: str
    text: str

    @property
    def address(self) -> tuple[int, int]:
        """Family and value, of one that is an address."""
        return cast(tuple[int, int], self.value)

    @property
    def key(self) -> str:
        """The annotation or field that says so."""
        return str(self.path[-1])


ANNOTATIONS = {annotation.key: annotation for plugin in PLUGINS for annotation in plugin.node_identity.annotations}
"""All annotations that tell an identity."""
ANNOUNCED = {key: annotation for key, annotation in ANNOTATIONS.items() if annotation.is_announced}
"""Those with the addresses by which a network plugin lets other nodes reach this one."""


def announced(node: Node) -> Iterator[Identity]:
    """The addresses by which a network plugin lets other nodes reach this one."""
    return _annotated(node, ANNOUNCED)


def identities(node: Node) -> Iterator[Identity]:
    """Every identity that the Node tells; of several InternalIPs of a family the first one counts."""
    yield from _internal_ips(node)
    yield from _annotated(node, ANNOTATIONS)
    yield from _machine(node)


def _internal_ips(node: Node) -> Iterator[Identity]:
    seen = set()
    for index, entry in enumerate(node.status.addresses or ()):
        if entry.type == "InternalIP" and entry.address:
            value = addresses.parse(entry.address)
            if value[0] not in seen:
                path = ("status", "addresses", index, "address")
                yield Identity(Sort.ADDRESS, value, node, path, "InternalIP", addresses.text(*value))
            seen.add(value[0])


def _annotated(node: Node, telling: Mapping[str, IdentityAnnotation]) -> Iterator[Identity]:
    annotations = node.annotations
    for key in filter(annotations.__contains__, telling):
        annotation = telling[key]
        try:
            value, text = annotation.read(annotations[key])
        except ValueError:
            continue
        if text:
            path = ("metadata", "annotations", key)
            yield Identity(annotation.sort, value, node, path, annotation.title, text)


def _machine(node: Node) -> Iterator[Identity]:
    info = node.status.nodeInfo
    for key in ("systemUUID", "machineID") if info else ():
        text = (getattr(info, key) or "").lower()
        if text and text not in PLACEHOLDERS:
            yield Identity(Sort.MACHINE, (key, text), node, ("status", "nodeInfo", key), key, text)


def shared_identities(nodes: Iterable[Node]) -> list[list[Identity]]:
    """Groups of identities of several Nodes that are the same, a Node once in each.

    What the same Nodes have in common as machines is one group, by the first of it. Nodes without a machine
    behind them are left out.
    """
    firsts: dict[tuple[Sort, Hashable], Identity] = {}
    groups: dict[tuple[Sort, Hashable], dict[str, Identity]] = {}
    for node in nodes:
        for identity in () if is_virtual(node) else identities(node):
            first = firsts.setdefault(identity[:2], identity)
            if first.node is not node:
                groups.setdefault(identity[:2], {first.node.name: first}).setdefault(node.name, identity)
    distinct: dict[tuple[Hashable, ...], list[Identity]] = {}
    for sort, value in filter(groups.__contains__, firsts):
        group = groups[sort, value]
        distinct.setdefault((sort, tuple(group) if sort is Sort.MACHINE else value), list(group.values()))
    return list(distinct.values())


def is_present(node: Node) -> bool:
    """Whether its kubelet has not fallen silent: a Node object may be a leftover of a machine's earlier name."""
    return condition_status(node.status.conditions, "Ready") not in {"False", "Unknown"}
