"""What kube-router's flags and annotations make of a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from netlint.cluster import Cluster
from netlint.model.cni.plugins import kube_router
from netlint.model.services import service_proxy
from tests.support.model.healthy import agent, config_map, node, service, service_port
from tests.support.model.reading import Object, cluster

CIDRS = "kube-router.io/pod-cidrs"
CIDR = "kube-router.io/pod-cidr"
ADVERTISED = "kube-router.io/service.advertise.clusterip"


def routers(*args: str) -> list[Object]:
    return agent("kube-router", "kube-system", args=list(args))


def nodes(*annotations: dict[str, str]) -> list[Object]:
    """Each with a range of its own in ``spec.podCIDRs``."""
    return [node(f"n{number}", [f"10.1.{number}.0/24"], [], given) for number, given in enumerate(annotations)]


def node_ranges(found: Cluster) -> dict[str, list[str]]:
    return {name: [str(declared) for declared in ranges] for name, ranges in found.network.node_ranges.items()}


@pytest.mark.parametrize(
    ("annotations", "ranges", "from_node"),
    [
        ({}, ["10.1.0.0/24"], True),
        ({CIDRS: ""}, ["10.1.0.0/24"], True),
        ({CIDRS: "10.9.0.0/24"}, ["10.9.0.0/24"], False),
        ({CIDRS: "10.9.0.0/24, fd00:9::/64"}, ["10.9.0.0/24", "fd00:9::/64"], False),
        ({CIDR: "10.8.0.0/24"}, ["10.8.0.0/24"], False),
        ({CIDR: "10.8.0.0/24", CIDRS: "10.9.0.0/24"}, ["10.9.0.0/24"], False),
        ({CIDRS: "all"}, ["10.1.0.0/24"], True),
    ],
)
def test_annotations_go_before_the_ranges_of_nodes(
    annotations: dict[str, str], ranges: list[str], from_node: bool
) -> None:
    found = cluster([*routers(), *nodes(annotations, {})])
    assert found.network.allocates_from_node is from_node
    assert node_ranges(found) == {"n0": ranges, "n1": ["10.1.1.0/24"]}


def test_annotations_that_are_no_ranges_are_told() -> None:
    troubles = cluster(nodes({CIDRS: "10.9.0.0/24,10.9.0.0/99"})).ranges.plan.malformed
    assert [(str(trouble.subject), trouble.path, trouble.problem) for trouble in troubles] == [
        (
            "Node n0",
            ("metadata", "annotations", CIDRS),
            "'10.9.0.0/99' is no CIDR: /99 is no prefix length of IPv4",
        )
    ]


@pytest.mark.parametrize(
    ("args", "sentence", "overhead"),
    [
        ([], "plain routing inside a subnet, overlay (IPIP) between subnets", 20),
        (["--enable-overlay=true"], "plain routing inside a subnet, overlay (IPIP) between subnets", 20),
        (["--overlay-encap=fou"], "plain routing inside a subnet, overlay (FoU) between subnets", 28),
        (["--overlay-type=full"], "overlay (IPIP)", 20),
        (["--overlay-type", "full", "--overlay-encap", "FoU"], "overlay (FoU)", 28),
        (["--enable-overlay=False", "--overlay-type=full"], "plain routing", 0),
    ],
)
def test_flags_choose_how_packets_travel(args: list[str], sentence: str, overhead: int) -> None:
    found = cluster([*routers(*args), *nodes({}, {})]).network
    assert found.sentences == [f"kube-router: {sentence}"]
    assert [connection.overhead for connection in found.connections] == [overhead]


FLANNEL = agent("kube-flannel-ds", "kube-flannel")


@pytest.mark.parametrize(
    ("objects", "plugins"),
    [
        (routers(), [("kube-router", False, False)]),
        (routers("--run-router=false"), [("kube-router", False, False)]),
        ([*FLANNEL, *routers()], [("flannel", False, False), ("kube-router", False, False)]),
        ([*FLANNEL, *routers("--run-router=true")], [("flannel", False, False), ("kube-router", False, False)]),
        ([*FLANNEL, *routers("--run-router=0")], [("flannel", False, False), ("kube-router", True, False)]),
        ([*FLANNEL, *routers("--enable-cni=False")], [("flannel", False, False), ("kube-router", True, False)]),
        (
            [*FLANNEL, config_map("kube-router-cfg", "kube-system")],
            [("flannel", False, False), ("kube-router", False, True)],
        ),
    ],
)
def test_flags_leave_the_routes_to_another_plugin(objects: list[Object], plugins: list[tuple[str, bool, bool]]) -> None:
    found = cluster(objects).network.plugins
    assert [(detected.name, detected.rides, detected.may_ride) for detected in found] == plugins


@pytest.mark.parametrize(
    ("objects", "title"),
    [
        ([], ""),
        ([config_map("kube-router-cfg", "kube-system")], ""),
        (routers(), "kube-router"),
        (routers("--run-service-proxy"), "kube-router"),
        (routers("--run-service-proxy=false"), ""),
        (routers("--run-service-proxy", "F"), ""),
    ],
)
def test_it_takes_the_place_of_kube_proxy_unless_told_otherwise(objects: list[Object], title: str) -> None:
    found = service_proxy.replacement(cluster(objects).view)
    assert (found.title if found else "") == title


def advertised(name: str, **spec: Any) -> Object:
    made = service(name, "default", {}, [service_port(80)], **spec)
    return made | {"metadata": made["metadata"] | {"annotations": {ADVERTISED: "true"}}}


def test_a_flag_advertises_all_services_and_annotations_some() -> None:
    services = [
        advertised("headless", clusterIP="None"),
        advertised("new"),
        advertised("web", clusterIP="10.96.0.7"),
        service("silent", "default", {}, [service_port(80)], clusterIP="10.96.0.8"),
    ]
    everything = routers("--advertise-cluster-ip")
    assert told(services) == []
    assert told([*FLANNEL, *services]) == []
    assert told([*everything, *services]) == [("DaemonSet kube-system/kube-router", "all cluster IPs")]
    assert told([*routers("--advertise-cluster-ip=false"), *services]) == [
        ("Service default/new", "its cluster IP"),
        ("Service default/web", "10.96.0.7"),
    ]


def told(objects: list[Object]) -> list[tuple[str, str]]:
    found = kube_router.PLUGIN.advertisements(cluster(objects).view)
    return [(str(advertisement.subject), advertisement.cluster_ips) for advertisement in found]
