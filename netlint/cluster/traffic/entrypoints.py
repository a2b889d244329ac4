"""Every way into the cluster: the addresses and ports that clients outside of it use, and where they lead.

Source: k8s.io/api/core/v1/types.go, k8s.io/api/networking/v1/types.go, sigs.k8s.io/gateway-api/apis/v1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from netlint.cluster import Cluster
from netlint.cluster.traffic.gateways import attachments, shared_hosts
from netlint.cluster.traffic.references import SERVICE, backend_refs, ingress_backends
from netlint.cluster.traffic.service_answers import Backing, Backings, State, Target
from netlint.findings import Subject
from netlint.model.hostnames import covers
from netlint.model.pods.host_ports import Taken, taken_ports
from netlint.model.services.exposure import PROXY_MODE
from netlint.model.services.recomputed_slices import protocol
from netlint.model.services.service_backends import is_reached_from_outside
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.gateway import Gateway, Route
from netlint.objects.ingress import Ingress
from netlint.objects.meta import Path

OWN_NODE = ("127.", "::1")  # a host port that is bound to it is no way in
ELSEWHERE = "an object of another kind than Service"


class Via(StrEnum):
    """What opens the way."""

    LOAD_BALANCER = "load balancer"
    EXTERNAL_IP = "external IP"
    INGRESS = "Ingress"
    GATEWAY = "Gateway"
    NODE_PORT = "node port"
    HOST_PORT = "host port"


@dataclass(frozen=True, slots=True)
class Direct:
    """Pods that take a port of their nodes: who made them, and which; none where they are not known."""

    owner: Subject
    port: int
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        """The object that makes the pods."""
        return f"{self.owner}:{self.port}"


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """One way in, declared by a field of ``subject``; ``note`` says why there is no target.

    ``addresses``: none yet, or those of every node (node ports). ``nodes``: where a host port is taken.
    ``proxied``: the addresses that the load balancer keeps to itself, so that no node captures them.
    """

    via: Via
    subject: Subject
    path: Path
    addresses: tuple[str, ...]
    port: int | None
    protocol: str
    target: Target | Direct | None
    name: str = ""
    nodes: tuple[str, ...] = ()
    note: str = ""
    proxied: tuple[str, ...] = ()

    def leads_to(self, service: Service) -> bool:
        """Whether a Service is its target."""
        target = self.target
        return isinstance(target, Target) and (target.namespace, target.name) == (service.namespace, service.name)


def entry_points(cluster: Cluster) -> list[EntryPoint]:
    """Every way in, by what opens it, then by object."""
    found = [*to_services(cluster), *_host_ports(cluster)]
    order = list(Via)
    return sorted(found, key=lambda entry: (order.index(entry.via), entry.subject.order))


def to_services(cluster: Cluster, own: Callable[[Service], bool] = is_reached_from_outside) -> Iterator[EntryPoint]:
    """The ways in that lead to Services; ``own``: the Services whose own addresses and node ports are looked at."""
    for service in filter(own, cluster.view.services):
        yield from _of_service(service)
    for ingress in cluster.view.objects("Ingress"):
        yield from _of_ingress(ingress)
    yield from _of_gateways(cluster)


def follow(entry: EntryPoint, backings: Backings) -> Backing:
    """What answers at its end."""
    if entry.target is None:
        return Backing(State.IDLE, entry.note)
    if isinstance(entry.target, Target):
        return backings.of(entry.target)
    rows = entry.target.rows
    if not rows:
        return Backing(State.UNKNOWN, "its pods are not known")
    ready = len(backings.serving(rows))
    text = f"{ready:,} of {len(rows):,} pod{'' if len(rows) == 1 else 's'} ready"
    return Backing(State.LIVE if ready else State.DEAD, text, ready, len(rows))


def _of_service(service: Service) -> Iterator[EntryPoint]:
    spec, subject = service.spec, subject_of(service)
    if spec.type == "ExternalName":
        return
    external = tuple(text for text in spec.externalIPs or () if text)
    balanced = load_balancer_addresses(service)
    status: Path = ("status", "loadBalancer", "ingress")
    for index, port in enumerate(spec.ports or ()):
        what, how = Target(service.namespace, service.name, port), protocol(port)
        if spec.type == "LoadBalancer":
            path = status if balanced else ("spec", "type")
            kept = _proxied(service)
            yield EntryPoint(Via.LOAD_BALANCER, subject, path, balanced, port.port, how, what, proxied=kept)
        if external:
            yield EntryPoint(Via.EXTERNAL_IP, subject, ("spec", "externalIPs"), external, port.port, how, what)
        if port.nodePort:
            path = ("spec", "ports", index, "nodePort")
            yield EntryPoint(Via.NODE_PORT, subject, path, (), port.nodePort, how, what)


def load_balancer_addresses(item: Service | Ingress) -> tuple[str, ...]:
    """Addresses and names in ``status.loadBalancer`` of a Service or an Ingress."""
    balancer = item.status.loadBalancer if item.status else None
    found = ((entry.ip or entry.hostname) for entry in (balancer.ingress if balancer else None) or ())
    return tuple(text for text in found if text)


def _proxied(service: Service) -> tuple[str, ...]:
    balancer = service.status.loadBalancer if service.status else None
    return tuple(
        entry.ip for entry in (balancer.ingress if balancer else None) or () if entry.ip and entry.ipMode == PROXY_MODE
    )


def _of_ingress(ingress: Ingress) -> Iterator[EntryPoint]:
    subject, addresses = subject_of(ingress), load_balancer_addresses(ingress)
    for path, backend in ingress_backends(ingress):
        host, prefix = _served(ingress, path)
        secure = _is_secure(ingress, host)
        name = f"{'https' if secure else 'http'}://{host or '*'}{prefix}"
        service, target, note = backend.service, None, ELSEWHERE
        if service is not None and service.name:
            target, note = Target(ingress.namespace, service.name, service.port.name or service.port.number), ""
        number = 443 if secure else 80
        yield EntryPoint(Via.INGRESS, subject, path, addresses, number, "TCP", target, name, note=note)


def _served(ingress: Ingress, path: Path) -> tuple[str, str]:
    """Host and path of a backend."""
    if path[1] != "rules":
        return "", ""
    rule = (ingress.spec.rules or [])[int(path[2])]
    paths = (rule.http.paths if rule.http else None) or []
    return rule.host or "", paths[int(path[5])].path or "/"


def _is_secure(ingress: Ingress, host: str) -> bool:
    """Whether it serves the host with TLS; an entry without hosts serves all of them."""
    return any(
        not tls.hosts or any(host and covers(known, host) for known in tls.hosts) for tls in ingress.spec.tls or ()
    )


def _of_gateways(cluster: Cluster) -> Iterator[EntryPoint]:
    for attached in attachments(cluster):
        gateway, listener = attached.gateway, attached.listener
        common = (gateway_addresses(gateway), listener.port, listener.protocol or "TCP")
        for route in attached.routes:
            name = ", ".join(shared_hosts(route, listener))
            for path, target, note in _of_route(route):
                yield EntryPoint(Via.GATEWAY, subject_of(route), path, *common, target, name, note=note)
        if not attached.routes:
            path = ("spec", "listeners", attached.position)
            name, note = listener.hostname or "", "no route is attached"
            yield EntryPoint(Via.GATEWAY, subject_of(gateway), path, *common, None, name, note=note)


def gateway_addresses(gateway: Gateway) -> tuple[str, ...]:
    """The addresses of a Gateway: those that it has, else those that it asks for."""
    given = (gateway.status.addresses if gateway.status else None) or gateway.spec.addresses or ()
    return tuple(entry.value for entry in given if entry.value)


def _of_route(route: Route) -> Iterator[tuple[Path, Target | None, str]]:
    """Every backend once; one of weight 0 gets nothing."""
    seen: set[tuple[str, str, int | None]] = set()
    refs = [(path, ref) for path, ref in backend_refs(route) if ref.weight != 0]
    for path, ref in refs:
        key = (ref.namespace or route.namespace, ref.name or "", ref.port)
        if (ref.group or "", ref.kind or "Service") != SERVICE or not ref.name:
            yield path, None, ELSEWHERE
        elif key not in seen:
            seen.add(key)
            yield path, Target(*key), ""
    if not refs:
        yield ("spec",), None, "no backend: it redirects or refuses"


def _host_ports(cluster: Cluster) -> Iterator[EntryPoint]:
    pods = cluster.pods
    taking: defaultdict[tuple[Subject, int, str, str], list[tuple[int, Taken]]] = defaultdict(list)
    ports_of: dict[int, list[Taken]] = {}
    for number, sort in enumerate(pods.sorts):
        if sort not in ports_of:
            shape = pods.table.shapes[number]
            ports_of[sort] = [taken for taken in taken_ports(shape.containers, shape.host_network) if _is_open(taken)]
        ports = ports_of[sort]
        for row in pods.rows_of_shape(number) if ports else ():
            if pods.node(row) and pods.is_live(row):
                owner = _owner(cluster, row)
                for taken in ports:
                    taking[owner, taken.number, protocol(taken.port), taken.port.hostIP or ""].append((row, taken))
    for (owner, port, how, address), taken_by in taking.items():
        rows = tuple(sorted((row for row, _ in taken_by), key=pods.order))
        first, taken = min(taken_by, key=lambda found: pods.order(found[0]))
        path = taken.path(pods.shape(first).containers)
        nodes = tuple(dict.fromkeys(sorted(pods.node(row) for row in rows)))
        target = Direct(owner, taken.port.containerPort or port, rows)
        addresses = (address,) if address not in {"", "0.0.0.0", "::"} else ()  # noqa: S104 - as it is written
        yield EntryPoint(Via.HOST_PORT, pods.subject(first), path, addresses, port, how, target, nodes=nodes)
    yield from _planned_host_ports(cluster)


def _is_open(taken: Taken) -> bool:
    return not (taken.port.hostIP or "").startswith(OWN_NODE)


def _owner(cluster: Cluster, row: int) -> Subject:
    """Who made a pod; a static one stands for itself."""
    pods = cluster.pods
    owner = pods.shape(row).owner
    if owner is None or owner[0] == "Node":
        return pods.subject(row)
    return Subject("", owner[0], pods.namespace(row), owner[1])


def _planned_host_ports(cluster: Cluster) -> Iterator[EntryPoint]:
    """Of workloads whose pods are not known."""
    for template in cluster.view.templates.all:
        if template.of_deployment or cluster.view.is_complete("Pod", template.namespace):
            continue
        for taken in filter(_is_open, taken_ports(template.containers, template.host_network)):
            path = (*template.path, *taken.path(template.containers))
            target = Direct(template.subject, taken.port.containerPort or taken.number)
            how = protocol(taken.port)
            yield EntryPoint(Via.HOST_PORT, template.subject, path, (), taken.number, how, target)
