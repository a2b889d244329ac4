"""``netlint service``: one Service from its address to its pods, and where the chain breaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netlint import catalogue
from netlint.cluster import Cluster
from netlint.cluster.traffic.service_chain import ServiceChain, link_of, service_chain
from netlint.findings import Finding, Severity, Subject, Violation
from netlint.model.services.service_spec import has_pods
from netlint.views import service as view
from tests.support.goldens import BROKEN, HEALTHY, assert_golden, valid
from tests.support.model.healthy import NETWORKS, node, pod, service, service_port
from tests.support.model.healthy import cluster as objects_of
from tests.support.model.healthy import container as container_of
from tests.support.model.healthy import port as port_of
from tests.support.model.reading import cluster
from tests.support.program import netlint

FOLLOWED = [
    ("broken-web", "shop/web", BROKEN, 1),
    ("broken-checkout", "svc/checkout", BROKEN, 0),
    ("healthy-web", "web", HEALTHY, 0),
    ("healthy-db", "shop/db", HEALTHY, 0),
    ("healthy-payment", "payment", HEALTHY, 0),
    ("healthy-kubernetes", "default/kubernetes", HEALTHY, 0),
]


@pytest.mark.parametrize(("name", "asked", "folder", "code"), FOLLOWED)
def test_of_the_examples(name: str, asked: str, folder: str, code: int, accept: bool) -> None:
    shown = netlint("service", asked, folder)
    assert (shown.returncode, shown.stderr) == (code, "")
    assert_golden(f"service-{name}.txt", shown.stdout, accept)
    as_json = netlint("service", asked, folder, "--format", "json")
    assert (as_json.returncode, as_json.stderr) == (code, "")
    valid("service", as_json.stdout)
    if name == "broken-web":
        assert_golden(f"service-{name}.json", as_json.stdout, accept)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["wbe", HEALTHY], "there is no Service wbe; did you mean shop/web?"),
        (["web", "-n", "default", HEALTHY], "there is no Service default/web; did you mean shop/web?"),
        (["zzz", HEALTHY], "there is no Service zzz"),
        (["shop/web", "-n", "blog", HEALTHY], "shop/web is in namespace shop, and -n says blog"),
        (["web", HEALTHY, "-f", "xml"], "--format 'xml': choose one of text, json"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], message: str) -> None:
    run = netlint("service", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"netlint: {message}\n")


def nodes(**zones: str) -> list[dict[str, Any]]:
    found = []
    for number, (name, zone) in enumerate(zones.items()):
        one = node(name, [f"10.244.{number}.0/24"], [f"192.168.10.1{number}"])
        one["metadata"]["labels"]["topology.kubernetes.io/zone"] = zone
        found.append(one)
    return found


def web(**spec: Any) -> dict[str, Any]:
    return service("web", "shop", {"app": "web"}, [service_port(80, 8080)], **{"ipFamilies": ["IPv4"], **spec})


def web_pod(name: str, on: str, address: str, **more: Any) -> dict[str, Any]:
    return pod(name, "shop", on, [address], {"app": "web"}, [container_of("web", port_of(8080))], **more)


def a_slice(*endpoints: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": "web-1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
        "addressType": "IPv4",
        "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
        "endpoints": list(endpoints),
    }


def endpoint(address: str, on: str, ready: bool = True, **more: Any) -> dict[str, Any]:
    conditions = {"ready": ready, "serving": more.pop("serving", ready), "terminating": more.pop("terminating", False)}
    return {"addresses": [address], "nodeName": on, "conditions": conditions, **more}


def followed(*objects: dict[str, Any]) -> ServiceChain:
    found: Cluster = cluster(objects)
    return service_chain(found, found.view.service_named["shop", "web"])


def programmed(*objects: dict[str, Any]) -> list[tuple[str, tuple[str, ...], list[int], bool]]:
    """Traffic, nodes, the last byte of every backend's address, and whether it is dropped without any."""
    found = followed(*objects)
    return [
        (program.traffic, program.nodes, [to.address & 255 for to in program.backends], program.dropped)
        for program in found.programs
    ]


THREE = nodes(n1="a", n2="a", n3="b")


def test_every_node_uses_the_ready_endpoints() -> None:
    listed = a_slice(endpoint("10.244.0.1", "n1"), endpoint("10.244.1.2", "n2", ready=False))
    assert programmed(*THREE, web(), listed) == [("from pods", ("n1", "n2", "n3"), [1], False)]


def test_without_a_ready_one_those_that_serve_while_they_terminate_are_used() -> None:
    listed = a_slice(
        endpoint("10.244.0.1", "n1", ready=False),
        endpoint("10.244.1.2", "n2", ready=False, serving=True, terminating=True),
    )
    assert programmed(*THREE, web(), listed) == [("from pods", ("n1", "n2", "n3"), [2], False)]
    nothing = a_slice(endpoint("10.244.0.1", "n1", ready=False))
    assert programmed(*THREE, web(), nothing) == [("from pods", ("n1", "n2", "n3"), [], False)]


def test_a_local_policy_uses_what_is_on_the_node() -> None:
    listed = a_slice(endpoint("10.244.0.1", "n1"), endpoint("10.244.1.2", "n2", False, serving=True, terminating=True))
    assert programmed(*THREE, web(internalTrafficPolicy="Local"), listed) == [
        ("from pods", ("n1",), [1], False),
        ("from pods", ("n2",), [2], False),
        ("from pods", ("n3",), [], True),
    ]
    assert programmed(*THREE, web(type="NodePort", externalTrafficPolicy="Local"), listed) == [
        ("from pods", ("n1", "n2", "n3"), [1], False),
        ("from outside", ("n1",), [1], False),
        ("from outside", ("n2",), [2], False),
        ("from outside", ("n3",), [], True),
    ]


def hinted(address: str, on: str, **hints: str) -> dict[str, Any]:
    return endpoint(address, on, hints={key: [{"name": name}] for key, name in hints.items()})


def test_hints_count_only_where_every_ready_endpoint_has_some() -> None:
    both = [hinted("10.244.0.1", "n1", forZones="a"), hinted("10.244.2.3", "n3", forZones="b")]
    assert programmed(*THREE, web(), a_slice(*both)) == [
        ("from pods", ("n1", "n2"), [1], False),
        ("from pods", ("n3",), [3], False),
    ]
    one_without = a_slice(*both, endpoint("10.244.1.2", "n2"))
    assert programmed(*THREE, web(), one_without) == [("from pods", ("n1", "n2", "n3"), [1, 2, 3], False)]
    not_ready = a_slice(*both, endpoint("10.244.1.2", "n2", ready=False))
    assert len(programmed(*THREE, web(), not_ready)) == 2
    other_zone = nodes(n1="a", n2="c")
    assert programmed(*other_zone, web(), a_slice(*both)) == [
        ("from pods", ("n1",), [1], False),
        ("from pods", ("n2",), [1, 3], False),
    ]


def test_hints_for_nodes_come_before_those_for_zones() -> None:
    listed = a_slice(
        hinted("10.244.0.1", "n1", forZones="a", forNodes="n1"), hinted("10.244.1.2", "n2", forZones="a", forNodes="n2")
    )
    assert programmed(*THREE, web(), listed) == [
        ("from pods", ("n1",), [1], False),
        ("from pods", ("n2",), [2], False),
        ("from pods", ("n3",), [1, 2], False),
    ]


def test_without_slices_the_pods_tell() -> None:
    found = followed(
        *THREE, web(), web_pod("web-0", "n1", "10.244.0.1"), web_pod("web-1", "n2", "10.244.1.2", ready=False)
    )
    assert not found.from_slices
    assert [(len(program.nodes), len(program.backends)) for program in found.programs] == [(3, 1)]


def test_another_proxys_service_is_not_programmed() -> None:
    hidden = web()
    hidden["metadata"]["labels"]["service.kubernetes.io/service-proxy-name"] = "mesh"
    found = followed(*THREE, hidden, a_slice(endpoint("10.244.0.1", "n1")))
    assert found.programs == []
    assert "service-proxy-name: mesh" in found.unprogrammed


MANY = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: blog}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: broken, namespace: blog}
spec: {ports: 80}
"""


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["web"], "several Services have the name web: blog/web, shop/web; choose one with -n"),
        (["svc/wbe", "-n", "blog"], "there is no Service blog/wbe; did you mean blog/web or shop/web?"),
    ],
)
def test_a_name_that_is_not_one(asked: list[str], message: str, tmp_path: Path) -> None:
    (tmp_path / "services.yaml").write_text(MANY)
    run = netlint("service", *asked, str(tmp_path))
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"netlint: {message}\n")


LINKS = {
    ("missing-backend-services", "Ingress", ("spec", "defaultBackend")): "ways in",
    ("unaccepted-routes", "HTTPRoute", ("status", "parents")): "ways in",
    ("stale-endpoint-addresses", "Service", ("metadata", "name")): "slices",
    ("shared-selectors", "EndpointSlice", ("ports",)): "slices",
    ("services-without-pods", "Service", ("spec", "selector")): "selector",
    ("shared-selectors", "Service", ("spec", "ports", 0, "targetPort")): "ports",
    ("shared-selectors", "Service", ("spec", "ports", 0, "nodePort")): "ways in",
    ("shared-selectors", "Service", ("spec", "externalIPs", 0)): "ways in",
    ("shared-selectors", "Service", ("spec", "externalTrafficPolicy")): "ways in",
    ("shared-selectors", "Service", ("spec", "healthCheckNodePort")): "ways in",
    ("shared-selectors", "Service", ("spec", "loadBalancerIP")): "ways in",
    ("shared-selectors", "Service", ("status", "loadBalancer")): "ways in",
    ("shared-selectors", "Service", ("spec", "clusterIP")): "addresses",
    ("shared-selectors", "Service", ("metadata", "annotations", "a")): "addresses",
    ("shared-selectors", "Pod", ("spec", "containers", 0)): "pods",
}


@pytest.mark.parametrize(("rule", "kind", "path"), LINKS)
def test_the_link_of_which_a_finding_speaks(rule: str, kind: str, path: tuple[str | int, ...]) -> None:
    violation = Violation(Subject("v1", kind, "shop", "web"), path, "")
    assert link_of(Finding(catalogue.named(rule), Severity.ERROR, violation, "")) == LINKS[rule, kind, path]


def test_hints_stay_with_their_endpoints_when_copies_are_dropped() -> None:
    first = a_slice(endpoint("10.244.0.9", "n1"))
    first["metadata"]["name"] = "web-0"
    both = a_slice(hinted("10.244.0.1", "n1", forZones="a"), hinted("10.244.2.3", "n3", forZones="b"))
    objects = [*THREE, web(), first, first, both, both]
    slices = cluster(objects).view.slices
    zones = {slices.address(row, 4) & 255: slices.hints(row).zones for row in slices.rows}
    assert zones == {9: (), 1: ("a",), 3: ("b",)}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_service_of_a_healthy_cluster_is_shown(name: str) -> None:
    """With its endpoints by the slices, and the same by the pods where there are no slices."""
    objects = objects_of(NETWORKS[name]())
    found, without = cluster(objects), cluster(one for one in objects if one["kind"] != "EndpointSlice")
    for one in found.view.services:
        shown = service_chain(found, one)
        assert view.text(shown, [], {}, []).startswith(f"Service {one.namespace}/{one.name}: ")
        valid("service", view.json(shown, [], {}, []))
        if has_pods(one):
            by_pods = service_chain(without, without.view.service_named[one.namespace, one.name])
            assert (shown.from_slices, by_pods.from_slices) == (True, False)
            assert shown.programs == by_pods.programs
