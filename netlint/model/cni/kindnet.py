"""kindnet.

Source: github.com/kubernetes-sigs/kind, images/kindnetd; github.com/kubernetes-sigs/kindnet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.model.cni.plugin import (
    FROM_NODE,
    Evidence,
    Masquerade,
    Plugin,
    Transport,
    Way,
    Whom,
    beyond,
    nodes_beyond,
)
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of

NAME = "kindnet"
VARIABLE = "POD_SUBNET"


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """``POD_SUBNET``: what the masquerade rules of every node spare."""
    found = view.daemon_set(NAME)
    if found is None:
        return
    for path, text in environment(found, VARIABLE):
        yield from RangeSource(Role.POD, NAME, subject_of(found)).cidrs(path, text.split(","))


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """Whatever leaves for an address that is neither the node's nor in ``POD_SUBNET``."""
    found = view.daemon_set(NAME)
    spared = [entry for entry in ranges(view) if isinstance(entry, Declaration)]
    if found is None or not spared:
        return
    held, families = [entry.range for entry in spared], {entry.range.family for entry in spared}
    subject, path = spared[0].subject, spared[0].path
    why = f"{VARIABLE} {', '.join(map(str, spared))} of {subject} does not hold them"
    for whom, toward in (
        (Whom.PODS, beyond(held, pods, families)),
        (Whom.NODES, nodes_beyond(held, view, families)),
    ):
        if toward:
            yield Masquerade(whom, why, subject, path, toward=toward, spared=tuple(held))


def transports(_: SnapshotView) -> Iterator[Transport]:
    """A route to each peer's range through the peer's address."""
    yield Transport(Way.ROUTED, by_next_hop=True)


PLUGIN = Plugin(
    NAME,
    Evidence(daemon_sets=(NAME,)),
    allocation=lambda _: FROM_NODE,
    ranges=ranges,
    transports=transports,
    masquerades=masquerades,
)
