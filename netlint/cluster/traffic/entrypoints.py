"""Every way into the cluster: the addresses and ports that clients outside of it use, and where they lead.

Source: k8s.io/api/core/v1/types.go, k8s.io/api/networking/v1/types.go, sigs.k8s.io/gateway-api/apis/v1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from netlint.cluster import Cluster
from netlint.cluster.traffic.gateways import listener_routes, shared_hosts
from netlint.cluster.traffic.references import SERVICE, backend_refs, ingress_backends
from netlint.cluster.traffic.service_answers import ServiceAnswer, ServiceAnswers, State, Target
from netlint.findings import Subject
from netlint.model.hostnames import covers
from netlint.model.pods.host_ports import TakenPort, taken_ports
from netlint.model.services.exposure import PROXY_MODE
from netlint.model.services.service_ports import protocol
from netlint.model.services.service_spec import is_reached_from_outside
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.gateway import Gateway, GatewayRoute
from netlint.objects.ingresses import Ingress
from netlint.objects.meta import Path
from netlint.phrases import counted

LOOPBACK = ("127.", "::1")  # a host port that is bound to it is no way in
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
class HostPortPods:
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
    target: Target | HostPortPods | None
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
    unordered = [*service_entry_points(cluster), *_host_ports(cluster)]
    order = list(Via)
    return sorted(unordered, key=lambda entry: (order.index(entry.via), entry.subject.order))


def service_entry_points(
    cluster: Cluster, own: Callable[[Service], bool] = is_reached_from_outside
) -> Iterator[EntryPoint]:
    """The ways in that lead to Services; ``own``: the Services whose own addresses and node ports are looked at."""
    for service in filter(own, cluster.view.services):
        yield from _of_service(service)
    for ingress in cluster.view.objects("Ingress"):
        yield from _of_ingress(ingress)
    yield from _of_gateways(cluster)


def answer_at(entry: EntryPoint, answers: ServiceAnswers) -> ServiceAnswer:
    """What answers at its end."""
    if entry.target is None:
        return ServiceAnswer(State.IDLE, entry.note)
    if isinstance(entry.target, Target):
        return answers.of(entry.target)
    rows = entry.target.rows
    if not rows:
        return ServiceAnswer(State.UNKNOWN, "its pods are not known")
    ready = len(answers.serving(rows))
    text = f"{ready:,} of {counted(len(rows), 'pod')} ready"
    return ServiceAnswer(State.LIVE if ready else State.DEAD, text, ready, len(rows))


def _of_service(service: Service) -> Iterator[EntryPoint]:
    spec, subject = service.spec, subject_of(service)
    if spec.type == "ExternalName":
        return
    external_ips = tuple(text for text in spec.externalIPs or () if text)
    balanced = load_balancer_addresses(service)
    status_path: Path = ("status", "loadBalancer", "ingress")
    for index, port in enumerate(spec.ports or ()):
        target, transport = Target(service.namespace, service.name, port), protocol(port)
        if spec.type == "LoadBalancer":
            path = status_path if balanced else ("spec", "type")
            proxied = _proxied(service)
            yield EntryPoint(Via.LOAD_BALANCER, subject, path, balanced, port.port, transport, target, proxied=proxied)
        if external_ips:
            yield EntryPoint(
                Via.EXTERNAL_IP, subject, ("spec", "externalIPs"), external_ips, port.port, transport, target
            )
        if port.nodePort:
            path = ("spec", "ports", index, "nodePort")
            yield EntryPoint(Via.NODE_PORT, subject, path, (), port.nodePort, transport, target)


def load_balancer_addresses(item: Service | Ingress) -> tuple[str, ...]:
    """Addresses and names in ``status.loadBalancer`` of a Service or an Ingress."""
    return tuple(text for entry in item.balanced if (text := entry.ip or entry.hostname))


def _proxied(service: Service) -> tuple[str, ...]:
    return tuple(entry.ip for entry in service.balanced if entry.ip and entry.ipMode == PROXY_MODE)


def _of_ingress(ingress: Ingress) -> Iterator[EntryPoint]:
    subject, addresses = subject_of(ingress), load_balancer_addresses(ingress)
    for path, backend in ingress_backends(ingress):
        host, prefix = _host_and_path(ingress, path)
        secure = _is_secure(ingress, host)
        name = f"{'https' if secure else 'http'}://{host or '*'}{prefix}"
        service, target, note = backend.service, None, ELSEWHERE
        if service is not None and service.name:
            target, note = Target(ingress.namespace, service.name, service.port.name or service.port.number), ""
        number = 443 if secure else 80
        yield EntryPoint(Via.INGRESS, subject, path, addresses, number, "TCP", target, name, note=note)


def _host_and_path(ingress: Ingress, path: Path) -> tuple[str, str]:
    """Host and path of a backend."""
    if path[1] != "rules":
        return "", ""
    rule = (ingress.spec.rules or [])[int(path[2])]
    paths = (rule.http.paths if rule.http else None) or []
    return rule.host or "", paths[int(path[5])].path or "/"


def _is_secure(ingress: Ingress, host: str) -> bool:
    """Whether it serves the host with TLS; an entry without hosts serves all of them."""
    return any(
        not tls.hosts or any(host and covers(tls_host, host) for tls_host in tls.hosts)
        for tls in ingress.spec.tls or ()
    )


def _of_gateways(cluster: Cluster) -> Iterator[EntryPoint]:
    for attached in listener_routes(cluster):
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
    entries = (gateway.status.addresses if gateway.status else None) or gateway.spec.addresses or ()
    return tuple(entry.value for entry in entries if entry.value)


def _of_route(route: GatewayRoute) -> Iterator[tuple[Path, Target | None, str]]:
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
    taking: defaultdict[tuple[Subject, int, str, str], list[tuple[int, TakenPort]]] = defaultdict(list)
    open_ports: dict[int, list[TakenPort]] = {}  # by container signature
    for number, signature in enumerate(pods.container_signatures):
        if signature not in open_ports:
            shape = pods.shapes[number]
            taken = taken_ports(shape.containers, shape.host_network)
            open_ports[signature] = [host_port for host_port in taken if _is_open(host_port)]
        ports = open_ports[signature]
        for row in pods.rows_of_shape(number) if ports else ():
            if pods.node(row) and pods.is_live(row):
                owner = _owner(cluster, row)
                for host_port in ports:
                    taking[owner, host_port.number, protocol(host_port.port), host_port.port.hostIP or ""].append(
                        (row, host_port)
                    )
    for (owner, port, transport, address), users in taking.items():
        rows = tuple(sorted((row for row, _ in users), key=pods.order))
        first, host_port = min(users, key=lambda row_and_port: pods.order(row_and_port[0]))
        path = host_port.path(pods.shape(first).containers)
        nodes = tuple(dict.fromkeys(sorted(pods.node(row) for row in rows)))
        target = HostPortPods(owner, host_port.port.containerPort or port, rows)
        addresses = (address,) if address not in {"", "0.0.0.0", "::"} else ()  # noqa: S104 - as it is written
        yield EntryPoint(Via.HOST_PORT, pods.subject(first), path, addresses, port, transport, target, nodes=nodes)
    yield from _planned_host_ports(cluster)


def _is_open(host_port: TakenPort) -> bool:
    return not (host_port.port.hostIP or "").startswith(LOOPBACK)


def _owner(cluster: Cluster, row: int) -> Subject:
    """Who made a pod; a static one stands for itself."""
    pods = cluster.pods
    owner = pods.shape(row).owner
    if owner is None or owner[0] == "Node":
        return pods.subject(row)
    return Subject("", owner[0], pods.namespace(row), owner[1])


def _planned_host_ports(cluster: Cluster) -> Iterator[EntryPoint]:
    """The host ports of workloads whose pods are not known."""
    for template in cluster.view.templates.all:
        if template.of_deployment or cluster.view.is_complete("Pod", template.namespace):
            continue
        for host_port in filter(_is_open, taken_ports(template.containers, template.host_network)):
            path = (*template.path, *host_port.path(template.containers))
            target = HostPortPods(template.subject, host_port.port.containerPort or host_port.number)
            transport = protocol(host_port.port)
            yield EntryPoint(Via.HOST_PORT, template.subject, path, (), host_port.number, transport, target)
