"""kube-router.

Source: github.com/cloudnativelabs/kube-router, docs/user-guide.md, docs/bgp.md, docs/tunnels.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model import settings
from netlint.model.cni.plugin import Evidence, Plugin
from netlint.model.cni.pod_addresses import FROM_NODE, PodAllocation
from netlint.model.cni.service_support import Advertisement, ServiceProxyReplacement
from netlint.model.cni.transport import Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import flags
from netlint.model.subjects import subject_of
from netlint.objects.apps import Workload

NAME = "kube-router"
PREFIX = "kube-router.io/"
ADVERTISED = PREFIX + "service.advertise.clusterip"
_OFF = {"false", "f", "0"}
_RANGE_KEYS = (PREFIX + "pod-cidrs", PREFIX + "pod-cidr")


def _flags(agent: Workload | None) -> dict[str, str]:
    """What the agent is told, in lower case; nothing where it is not in the input."""
    return {name: value.lower() for name, (_, value) in flags(agent).items()} if agent else {}


def node_ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """The annotations, which go before ``spec.podCIDRs``."""
    for node in view.nodes:
        key = next((key for key in _RANGE_KEYS if node.annotations.get(key)), None)
        if key is not None:
            source = RangeSource(Role.NODE_POD, NAME, subject_of(node), node.name)
            yield from source.cidrs(("metadata", "annotations", key), settings.words(node.annotations[key]))


def allocation(view: SnapshotView) -> PodAllocation:
    """The annotations where there are any, and the ranges of Nodes without one."""
    own = [declared for declared in node_ranges(view) if isinstance(declared, Declaration)]
    if not own:
        return FROM_NODE
    annotated = {declared.node for declared in own}
    rest = [declared for name, ranges in view.pod_cidrs.items() if name not in annotated for declared in ranges]
    return PodAllocation(False, ranges=(*own, *rest), is_required=True)


def transports(view: SnapshotView) -> Iterator[Transport]:
    """BGP between the nodes; IPIP towards those in other subnets, unless flags say something else."""
    arguments = _flags(view.daemon_set(NAME))
    if arguments.get("enable-overlay") in _OFF:
        yield Transport(Way.ROUTED)
        return
    encapsulation, overhead = ("FoU", 28) if arguments.get("overlay-encap") == "fou" else ("IPIP", 20)
    everywhere = arguments.get("overlay-type") == "full"
    way = Way.OVERLAY if everywhere else Way.ROUTED
    yield Transport(way, encapsulation, overhead, only_remote=not everywhere)


def leaves_routes_alone(view: SnapshotView) -> bool | None:
    """Whether it only filters, serves Services or announces routes on another plugin's network."""
    agent = view.daemon_set(NAME)
    if agent is None:
        return None
    return not _OFF.isdisjoint(_flags(agent).get(name, "") for name in ("run-router", "enable-cni"))


def programs_services(view: SnapshotView) -> bool:
    """Whether it takes kube-proxy's place, as it does unless it is told not to."""
    agent = view.daemon_set(NAME)
    return agent is not None and _flags(agent).get("run-service-proxy") not in _OFF


def advertisements(view: SnapshotView) -> Iterator[Advertisement]:
    """A flag for all cluster IPs, else an annotation of Services."""
    for agent in view.daemon_sets:
        if agent.name == NAME and _flags(agent).get("advertise-cluster-ip") == "true":
            path = ("spec", "template", "spec", "containers", 0)
            evidence: dict[str, object] = {"flag": "--advertise-cluster-ip"}
            yield Advertisement(subject_of(agent), path, NAME, "all cluster IPs", evidence)
        elif agent.name == NAME:
            yield from _advertised_services(view)


def _advertised_services(view: SnapshotView) -> Iterator[Advertisement]:
    for service in view.services:
        cluster_ip = service.spec.clusterIP
        if service.annotations.get(ADVERTISED) == "true" and cluster_ip != "None":
            path = ("metadata", "annotations", ADVERTISED)
            evidence: dict[str, object] = {"annotation": ADVERTISED}
            yield Advertisement(subject_of(service), path, NAME, cluster_ip or "its cluster IP", evidence)


PLUGIN = Plugin(
    NAME,
    Evidence(annotations=(PREFIX,), config_maps=("kube-router-cfg",), daemon_sets=(NAME,)),
    allocation=allocation,
    ranges=node_ranges,
    transports=transports,
    rides=leaves_routes_alone,
    service_proxy=ServiceProxyReplacement(NAME, NAME, programs_services),
    advertisements=advertisements,
)
