"""kindnet.

Source: github.com/kubernetes-sigs/kind, images/kindnetd; github.com/kubernetes-sigs/kindnet.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.model.cni.plugin import FROM_NODE, Evidence, Plugin, Transport, Way
from netlint.model.inventory import Inventory
from netlint.model.plan.declarations import Declaration, Role, Trouble, Voice
from netlint.model.subjects import subject_of

NAME = "kindnet"
VARIABLE = "POD_SUBNET"


def ranges(inventory: Inventory) -> Iterator[Declaration | Trouble]:
    """``POD_SUBNET``: what the masquerade rules of every node spare."""
    found = inventory.daemon_set(NAME)
    if found is None:
        return
    for path, text in inventory.environment(found, VARIABLE):
        yield from Voice(Role.POD, NAME, subject_of(found)).says_all(path, text.split(","))


def transports(_: Inventory) -> Iterator[Transport]:
    """A route to each peer's range through the peer's address."""
    yield Transport(Way.ROUTED, by_next_hop=True)


PLUGIN = Plugin(
    NAME,
    Evidence(daemon_sets=(NAME,)),
    allocation=lambda _: FROM_NODE,
    ranges=ranges,
    transports=transports,
)
