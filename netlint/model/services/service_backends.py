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
from netlint.model.pods.endpoint_conditions import Conditions
from netlint.model.services.recomputed_slices import EndpointModel
from netlint.model.services.service_ports import expected_ports, protocol, slice_ports
from netlint.model.services.service_proxy import PROXY_NAME, is_of_this_proxy
from netlint.model.services.service_spec import families, has_pods, is_headless, is_reached_from_outside
from netlint.model.slices import NO_HINTS, EndpointSlices
from netlint.objects.core import Node, Service, ServicePort
from netlint.snapshot.slice_table import Hints

ZONE = "topology.kubernetes.io/zone"

PortNumbers = dict[tuple[str, str], int]  # by name and protocol


@dataclass(frozen=True, slots=True)
class ServiceEndpoint:
    """One endpoint of a Service, as a slice lists it or as a pod demands it; ``pod`` is empty for other targets."""

    family: int
    address: int
    node: str
    pod: str
    conditions: Conditions
    ports: PortNumbers
    hints: Hints = NO_HINTS


class BackendAddress(NamedTuple):
    """Where a connection ends: family, address and port."""

    family: int
    address: int
    port: int


def listed(slices: EndpointSlices, service: Service) -> list[ServiceEndpoint]:
    """What the slices of a Service list, as proxies understand it; slices of host names are ignored by them."""
    numbers = slices.of_service(service.namespace, service.name)
    return [endpoint for number in numbers for endpoint in listed_in(slices, number)]


def listed_in(slices: EndpointSlices, number: int) -> Iterator[ServiceEndpoint]:
    """The endpoints of one slice."""
    family = slices.family(number)
    if family is None:
        return
    ports = {(name, how): port for name, port, how in slice_ports(slices[number]) if port is not None}
    for row in slices.endpoints(number):
        address = slices.address(row, family)
        if address:
            node, target, state = slices.node(row), slices.target(row), slices.conditions(row)
            yield ServiceEndpoint(family, address, node, target, state, ports, slices.hints(row))


def demanded(service: Service, model: EndpointModel, pods: Pods) -> list[ServiceEndpoint]:
    """What the slices of a Service should list, by its pods."""
    endpoints = []
    for row in model.expected_rows(service) if has_pods(service) else ():
        expected = expected_ports(service, pods.shape(row))
        ports = {(name, how): port for name, port, how in expected if port is not None}
        state = model.expected_conditions(service, row)
        for family in families(service):
            address = pods.address(row, family)
            if address:
                endpoints.append(ServiceEndpoint(family, address, pods.node(row), pods.name(row), state, ports))
    return endpoints


def usable(endpoints: Iterable[ServiceEndpoint]) -> list[ServiceEndpoint]:
    """The ready ones; without any, those that still serve while they terminate."""
    candidates = list(endpoints)
    ready = [endpoint for endpoint in candidates if endpoint.conditions.ready]
    return ready or [each for each in candidates if each.conditions.serving and each.conditions.terminating]


def unprogrammed(service: Service) -> str:
    """Why no proxy has anything to do for the Service; empty where one has."""
    if service.spec.type == "ExternalName":
        return f"DNS answers with the name {service.spec.externalName}; there is nothing to program"
    if is_headless(service):
        return "headless: DNS answers with the pods' own addresses; there is nothing to program"
    if not is_of_this_proxy(service):
        return f"the label {PROXY_NAME}: {service.labels[PROXY_NAME]} hides it from the cluster's own proxy"
    return ""


def policies(service: Service) -> dict[str, bool]:
    """Kinds of traffic, and whether they stay on the node where they arrive."""
    internal = service.spec.internalTrafficPolicy == "Local"
    if not is_reached_from_outside(service):
        return {"from pods": internal}
    external = service.spec.externalTrafficPolicy == "Local"
    return {"all": internal} if internal == external else {"from pods": internal, "from outside": external}


class EndpointChoice:
    """What the nodes choose among the endpoints of one Service port.

    A node prefers endpoints that are hinted for it, or for its zone, but only where every ready endpoint
    is hinted for some.
    """

    def __init__(self, endpoints: Iterable[ServiceEndpoint], port: ServicePort) -> None:
        """Endpoints without a number for the port are none of it."""
        self._key = (port.name or "", protocol(port))
        self._endpoints = [endpoint for endpoint in endpoints if self._key in endpoint.ports]

    @cached_property
    def everywhere(self) -> tuple[BackendAddress, ...]:
        """Without any preference."""
        return self._backends(usable(self._endpoints))

    def of(self, node: str, zone: str, local: bool) -> tuple[BackendAddress, ...]:
        """What one node chooses; ``local``: only among its own endpoints."""
        if local:
            return self._local.get(node, ())
        return self._hinted_nodes.get(node) or self._hinted_zones.get(zone) or self.everywhere

    @cached_property
    def _local(self) -> dict[str, tuple[BackendAddress, ...]]:
        of_node: defaultdict[str, list[ServiceEndpoint]] = defaultdict(list)
        for endpoint in self._endpoints:
            of_node[endpoint.node].append(endpoint)
        return {node: self._backends(usable(endpoints)) for node, endpoints in of_node.items()}

    @cached_property
    def _hinted_nodes(self) -> dict[str, tuple[BackendAddress, ...]]:
        return self._hinted({id(endpoint): endpoint.hints.nodes for endpoint in self._ready})

    @cached_property
    def _hinted_zones(self) -> dict[str, tuple[BackendAddress, ...]]:
        return self._hinted({id(endpoint): endpoint.hints.zones for endpoint in self._ready})

    @cached_property
    def _ready(self) -> list[ServiceEndpoint]:
        return [endpoint for endpoint in self._endpoints if endpoint.conditions.ready]

    def _hinted(self, hints: Mapping[int, tuple[str, ...]]) -> dict[str, tuple[BackendAddress, ...]]:
        """Hints count only where all ready endpoints have some."""
        if not all(hints.values()):
            return {}
        of_name: defaultdict[str, list[ServiceEndpoint]] = defaultdict(list)
        for endpoint in self._ready:
            for name in hints[id(endpoint)]:
                of_name[name].append(endpoint)
        return {name: self._backends(endpoints) for name, endpoints in of_name.items()}

    def _backends(self, endpoints: Iterable[ServiceEndpoint]) -> tuple[BackendAddress, ...]:
        backends = {BackendAddress(item.family, item.address, item.ports[self._key]) for item in endpoints}
        return tuple(sorted(backends))


@dataclass(frozen=True, slots=True)
class Program:
    """What the proxies of some nodes do with traffic of one kind for one port.

    Without backends they refuse it; ``dropped``: other nodes have some, so they drop it.
    """

    port: ServicePort
    traffic: str
    nodes: tuple[str, ...]
    backends: tuple[BackendAddress, ...]
    dropped: bool


def programs(service: Service, endpoints: list[ServiceEndpoint], nodes: list[Node]) -> list[Program]:
    """What every node's proxy does; nodes that do the same are together."""
    zones = {node.name: node.labels.get(ZONE, "") for node in nodes}
    names = zones or dict.fromkeys(sorted({endpoint.node for endpoint in endpoints if endpoint.node}), "")
    own = families(service)
    reachable = [endpoint for endpoint in endpoints if endpoint.family in own]
    of_all_ports = []
    for port in service.spec.ports or ():
        choice = EndpointChoice(reachable, port)
        for traffic, local in policies(service).items():
            alike = _alike(choice, names, local)
            of_all_ports += [
                Program(port, traffic, tuple(together), chosen, not chosen and bool(choice.everywhere))
                for chosen, together in alike.items()
            ]
    return of_all_ports


def _alike(
    choice: EndpointChoice, zones: Mapping[str, str], local: bool
) -> dict[tuple[BackendAddress, ...], list[str]]:
    """Nodes by what they choose; thousands of them share one tuple, which is compared only once."""
    of_tuple: dict[int, tuple[tuple[BackendAddress, ...], list[str]]] = {}
    for name, zone in zones.items():
        chosen = choice.of(name, zone, local)
        of_tuple.setdefault(id(chosen), (chosen, []))[1].append(name)
    nodes: defaultdict[tuple[BackendAddress, ...], list[str]] = defaultdict(list)
    for chosen, together in of_tuple.values():
        nodes[chosen] += together
    return nodes
