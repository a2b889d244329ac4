"""What runs in the cluster: apps of very different sizes, and the Services in front of them."""

from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from cluster.words import DOMAINS, JOB_ROLES, QUALIFIERS, ROLES, STAGES, STATEFUL_ROLES


@dataclass(frozen=True, slots=True)
class Port:
    name: str
    number: int
    protocol: str = "TCP"
    host_port: int = 0


@dataclass(frozen=True, slots=True)
class Pin:
    """A place that a pod must take: a node, a slot in its range, or an address of its own."""

    node: int
    slot: int
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class App:
    """A workload; its pods are numbered ``first``, ``first + 1``, … over the whole cluster."""

    index: int
    namespace: str
    name: str
    kind: str
    replicas: int
    labels: dict[str, str]
    selector: dict[str, str]
    ports: tuple[Port, ...] = ()
    first: int = 0
    host_network: bool = False
    older_ports: tuple[Port, ...] = ()
    """Container ports of the previous ReplicaSet, when a roll-out is under way."""
    pins: tuple[Pin, ...] = ()
    command: tuple[str, ...] = ()
    is_varied: bool = False
    """Every pod has labels, annotations and a readiness gate of its own; see ``cluster.variety``."""


@dataclass(frozen=True, slots=True)
class ServicePort:
    name: str
    port: int
    target: int | str
    protocol: str = "TCP"
    node_port: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    index: int
    namespace: str
    name: str
    ports: tuple[ServicePort, ...]
    selector: dict[str, str] | None = None
    apps: tuple[App, ...] = ()
    """The apps whose pods the selector matches."""
    type: str = "ClusterIP"
    headless: bool = False
    publish_not_ready: bool = False
    external: tuple[str, ...] = ()
    """Addresses of a hand-made slice, or the name of an ExternalName Service."""
    fault: str = ""


_STATELESS_PORTS = (
    (("http", 8080),),
    (("http", 8080), ("metrics", 9102)),
    (("http", 3000),),
    (("grpc", 9090), ("http", 8080)),
    (("https", 8443), ("health", 8081)),
    (("http", 80),),
    (("web", 8000), ("admin", 8001), ("metrics", 8002)),
    (("api", 5000), ("metrics", 9464)),
    (("http", 8080), ("jmx", 5556), ("debug", 5005)),
    (("http-alt", 8008),),
)
_STATEFUL_PORTS = {
    "postgres": (("postgres", 5432), ("metrics", 9187)),
    "redis": (("redis", 6379), ("metrics", 9121)),
    "kafka": (("broker", 9092), ("interbroker", 9093), ("jmx", 5556)),
    "zookeeper": (("client", 2181), ("peer", 2888)),
    "mongodb": (("mongo", 27017),),
    "elasticsearch": (("http", 9200), ("transport", 9300)),
    "rabbitmq": (("amqp", 5672), ("epmd", 4369), ("management", 15672)),
    "cassandra": (("cql", 9042), ("intra", 7000)),
    "etcd": (("client", 2379), ("peer", 2380)),
}
_WELL_KNOWN = {"http": 80, "https": 443, "web": 80, "api": 80, "http-alt": 80}


@dataclass
class Catalogue:
    """Everything that was planned, before any object exists."""

    namespaces: list[str]
    apps: list[App] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)


def plan_namespaces(count: int) -> list[str]:
    names = [f"{domain}-{stage}" for stage in STAGES for domain in DOMAINS]
    return sorted(
        names[index] if index < len(names) else f"{names[index % len(names)]}-{index}" for index in range(count)
    )


class Planner:
    """Draws apps and Services until the wanted numbers of pods and Services are reached."""

    def __init__(self, random: Random, namespaces: list[str]) -> None:
        self.random = random
        self.catalogue = Catalogue(namespaces)
        self._names: set[tuple[str, str]] = set()
        self._node_ports = iter(range(30_000, 32_768))

    def plan(self, pods: int, services: int) -> Catalogue:
        plain = max(2, services * 17 // 20)
        kinds = self.random.choices(("Deployment", "StatefulSet"), (88, 12), k=plain)
        kinds += ["CronJob"] * max(1, plain // 10) + ["Worker"] * max(1, plain // 8)
        self.random.shuffle(kinds)
        for kind, replicas in zip(kinds, self._sizes(pods, len(kinds)), strict=True):
            self.catalogue.apps.append(self._app(kind, replicas))
        self._add_canaries()
        self._number_pods()
        self._add_services(services)
        return self.catalogue

    def _sizes(self, total: int, count: int) -> list[int]:
        """Pareto-distributed numbers of replicas that add up."""
        weights = [min(self.random.paretovariate(1.6), 90.0) for _ in range(count)]
        scale = total / sum(weights)
        sizes = [max(1, round(weight * scale)) for weight in weights]
        surplus = sum(sizes) - total
        largest = sorted(range(count), key=lambda index: -sizes[index])
        while surplus:
            for index in largest:
                step = (surplus > 0) - (surplus < 0)
                if step and sizes[index] - step >= 1:
                    sizes[index] -= step
                    surplus -= step
        return sizes

    def _app(self, kind: str, replicas: int) -> App:
        random = self.random
        role = random.choice({"StatefulSet": STATEFUL_ROLES, "CronJob": JOB_ROLES}.get(kind, ROLES))
        namespace = random.choice(self.catalogue.namespaces)
        name = self._free_name(namespace, role)
        labels, selector = self._labels(name, role, namespace)
        if kind in ("StatefulSet", "Deployment"):
            drawn = _STATEFUL_PORTS.get(role) or random.choice(_STATELESS_PORTS)
        else:
            drawn = ()
        ports = tuple(Port(*pair) for pair in drawn)
        older: tuple[Port, ...] = ()
        if kind == "Deployment" and replicas > 2 and random.random() < 0.03:
            shift = random.choice((0, 100))
            older = tuple(replace(port, number=port.number + shift) for port in ports)
        index = len(self.catalogue.apps)
        kind = "Deployment" if kind == "Worker" else kind
        return App(index, namespace, name, kind, replicas, labels, selector, ports, older_ports=older)

    def _free_name(self, namespace: str, role: str) -> str:
        domain = namespace.split("-")[0]
        candidates = [f"{domain}-{role}", role, *(f"{domain}-{role}-{qualifier}" for qualifier in QUALIFIERS)]
        name = next((name for name in candidates if (namespace, name) not in self._names), "")
        number = 2
        while not name:
            if (namespace, f"{role}-{number}") not in self._names:
                name = f"{role}-{number}"
            number += 1
        self._names.add((namespace, name))
        return name

    def _labels(self, name: str, role: str, namespace: str) -> tuple[dict[str, str], dict[str, str]]:
        domain, _, stage = namespace.partition("-")
        if self.random.random() < 0.5:
            prefix = "app.kubernetes.io/"
            selector = {f"{prefix}instance": name, f"{prefix}name": role}
            extra = {
                f"{prefix}version": f"{len(name) % 7}.{len(role)}.0",
                f"{prefix}managed-by": "Helm",
                f"{prefix}part-of": domain,
            }
        else:
            selector = {self.random.choice(("app", "k8s-app", "app")): name}
            extra = {
                "team": domain,
                "tier": self.random.choice(("frontend", "backend", "data")),
                "version": "v1",
            }
            extra |= {"environment": stage} if self.random.random() < 0.4 else {}
        extra |= {"sidecar.istio.io/inject": "false"} if self.random.random() < 0.1 else {}
        return selector | extra, selector

    def _add_canaries(self) -> None:
        """Some Deployments run a second time under another name, with the labels that the Service selects."""
        apps = self.catalogue.apps
        for app in [app for app in apps if app.kind == "Deployment" and app.ports and app.replicas > 1]:
            name = f"{app.name}-canary"
            if self.random.random() < 0.01 and (app.namespace, name) not in self._names:
                self._names.add((app.namespace, name))
                apps[app.index] = replace(app, replicas=app.replicas - 1)
                labels = app.labels | {"track": "canary"}
                apps.append(replace(app, index=len(apps), name=name, replicas=1, labels=labels, older_ports=()))

    def _number_pods(self) -> None:
        first = 0
        for index, app in enumerate(self.catalogue.apps):
            self.catalogue.apps[index] = replace(app, first=first)
            first += app.replicas

    def _add_services(self, wanted: int) -> None:
        apps = self.catalogue.apps
        canaries = {(app.namespace, app.name): app for app in apps if app.name.endswith("-canary")}
        serving = [app for app in apps if app.ports and (app.namespace, app.name) not in canaries]
        for app in serving:
            canary = canaries.get((app.namespace, f"{app.name}-canary"))
            both = (app, canary) if canary else (app,)
            self._add_service(app.name, both, headless=app.kind == "StatefulSet")
        outside = max(1, wanted // 100)
        for number in range(outside):
            self._add_outside(number)
        weights = [app.replicas + 14 for app in serving]
        while len(self.catalogue.services) < wanted:
            app = self.random.choices(serving, weights)[0]
            canary = canaries.get((app.namespace, f"{app.name}-canary"))
            ending = self.random.choice(("metrics", "internal", "public", "admin", "headless", "read", "lb"))
            if (app.namespace, f"{app.name}-{ending}") not in self._names:
                both = (app, canary) if canary else (app,)
                self._add_service(f"{app.name}-{ending}", both, headless=ending == "headless")

    def _add_service(self, name: str, apps: tuple[App, ...], headless: bool) -> None:
        app = apps[0]
        self._names.add((app.namespace, name))
        kind = (
            "ClusterIP" if headless else self.random.choices(("ClusterIP", "NodePort", "LoadBalancer"), (93, 4, 3))[0]
        )
        ports = self._service_ports(app, headless, named_ports_only=name.endswith("-metrics"))
        if kind != "ClusterIP":
            node_ports = [next(self._node_ports, 0) for _ in ports]
            if all(node_ports):
                ports = tuple(replace(port, node_port=number) for port, number in zip(ports, node_ports, strict=True))
            else:
                kind = "ClusterIP"
        self._append(
            namespace=app.namespace,
            name=name,
            ports=ports,
            selector=app.selector,
            apps=apps,
            type=kind,
            headless=headless,
            publish_not_ready=app.kind == "StatefulSet" and headless and self.random.random() < 0.6,
        )

    def _service_ports(self, app: App, headless: bool, named_ports_only: bool) -> tuple[ServicePort, ...]:
        chosen = app.ports[-1:] if named_ports_only else app.ports[: self.random.choice((1, 1, 2, 3))]
        by_name = bool(app.older_ports) or self.random.random() < 0.55
        ports = []
        for port in chosen:
            target = port.name if by_name else port.number
            number = port.number if headless else _WELL_KNOWN.get(port.name, port.number)
            ports.append(ServicePort(port.name, number, target, port.protocol))
        if len(ports) == 1 and self.random.random() < 0.3:
            ports[0] = replace(ports[0], name="")
        return tuple(ports)

    def _add_outside(self, number: int) -> None:
        """Services without a selector: databases and queues that live elsewhere."""
        namespace = self.random.choice(self.catalogue.namespaces)
        name = f"external-{self.random.choice(STATEFUL_ROLES)}-{number}"
        self._names.add((namespace, name))
        ports = (ServicePort("tcp", 5432, 5432),)
        if number % 2:
            self._append(namespace=namespace, name=name, ports=ports, external=(f"192.0.2.{number % 250 + 1}",))
        else:
            host = (f"{name}.db.example.com",)
            self._append(namespace=namespace, name=name, ports=ports, external=host, type="ExternalName")

    def _append(self, **facts: Any) -> None:
        self.catalogue.services.append(Service(index=len(self.catalogue.services) + 100, **facts))
