"""Random Services and pods, dense in special cases: most pods are selected, and most can be served."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any, NamedTuple

from hypothesis import strategies as st

from netlint.cluster import Cluster
from tests.support.model.controller import Object, endpoint_slices
from tests.support.model.reading import cluster

NODES = ("n1", "n2", "gone")  # the last one has no Node object


def often(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value in half of the cases."""
    return st.sampled_from([usual] * len(others) + list(others))


def ports(*named: str) -> st.SearchStrategy[list[Object]]:
    """Ports of a container; a name may stand for another number in another container or protocol."""
    return st.lists(
        st.fixed_dictionaries(
            {"containerPort": st.sampled_from([80, 8080, 9090]), "name": st.sampled_from(named)},
            optional={"protocol": often("TCP", "UDP", "SCTP")},
        ),
        max_size=3,
    )


init_containers = st.fixed_dictionaries(
    {"name": st.just("init"), "ports": ports("http", "metrics", "none")}, optional={"restartPolicy": st.just("Always")}
)
TRUE, FALSE = {"type": "Ready", "status": "True"}, {"type": "Ready", "status": "False"}


class Replicas(NamedTuple):
    """Pods that differ in name and address only; of ``addresses``, "podIP" alone gives no endpoint."""

    namespace: str
    labels: dict[str, str]
    spec: Object
    phase: str | None
    conditions: list[Object] | None
    terminating: bool
    addresses: tuple[str, ...]
    has_uid: bool
    count: int


def replicas(counts: tuple[int, ...]) -> st.SearchStrategy[Replicas]:
    return st.builds(
        Replicas,
        often("shop", "shop", "lab"),
        often({"app": "web"}, {"app": "web", "tier": "front"}, {"app": "db"}, {}),
        st.fixed_dictionaries(
            {"containers": st.tuples(ports("http", "metrics"), ports("http")).map(_containers)},
            optional={
                "initContainers": st.lists(init_containers, min_size=1, max_size=2),
                "nodeName": often("n1", *NODES),
                "hostNetwork": often(False, True),
                "hostname": st.sampled_from(["a", "b"]),
                "subdomain": st.sampled_from(["web", "other"]),
            },
        ),
        often("Running", None, "Pending", "Succeeded", "Failed", "Unknown"),
        often(
            [TRUE],
            None,
            [FALSE],
            [{"type": "ContainersReady", "status": "True"}, FALSE],
            [{"type": "ContainersReady", "status": "False"}, TRUE],
        ),
        often(False, False, True),
        often(("IPv4", "IPv6"), (), ("podIP",), ("IPv4",), ("IPv6",), ("IPv6", "IPv4")),
        often(True, False),
        st.sampled_from(counts),
    )


def _containers(found: tuple[list[Object], ...]) -> list[Object]:
    return [{"name": f"c{number}", "ports": ports} for number, ports in enumerate(found)]


service_ports = st.lists(
    st.fixed_dictionaries(
        {"port": st.sampled_from([80, 443, 9090])},
        optional={"protocol": often("TCP", "UDP"), "targetPort": often("http", "", 0, 8080, "metrics", "none")},
    ),
    max_size=3,
).map(lambda found: [port | {"name": f"p{number}"} if len(found) > 1 else port for number, port in enumerate(found)])
FAMILIES = (
    {"clusterIP": "10.96.0.9", "ipFamilies": ["IPv4"]},
    {"clusterIP": "None", "ipFamilies": ["IPv6"]},
    {"clusterIP": "None"},
    {"clusterIP": "10.96.0.9"},
    {"clusterIP": "fd00::9"},
    {},
)
services = st.builds(
    lambda name, spec, families: {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-{name}"},
        "spec": spec | ({} if spec.get("type") == "NodePort" and families.get("clusterIP") == "None" else families),
    },
    often("web", "other"),
    st.fixed_dictionaries(
        {
            "selector": often({"app": "web"}, {"app": "web", "tier": "front"}, {"app": "none"}, {}),
            "ports": service_ports,
        },
        optional={"publishNotReadyAddresses": st.booleans(), "type": often("ClusterIP", "NodePort", "ExternalName")},
    ),
    often({"clusterIP": "fd00::9", "ipFamilies": ["IPv6", "IPv4"]}, *FAMILIES),
)


class World(NamedTuple):
    """A population with whatever slices somebody wrote; ``nodes`` None: the input has no Node."""

    services: list[Object]
    pods: list[Object]
    nodes: tuple[str, ...] | None
    slices: list[Object]

    def read(self) -> Cluster:
        nodes = [{"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}} for name in self.nodes or ()]
        return cluster([*nodes, *self.services, *self.pods, *self.slices])


@st.composite
def worlds(draw: st.DrawFn, counts: tuple[int, ...] = (1, 1, 2, 3), largest: tuple[int, ...] = (1, 3, 100)) -> World:
    """Random Services and pods with the slices that the controller would write."""
    found = draw(st.lists(services, min_size=1, max_size=2, unique_by=lambda service: service["metadata"]["name"]))
    pods = made(draw(st.lists(replicas(counts), min_size=1, max_size=5)))
    nodes = draw(st.sampled_from([None, NODES[:2]]))
    size = draw(st.sampled_from(largest))
    slices = [piece for service in found for piece in endpoint_slices(service, pods, nodes, size)]
    for piece in slices if draw(st.booleans()) else ():
        piece["endpoints"] = (piece["endpoints"] or [])[::-1] or None
    return World(found, pods, nodes, slices[::-1] if draw(st.booleans()) else slices)


def made(groups: Iterable[Replicas]) -> list[Object]:
    """The pods of all groups; each has addresses of its own unless it shares its node's."""
    pods: list[Object] = []
    for group in groups:
        for _ in range(group.count):
            pods.append(_pod(group, len(pods) + 1))
    return pods


def _pod(group: Replicas, number: int) -> Object:
    low, high = number % 250, number // 250
    of = {"IPv4": f"10.244.{high}.{low}", "IPv6": str(ip_address(f"fd00:244::{high:x}:{low:x}"))}
    if group.spec.get("hostNetwork"):
        host = len(group.spec.get("nodeName", ""))
        of = {"IPv4": f"192.168.0.{host}", "IPv6": str(ip_address(f"fd00:168::{host:x}"))}
    status: Object = {"podIPs": [{"ip": of[family]} for family in group.addresses if family in of]}
    if group.addresses == ("podIP",):
        status["podIP"] = of["IPv4"]
    if group.phase:
        status["phase"] = group.phase
    if group.conditions is not None:
        status["conditions"] = group.conditions
    meta: Object = {"name": f"pod-{number}", "namespace": group.namespace, "labels": group.labels}
    if group.terminating:
        meta["deletionTimestamp"] = "2026-01-05T10:00:00Z"
    if group.has_uid:
        meta["uid"] = f"uid-{number}"
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": group.spec, "status": status}
