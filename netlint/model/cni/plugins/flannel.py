"""flannel.

Source: github.com/flannel-io/flannel, Documentation/configuration.md, Documentation/backends.md,
pkg/subnet/kube, pkg/backend, pkg/trafficmngr.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from netlint.findings import Subject
from netlint.model import settings
from netlint.model.cni.masquerading import Masquerade, Whom, beyond, nodes_beyond
from netlint.model.cni.node_identity import IdentityAnnotation, NodeIdentity, Sort, lower_case
from netlint.model.cni.plugin import Evidence, Membership, Plugin
from netlint.model.cni.pod_addresses import FROM_NODE, Fit, PodRange
from netlint.model.cni.transport import Mtu, Transport, Way
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
PUBLIC_IPS = {
    PREFIX + "public-ip": (PREFIX + "public-ip-overwrite", PREFIX + "node-public-ip"),
    PREFIX + "public-ipv6": (PREFIX + "public-ipv6-overwrite", PREFIX + "node-public-ipv6"),
}
"""The annotations with a node's address of each family, and those by which somebody chose it."""
BACKEND_DATA = {4: PREFIX + "backend-data", 6: PREFIX + "backend-v6-data"}
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
    config_map = view.config_map(CONFIG)
    try:
        return settings.document((config_map.data or {}).get("net-conf.json", "")) if config_map else {}
    except ValueError:
        return {}


def ranges(view: SnapshotView) -> Iterator[Declaration | MalformedRange]:
    """``Network`` and ``IPv6Network``: the range that all nodes' ranges have to be in."""
    config_map = view.config_map(CONFIG)
    if config_map is None:
        return
    try:
        declared = settings.document((config_map.data or {}).get("net-conf.json", ""))
    except ValueError as error:
        yield MalformedRange(subject_of(config_map), _PATH, str(error))
        return
    for key, family in (("Network", 4), ("IPv6Network", 6)):
        if declared.get(key):
            source = RangeSource(Role.POD, NAME, subject_of(config_map), family=family)
            yield source.cidr(_PATH, str(declared[key]))


def backend_of(node: Node) -> str:
    """The backend that the agent on this node runs; empty where it has not said."""
    return node.annotations.get(PREFIX + "backend-type", "").lower()


def backend_data(node: Node, family: int = 4) -> dict[str, Any]:
    """What the backend on this node tells its peers, such as ``VNI`` and ``VtepMAC``."""
    return _data_of(node.annotations.get(BACKEND_DATA[family], ""))


def _data_of(text: str) -> dict[str, Any]:
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
    groups: dict[str, list[Node]] = {}
    for name, node in pairs:
        if name:
            groups.setdefault(name, []).append(node)
    return groups


def transports(view: SnapshotView) -> Iterator[Transport]:
    """One for each backend that nodes run; what the ConfigMap says where none has said."""
    configured = configuration(view).get("Backend")
    options = configured if isinstance(configured, dict) else {}
    running: dict[str, list[str]] = {}
    for node in view.nodes:
        if backend_of(node):
            running.setdefault(backend_of(node), []).append(node.name)
    config_map = view.config_map(CONFIG)
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
            (Mtu(mtu, True, subject_of(config_map), _PATH),) if config_map and isinstance(mtu, int) and mtu > 0 else (),
            only_remote=options.get("DirectRouting") is True,
            by_next_hop=backend == HOST_GATEWAY,
            subject=subject_of(config_map) if config_map else None,
            path=_PATH,
            nodes=tuple(nodes),
        )


def joined_nodes(view: SnapshotView) -> set[str]:
    """The nodes that agents have announced to their peers."""
    return {node.name for node in view.nodes if not PUBLIC_IPS.keys().isdisjoint(node.annotations)}


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
    config_map = view.config_map(CONFIG)
    try:
        content = settings.document((config_map.data or {}).get("cni-conf.json", "")) if config_map else {}
    except ValueError:
        return  # then no node has a network
    configured = cni_files.configuration("cni-conf.json", content)
    own = [plugin for plugin in (configured.plugins if configured else ()) if plugin["type"] == NAME]
    for delegate in (plugin.get("delegate", {}) for plugin in own):
        if not isinstance(delegate, dict):
            continue
        on = delegate.get("ipMasq", not by_agent) is True and delegate.get("type", "bridge") == "bridge"
        if config_map is not None and on and len({declared.node for declared in pods}) > 1:
            why = "ipMasq, which the CNI plugin sets where the agent runs without --ip-masq, spares only the own node's"
            yield Masquerade(Whom.PODS, why, subject_of(config_map), ("data", "cni-conf.json"), toward=tuple(pods))


def _by_agent(view: SnapshotView, pods: Sequence[Declaration], agent: Subject, path: Path) -> Iterator[Masquerade]:
    """Whatever leaves ``Network``, and whatever enters it from other addresses.

    An agent of today does not start on a node whose range is outside; only those that have joined count.
    """
    networks = [declared for declared in ranges(view) if isinstance(declared, Declaration)]
    if not networks:
        return
    spared, families = [network.range for network in networks], {network.range.family for network in networks}
    joined, first = joined_nodes(view), networks[0]
    why = f"Network {', '.join(map(str, networks))} of {first.subject} does not hold them"
    outside = tuple(declared for declared in beyond(spared, pods, families) if declared.node in joined)
    if outside:
        yield Masquerade(Whom.PODS, why, first.subject, first.path, toward=outside, spared=tuple(spared))
    nodes = nodes_beyond(spared, view, families)
    if nodes:
        yield Masquerade(Whom.NODES, f"--ip-masq of {agent}: {why}", agent, path, toward=nodes)


def _vtep_mac(text: str) -> tuple[Hashable, str]:
    """The MAC address of a VTEP in a backend's data, for comparing and as text.

    Raises ValueError where the data have none.
    """
    mac = _data_of(text).get("VtepMAC")
    if not (isinstance(mac, str) and mac):
        raise ValueError("without VtepMAC")
    return lower_case(mac)


IDENTITIES = (
    *(
        IdentityAnnotation(
            key, Sort.ADDRESS, f"flannel's {key.removeprefix(PREFIX)}", is_announced=True, overrides=choices
        )
        for key, choices in PUBLIC_IPS.items()
    ),
    *(IdentityAnnotation(key, Sort.MAC, "flannel's VtepMAC", _vtep_mac) for key in BACKEND_DATA.values()),
)

PLUGIN = Plugin(
    NAME,
    Evidence(annotations=(PREFIX,), config_maps=(CONFIG,), daemon_sets=DAEMON_SETS, types=(NAME,)),
    allocation=lambda _: FROM_NODE,
    ranges=ranges,
    pod_range=PodRange(fit=Fit.COVERS, refuses_strays=True, is_divided=True),
    transports=transports,
    masquerades=masquerades,
    membership=Membership(joined_nodes, f"the annotation {PREFIX}public-ip"),
    node_identity=NodeIdentity(IDENTITIES, peer_addresses=tuple(PUBLIC_IPS)),
)
