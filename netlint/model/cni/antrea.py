"""Antrea.

Source: github.com/antrea-io/antrea, docs/configuration.md, docs/design/architecture.md, docs/noencap-hybrid-modes.md,
docs/antrea-ipam.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netlint.model import settings
from netlint.model.cni.plugin import Allocation, Evidence, Mtu, Plugin, Transport, Way
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.core import ConfigMap

NAME = "antrea"
CONFIG = "antrea-config"
PREFIX = "node.antrea.io/"
TUNNELS = {"geneve": ("Geneve", 50), "vxlan": ("VXLAN", 50), "gre": ("GRE", 42), "stt": ("STT", 50)}
BRIDGING = "enableBridgingMode"
_KEYS = ("antrea-agent.conf", "antrea-controller.conf")


def _read(view: SnapshotView, key: str) -> tuple[ConfigMap | None, dict[str, Any]]:
    found = view.config_map(CONFIG)
    try:
        return found, settings.document((found.data or {}).get(key, "")) if found else {}
    except ValueError:
        return found, {}


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """What the controller allocates where it does so itself, and the Service ranges that it was told."""
    found = view.config_map(CONFIG)
    if found is None:
        return
    for key in _KEYS:
        try:
            settings.document((found.data or {}).get(key, ""))
        except ValueError as error:
            yield MalformedRange(subject_of(found), ("data", key), str(error))
    agent, controller = (_read(view, key)[1] for key in _KEYS)
    own = settings.at(controller, "nodeIPAM") or {}
    if isinstance(own, dict) and own.get("enableNodeIPAM") is True:
        path = ("data", _KEYS[1])
        yield from RangeSource(Role.POD, NAME, subject_of(found)).cidrs(path, settings.texts(own.get("clusterCIDRs")))
        services = [str(own[key]) for key in ("serviceCIDR", "serviceCIDRv6") if own.get(key)]
        yield from RangeSource(Role.SERVICE, NAME, subject_of(found)).cidrs(path, services)
    services = [str(agent[key]) for key in ("serviceCIDR", "serviceCIDRv6") if agent.get(key)]
    if settings.at(agent, "antreaProxy", "enable") is False:  # else the agent does not read them
        yield from RangeSource(Role.SERVICE, NAME, subject_of(found)).cidrs(("data", _KEYS[0]), services)


def node_masks(view: SnapshotView) -> dict[int, int] | None:
    """By family: the prefix lengths of nodes' ranges that its controller is told; None where it gives none."""
    own = settings.at(_read(view, _KEYS[1])[1], "nodeIPAM")
    if not isinstance(own, dict) or own.get("enableNodeIPAM") is not True:
        return None
    named = {family: own.get(f"nodeCIDRMaskSizeIPv{family}") for family in (4, 6)}
    return {family: mask for family, mask in named.items() if isinstance(mask, int)}


def allocation(view: SnapshotView) -> Allocation:
    """Ranges of Nodes; with bridging, annotated pods and namespaces get addresses of IPPools in the nodes' network."""
    found, agent = _read(view, _KEYS[0])
    return Allocation(from_node=True if found else None, pools=BRIDGING if agent.get(BRIDGING) is True else "")


def transports(view: SnapshotView) -> Iterator[Transport]:
    """``trafficEncapMode`` and ``tunnelType``."""
    found, agent = _read(view, _KEYS[0])
    if found is None:
        return
    mode = str(agent.get("trafficEncapMode", "encap")).lower()
    encapsulated = mode in {"encap", "hybrid"}
    tunnel, overhead = TUNNELS.get(str(agent.get("tunnelType", "geneve")).lower(), ("Geneve", 50))
    mtu, path = agent.get("defaultMTU"), ("data", _KEYS[0])
    yield Transport(
        Way.OVERLAY if encapsulated else Way.ROUTED,
        tunnel if encapsulated else "",
        overhead if encapsulated else 0,
        (Mtu(mtu, False, subject_of(found), path),) if isinstance(mtu, int) and mtu > 0 else (),
        only_remote=mode == "hybrid",
        subject=subject_of(found),
        path=path,
    )


def members(view: SnapshotView) -> set[str]:
    """The nodes that agents have announced."""
    return {node.name for node in view.nodes if any(key.startswith(PREFIX) for key in node.annotations)}


def enforces_policies_only(view: SnapshotView) -> bool | None:
    """Whether another plugin's network is left as it is."""
    found, agent = _read(view, _KEYS[0])
    return str(agent.get("trafficEncapMode")).lower() == "networkpolicyonly" if found else None


def programs_services(view: SnapshotView) -> bool:
    """Whether it takes kube-proxy's place (``proxyAll``)."""
    return settings.at(_read(view, _KEYS[0])[1], "antreaProxy", "proxyAll") is True


def has_kubeconfig(view: SnapshotView) -> bool:
    """Whether the agent signs in with a file of the host in place of its account's token."""
    return bool(settings.at(_read(view, _KEYS[0])[1], "clientConnection", "kubeconfig"))


PLUGIN = Plugin(
    NAME,
    Evidence(annotations=(PREFIX,), config_maps=(CONFIG,), daemon_sets=("antrea-agent",), types=(NAME,)),
    allocation=allocation,
    ranges=ranges,
    transports=transports,
    rides=enforces_policies_only,
    members=members,
    member_sign=f"the annotation {PREFIX}mac-address",
)
