"""Where each pod runs, under which name and address, and in what state."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from cluster.addresses import RESERVED_SLOTS, AddressPlan, spread
from cluster.apps import App, Port
from cluster.identity import mix, suffix, template_hash, uid
from cluster.variety import WORKFLOW, workflow_pod_name

READY, NOT_READY, TERMINATING, PENDING, SUCCEEDED, EVICTED = range(6)
POD_DAEMONS = 2  # DaemonSet pods of a node that have an address of its range
READY_AFTER = 14  # seconds from creation to the Ready condition
DAY = 86_400
ENDING = ("CronJob", WORKFLOW)  # kinds whose pods end by themselves


class Pod(NamedTuple):
    app: App
    ordinal: int
    name: str
    uid: str
    node: int
    addresses: list[str]
    state: int
    age: int
    older: bool
    """Made from the previous template of its app."""
    bits: int
    """Random bits for the details that do not matter."""

    @property
    def live(self) -> bool:
        return self.state < SUCCEEDED

    @property
    def unchanged_for(self) -> int:
        """Seconds since its Ready condition changed or its deletion was asked for."""
        return 10 if self.state == TERMINATING else max(0, self.age - READY_AFTER)

    @property
    def ports(self) -> tuple[Port, ...]:
        return self.app.older_ports if self.older else self.app.ports


@dataclass(frozen=True)
class Placement:
    seed: int
    addresses: AddressPlan
    control_planes: int
    without_range: frozenset[int] = frozenset()
    """Nodes that have no pod range, so that only pods of the host network run there."""

    @cached_property
    def workers(self) -> list[int]:
        """The nodes that run ordinary pods."""
        nodes = range(self.control_planes, self.addresses.nodes)
        return [node for node in nodes if node not in self.without_range]

    @cached_property
    def with_range(self) -> list[int]:
        return [*range(self.control_planes), *self.workers]

    def node_of(self, number: int) -> tuple[int, int]:
        """Node and slot of the pod with this number: consecutive pods are far apart."""
        count = len(self.workers)
        turn, index = divmod(number, count)
        return self.workers[(spread(index, count, 7_919) + turn * 31) % count], POD_DAEMONS + turn

    def pods(self, app: App) -> Iterator[Pod]:
        """All pods of an app."""
        key = mix(self.seed, app.index, 11)
        hashes = template_hash(key), template_hash(key, 1)
        for ordinal in range(app.replicas):
            yield self._pod(app, ordinal, key, hashes)

    def _pod(self, app: App, ordinal: int, key: int, hashes: tuple[str, str]) -> Pod:
        bits = mix(key, ordinal)
        older = bool(app.older_ports) and ordinal % 3 == 2
        state = _state(app, ordinal, bits)
        node, addresses = self._place(app, ordinal, state, bits)
        if state == PENDING:
            node, addresses = (node if bits >> 20 & 1 else -1), []
        name = _name(app, ordinal, key, hashes[older])
        age = 60 + (bits >> 24) % (DAY if app.kind in ENDING else 40 * DAY)
        return Pod(app, ordinal, name, uid(key, ordinal, 2), node, addresses, state, age, older, bits)

    def _place(self, app: App, ordinal: int, state: int, bits: int) -> tuple[int, list[str]]:
        if app.pins:
            pin = app.pins[ordinal]
            return pin.node, list(pin.addresses) or self.addresses.pod_addresses(pin.node, pin.slot)
        if app.kind == "DaemonSet":
            node, slot = self.daemon_nodes(app)[ordinal], app.first
        else:
            node, slot = self.node_of(app.first + ordinal)
            if state == SUCCEEDED and bits & 4 and slot > POD_DAEMONS:
                slot -= 1  # a running pod has the address by now
        if slot >= RESERVED_SLOTS.start:
            raise ValueError("more pods on a node than its range has room for")
        if app.host_network:
            return node, self.addresses.node_addresses(node)
        return node, self.addresses.pod_addresses(node, slot)

    def daemon_nodes(self, app: App) -> Sequence[int]:
        """The nodes with a pod of this DaemonSet."""
        return range(self.addresses.nodes) if app.host_network else self.with_range


def _state(app: App, ordinal: int, bits: int) -> int:
    if app.kind in ENDING:
        return READY if bits % 7 == 0 else EVICTED if bits % 97 == 1 else SUCCEEDED
    if ordinal == 0 or app.kind in ("DaemonSet", "Static") or app.pins:
        return READY
    draw = bits >> 8 & 1023
    if draw >= 40:
        return READY
    if draw < 20:
        return NOT_READY
    if draw < 28:
        return TERMINATING
    if app.kind == "StatefulSet":
        return NOT_READY
    return PENDING if draw < 32 else EVICTED


def _name(app: App, ordinal: int, key: int, template: str) -> str:
    match app.kind:
        case "StatefulSet":
            return f"{app.name}-{ordinal}"
        case "DaemonSet":
            return f"{app.name}-{suffix(key, ordinal)}"
        case "CronJob":
            return f"{app.name}-{29_390_000 + ordinal * 60}-{suffix(key, ordinal)}"
        case "Static":
            return app.name
        case "Workflow":
            return f"{workflow_pod_name(app, ordinal)}-{suffix(key, ordinal)}"
    return f"{app.name}-{template}-{suffix(key, ordinal)}"
