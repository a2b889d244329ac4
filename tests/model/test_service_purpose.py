"""What makes a second Service of the same pods worth having."""

from __future__ import annotations

from typing import Any

import pytest

from netlint.model.services.service_purpose import purpose
from tests.support.model.healthy import Object, service, service_port
from tests.support.model.reading import cluster

PORTS = [service_port(80, 8080)]


def purposes(*services: Object) -> list[tuple[object, ...]]:
    return [purpose(read) for read in cluster(services).view.services]


def test_what_is_left_out_is_the_default() -> None:
    written = service("a", "shop", {"app": "web"}, PORTS, internalTrafficPolicy="Cluster", sessionAffinity="None")
    written["spec"] |= {"externalTrafficPolicy": "Cluster", "publishNotReadyAddresses": False}
    bare = service("b", "shop", {"app": "web"}, [{"port": 80, "targetPort": 8080}])
    del bare["spec"]["type"]
    first, second = purposes(written, bare)
    assert first == second


@pytest.mark.parametrize(
    "different",
    [
        {"type": "LoadBalancer"},
        {"clusterIP": "None"},
        {"internalTrafficPolicy": "Local"},
        {"externalTrafficPolicy": "Local"},
        {"publishNotReadyAddresses": True},
        {"sessionAffinity": "ClientIP"},
        {"ipFamilies": ["IPv6"]},
        {"externalIPs": ["203.0.113.7"]},
        {"loadBalancerClass": "example.com/inner"},
        {"selector": {"app": "web", "tier": "front"}},
        {"ports": [service_port(81, 8080)]},
        {"ports": [service_port(80, 8081)]},
        {"ports": [service_port(80, 8080, protocol="UDP")]},
    ],
    ids=str,
)
def test_what_makes_a_difference(different: dict[str, Any]) -> None:
    first, second = purposes(
        service("a", "shop", {"app": "web"}, PORTS),
        service("b", "shop", {"app": "web"}, PORTS)
        | {"spec": service("b", "shop", {"app": "web"}, PORTS)["spec"] | different},
    )
    assert first != second


def test_annotations_are_for_load_balancers() -> None:
    def annotated(name: str, kind: str, value: str) -> Object:
        made = service(name, "shop", {"app": "web"}, PORTS, type=kind)
        made["metadata"]["annotations"] = {"example.com/scheme": value}
        return made

    outer, inner, plain, other = purposes(
        annotated("a", "LoadBalancer", "outer"),
        annotated("b", "LoadBalancer", "inner"),
        annotated("c", "ClusterIP", "outer"),
        annotated("d", "ClusterIP", "inner"),
    )
    assert (outer == inner, plain == other) == (False, True)
