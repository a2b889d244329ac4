"""Weave Net.

Source: github.com/weaveworks/weave, site/kubernetes/kube-addon.md, site/tasks/ipam/ipam.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.node_identity import NodeIdentity
from netlint.model.cni.plugin import Evidence, Plugin
from netlint.model.cni.pod_addresses import ELSEWHERE, Fit, Ipam, PodRange
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role, Standing
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import environment
from netlint.model.subjects import subject_of

NAME = "weave"
DAEMON_SET = "weave-net"
LINKS = ("weave", "datapath", "vethwe-bridge")
DEFAULT = "10.32.0.0/12"
OVERHEAD = 50  # of the fast datapath without encryption; everything else takes more


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """``IPALLOC_RANGE``, else the default, from which the peers give each other parts."""
    agent = view.daemon_set(DAEMON_SET)
    if agent is None:
        return
    settings = environment(agent, "IPALLOC_RANGE")
    for path, text in settings:
        yield RangeSource(Role.POD, NAME, subject_of(agent)).cidr(path, text)
    if not settings:
        yield RangeSource(Role.POD, NAME, subject_of(agent), standing=Standing.INFERRED).cidr((), DEFAULT)


def transports(view: SnapshotView) -> Iterator[Transport]:
    """VXLAN in the kernel where that works, else packets in UDP."""
    agent = view.daemon_set(DAEMON_SET)
    settings = environment(agent, "WEAVE_MTU") if agent else []
    mtus = [Mtu(int(text), False, subject_of(agent), path) for path, text in settings if agent and text.isdecimal()]
    yield Transport(Way.OVERLAY, "VXLAN", OVERHEAD, tuple(mtus[:1]), subject=subject_of(agent) if agent else None)


PLUGIN = Plugin(
    NAME,
    Evidence(config_maps=("weave-net",), daemon_sets=(DAEMON_SET,), types=("weave-net",)),
    allocation=lambda _: ELSEWHERE,
    ranges=ranges,
    pod_range=PodRange(fit=Fit.LIES_INSIDE),
    ipam=Ipam(keeps_first_address=False),
    transports=transports,
    node_identity=NodeIdentity(by_machine=True),
)
