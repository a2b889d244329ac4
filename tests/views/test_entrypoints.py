"""``netlint entrypoints``: every way in is found, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from netlint.cluster import Cluster
from netlint.cluster.traffic.entrypoints import EntryPoint, Via, answer_at, entry_points
from netlint.cluster.traffic.service_answers import ServiceAnswer, ServiceAnswers, State
from netlint.views import entrypoints as view
from tests.support.goldens import BROKEN, HEALTHY, assert_golden, valid
from tests.support.model.healthy import NETWORKS, container, node, pod, port, service, service_port, workload
from tests.support.model.healthy import cluster as objects_of
from tests.support.model.reading import cluster
from tests.support.program import netlint

Object = dict[str, Any]


@pytest.mark.parametrize(("name", "folder"), [("broken", BROKEN), ("healthy", HEALTHY)])
def test_of_the_examples(name: str, folder: str, accept: bool) -> None:
    shown = netlint("entrypoints", folder)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert_golden(f"entrypoints-{name}.txt", shown.stdout, accept)
    as_json = netlint("entrypoints", folder, "--format", "json")
    assert (as_json.returncode, as_json.stderr) == (0, "")
    valid("entrypoints", as_json.stdout)
    if name == "broken":
        assert_golden(f"entrypoints-{name}.json", as_json.stdout, accept)


def test_wrong_usage_is_one_line() -> None:
    run = netlint("entrypoints", HEALTHY, "-f", "xml")
    assert (run.returncode, run.stdout, run.stderr) == (2, "", "netlint: --format 'xml': choose one of text, json\n")


def all_of(found: Cluster) -> list[tuple[EntryPoint, ServiceAnswer]]:
    backings = ServiceAnswers(found)
    return [(entry, answer_at(entry, backings)) for entry in entry_points(found)]


@pytest.mark.parametrize("name", NETWORKS)
def test_no_way_into_a_healthy_cluster_is_a_dead_end(name: str) -> None:
    assert [entry for entry, found in all_of(cluster(objects_of(NETWORKS[name]()))) if found.state is State.DEAD] == []


NODES = [node(f"node{number}", [f"10.244.{number}.0/24"], [f"192.168.10.1{number}"]) for number in (1, 2)]


def app(name: str, address: str, ready: bool = True, **spec: Any) -> list[Object]:
    """A Service with one pod."""
    labels = {"app": name}
    listed = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": f"{name}-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "nodeName": "node1", "conditions": {"ready": ready}}],
    }
    made = pod(f"{name}-0", "shop", "node1", [address], labels, [container(name, port(8080, "http"))], ready=ready)
    return [service(name, "shop", labels, [service_port(80, "http", "http")], **spec), made, listed]


def balanced(name: str, address: str, *ips: str) -> list[Object]:
    found = app(name, address, type="LoadBalancer")
    found[0]["spec"]["ports"][0]["nodePort"] = 30080
    found[0]["status"] = {"loadBalancer": {"ingress": [{"ip": ip} for ip in ips]}}
    return found


def ingress(name: str, *backends: tuple[str, str, str, Object], tls: list[str] | None = None) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "rules": [
                {"host": host, "http": {"paths": [{"path": path, "backend": {"service": {"name": to, "port": ref}}}]}}
                for host, path, to, ref in backends
            ],
            **({"tls": [{"hosts": tls}]} if tls else {}),
        },
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}},
    }


def gateway(*listeners: Object) -> Object:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "edge", "namespace": "shop"},
        "spec": {"gatewayClassName": "edge", "listeners": list(listeners)},
        "status": {"addresses": [{"type": "IPAddress", "value": "203.0.113.20"}]},
    }


def listener(name: str, number: int, how: str = "HTTP", host: str = "") -> Object:
    return {"name": name, "port": number, "protocol": how, **({"hostname": host} if host else {})}


def route(name: str, *refs: Object, hosts: tuple[str, ...] = (), kind: str = "HTTPRoute", **parent: Any) -> Object:
    return {
        "apiVersion": f"gateway.networking.k8s.io/{'v1' if kind == 'HTTPRoute' else 'v1alpha2'}",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "parentRefs": [{"name": "edge", **parent}],
            **({"hostnames": list(hosts)} if hosts else {}),
            "rules": [{"backendRefs": list(refs)}],
        },
    }


SHOP = [
    *NODES,
    *balanced("web", "10.244.1.5", "203.0.113.7"),
    *app("api", "10.244.1.6", ready=False, externalIPs=["198.51.100.4"]),
    *app("spare", "10.244.1.7"),
    service("legacy", "shop", {}, [service_port(5432)], type="NodePort"),
    service("mail", "shop", {}, [service_port(25)], type="ExternalName", externalName="mail.example.com"),
    service("idle", "shop", {"app": "idle"}, [service_port(80, name="http")], externalIPs=["198.51.100.5"]),
    workload("Deployment", "idle", "shop", {"app": "idle"}, container("idle")),
    ingress(
        "shop",
        ("shop.example.com", "/", "web", {"name": "http"}),
        ("shop.example.com", "/api", "api", {"number": 80}),
        ("old.example.com", "/", "gone", {"number": 80}),
        ("old.example.com", "/x", "web", {"number": 81}),
        ("old.example.com", "/mail", "mail", {"number": 25}),
        tls=["shop.example.com"],
    ),
    gateway(listener("http", 80), listener("named", 443, "HTTPS", "*.example.com"), listener("dns", 53, "UDP")),
    route("web", {"name": "web", "port": 80}, {"name": "spare", "port": 80, "weight": 0}, hosts=("a.b.example.com",)),
    route("far", {"name": "web", "port": 80}, hosts=("shop.example.org",), sectionName="named"),
    route("moved", sectionName="http"),
    pod("agent-1", "ops", "node1", ["192.168.10.11"], {"app": "agent"}, [container("agent", port(9100, host=9100))],
        owner=("DaemonSet", "agent"), hostNetwork=True),
    pod("agent-2", "ops", "node2", ["192.168.10.12"], {"app": "agent"}, [container("agent", port(9100, host=9100))],
        owner=("DaemonSet", "agent"), hostNetwork=True, ready=False),
    pod("local-1", "ops", "node1", ["10.244.1.9"], {"app": "local"},
        [container("local", {**port(9200, host=9200), "hostIP": "127.0.0.1"})]),
]  # fmt: skip


def test_a_shop_with_every_way_in(accept: bool) -> None:
    found = cluster(SHOP)
    assert_golden("entrypoints-shop.txt", view.text(all_of(found), found.view.nodes, {}, []), accept)
    valid("entrypoints", view.json(all_of(found), found.view.nodes, {}, []))


def test_an_address_that_the_load_balancer_keeps_to_itself() -> None:
    items = balanced("web", "10.244.1.5", "203.0.113.7", "203.0.113.8")
    items[0]["status"]["loadBalancer"]["ingress"][0]["ipMode"] = "Proxy"
    found = cluster(items)
    entry, backing = next(one for one in all_of(found) if one[0].via is Via.LOAD_BALANCER)
    assert view.row(entry, backing)[1] == "203.0.113.7 (ipMode Proxy), 203.0.113.8"
    assert view.as_json(entry, backing, {})["proxied"] == ["203.0.113.7"]


def test_manifests_without_pods_are_no_dead_ends() -> None:
    agents = workload("DaemonSet", "agent", "ops", {"app": "agent"}, container("agent", port(9100, host=9100)))
    found = cluster(
        [
            service("web", "shop", {"app": "web"}, [service_port(80)], type="LoadBalancer"),
            service("db", "shop", {}, [service_port(5432)], type="LoadBalancer"),
            ingress("shop", ("", "/", "web", {"number": 80})),
            ingress("far", ("", "/", "elsewhere", {"number": 80})) | {"metadata": {"name": "far", "namespace": "blog"}},
            agents,
        ]
    )
    assert {(str(entry.target), str(backing.state)) for entry, backing in all_of(found)} == {
        ("shop/web:80", "unknown"),
        ("shop/db:5432", "unknown"),
        ("blog/elsewhere:80", "unknown"),
        ("DaemonSet ops/agent:9100", "unknown"),
    }
