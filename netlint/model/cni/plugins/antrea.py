"""Antrea.

Source: github.com/antrea-io/antrea, docs/configuration.md, docs/design/architecture.md, docs/noencap-hybrid-modes.md,
docs/antrea-ipam.md, docs/antrea-proxy.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netlint.model import settings
from netlint.model.cni.plugin import Datapath, Evidence, Membership, Plugin, PolicySupport
from netlint.model.cni.pod_addresses import Ipam, NodeRangeDivision, PodAllocation, PodRange
from netlint.model.cni.service_support import ServiceProxyReplacement
from netlint.model.cni.transport import Mtu, Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.core import ConfigMap

NAME = "antrea"
CONFIG = "antrea-config"
PREFIX = "node.antrea.io/"
TUNNELS = {"geneve": ("Geneve", 50), "vxlan": ("VXLAN", 50), "gre": ("GRE", 42), "stt": ("STT", 50)}
BRIDGING = "enableBridgingMode"
_AGENT, _CONTROLLER = "antrea-agent.conf", "antrea-controller.conf"
_SERVICE_KEYS = ("serviceCIDR", "serviceCIDRv6")


def _settings(config_map: ConfigMap, key: str) -> dict[str, Any]:
    """One of the documents in the ConfigMap; empty where it cannot be read."""
    try:
        return settings.document((config_map.data or {}).get(key, ""))
    except ValueError:
        return {}


def _agent_settings(view: SnapshotView) -> dict[str, Any]:
    config_map = view.config_map(CONFIG)
    return _settings(config_map, _AGENT) if config_map else {}


def _node_ipam(view: SnapshotView) -> dict[str, Any]:
    """What the controller is told of ranges that it gives to Nodes; empty where it gives none."""
    config_map = view.config_map(CONFIG)
    node_ipam = settings.at(_settings(config_map, _CONTROLLER), "nodeIPAM") if config_map else None
    return node_ipam if isinstance(node_ipam, dict) and node_ipam.get("enableNodeIPAM") is True else {}


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """What the controller allocates where it does so itself, and the Service ranges that it was told."""
    config_map = view.config_map(CONFIG)
    if config_map is None:
        return
    subject = subject_of(config_map)
    for key in (_AGENT, _CONTROLLER):
        try:
            settings.document((config_map.data or {}).get(key, ""))
        except ValueError as error:
            yield MalformedRange(subject, ("data", key), str(error))
    node_ipam = _node_ipam(view)
    if node_ipam:
        cidrs = settings.texts(node_ipam.get("clusterCIDRs"))
        yield from RangeSource(Role.POD, NAME, subject).cidrs(("data", _CONTROLLER), cidrs)
        yield from RangeSource(Role.SERVICE, NAME, subject).cidrs(("data", _CONTROLLER), _service_cidrs(node_ipam))
    agent = _settings(config_map, _AGENT)
    if settings.at(agent, "antreaProxy", "enable") is False:  # else the agent does not read them
        yield from RangeSource(Role.SERVICE, NAME, subject).cidrs(("data", _AGENT), _service_cidrs(agent))


def _service_cidrs(given: dict[str, Any]) -> list[str]:
    return [str(given[key]) for key in _SERVICE_KEYS if given.get(key)]


def division(view: SnapshotView) -> NodeRangeDivision | None:
    """The controller gives ranges to Nodes where it is told to, in kube-controller-manager's place."""
    node_ipam = _node_ipam(view)
    if not node_ipam:
        return None
    masks = {family: node_ipam.get(f"nodeCIDRMaskSizeIPv{family}") for family in (4, 6)}
    return NodeRangeDivision({family: mask for family, mask in masks.items() if isinstance(mask, int)})


def allocation(view: SnapshotView) -> PodAllocation:
    """Ranges of Nodes; with bridging, annotated pods and namespaces get addresses of IPPools in the nodes' network."""
    is_bridging = _agent_settings(view).get(BRIDGING) is True
    return PodAllocation(
        from_node=True if view.config_map(CONFIG) else None, unread_pools=BRIDGING if is_bridging else ""
    )


def transports(view: SnapshotView) -> Iterator[Transport]:
    """``trafficEncapMode`` and ``tunnelType``."""
    config_map = view.config_map(CONFIG)
    if config_map is None:
        return
    agent = _settings(config_map, _AGENT)
    mode = _encapsulation_mode(agent)
    encapsulated = mode in {"encap", "hybrid"}
    tunnel, overhead = TUNNELS.get(str(agent.get("tunnelType", "geneve")).lower(), ("Geneve", 50))
    mtu, path = agent.get("defaultMTU"), ("data", _AGENT)
    yield Transport(
        Way.OVERLAY if encapsulated else Way.ROUTED,
        tunnel if encapsulated else "",
        overhead if encapsulated else 0,
        (Mtu(mtu, False, subject_of(config_map), path),) if isinstance(mtu, int) and mtu > 0 else (),
        only_remote=mode == "hybrid",
        subject=subject_of(config_map),
        path=path,
    )


def _encapsulation_mode(agent: dict[str, Any]) -> str:
    return str(agent.get("trafficEncapMode", "encap")).lower()


def joined_nodes(view: SnapshotView) -> set[str]:
    """The nodes that agents have announced."""
    return {node.name for node in view.nodes if any(key.startswith(PREFIX) for key in node.annotations)}


def enforces_policies_only(view: SnapshotView) -> bool | None:
    """Whether another plugin's network is left as it is; None where the input does not show it."""
    if view.config_map(CONFIG) is None:
        return None
    return _encapsulation_mode(_agent_settings(view)) == "networkpolicyonly"


def programs_services(view: SnapshotView) -> bool:
    """Whether it takes kube-proxy's place (``proxyAll``)."""
    return settings.at(_agent_settings(view), "antreaProxy", "proxyAll") is True


def credentials(view: SnapshotView) -> Iterator[str]:
    """A file of the host, with which the agent may sign in."""
    if settings.at(_agent_settings(view), "clientConnection", "kubeconfig"):
        yield "a kubeconfig"


PLUGIN = Plugin(
    NAME,
    Evidence(annotations=(PREFIX,), config_maps=(CONFIG,), daemon_sets=("antrea-agent",), types=(NAME,)),
    allocation=allocation,
    ranges=ranges,
    pod_range=PodRange(refuses_strays=True, is_divided=True),
    ipam=Ipam(division=division),
    transports=transports,
    datapath=lambda _: Datapath.OPEN_VSWITCH,
    rides=enforces_policies_only,
    membership=Membership(joined_nodes, f"the annotation {PREFIX}mac-address"),
    policies=PolicySupport(has_own_kinds=True),
    service_proxy=ServiceProxyReplacement("Antrea", "antrea-agent", programs_services, credentials=credentials),
)
