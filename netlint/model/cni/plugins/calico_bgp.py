"""Calico's exchange of routes by BGP: which nodes learn the routes of which others.

Source: docs.tigera.io, Configure BGP peering; github.com/projectcalico/calico,
confd/etc/calico/confd/templates/bird.cfg.template, api/pkg/apis/projectcalico/v3 (bgppeer.go, bgpconfig.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from netlint import addresses
from netlint.model.cni.plugins import calico, calico_ipam
from netlint.model.cni.plugins.calico_selectors import parse
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.objects.calico_crds import BGPConfiguration, BGPPeer, FelixConfiguration, IPPool
from netlint.objects.core import Node

DEFAULT_AS = "64512"
MOST_GROUPS = 500
OUTSIDE = ""  # all routers that are no node: how they are connected is theirs to know
REFLECTOR = calico.PREFIX + "RouteReflectorClusterID"
AS_NUMBER = calico.PREFIX + "ASNumber"
Side = tuple[int, bool]  # number of a peering, and whether a node is on its local side
Tie = tuple[bool, frozenset[str], frozenset[Side]]


@dataclass(frozen=True, slots=True)
class Peering:
    """Sessions of every node on one side with every node, or with routers outside, on the other."""

    local: frozenset[str]
    remote: frozenset[str]


@dataclass(frozen=True, slots=True)
class Apart:
    """Nodes that are alike in what they peer with, and those whose routes they do not learn."""

    nodes: tuple[str, ...]
    without: tuple[str, ...]


class Exchange:
    """The sessions between the nodes, by the mesh and by BGPPeers.

    A reflector and a router outside pass routes on; any other node does so only where AS numbers differ,
    for which it is enough here that they do anywhere.
    """

    def __init__(self, view: SnapshotView) -> None:
        """Raises ValueError for a selector that is not understood."""
        joined = calico.joined_nodes(view)
        self.nodes = {node.name: node for node in view.nodes if node.name in joined}
        self.configuration = next((item for item in _configurations(view) if item.name == "default"), None)
        self._peers: list[BGPPeer] = view.objects("BGPPeer")
        self.refused: list[tuple[BGPPeer, Node]] = []
        self.peerings = [peering for peer in self._peers if (peering := self._peering(peer))]

    @property
    def has_mesh(self) -> bool:
        """Whether all nodes but the reflectors have sessions with each other."""
        return self.configuration is None or self.configuration.spec.nodeToNodeMeshEnabled is not False

    @cached_property
    def apart(self) -> list[Apart]:
        """Groups of nodes that lack routes of others, the worst one first; none where all learn everything.

        Raises ValueError where the nodes differ too much to compare them.
        """
        groups: dict[Tie, list[str]] = {}
        for name in self.nodes:
            groups.setdefault(self._tie(name), []).append(name)
        if len(groups) > MOST_GROUPS:
            raise ValueError(f"the nodes peer in {len(groups)} different ways")
        lacking = []
        for tie, names in groups.items():
            unheard = (name for peer, others in groups.items() if not _exchange(tie, peer) for name in others)
            without = tuple(name for name in unheard if name != names[0])
            if without:
                lacking.append(Apart(tuple(names), without))
        return sorted(lacking, key=lambda group: (-len(group.without), len(group.nodes), group.nodes))

    def _tie(self, name: str) -> Tie:
        sides = [(number, local) for number, local in self._sides.get(name, ()) if not self._leads_outside(number)]
        return name in self._meshed, frozenset(self._relays_of(name)), frozenset(sides)

    def _leads_outside(self, number: int) -> bool:
        return OUTSIDE in self.peerings[number].remote

    @cached_property
    def _sides(self) -> dict[str, list[Side]]:
        """In which peerings each node takes part."""
        sides: dict[str, list[Side]] = {}
        for number, peering in enumerate(self.peerings):
            for local, names in ((True, peering.local), (False, peering.remote)):
                for name in names:
                    sides.setdefault(name, []).append((number, local))
        return sides

    @cached_property
    def _meshed(self) -> set[str]:
        return {name for name, node in self.nodes.items() if self.has_mesh and REFLECTOR not in node.annotations}

    def _relays_of(self, name: str) -> Iterator[str]:
        """The groups of relays from which a node learns all that any of them knows."""
        if name in self._relays:
            yield self._groups[name]
        for side in self._sides.get(name, ()):
            yield from self._beyond[side]

    @cached_property
    def _beyond(self) -> dict[Side, set[str]]:
        """The groups of relays on the other side of each peering."""
        groups = {}
        for number, peering in enumerate(self.peerings):
            for local, others in ((True, peering.remote), (False, peering.local)):
                groups[number, local] = {self._groups[other] for other in others & self._relays}
        return groups

    @cached_property
    def _relays(self) -> frozenset[str]:
        numbers = {self.as_number(node) for node in self.nodes.values()}
        passing = {name for name, node in self.nodes.items() if REFLECTOR in node.annotations or len(numbers) > 1}
        return frozenset({OUTSIDE, *passing})

    @cached_property
    def _groups(self) -> dict[str, str]:
        """Relays that have sessions with each other, each with the one that stands for its group."""
        above = {name: name for name in self._relays}

        def top(name: str) -> str:
            while above[name] != name:
                above[name] = name = above[above[name]]
            return name

        meshed = sorted(self._relays & self._meshed)
        sides = [(peering.local & self._relays, peering.remote & self._relays) for peering in self.peerings]
        for local, remote in [*sides, (meshed[:1], meshed)]:
            for left in list(local)[:1] if remote else ():
                for right in (*local, *remote):
                    above[top(right)] = top(left)
        return {name: top(name) for name in above}

    def as_number(self, node: Node) -> str:
        """The AS number of a node: its own, else the cluster's."""
        common = self.configuration.spec.asNumber if self.configuration else None
        return node.annotations.get(AS_NUMBER) or str(common or DEFAULT_AS)

    def _peering(self, peer: BGPPeer) -> Peering | None:
        spec = peer.spec
        local = frozenset({spec.node} if spec.node else self._selected(spec.nodeSelector or "all()"))
        if spec.peerSelector:
            return Peering(local, frozenset(self._selected(spec.peerSelector)))
        if not spec.peerIP:
            return None
        remote = self._by_address.get(_address(spec.peerIP))
        if remote is None:
            return Peering(local, frozenset({OUTSIDE}))
        if spec.asNumber is not None and str(spec.asNumber) != self.as_number(remote):
            self.refused.append((peer, remote))
            return None
        return Peering(local, frozenset({remote.name}))

    def _selected(self, selector: str) -> Iterator[str]:
        selects: Callable[[dict[str, str]], bool] = parse(selector)
        return (name for name, node in self.nodes.items() if selects(node.labels))

    @cached_property
    def _by_address(self) -> dict[str, Node]:
        return {
            node.annotations[key].partition("/")[0]: node
            for node in self.nodes.values()
            for key in calico.ADDRESSES
            if key in node.annotations
        }


def _exchange(one: Tie, other: Tie) -> bool:
    (meshed, relays, sides), (meshed_too, relays_too, sides_too) = one, other
    opposite = {(number, not local) for number, local in sides}
    return (meshed and meshed_too) or not (relays.isdisjoint(relays_too) and opposite.isdisjoint(sides_too))


def _address(text: str) -> str:
    """Without the port that may follow: ``192.0.2.1:179``, ``[2001:db8::1]:179``."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _configurations(view: SnapshotView) -> list[BGPConfiguration]:
    configurations: list[BGPConfiguration] = view.objects("BGPConfiguration")
    return configurations


def routed_pools(view: SnapshotView) -> list[IPPool]:
    """The pools whose addresses nodes learn from each other by BGP: those without VXLAN."""
    if calico.backend(view) == "vxlan" or _encrypts(calico.felix_default(view)):
        return []
    in_use = {_holder(block.spec.cidr or "", view) for block in calico_ipam.blocks(view)}
    return [
        pool
        for pool in filter(calico_ipam.serves_pods, calico_ipam.pools(view))
        if pool.spec.vxlanMode not in calico.ENCAPSULATING and (not pool.spec.disabled or pool.name in in_use)
    ]


def is_encapsulated(pool: IPPool) -> bool:
    """Whether the packets of its pods are wrapped in IPIP, for which newer agents set the routes themselves."""
    return pool.spec.ipipMode in calico.ENCAPSULATING


def _encrypts(felix: FelixConfiguration | None) -> bool:
    """WireGuard's routes are the agent's own."""
    return felix is not None and bool(felix.spec.wireguardEnabled or felix.spec.wireguardEnabledV6)


def _holder(cidr: str, view: SnapshotView) -> str:
    """The pool that holds a block."""
    for pool in calico_ipam.pools(view):
        try:
            if addresses.parse_cidr(pool.spec.cidr or "").range.covers(addresses.parse_cidr(cidr).range):
                return pool.name
        except ValueError:
            continue
    return ""
