"""Seeded populations: Services and pods of all kinds, as clusters have them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.support.controlplane import ControlPlane, kubelet

from . import objects
from .objects import Object, container, key, port

NAMESPACES = ("shop", "lab")
ENDED = ("Succeeded", "Failed")
GRACE_SECONDS = 3600
_NO_NODE = "node-that-is-gone"

# The states of pods with their weights: phase, ready (None: without the condition), has addresses, is terminating.
_STATES = (
    (40, "Running", True, True, False),
    (14, "Running", False, True, False),
    (7, "Running", True, True, True),
    (4, "Running", False, True, True),
    (3, "Running", None, True, False),
    (3, "Unknown", False, True, False),
    (5, "Pending", False, True, False),
    (4, "Pending", False, False, False),
    (7, "Succeeded", False, True, False),
    (5, "Failed", False, True, False),
)
_PORT_NAMES = (("http", "TCP"), ("grpc", "TCP"), ("metrics", "TCP"), ("dns", "UDP"), ("media", "SCTP"))


@dataclass
class PlannedPod:
    """A pod and what its kubelet reports."""

    manifest: Object
    status: Object | None = None
    is_terminating: bool = False

    @property
    def is_live(self) -> bool:
        return (self.status or {}).get("phase") not in ENDED

    @property
    def is_ready(self) -> bool:
        conditions = (self.status or {}).get("conditions", ())
        return not self.is_terminating and any(
            each["type"] == "Ready" and each["status"] == "True" for each in conditions
        )

    @property
    def labels(self) -> dict[str, str]:
        labels: dict[str, str] = self.manifest["metadata"]["labels"]
        return labels

    def declares(self) -> set[tuple[str, str]]:
        """Name and protocol of the ports that a Service can name."""
        return {(each["name"], each["protocol"]) for each in self._ports() if "name" in each}

    def numbers(self) -> set[tuple[int, str]]:
        """Number and protocol of all of them."""
        return {(each["containerPort"], each["protocol"]) for each in self._ports()}

    def _ports(self) -> list[Object]:
        spec = self.manifest["spec"]
        sidecars = [each for each in spec.get("initContainers", ()) if each.get("restartPolicy") == "Always"]
        return [each for one in (*spec["containers"], *sidecars) for each in one["ports"]]


@dataclass
class Population:
    """What there is to be created."""

    services: list[Object] = field(default_factory=list)
    others: list[Object] = field(default_factory=list)
    pods: list[PlannedPod] = field(default_factory=list)

    def create(self, plane: ControlPlane) -> None:
        """Creates everything; the controllers then have to settle."""
        plane.admin.apply_many([*map(objects.namespace, NAMESPACES), *self.services, *self.others])
        plane.admin.in_parallel(lambda planned: _create(plane, planned), self.pods)


@dataclass(frozen=True)
class NodeRanges:
    """A node's own addresses and the ranges of its pods, one of each family."""

    name: str
    addresses: Sequence[str]
    pod_cidrs: Sequence[str]


def add_nodes(plane: ControlPlane, count: int) -> list[NodeRanges]:
    """Registers nodes and waits until they have their ranges; every third is in no zone."""
    families = plane.options.families
    addresses = {}
    for number in range(count):
        by_family = {4: f"192.168.{number // 250}.{number % 250 + 1}", 6: f"fd00:192:168::{number + 1:x}"}
        zones = {} if number % 3 == 2 else {"topology.kubernetes.io/zone": f"zone-{number % 3}"}
        addresses[f"node-{number}"] = [by_family[family] for family in families]
        plane.add_node(f"node-{number}", addresses[f"node-{number}"], labels=zones)
    plane.settle()
    return [
        NodeRanges(node["metadata"]["name"], addresses[node["metadata"]["name"]], node["spec"]["podCIDRs"])
        for node in plane.admin.list("/api/v1/nodes")
    ]


def populate(seed: int, nodes: Sequence[NodeRanges], services: int, pods: int, healthy: bool) -> Population:
    """A population by chance. A healthy one has nothing that netlint should speak of.

    One that is not also has Services without pods, ports that no pod declares or that several containers
    declare, selectors and target ports that nobody looks at, and pods on nodes that do not exist.
    """
    return _Chance(Random(seed), nodes, services, pods, healthy).population()


class _Chance:
    def __init__(self, random: Random, nodes: Sequence[NodeRanges], services: int, pods: int, healthy: bool) -> None:
        self._random = random
        self._nodes = nodes
        self._services = services
        self._pods = pods
        self._healthy = healthy
        self._free = {(node.name, cidr): _hosts(cidr) for node in nodes for cidr in node.pod_cidrs}
        self._used: dict[str, list[list[str]]] = {}
        self._host_ports = iter(range(20000, 60000))

    def population(self) -> Population:
        found = Population()
        found.pods = [self._pod(number) for number in range(self._pods)]
        selected: set[str] = set()
        for number in range(self._services):
            made = self._service(number, found.pods)
            while self._healthy and _selected(made) in selected:  # nobody needs two Services of the same pods
                made = self._service(number, found.pods)
            selected.add(_selected(made))
            found.services.append(made)
        return found

    def _happens(self, share: float) -> bool:
        return self._random.random() < share

    # Pods

    def _pod(self, number: int) -> PlannedPod:
        random = self._random
        labels = {
            "app": f"app-{random.randrange(self._pods // 8 + 1)}",
            "track": random.choice(("stable", "canary")),
            **({"tier": random.choice(("front", "back"))} if self._happens(0.5) else {}),
        }
        within = random.choice(NAMESPACES)
        host_network = self._happens(0.06)
        spec: dict[str, Any] = {"hostNetwork": True} if host_network else {}
        if self._happens(0.3):
            spec["hostname"] = f"host-{number}"
        if self._happens(0.3):
            spec["subdomain"] = f"service-{random.randrange(self._services)}"
        spec |= self._containers(host_network)
        manifest = objects.pod(f"pod-{number:05}", None, within=within, labels=labels)
        manifest["spec"] |= spec
        if self._happens(0.03):
            return PlannedPod(manifest)  # nobody has given it a node yet
        return self._running(manifest, host_network)

    def _running(self, manifest: Object, host_network: bool) -> PlannedPod:
        states = [state[1:] for state in _STATES]
        [(phase, ready, addressed, terminating)] = self._random.choices(states, [state[0] for state in _STATES])
        node = self._random.choice(self._nodes)
        gone = not self._healthy and self._happens(0.02)
        manifest["spec"]["nodeName"] = _NO_NODE if gone else node.name
        ips = self._addresses(node, host_network, phase in ENDED) if addressed else []
        status = kubelet.pod_status(manifest, node.addresses, ips, bool(ready), phase)
        if ready is None:
            status["conditions"] = [each for each in status["conditions"] if each["type"] != "Ready"]
        return PlannedPod(manifest, status, terminating)

    def _addresses(self, node: NodeRanges, host_network: bool, ended: bool) -> list[str]:
        """One of each family, sometimes of one family alone; an ended pod's may belong to another one by now."""
        if host_network:
            return list(node.addresses)
        used = self._used.setdefault(node.name, [])
        if ended and used and self._happens(0.5):
            return self._random.choice(used)
        found = [next(self._free[node.name, cidr]) for cidr in node.pod_cidrs]
        if len(found) == 2 and self._happens(0.25):
            found = [self._random.choice(found)]
        used.append(found)
        return found

    def _containers(self, host_network: bool) -> Object:
        names = self._random.sample(_PORT_NAMES, self._random.randint(0, len(_PORT_NAMES)))
        declared = [self._port(name, protocol, host_network) for name, protocol in names]
        cut = self._random.randint(0, len(declared))
        found: Object = {"containers": [container("web", *declared[:cut])]}
        sidecar = container("sidecar", *declared[cut:], restartPolicy="Always")
        inits = [sidecar] if self._happens(0.5) or declared[cut:] else []
        if self._happens(0.3):  # its ports are not open when the pod serves, so they must not count
            inits.append(container("setup", port(9, "http"), port(9, "dns", "UDP")))
        if inits:
            found["initContainers"] = inits
        if not self._healthy and declared and self._happens(0.3):
            name, protocol = self._random.choice(names)
            found["containers"].append(container("twin", self._port(name, protocol, host_network)))
        if self._happens(0.3):
            found["containers"].append(container("second"))
        return found

    def _port(self, name: str, protocol: str, host_network: bool) -> Object:
        """The same name has several numbers."""
        if host_network:
            return port(next(self._host_ports), name, protocol)
        base = 8000 + 100 * [known for known, _ in _PORT_NAMES].index(name)
        return port(base + self._random.randrange(3 if self._healthy else 50), name, protocol)

    # Services

    def _service(self, number: int, pods: Sequence[PlannedPod]) -> Object:
        random = self._random
        within, selector = self._selector(pods)
        selected = [
            each
            for each in pods
            if key(each.manifest)[0] == within and selector.items() <= each.labels.items() and each.is_live
        ]
        spec: dict[str, Any] = {}
        kind = random.choices(("ClusterIP", "Headless", "NodePort", "LoadBalancer", "ExternalName"), (60, 20, 8, 8, 4))
        if self._healthy and kind in (["NodePort"], ["LoadBalancer"]) and not self._serves(selected):
            kind = ["ClusterIP"]
        if kind == ["Headless"]:
            spec["clusterIP"] = "None"
        else:
            spec["type"] = kind[0]
        if kind == ["ExternalName"]:
            spec["externalName"] = "elsewhere.example"
        elif len(self._nodes[0].addresses) == 2:
            spec |= self._families(selected)
        if self._happens(0.15):
            spec["publishNotReadyAddresses"] = True
        ports = list(self._service_ports(selected))
        if kind == ["Headless"] and self._happens(0.2):
            ports = []
        if self._healthy and kind == ["Headless"]:
            ports = [_untranslated(each) for each in ports]
        leads_nowhere = self._healthy and kind == ["ExternalName"]
        made = objects.service(f"service-{number}", None if leads_nowhere else selector, within=within)
        made["spec"] |= {"ports": ports, **spec}
        return made

    def _serves(self, selected: Sequence[PlannedPod]) -> bool:
        """Whether a pod that stays is ready, with addresses of all families."""
        families = len(self._nodes[0].addresses)
        return any(each.is_ready and len(each.status["podIPs"]) == families for each in selected if each.status)

    def _selector(self, pods: Sequence[PlannedPod]) -> tuple[str, dict[str, str]]:
        """Some labels of a live pod, so that there is at least one."""
        if not self._healthy and self._happens(0.1):
            return self._random.choice(NAMESPACES), {"app": "nothing"}
        chosen = self._random.choice([each for each in pods if each.is_live])
        others = [name for name in sorted(chosen.labels) if name != "app"]
        names = self._random.sample(others, self._random.randrange(len(others) + 1))
        if not (names and self._happens(0.1)):
            names.append("app")
        return key(chosen.manifest)[0], {name: chosen.labels[name] for name in names}

    def _service_ports(self, selected: Sequence[PlannedPod]) -> Iterator[Object]:
        """Numbers, names, and neither; in a healthy cluster every pod declares the names, and some the numbers."""
        names, numbers = set(_PORT_NAMES), set[tuple[int, str]]()
        if self._healthy:
            names = set.intersection(*(each.declares() for each in selected))
            numbers = set.union(*(each.numbers() for each in selected))
        count = self._random.choice((1, 1, 2, 3))
        for number in range(count):
            named = {"name": f"port-{number}"} if count > 1 or self._happens(0.5) else {}
            protocol = self._random.choices(("TCP", "UDP", "SCTP"), (8, 1, 1))[0]
            target: dict[str, Any] = {}
            if names and self._happens(0.6):
                name, protocol = self._random.choice(sorted(names))
                if not self._healthy and self._happens(0.1):
                    protocol = "TCP"
                target = {"targetPort": name}
            elif numbers:
                target["targetPort"], protocol = self._random.choice(sorted(numbers))
            elif self._happens(0.6):
                target = {"targetPort": self._random.randrange(8000, 9000)}
            yield {"port": 80 + number, "protocol": protocol, **named, **target}

    def _families(self, selected: Sequence[PlannedPod]) -> dict[str, Any]:
        """In a healthy cluster those of the pods, if they have addresses of one family alone."""
        policy = self._random.choice(("SingleStack", "PreferDualStack", "RequireDualStack"))
        order = self._random.sample(("IPv4", "IPv6"), 2)
        had = {
            "IPv6" if ":" in ip["ip"] else "IPv4" for each in selected for ip in (each.status or {}).get("podIPs", ())
        }
        if self._healthy and len(had) == 1:
            policy, order = "SingleStack", list(had)
        return {"ipFamilyPolicy": policy, "ipFamilies": order[:1] if policy == "SingleStack" else order}


def churn(plane: ControlPlane, population: Population, seed: int) -> None:
    """Changes every fifth pod and Service, as deployments, failures and their owners do."""
    random = Random(seed)
    pods = random.sample(population.pods, len(population.pods) // 5)
    services = random.sample(population.services, len(population.services) // 5)
    plane.admin.in_parallel(lambda one: one(), [_change_of_pod(plane, random, each) for each in pods])
    plane.admin.in_parallel(lambda one: one(), [_change_of_service(plane, random, each) for each in services])


def _change_of_pod(plane: ControlPlane, random: Random, planned: PlannedPod) -> Any:
    """Chosen at once, so that the order of threads does not matter."""
    change = random.choice(("deleted", "relabelled", "terminating", "ended", "unready"))
    app = f"app-{random.randrange(4)}"
    if change == "relabelled" or planned.status is None:
        return lambda: plane.admin.patch(planned.manifest, {"metadata": {"labels": {"app": app}}})
    if change == "deleted":
        return lambda: plane.admin.delete(planned.manifest)
    if change == "terminating":
        return lambda: plane.admin.delete(planned.manifest, grace_seconds=GRACE_SECONDS)
    if change == "ended":
        return lambda: plane.admin.patch_status(planned.manifest, {"phase": "Failed"})
    now = [each | {"status": "False"} for each in planned.status["conditions"]]
    return lambda: plane.admin.patch_status(planned.manifest, {"conditions": now})


def _change_of_service(plane: ControlPlane, random: Random, made: Object) -> Any:
    publish = not made["spec"].get("publishNotReadyAddresses", False)
    selector = {"app": f"app-{random.randrange(4)}", "track": None, "tier": None}
    change = random.choice(({"publishNotReadyAddresses": publish}, {"selector": selector}))
    return lambda: plane.admin.patch(made, {"spec": change})


def _create(plane: ControlPlane, planned: PlannedPod) -> None:
    plane.admin.create(planned.manifest)
    if planned.status is not None:
        plane.admin.patch_status(planned.manifest, planned.status)
    if planned.is_terminating:
        plane.admin.delete(planned.manifest, grace_seconds=GRACE_SECONDS)


def _selected(made: Object) -> str:
    selector = made["spec"].get("selector")
    return f"{key(made)[0]} {sorted(selector.items())}" if selector else made["metadata"]["name"]


def _untranslated(declared: Object) -> Object:
    """The port of a Service without a number for the pods."""
    return {name: value for name, value in declared.items() if not (name == "targetPort" and isinstance(value, int))}


def _hosts(cidr: str) -> Iterator[str]:
    network = ipaddress.ip_network(cidr)
    return (str(network[number]) for number in range(2, min(network.num_addresses - 1, 1 << 20)))
