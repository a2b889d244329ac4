"""kindnet.

Source: github.com/kubernetes-sigs/kind, images/kindnetd; github.com/kubernetes-sigs/kindnet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.model.cni.masquerading import Masquerade, Whom, beyond, nodes_beyond
from netlint.model.cni.plugin import Evidence, Plugin
from netlint.model.cni.pod_addresses import FROM_NODE, Fit, PodRange
from netlint.model.cni.transport import Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of

NAME = "kindnet"
VARIABLE = "POD_SUBNET"


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """``POD_SUBNET``: what the masquerade rules of every node spare."""
    agent = view.daemon_set(NAME)
    if agent is None:
        return
    for path, text in environment(agent, VARIABLE):
        yield from RangeSource(Role.POD, NAME, subject_of(agent)).cidrs(path, text.split(","))


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """Whatever leaves for an address that is neither the node's nor in ``POD_SUBNET``."""
    subnets = [declared for declared in ranges(view) if isinstance(declared, Declaration)]
    if not subnets:
        return
    spared, families = [subnet.range for subnet in subnets], {subnet.range.family for subnet in subnets}
    subject, path = subnets[0].subject, subnets[0].path
    why = f"{VARIABLE} {', '.join(map(str, subnets))} of {subject} does not hold them"
    for whom, toward in (
        (Whom.PODS, beyond(spared, pods, families)),
        (Whom.NODES, nodes_beyond(spared, view, families)),
    ):
        if toward:
            yield Masquerade(whom, why, subject, path, toward=toward, spared=tuple(spared))


def transports(_: SnapshotView) -> Iterator[Transport]:
    """A route to each peer's range through the peer's address."""
    yield Transport(Way.ROUTED, by_next_hop=True)


PLUGIN = Plugin(
    NAME,
    Evidence(daemon_sets=(NAME,)),
    allocation=lambda _: FROM_NODE,
    ranges=ranges,
    pod_range=PodRange(fit=Fit.COVERS, is_divided=True),
    transports=transports,
    masquerades=masquerades,
    masquerade_chain="KIND-MASQ-AGENT",
)
