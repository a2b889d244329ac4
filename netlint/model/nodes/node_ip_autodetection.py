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
from netlint.model.cni import flannel
from netlint.model.declared.declarations import Declaration, Role, Standing
from netlint.model.declared.node_objects import is_virtual
from netlint.model.nodes.identities import Identity, announced
from netlint.model.nodes.node_ips import Address
from netlint.model.ranges.address_plan import Plan
from netlint.objects.core import Node

WITNESSES = 2  # so many other nodes have to agree
DOCKER_BRIDGE = re.compile(r"bridge (docker\d+|br-[0-9a-f]{12}|cni0|cbr0|kbr0|virbr\d+|lxcbr\d+|kube-bridge|weave)")
CHOICES = {
    "public-ip": ("public-ip-overwrite", "node-public-ip"),
    "public-ipv6": ("public-ipv6-overwrite", "node-public-ipv6"),
}
"""Annotations by which somebody chose what flannel announces."""
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


class Suspicion(NamedTuple):
    """An identity and what is wrong with it; ``firm``: it cannot be meant, else no other node's is like it."""

    identity: Identity
    why: str
    witness: Declaration | None
    firm: bool


class Detection:
    """What plugins announce for the nodes, held against the addresses that these have."""

    def __init__(
        self, nodes: Sequence[Node], own: Mapping[str, set[Address]], plan: Plan, pods_share_subnet: bool
    ) -> None:
        """``own``: the addresses of the Nodes, by name; ``pods_share_subnet``: pods get some beside those."""
        self.own = {node.name: own[node.name] for node in nodes if not is_virtual(node)}
        self._found: defaultdict[str, list[Identity]] = defaultdict(list)
        for node in nodes:
            for found in announced(node) if self.own.get(node.name) else ():
                self._found[found.key].append(found)
        self._plan = plan
        self._roles = (Role.SERVICE,) if pods_share_subnet else (Role.POD, Role.NODE_POD, Role.SERVICE)
        self._bridges = [found for found in plan.of(Role.BRIDGE) if DOCKER_BRIDGE.fullmatch(found.label)]
        self._never = RangeIndex(_NEVER)

    def suspicions(self) -> Iterator[Suspicion]:
        """One for each node and address."""
        seen = set()
        for found in self._found.values():
            for suspicion in self._of(found):
                key = (suspicion.identity.node.name, suspicion.identity.value)
                if key not in seen:
                    seen.add(key)
                    yield suspicion

    def _of(self, found: list[Identity]) -> Iterator[Suspicion]:
        """Of all that stands in one annotation of the nodes."""
        right = [one for one in found if one.address in self.own[one.node.name]]
        strange = [one for one in found if one.address not in self.own[one.node.name] and not _is_chosen(one)]
        for one in strange:
            impossible = self._impossible(one)
            if impossible is not None:
                yield impossible
            elif len(right) >= WITNESSES:
                yield from _unlike(one, right, len(strange) == 1)

    def _impossible(self, one: Identity) -> Suspicion | None:
        family, value = one.address
        for _, what in self._never.holding(family, value):
            return Suspicion(one, what, None, True)
        for bridge in self._bridges:
            if bridge.node == one.node.name and bridge.range.holds(family, value):
                return Suspicion(one, f"is on {bridge.label}", bridge, True)
        holding = self._plan.containing(family, value, *self._roles)
        for declared in [found for found in holding if found.standing is not Standing.INFERRED][-1:]:
            return Suspicion(one, f"is inside {declared.description} {declared} of {declared.subject}", declared, True)
        return None


def _unlike(one: Identity, right: list[Identity], alone: bool) -> Iterator[Suspicion]:
    """Whether the others show that an address is on a wrong card, or that the Node's own is."""
    network = network_of(one)
    others = f"the addresses of {len(right)} other Nodes"
    if network is None:
        if alone:
            yield Suspicion(one, f"is none of the Node's addresses, unlike {others}", None, False)
        return
    inside = [other for other in right if network.holds(*other.address)]
    if not inside:
        yield Suspicion(one, f"is in {network}, where no other Node is, nor this one's own address", None, False)
    elif len(inside) >= WITNESSES:
        yield Suspicion(one, f"is in {network}, as {others} are, but the Node's own is not", None, False)


def network_of(one: Identity) -> Range | None:
    """The network that the annotation names around the address; None where it names none."""
    try:
        found = addresses.parse_cidr(one.node.annotations[one.key]).range
    except ValueError:
        return None
    return found if found.size > 1 else None


def _is_chosen(one: Identity) -> bool:
    choices = CHOICES.get(one.key.removeprefix(flannel.PREFIX), ())
    return any(one.node.annotations.get(flannel.PREFIX + choice) for choice in choices)
