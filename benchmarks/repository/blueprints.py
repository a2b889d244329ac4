"""Which apps a repository holds, and the facts that all manifests of an app have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from cluster.words import DOMAINS, QUALIFIERS, ROLES, STATEFUL_ROLES

Ports = tuple[tuple[str, int, str], ...]

_PORTS: tuple[Ports, ...] = (
    (("http", 8080, "TCP"),),
    (("http", 8080, "TCP"), ("metrics", 9102, "TCP")),
    (("http", 3000, "TCP"),),
    (("web", 80, "TCP"),),
    (("grpc", 50051, "TCP"), ("metrics", 9090, "TCP")),
    (("https", 8443, "TCP"), ("healthz", 8081, "TCP")),
    (("api", 5000, "TCP"), ("debug", 5005, "TCP"), ("prom", 9464, "TCP")),
    (("http", 8000, "TCP"), ("admin", 8001, "TCP")),
    (("syslog", 5140, "UDP"), ("http", 8080, "TCP")),
)
_STATEFUL_PORTS: dict[str, Ports] = {
    "postgres": (("postgres", 5432, "TCP"),),
    "redis": (("redis", 6379, "TCP"), ("metrics", 9121, "TCP")),
    "kafka": (("broker", 9092, "TCP"), ("jmx", 5556, "TCP")),
    "zookeeper": (("client", 2181, "TCP"), ("peer", 2888, "TCP"), ("election", 3888, "TCP")),
    "mongodb": (("mongo", 27017, "TCP"),),
    "elasticsearch": (("http", 9200, "TCP"), ("transport", 9300, "TCP")),
    "rabbitmq": (("amqp", 5672, "TCP"), ("management", 15672, "TCP")),
    "cassandra": (("cql", 9042, "TCP"),),
    "etcd": (("client", 2379, "TCP"), ("peer", 2380, "TCP")),
}
_RECOMMENDED = "app.kubernetes.io/"


@dataclass(frozen=True)
class Blueprint:
    team: str
    namespace: str
    name: str
    kind: str
    labels: dict[str, str]
    selector: dict[str, str]
    ports: Ports
    image: str


def blueprints(random: Random) -> Iterator[Blueprint]:
    """Apps without end; no two have the same name."""
    teams = random.sample(DOMAINS, 48)
    names: set[str] = set()
    while True:
        team = random.choice(teams)
        kind = random.choices(("Deployment", "StatefulSet", "DaemonSet"), (85, 12, 3))[0]
        role = random.choice(STATEFUL_ROLES if kind == "StatefulSet" else ROLES)
        name = _name(random, role, names)
        ports = _STATEFUL_PORTS[role] if kind == "StatefulSet" else random.choice(_PORTS)
        namespace = random.choice((team, team, f"{team}-prod"))
        labels, selector = _labels(random, team, name, role)
        registry = random.choice(("ghcr.io/example", "registry.example.com", "docker.io/library", "quay.io/example"))
        tag = random.choice(
            (
                f"{random.randint(0, 9)}.{random.randint(0, 30)}.{random.randint(0, 9)}",
                f"v{random.randint(1, 400)}",
                "latest",
            )
        )
        yield Blueprint(team, namespace, name, kind, labels, selector, ports, f"{registry}/{name}:{tag}")


def _name(random: Random, role: str, names: set[str]) -> str:
    parts = [random.choice(DOMAINS), role]
    if random.random() < 0.4:
        parts.append(random.choice(QUALIFIERS))
    name = "-".join(parts)
    while name in names:
        name = f"{'-'.join(parts)}-{random.randint(2, 99_999)}"
    names.add(name)
    return name


def _labels(random: Random, team: str, name: str, role: str) -> tuple[dict[str, str], dict[str, str]]:
    """Labels of the pods, and those of them that select them."""
    draw = random.random()
    if draw < 0.35:
        selector = {random.choice(("app", "app", "name", "k8s-app", "run")): name}
    elif draw < 0.75:
        selector = {f"{_RECOMMENDED}name": role, f"{_RECOMMENDED}instance": name}
    elif draw < 0.9:
        selector = {"app": name, "component": random.choice(("server", "main", role))}
    else:
        selector = {f"{team}.example.com/service": name}
    extra = {
        f"{_RECOMMENDED}part-of": team,
        f"{_RECOMMENDED}version": f"{random.randint(1, 9)}.{random.randint(0, 20)}",
        f"{_RECOMMENDED}managed-by": random.choice(("kustomize", "argocd", "hand")),
        "team": team,
        "tier": random.choice(("frontend", "backend", "data")),
        "env": random.choice(("prod", "production", "live")),
        "cost-center": str(random.randint(1000, 9999)),
        "example.com/criticality": random.choice(("high", "low", "y", "1")),
    }
    chosen = random.sample(sorted(extra), random.randint(0, 4))
    return selector | {key: extra[key] for key in chosen}, selector
