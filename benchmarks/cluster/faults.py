"""Faults that are planted on purpose, each on objects of its own, and the findings that must follow.

A finding names the first object by kind, namespace and name; several faulty endpoints of one Service are one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from cluster.addresses import RESERVED_SLOTS, AddressPlan
from cluster.apps import App, Catalogue, Pin, Port, Service
from cluster.identity import uid
from cluster.node_objects import node_name

Tree = dict[str, Any]
Finding = tuple[str, str, str, str]

AT_SCALE_1 = {
    "overlapping-pod-cidrs": 5,
    "pod-cidrs-outside-cluster-cidr": 5,
    "missing-pod-cidrs": 5,
    "duplicate-pod-ips": 10,
    "pod-ips-outside-node-range": 10,
    "services-without-pods": 10,
    "unmatched-target-ports": 10,
    "stale-endpoint-addresses": 10,
    "missing-endpoint-addresses": 10,
    "mismatched-endpoints": 12,
    "conflicting-host-ports": 10,
}
_FIRST_APP = 2_000_000
_FIRST_SERVICE = 500_000


def how_many(rule: str, scale: float) -> int:
    return max(1, round(AT_SCALE_1[rule] * scale))


@dataclass
class NodeFaults:
    """Ranges of nodes that are disputed, foreign or missing."""

    declared: dict[int, str] = field(default_factory=dict)
    moved: dict[int, str] = field(default_factory=dict)
    without_range: set[int] = field(default_factory=set)
    touched: set[int] = field(default_factory=set)
    findings: list[Finding] = field(default_factory=list)


def plan_node_faults(random: Random, scale: float, addresses: AddressPlan, control_planes: int) -> NodeFaults:
    faults = NodeFaults()
    nodes = iter(random.sample(range(control_planes, addresses.nodes), addresses.nodes - control_planes))
    for number in range(how_many("overlapping-pod-cidrs", scale)):
        group = [next(nodes) for _ in range(3 if number % 5 == 2 else 2)]
        shared = addresses.used_range(group[0])
        if number % 5 == 1:
            shared = shared.replace(".0/24", ".128/25")
        faults.declared |= dict.fromkeys(group[1:], shared)
        faults.touched |= set(group)
        first = min(node_name(node, control_planes) for node in group)
        faults.findings.append(("overlapping-pod-cidrs", "Node", "", first))
    for number in range(how_many("pod-cidrs-outside-cluster-cidr", scale)):
        node = next(nodes)
        faults.moved[node] = f"100.64.{number % 250}.0/24"
        faults.touched.add(node)
        faults.findings.append(("pod-cidrs-outside-cluster-cidr", "Node", "", node_name(node, control_planes)))
    for _ in range(how_many("missing-pod-cidrs", scale)):
        node = next(nodes)
        faults.declared[node] = ""
        faults.without_range.add(node)
        faults.touched.add(node)
        faults.findings.append(("missing-pod-cidrs", "Node", "", node_name(node, control_planes)))
    return faults


class FaultPlanner:
    """Adds faulty apps and Services to a catalogue and marks some of its Services."""

    def __init__(self, random: Random, scale: float, addresses: AddressPlan, healthy_nodes: list[int]) -> None:
        self.random = random
        self.scale = scale
        self.addresses = addresses
        self.nodes = healthy_nodes
        self.findings: list[Finding] = []
        self._later: list[tuple[str, list[App]]] = []
        self._apps = count(_FIRST_APP)
        self._used: set[int] = set()
        self._pins = 0

    def plant(self, catalogue: Catalogue) -> None:
        self._duplicate_addresses(catalogue)
        self._foreign_addresses(catalogue)
        self._host_ports(catalogue)
        self._selectors(catalogue)
        self._target_ports(catalogue)
        for rule in ("stale-endpoint-addresses", "missing-endpoint-addresses", "mismatched-endpoints"):
            self._endpoints(catalogue, rule)

    def resolve(self, pod_name: Callable[[App], str]) -> list[Finding]:
        """The findings, once the names of pods are known."""
        first = [(rule, *min(("Pod", app.namespace, pod_name(app)) for app in apps)) for rule, apps in self._later]
        return self.findings + first

    def _times(self, rule: str) -> range:
        return range(how_many(rule, self.scale))

    def _node(self) -> int:
        """Round and round over the healthy nodes, each time with a slot that is still free."""
        self._pins += 1
        return self.nodes[self._pins % len(self.nodes)]

    def _free_slot(self, offset: int = 0) -> int:
        return RESERVED_SLOTS.start + (self._pins // len(self.nodes) * 2 + offset) % len(RESERVED_SLOTS)

    def _app(self, catalogue: Catalogue, name: str, pin: Pin, ports: tuple[Port, ...] = ()) -> App:
        namespace = self.random.choice(catalogue.namespaces)
        index = next(self._apps)
        labels = {"app": f"{name}-{index - _FIRST_APP}", "team": namespace.split("-")[0]}
        selector = {"app": labels["app"]}
        app = App(index, namespace, labels["app"], "Deployment", 1, labels, selector, ports, pins=(pin,))
        catalogue.apps.append(app)
        return app

    def _duplicate_addresses(self, catalogue: Catalogue) -> None:
        """Two or three pods of one node with one address."""
        for number in self._times("duplicate-pod-ips"):
            pin = Pin(self._node(), self._free_slot())
            apps = [self._app(catalogue, "thumbnailer", pin) for _ in range(3 if number % 4 == 3 else 2)]
            self._later.append(("duplicate-pod-ips", apps))

    def _foreign_addresses(self, catalogue: Catalogue) -> None:
        for number in self._times("pod-ips-outside-node-range"):
            address = tuple(self.addresses.gap_address(number // 200, 20 + number % 200))
            pin = Pin(self._node(), 0, address)
            self._later.append(("pod-ips-outside-node-range", [self._app(catalogue, "transcoder", pin)]))

    def _host_ports(self, catalogue: Catalogue) -> None:
        for number in self._times("conflicting-host-ports"):
            node = self._node()
            port = (Port("syslog", 5140, "UDP", host_port=5140 + number % 100),)
            apps = [self._app(catalogue, "syslog-relay", Pin(node, self._free_slot(offset)), port) for offset in (0, 1)]
            self._later.append(("conflicting-host-ports", apps))

    def _candidates(self, catalogue: Catalogue, wanted: int) -> Iterator[int]:
        """Indices of Services that a fault may be added to; none is taken twice."""
        free = [
            position
            for position, service in enumerate(catalogue.services)
            if _suits(service) and service.index not in self._used
        ]
        for position in self.random.sample(free, wanted):
            self._used.add(catalogue.services[position].index)
            yield position

    def _selectors(self, catalogue: Catalogue) -> None:
        rule = "services-without-pods"
        for position in self._candidates(catalogue, how_many(rule, self.scale)):
            model = catalogue.services[position]
            assert model.selector
            key = list(model.selector)[-1]
            wrong = model.selector | {key: f"{model.selector[key]}-svc"}
            self._add(catalogue, rule, replace(model, name=f"{model.name}-next", selector=wrong, apps=()))

    def _target_ports(self, catalogue: Catalogue) -> None:
        rule = "unmatched-target-ports"
        for position in self._candidates(catalogue, how_many(rule, self.scale)):
            model = catalogue.services[position]
            ports = (replace(model.ports[0], target="http-backend"),)
            self._add(catalogue, rule, replace(model, name=f"{model.name}-beta", ports=ports))

    def _add(self, catalogue: Catalogue, rule: str, service: Service) -> None:
        plain = tuple(replace(port, node_port=0) for port in service.ports)
        index = _FIRST_SERVICE + len(self._used)
        added = replace(service, index=index, type="ClusterIP", headless=False, publish_not_ready=False, ports=plain)
        catalogue.services.append(added)
        self.findings.append((rule, "Service", added.namespace, added.name))

    def _endpoints(self, catalogue: Catalogue, rule: str) -> None:
        for number, position in enumerate(self._candidates(catalogue, how_many(rule, self.scale))):
            service = catalogue.services[position]
            catalogue.services[position] = replace(service, fault=f"{rule}/{number}")
            self.findings.append((rule, "Service", service.namespace, service.name))


def _suits(service: Service) -> bool:
    """Whether endpoints can be dropped or changed without emptying the Service."""
    apps = service.apps
    return (
        100 <= service.index < _FIRST_SERVICE
        and len(apps) == 1
        and apps[0].kind == "Deployment"
        and 4 <= apps[0].replicas <= 60
        and not apps[0].older_ports
        and not service.publish_not_ready
    )


@dataclass(frozen=True)
class EndpointSpoiler:
    """Turns the right endpoints of a marked Service into wrong ones."""

    addresses: AddressPlan
    nodes: list[int]
    control_planes: int

    def __call__(self, service: Service, endpoints: list[Tree]) -> list[Tree]:
        rule, _, number = service.fault.partition("/")
        chosen = next(place for place, endpoint in enumerate(endpoints) if endpoint["conditions"]["ready"])
        before, after = endpoints[:chosen], endpoints[chosen + 1 :]
        if rule == "missing-endpoint-addresses":
            return before + after
        if rule == "stale-endpoint-addresses":
            return [*endpoints, self._departed(service, endpoints[chosen], int(number))]
        return [*before, self._mismatched(service, endpoints[chosen], int(number)), *after]

    def _departed(self, service: Service, model: Tree, number: int) -> Tree:
        """An endpoint of a pod that is gone, at an address that nobody has now."""
        node = self.nodes[number % len(self.nodes)]
        slot = RESERVED_SLOTS.stop - 1 - number // len(self.nodes)
        name = model["targetRef"]["name"][:-5] + "g0n3x"
        return model | {
            "addresses": self.addresses.pod_addresses(node, slot)[:1],
            "nodeName": node_name(node, self.control_planes),
            "targetRef": model["targetRef"] | {"name": name, "uid": uid(service.index, 77)},
        }

    def _mismatched(self, service: Service, model: Tree, number: int) -> Tree:
        match number % 3:
            case 0:
                return model | {"conditions": {"ready": False, "serving": False, "terminating": False}}
            case 1:
                return model | {"targetRef": model["targetRef"] | {"uid": uid(service.index, 78)}}
        other = self.nodes[number % len(self.nodes)]
        if node_name(other, self.control_planes) == model["nodeName"]:
            other = self.nodes[(number + 1) % len(self.nodes)]
        return model | {"nodeName": node_name(other, self.control_planes)}
