"""flannel.

Source: github.com/flannel-io/flannel, Documentation/configuration.md, Documentation/backends.md,
pkg/subnet/kube, pkg/backend, pkg/trafficmngr.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from netlint.findings import Subject
from netlint.model import settings
from netlint.model.cni.plugin import (
    FROM_NODE,
    Evidence,
    Masquerade,
    Mtu,
    Plugin,
    Transport,
    Way,
    Whom,
    beyond,
    nodes_beyond,
)
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.declared.workload_settings import flags
from netlint.model.hosts import cni_files
from netlint.model.subjects import subject_of
from netlint.objects.core import Node
from netlint.objects.meta import Path

NAME = "flannel"
PREFIX = "flannel.alpha.coreos.com/"
CONFIG = "kube-flannel-cfg"
_PATH = ("data", "net-conf.json")
DAEMON_SETS = (
    "kube-flannel-ds",
    *(f"kube-flannel-ds-{architecture}" for architecture in ("amd64", "arm", "arm64", "ppc64le", "s390x")),
    "kube-flannel-ds-windows-amd64",
    "kube-flannel",
)
"""Earlier manifests had one for each architecture."""
_DATA = msgspec.json.Decoder(dict[str, Any])
HOST_GATEWAY = "host-gw"
BACKENDS = {
    "vxlan": (Way.OVERLAY, "VXLAN", 50),
    "wireguard": (Way.OVERLAY, "WireGuard", 80),
    "ipip": (Way.OVERLAY, "IPIP", 20),
    "udp": (Way.OVERLAY, "UDP", 28),
    "ipsec": (Way.OVERLAY, "IPsec", 0),
    HOST_GATEWAY: (Way.ROUTED, "", 0),
    "alloc": (Way.ROUTED, "", 0),
    "extension": (Way.ROUTED, "", 0),
}
"""Way, encapsulation and bytes of overhead of each backend."""


def configuration(view: SnapshotView) -> dict[str, Any]:
    """``net-conf.json``; empty where there is none or it cannot be read (``ranges`` tells that)."""
    found = view.config_map(CONFIG)
    try:
        return settings.document((found.data or {}).get("net-conf.json", "")) if found else {}
    except ValueError:
        return {}


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """``Network`` and ``IPv6Network``: the range that all nodes' ranges have to be in."""
    found = view.config_map(CONFIG)
    if found is None:
        return
    try:
        declared = settings.document((found.data or {}).get("net-conf.json", ""))
    except ValueError as error:
        yield MalformedRange(subject_of(found), _PATH, str(error))
        return
    for key, family in (("Network", 4), ("IPv6Network", 6)):
        if declared.get(key):
            yield RangeSource(Role.POD, NAME, subject_of(found), family=family).cidr(_PATH, str(declared[key]))


def backend_of(node: Node) -> str:
    """The backend that the agent on this node runs; empty where it has not said."""
    return node.annotations.get(PREFIX + "backend-type", "").lower()


def backend_data(node: Node, family: int = 4) -> dict[str, Any]:
    """What the backend on this node tells its peers, such as ``VNI`` and ``VtepMAC``."""
    return data_of(node.annotations.get(PREFIX + ("backend-data" if family == 4 else "backend-v6-data"), ""))


def data_of(text: str) -> dict[str, Any]:
    """The same from the text of the annotation; empty where it is no JSON object."""
    try:
        return _DATA.decode(text)
    except ValueError:
        return {}


def by_backend(nodes: list[Node]) -> dict[str, list[Node]]:
    """The nodes of each backend that has been announced."""
    return _grouped((backend_of(node), node) for node in nodes)


def by_vxlan_id(nodes: list[Node]) -> dict[str, list[Node]]:
    """The nodes of each VNI, as far as they run VXLAN."""
    vxlan = [node for node in nodes if backend_of(node) == "vxlan"]
    return _grouped((f"VNI {vni}" if (vni := backend_data(node).get("VNI")) else "", node) for node in vxlan)


def _grouped(pairs: Iterable[tuple[str, Node]]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for name, node in pairs:
        if name:
            found.setdefault(name, []).append(node)
    return found


def transports(view: SnapshotView) -> Iterator[Transport]:
    """One for each backend that nodes run; what the ConfigMap says where none has said."""
    configured = configuration(view).get("Backend")
    options = configured if isinstance(configured, dict) else {}
    running: dict[str, list[str]] = {}
    for node in view.nodes:
        if backend_of(node):
            running.setdefault(backend_of(node), []).append(node.name)
    found = view.config_map(CONFIG)
    if not running and options:
        # flanneld's code takes a missing type for udp, whatever the documentation says
        running = {str(options.get("Type", "udp")).lower(): []}
    for backend, nodes in sorted(running.items()):
        way, encapsulation, overhead = BACKENDS.get(backend, (Way.OVERLAY, backend, 0))
        mtu = options.get("MTU") if str(options.get("Type", "")).lower() == backend else None
        yield Transport(
            way,
            encapsulation,
            overhead,
            (Mtu(mtu, True, subject_of(found), _PATH),) if found and isinstance(mtu, int) and mtu > 0 else (),
            only_remote=options.get("DirectRouting") is True,
            by_next_hop=backend == HOST_GATEWAY,
            subject=subject_of(found) if found else None,
            path=_PATH,
            nodes=tuple(nodes),
        )


def members(view: SnapshotView) -> set[str]:
    """The nodes that agents have announced to their peers."""
    signs = {PREFIX + "public-ip", PREFIX + "public-ipv6"}
    return {node.name for node in view.nodes if not signs.isdisjoint(node.annotations)}


def masquerades(view: SnapshotView, pods: Sequence[Declaration]) -> Iterator[Masquerade]:
    """By the agent with ``--ip-masq``; without it the CNI plugin has each node's bridge do so."""
    workload = next(filter(None, map(view.daemon_set, DAEMON_SETS)), None)
    if workload is None:
        return
    path, value = flags(workload).get("ip-masq", ((), "false"))
    by_agent = value not in {"false", "0"}
    yield from _by_bridges(view, pods, by_agent)
    if by_agent:
        yield from _by_agent(view, pods, subject_of(workload), path)


def _by_bridges(view: SnapshotView, pods: Sequence[Declaration], by_agent: bool) -> Iterator[Masquerade]:
    """``ipMasq`` of what the plugin passes on to the bridge plugin, which spares only the node's own range."""
    found = view.config_map(CONFIG)
    try:
        content = settings.document((found.data or {}).get("cni-conf.json", "")) if found else {}
    except ValueError:
        return  # then no node has a network
    configured = cni_files.configuration("cni-conf.json", content)
    own = [plugin for plugin in (configured.plugins if configured else ()) if plugin["type"] == NAME]
    for delegate in (plugin.get("delegate", {}) for plugin in own):
        if not isinstance(delegate, dict):
            continue
        on = delegate.get("ipMasq", not by_agent) is True and delegate.get("type", "bridge") == "bridge"
        if found is not None and on and len({held.node for held in pods}) > 1:
            why = "ipMasq, which the CNI plugin sets where the agent runs without --ip-masq, spares only the own node's"
            yield Masquerade(Whom.PODS, why, subject_of(found), ("data", "cni-conf.json"), toward=tuple(pods))


def _by_agent(view: SnapshotView, pods: Sequence[Declaration], agent: Subject, path: Path) -> Iterator[Masquerade]:
    """Whatever leaves ``Network``, and whatever enters it from other addresses.

    An agent of today does not start on a node whose range is outside; only those that have joined count.
    """
    network = [entry for entry in ranges(view) if isinstance(entry, Declaration)]
    if not network:
        return
    held, families = [entry.range for entry in network], {entry.range.family for entry in network}
    joined = members(view)
    said = f"Network {', '.join(map(str, network))} of {network[0].subject} does not hold them"
    outside = tuple(found for found in beyond(held, pods, families) if found.node in joined)
    if outside:
        yield Masquerade(Whom.PODS, said, network[0].subject, network[0].path, toward=outside, spared=tuple(held))
    nodes = nodes_beyond(held, view, families)
    if nodes:
        yield Masquerade(Whom.NODES, f"--ip-masq of {agent}: {said}", agent, path, toward=nodes)


PLUGIN = Plugin(
    NAME,
    Evidence(
        annotations=(PREFIX,),
        config_maps=(CONFIG,),
        daemon_sets=DAEMON_SETS,
        types=(NAME,),
    ),
    allocation=lambda _: FROM_NODE,
    ranges=ranges,
    transports=transports,
    masquerades=masquerades,
    members=members,
    member_sign=f"the annotation {PREFIX}public-ip",
)
