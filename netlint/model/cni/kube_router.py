"""kube-router.

Source: github.com/cloudnativelabs/kube-router, docs/user-guide.md, docs/bgp.md, docs/tunnels.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model import settings
from netlint.model.cni.plugin import FROM_NODE, Allocation, Evidence, Plugin, Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import flags
from netlint.model.subjects import subject_of

NAME = "kube-router"
PREFIX = "kube-router.io/"
_OFF = {"false", "f", "0"}
_KEYS = (PREFIX + "pod-cidrs", PREFIX + "pod-cidr")


def node_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The annotations, which go before ``spec.podCIDRs``."""
    for node in view.nodes:
        key = next((key for key in _KEYS if node.annotations.get(key)), None)
        if key is not None:
            source = RangeSource(Role.NODE_POD, NAME, subject_of(node), node.name)
            yield from source.cidrs(("metadata", "annotations", key), settings.words(node.annotations[key]))


def allocation(view: SnapshotView) -> Allocation:
    """The annotations where there are any, and the ranges of Nodes without one."""
    own = [found for found in node_ranges(view) if isinstance(found, Declaration)]
    if not own:
        return FROM_NODE
    annotated = {found.node for found in own}
    rest = [found for name, ranges in view.pod_cidrs.items() if name not in annotated for found in ranges]
    return Allocation(False, (*own, *rest))


def transports(view: SnapshotView) -> Iterator[Transport]:
    """BGP between the nodes; IPIP towards those in other subnets, unless flags say something else."""
    found = view.daemon_set(NAME)
    given = {name: value.lower() for name, (_, value) in (flags(found) if found else {}).items()}
    if given.get("enable-overlay") in _OFF:
        yield Transport(Way.ROUTED)
        return
    encapsulation, overhead = ("FoU", 28) if given.get("overlay-encap") == "fou" else ("IPIP", 20)
    everywhere = given.get("overlay-type") == "full"
    way = Way.OVERLAY if everywhere else Way.ROUTED
    yield Transport(way, encapsulation, overhead, only_remote=not everywhere)


def leaves_routes_alone(view: SnapshotView) -> bool | None:
    """Whether it only filters, serves Services or announces routes on another plugin's network."""
    found = view.daemon_set(NAME)
    if found is None:
        return None
    template = found.template
    words = [
        word
        for container in (template.spec.containers if template else None) or ()
        for word in (*(container.command or ()), *(container.args or ()))
    ]
    flags = settings.flags(words)
    given = [flags[name].value.lower() for name in ("run-router", "enable-cni") if name in flags]
    return not _OFF.isdisjoint(given)


PLUGIN = Plugin(
    NAME,
    Evidence(annotations=(PREFIX,), config_maps=("kube-router-cfg",), daemon_sets=(NAME,)),
    allocation=allocation,
    ranges=node_ranges,
    transports=transports,
    rides=leaves_routes_alone,
)
