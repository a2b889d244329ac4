"""Weave Net.

Source: github.com/weaveworks/weave, site/kubernetes/kube-addon.md, site/tasks/ipam/ipam.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.plugin import ELSEWHERE, Evidence, Mtu, Plugin, Transport, Way
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
    """``IPALLOC_RANGE``, else the default, from which the peers give each other pieces."""
    found = view.daemon_set(DAEMON_SET)
    if found is None:
        return
    given = environment(found, "IPALLOC_RANGE")
    for path, text in given:
        yield RangeSource(Role.POD, NAME, subject_of(found)).cidr(path, text)
    if not given:
        yield RangeSource(Role.POD, NAME, subject_of(found), standing=Standing.INFERRED).cidr((), DEFAULT)


def transports(view: SnapshotView) -> Iterator[Transport]:
    """VXLAN in the kernel where that works, else packets in UDP."""
    found = view.daemon_set(DAEMON_SET)
    given = environment(found, "WEAVE_MTU") if found else []
    mtus = [Mtu(int(text), False, subject_of(found), path) for path, text in given if found and text.isdecimal()]
    yield Transport(Way.OVERLAY, "VXLAN", OVERHEAD, tuple(mtus[:1]), subject=subject_of(found) if found else None)


PLUGIN = Plugin(
    NAME,
    Evidence(config_maps=("weave-net",), daemon_sets=(DAEMON_SET,), types=("weave-net",)),
    allocation=lambda _: ELSEWHERE,
    ranges=ranges,
    transports=transports,
)
