"""Where service proxies send the traffic of a Service: the endpoints, and the choice that each node makes.

Source: k8s.io/kubernetes/pkg/proxy (topology.go, endpointslicecache.go, service.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from netlint.model.pods import Pods
from netlint.model.pods.endpoint_conditions import Conditions, conditions
from netlint.model.services.recomputed_slices import (
    FAMILY_NAMES,
    SERVICE_NAME,
    EndpointModel,
    expected_ports,
    families,
    has_pods,
    is_headless,
    protocol,
    slice_ports,
)
from netlint.model.services.service_proxy import PROXY_NAME, is_of_this_proxy
from netlint.objects.core import Node, Service, ServicePort
from netlint.snapshot.slice_table import Hints, SliceTable

ZONE = "topology.kubernetes.io/zone"
NO_HINTS = Hints()

Numbers = dict[tuple[str, str], int]  # of ports, by name and protocol


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of a Service, as a slice lists it or as a pod demands it; ``pod`` is empty for other targets."""

    family: int
    address: int
    node: str
    pod: str
    conditions: Conditions
    numbers: Numbers
    hints: Hints = NO_HINTS


class Backend(NamedTuple):
    """Where a connection ends: family, address and port."""

    family: int
    address: int
    port: int


class Slices:
    """All slices by the Service that their label names, whoever wrote them."""

    def __init__(self, table: SliceTable) -> None:
        """Indexed once."""
        self._table = table
        self._of_service: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, piece in enumerate(table.slices):
            self._of_service[piece.namespace, piece.labels.get(SERVICE_NAME, "")].append(number)

    def of(self, service: Service) -> list[int]:
        """Numbers of the slices of a Service, by their names."""
        found = self._of_service.get((service.namespace, service.name), [])
        return sorted(found, key=lambda number: self._table.slices[number].name)

    def endpoints(self, service: Service) -> list[Endpoint]:
        """What the slices of a Service list, as proxies understand it; slices of host names are ignored by them."""
        return [endpoint for number in self.of(service) for endpoint in self.listed(number)]

    def listed(self, number: int) -> Iterator[Endpoint]:
        """The endpoints of one slice."""
        table, piece = self._table, self._table.slices[number]
        family = next((number for number, name in FAMILY_NAMES.items() if name == piece.addressType), None)
        if family is None:
            return
        numbers = {(name, how): port for name, port, how in slice_ports(piece) if port is not None}
        for row in table.endpoints(number):
            address = table.address(row, family)
            if address:
                node = table.strings.texts[table.node[row]]
                hints = table.hints.get(row, NO_HINTS)
                yield Endpoint(family, address, node, table.target[row], conditions(table, row), numbers, hints)


def demanded(service: Service, model: EndpointModel, pods: Pods) -> list[Endpoint]:
    """What the slices of a Service should list, by its pods."""
    found = []
    for row in model.expected_rows(service) if has_pods(service) else ():
        ports = expected_ports(service, pods.shape(row))
        numbers = {(name, how): port for name, port, how in ports if port is not None}
        state = model.expected_conditions(service, row)
        for family in families(service):
            address = pods.address(row, family)
            if address:
                found.append(Endpoint(family, address, pods.node(row), pods.name(row), state, numbers))
    return found


def usable(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """The ready ones; without any, those that still serve while they terminate."""
    listed = list(endpoints)
    ready = [endpoint for endpoint in listed if endpoint.conditions.ready]
    return ready or [endpoint for endpoint in listed if endpoint.conditions.serving and endpoint.conditions.terminating]


def unprogrammed(service: Service) -> str:
    """Why no proxy has anything to do for the Service; empty where one has."""
    if service.spec.type == "ExternalName":
        return f"DNS answers with the name {service.spec.externalName}; there is nothing to program"
    if is_headless(service):
        return "headless: DNS answers with the pods' own addresses; there is nothing to program"
    if not is_of_this_proxy(service):
        return f"the label {PROXY_NAME}: {service.labels[PROXY_NAME]} hides it from the cluster's own proxy"
    return ""


def is_reached_from_outside(service: Service) -> bool:
    """Whether it has an address or a port for clients outside the cluster."""
    return service.spec.type in {"NodePort", "LoadBalancer"} or bool(service.spec.externalIPs)


def policies(service: Service) -> dict[str, bool]:
    """Kinds of traffic, and whether they stay on the node where they arrive."""
    internal = service.spec.internalTrafficPolicy == "Local"
    if not is_reached_from_outside(service):
        return {"from pods": internal}
    external = service.spec.externalTrafficPolicy == "Local"
    return {"all": internal} if internal == external else {"from pods": internal, "from outside": external}


class Choice:
    """What the nodes choose among the endpoints of one Service port.

    A node prefers endpoints that are hinted for it, or for its zone, but only where every ready endpoint
    is hinted for some.
    """

    def __init__(self, endpoints: Iterable[Endpoint], port: ServicePort) -> None:
        """Endpoints without a number for the port are none of it."""
        self._key = (port.name or "", protocol(port))
        self._endpoints = [endpoint for endpoint in endpoints if self._key in endpoint.numbers]

    @cached_property
    def everywhere(self) -> tuple[Backend, ...]:
        """Without any preference."""
        return self._backends(usable(self._endpoints))

    def of(self, node: str, zone: str, local: bool) -> tuple[Backend, ...]:
        """What one node chooses; ``local``: only among its own endpoints."""
        if local:
            return self._local.get(node, ())
        return self._hinted_nodes.get(node) or self._hinted_zones.get(zone) or self.everywhere

    @cached_property
    def _local(self) -> dict[str, tuple[Backend, ...]]:
        of_node: defaultdict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in self._endpoints:
            of_node[endpoint.node].append(endpoint)
        return {node: self._backends(usable(found)) for node, found in of_node.items()}

    @cached_property
    def _hinted_nodes(self) -> dict[str, tuple[Backend, ...]]:
        return self._hinted({id(endpoint): endpoint.hints.nodes for endpoint in self._ready})

    @cached_property
    def _hinted_zones(self) -> dict[str, tuple[Backend, ...]]:
        return self._hinted({id(endpoint): endpoint.hints.zones for endpoint in self._ready})

    @cached_property
    def _ready(self) -> list[Endpoint]:
        return [endpoint for endpoint in self._endpoints if endpoint.conditions.ready]

    def _hinted(self, hints: Mapping[int, tuple[str, ...]]) -> dict[str, tuple[Backend, ...]]:
        """Hints count only where all ready endpoints have some."""
        if not all(hints.values()):
            return {}
        of_name: defaultdict[str, list[Endpoint]] = defaultdict(list)
        for endpoint in self._ready:
            for name in hints[id(endpoint)]:
                of_name[name].append(endpoint)
        return {name: self._backends(found) for name, found in of_name.items()}

    def _backends(self, endpoints: Iterable[Endpoint]) -> tuple[Backend, ...]:
        found = {Backend(one.family, one.address, one.numbers[self._key]) for one in endpoints}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Program:
    """What the proxies of some nodes do with traffic of one kind for one port.

    Without backends they refuse it; ``dropped``: other nodes have some, so they drop it.
    """

    port: ServicePort
    traffic: str
    nodes: tuple[str, ...]
    backends: tuple[Backend, ...]
    dropped: bool


def programs(service: Service, endpoints: list[Endpoint], nodes: list[Node]) -> list[Program]:
    """What every node's proxy does; nodes that do the same are together."""
    zones = {node.name: node.labels.get(ZONE, "") for node in nodes}
    names = zones or dict.fromkeys(sorted({endpoint.node for endpoint in endpoints if endpoint.node}), "")
    own = families(service)
    reachable = [endpoint for endpoint in endpoints if endpoint.family in own]
    found = []
    for port in service.spec.ports or ():
        choice = Choice(reachable, port)
        for traffic, local in policies(service).items():
            alike = _alike(choice, names, local)
            found += [
                Program(port, traffic, tuple(together), chosen, not chosen and bool(choice.everywhere))
                for chosen, together in alike.items()
            ]
    return found


def _alike(choice: Choice, zones: Mapping[str, str], local: bool) -> dict[tuple[Backend, ...], list[str]]:
    """Nodes by what they choose; thousands of them share one tuple, which is compared only once."""
    of_tuple: dict[int, tuple[tuple[Backend, ...], list[str]]] = {}
    for name, zone in zones.items():
        chosen = choice.of(name, zone, local)
        of_tuple.setdefault(id(chosen), (chosen, []))[1].append(name)
    found: defaultdict[tuple[Backend, ...], list[str]] = defaultdict(list)
    for chosen, together in of_tuple.values():
        found[chosen] += together
    return found
