"""Addresses that a network plugin found for a node and that cannot be meant, or that no other node's are like.

Several network cards are legal, and a card of its own for the tunnels is too: an address that is none of the
Node's is a mistake only where something else shows that.
Source: docs.tigera.io, "IP autodetection methods"; flannel, Documentation/troubleshooting.md (Vagrant).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range, RangeIndex
from netlint.model.declared.declarations import Declaration, Role, Standing
from netlint.model.declared.node_objects import is_virtual
from netlint.model.nodes.identities import ANNOUNCED, Identity, announced
from netlint.model.nodes.node_ips import Address
from netlint.model.ranges.address_plan import Plan
from netlint.objects.core import Node

MIN_WITNESSES = 2  # so many other nodes have to agree
DOCKER_BRIDGE = re.compile(r"bridge (docker\d+|br-[0-9a-f]{12}|cni0|cbr0|kbr0|virbr\d+|lxcbr\d+|kube-bridge|weave)")
_NEVER = [
    (addresses.parse_cidr(cidr).range, what)
    for cidr, what in (
        ("127.0.0.0/8", "is a loopback address"),
        ("::1/128", "is a loopback address"),
        ("169.254.0.0/16", "is a link-local address"),
        ("fe80::/10", "is a link-local address"),
        ("0.0.0.0/32", "is no address of a host"),
        ("::/128", "is no address of a host"),
        *((f"172.{number}.0.1/32", "is the address of Docker's own bridges") for number in range(17, 32)),
    )
]


class SuspectAddress(NamedTuple):
    """An identity and what is wrong with it; ``firm``: it cannot be meant, else no other node's is like it."""

    identity: Identity
    reason: str
    witness: Declaration | None
    firm: bool


class NodeIpAutodetection:
    """What plugins announce for the nodes, held against the addresses that these have."""

    def __init__(
        self, nodes: Sequence[Node], own: Mapping[str, set[Address]], plan: Plan, pods_share_subnet: bool
    ) -> None:
        """``own``: the addresses of the Nodes, by name; ``pods_share_subnet``: pods get some beside those."""
        self.own = {node.name: own[node.name] for node in nodes if not is_virtual(node)}
        self._announced: defaultdict[str, list[Identity]] = defaultdict(list)
        for node in nodes:
            for identity in announced(node) if self.own.get(node.name) else ():
                self._announced[identity.key].append(identity)
        self._plan = plan
        self._roles = (Role.SERVICE,) if pods_share_subnet else (Role.POD, Role.NODE_POD, Role.SERVICE)
        self._bridges = [bridge for bridge in plan.of(Role.BRIDGE) if DOCKER_BRIDGE.fullmatch(bridge.label)]
        self._never = RangeIndex(_NEVER)

    def suspect_addresses(self) -> Iterator[SuspectAddress]:
        """One for each node and address."""
        seen = set()
        for identities in self._announced.values():
            for suspicion in self._of(identities):
                key = (suspicion.identity.node.name, suspicion.identity.value)
                if key not in seen:
                    seen.add(key)
                    yield suspicion

    def _of(self, identities: list[Identity]) -> Iterator[SuspectAddress]:
        """The suspicions about all that stands in one annotation of the nodes."""
        matching = [identity for identity in identities if identity.address in self.own[identity.node.name]]
        foreign = [
            identity
            for identity in identities
            if identity.address not in self.own[identity.node.name] and not _is_chosen(identity)
        ]
        for identity in foreign:
            impossible = self._impossible(identity)
            if impossible is not None:
                yield impossible
            elif len(matching) >= MIN_WITNESSES:
                yield from _unlike(identity, matching, len(foreign) == 1)

    def _impossible(self, identity: Identity) -> SuspectAddress | None:
        family, value = identity.address
        for _, reason in self._never.holding(family, value):
            return SuspectAddress(identity, reason, None, True)
        for bridge in self._bridges:
            if bridge.node == identity.node.name and bridge.range.holds(family, value):
                return SuspectAddress(identity, f"is on {bridge.label}", bridge, True)
        holding = self._plan.containing(family, value, *self._roles)
        for declared in [declaration for declaration in holding if declaration.standing is not Standing.INFERRED][-1:]:
            return SuspectAddress(
                identity, f"is inside {declared.description} {declared} of {declared.subject}", declared, True
            )
        return None


def _unlike(identity: Identity, matching: list[Identity], alone: bool) -> Iterator[SuspectAddress]:
    """Whether the others show that an address is on a wrong card, or that the Node's own is."""
    network = network_of(identity)
    others = f"the addresses of {len(matching)} other Nodes"
    if network is None:
        if alone:
            yield SuspectAddress(identity, f"is none of the Node's addresses, unlike {others}", None, False)
        return
    inside = [other for other in matching if network.holds(*other.address)]
    if not inside:
        yield SuspectAddress(
            identity, f"is in {network}, where no other Node is, nor this one's own address", None, False
        )
    elif len(inside) >= MIN_WITNESSES:
        yield SuspectAddress(identity, f"is in {network}, as {others} are, but the Node's own is not", None, False)


def network_of(identity: Identity) -> Range | None:
    """The network that the annotation names around the address; None where it names none."""
    try:
        network = addresses.parse_cidr(identity.node.annotations[identity.key]).range
    except ValueError:
        return None
    return network if network.size > 1 else None


def _is_chosen(identity: Identity) -> bool:
    return any(map(identity.node.annotations.get, ANNOUNCED[identity.key].overrides))
