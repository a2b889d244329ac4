"""Services and endpoints: what the real controllers wrote is right, and every edit of it is found."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from netlint import addresses, sources
from netlint.addresses import FAMILY_NAMES
from netlint.cluster import Cluster
from netlint.model.services.service_ports import expected_ports
from netlint.model.services.service_spec import families, has_pods
from tests.support.controlplane import ControlPlane
from tests.support.live import objects
from tests.support.live.edits import EDITS, Fault, Place
from tests.support.live.objects import (
    CONTROLLER,
    MANAGED_BY,
    SERVICE_NAME,
    SLICES,
    TRIGGER_TIME,
    Object,
    container,
    port,
)
from tests.support.live.population import NodeRanges, add_nodes, churn, populate
from tests.support.live.running import check

STACKS = {
    "IPv4": {"cluster_cidrs": ["10.244.0.0/16"], "service_cidrs": ["10.96.0.0/16"]},
    "dual": {
        "cluster_cidrs": ["10.244.0.0/16", "fd00:10:244::/48"],
        "service_cidrs": ["10.96.0.0/16", "fd00:10:96::/112"],
    },
    "IPv6": {"cluster_cidrs": ["fd00:10:244::/48"], "service_cidrs": ["fd00:10:96::/112"]},
}
SCALED_TO_ZERO = (
    "services-without-pods",
    "note",
    "Service shop/resting",
    "app=resting selects no pod in namespace shop; Deployment shop/resting has no replicas",
)
LONG_AGO, IN_FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"

SERVICES = int(os.environ.get("NETLINT_ORACLE_SERVICES", "40"))
PODS = int(os.environ.get("NETLINT_ORACLE_PODS", "250"))
SEED = int(os.environ.get("NETLINT_ORACLE_SEED", "7"))
ENDPOINTS_PER_SLICE = int(os.environ.get("NETLINT_ORACLE_ENDPOINTS_PER_SLICE", "10"))
ROUNDS = max(1, SERVICES // 40)  # in which every kind of edit is made
TIMEOUT = 60 + PODS / 20

NewControlPlane = Callable[..., ControlPlane]
Finding = tuple[str, str, str, str]


def _new_plane(start: NewControlPlane, stack: str) -> ControlPlane:
    return start(concurrent_endpoint_syncs=16, max_endpoints_per_slice=ENDPOINTS_PER_SLICE, **STACKS[stack])


# What the controllers wrote is right, and edits are found

NEVER_READY = ("--ignore", "unanswered-services")
"""The population has pods that are not ready, and Services with no others."""


@pytest.mark.parametrize("stack", ["IPv4", "dual"])
def test_what_the_controllers_wrote_is_right_and_every_edit_is_found(
    new_control_plane: NewControlPlane, stack: str
) -> None:
    """First there is no finding at all; then exactly the edited Services, and one scaled to zero in the meantime."""
    plane = _new_plane(new_control_plane, stack)
    nodes = add_nodes(plane, 4 + PODS // 100)
    population = populate(SEED, nodes, services=SERVICES, pods=PODS, healthy=True)
    population.others = _special_cases(nodes[0])
    population.create(plane)
    plane.admin.create(objects.controller_manager_pod("node-0", plane.options.cluster_cidrs))
    plane.settle(TIMEOUT)

    settled = check(plane.kubeconfig(), "--strict", *NEVER_READY)

    assert (settled.findings, settled.skips, settled.errors, settled.code) == ([], [], [], 0)
    assert settled.seen == {
        "ClusterRole": len(plane.admin.list("/apis/rbac.authorization.k8s.io/v1/clusterroles")),
        "ClusterRoleBinding": len(plane.admin.list("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings")),
        "Deployment": 1,
        "Endpoints": len(plane.admin.list("/api/v1/endpoints")),
        "ReplicaSet": 1,
        "EndpointSlice": len(plane.admin.list(SLICES)),
        "IPAddress": len(plane.admin.list("/apis/networking.k8s.io/v1/ipaddresses")),
        "Namespace": len(plane.admin.list("/api/v1/namespaces")),
        "Node": 4 + PODS // 100,
        "Pod": PODS + 3 + 1,  # with those of the starting Deployment, and the controller manager's
        "Service": SERVICES + 4 + 1,  # with the special cases and `kubernetes`
        "ServiceCIDR": 1,
    }

    plane.admin.apply_many(_deployment_with_service("resting", replicas=0))
    plane.settle(TIMEOUT)
    plane.stop_controller_manager()
    planted = list(_planted(plane, Random(SEED)))
    edited = check(plane.kubeconfig(), *NEVER_READY)

    assert edited.findings == sorted([SCALED_TO_ZERO, *planted], key=_order)
    assert (edited.skips, edited.errors, edited.code) == ([], [], 1)


def _special_cases(node: NodeRanges) -> list[Object]:
    """Services whose endpoints no controller makes of pods, and one whose pods a Deployment makes."""
    addresses = [node.addresses[0]]
    endpoints = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"name": "mirrored", "namespace": "shop"},
        "subsets": [{"addresses": [{"ip": address} for address in addresses], "ports": [{"port": 80}]}],
    }
    return [
        objects.service("by-hand", None, within="shop"),
        objects.by_hand("by-hand", addresses, within="shop"),
        objects.service("mirrored", None, within="shop"),
        endpoints,
        objects.service("outside", None, within="shop", type="ExternalName", externalName="db.example"),
        *_deployment_with_service("starting", replicas=3),
    ]


def _deployment_with_service(name: str, replicas: int) -> list[Object]:
    labels = {"app": name}
    template = container("web", port(8080, "http"))
    return [
        objects.workload("Deployment", name, labels, template, within="shop", replicas=replicas),
        objects.service(name, labels, {"port": 80, "targetPort": "http"}, within="shop"),
    ]


def _planted(plane: ControlPlane, random: Random) -> Iterator[Finding]:
    """Edits slices of Services, one each, in every way; gives what netlint has to find."""
    slices = [each for each in plane.admin.list(SLICES) if _is_controllers(each)]
    places = [_place(random, each, slices) for each in slices if each["endpoints"]]
    by_service = {place.service: place for place in random.sample(places, len(places))}
    free = list(by_service.values())
    for edit in EDITS * ROUNDS:
        place, change, faults = next((place, *edited) for place in free if (edited := edit(place)) is not None)
        free.remove(place)
        plane.admin.patch(place.piece, change)
        yield from _findings(place, faults, _set_trigger_times(plane, place, random))


def _place(random: Random, piece: Object, slices: list[Object]) -> Place:
    same = [
        other
        for other in slices
        if other is not piece and _service_of(other) == _service_of(piece)
        if other["addressType"] == piece["addressType"]
    ]
    return Place(piece, random.randrange(len(piece["endpoints"])), tuple(same))


def _set_trigger_times(plane: ControlPlane, place: Place, random: Random) -> bool:
    """Whether the pods changed after the slices of this Service and family, as these tell it from now on."""
    trigger_time = random.choice((LONG_AGO, IN_FUTURE, None))
    for each in (place.piece, *place.others):
        plane.admin.patch(each, {"metadata": {"annotations": {TRIGGER_TIME: trigger_time}}})
    return trigger_time == LONG_AGO


def _findings(place: Place, faults: list[Fault], excused: bool) -> Iterator[Finding]:
    subject = f"Service {'/'.join(place.service)}"
    for fault in faults:
        yield fault.rule, "note" if excused and fault.can_be_excused else "error", subject, fault.message


def _order(finding: Finding) -> tuple[str, str, str]:
    rule, _, subject, message = finding
    return rule, subject, message


def _is_controllers(piece: Object) -> bool:
    return piece["metadata"].get("labels", {}).get(MANAGED_BY) == CONTROLLER


def _service_of(piece: Object) -> tuple[str, str]:
    return piece["metadata"]["namespace"], piece["metadata"]["labels"][SERVICE_NAME]


def test_pods_that_changed_while_the_controller_was_away_are_notes(new_control_plane: NewControlPlane) -> None:
    """The same differences as those that an edit makes, but the controller may be about to write."""
    plane = new_control_plane()
    [node] = add_nodes(plane, 1)
    plane.admin.create(objects.service("web", {"app": "web"}))
    pods = [objects.pod(f"web-{number}", node.name, labels={"app": "web"}) for number in range(3)]
    plane.run_pod(pods[0], "10.244.0.10")
    plane.run_pod(pods[1], "10.244.0.11")
    plane.settle()
    plane.stop_controller_manager()
    _wait_for_the_next_second()
    plane.report_pod(pods[1], "10.244.0.11", ready=False)
    plane.run_pod(pods[2], "10.244.0.12")

    run = check(plane.kubeconfig())

    of_web = "Service default/web"
    unready = "the IPv4 endpoint 10.244.0.11 has ready true and serving true, unlike the pod"
    missing = "10.244.0.12 (web-2) is in no IPv4 EndpointSlice of the Service"
    assert run.findings == [
        ("mismatched-endpoints", "note", of_web, unready),
        ("missing-endpoint-addresses", "note", of_web, missing),
    ]
    assert run.code == 0


def _wait_for_the_next_second() -> None:
    """Kubernetes tells times in whole seconds."""
    time.sleep(1 - time.time() % 1)


# The oracle: what netlint expects of the controller, and what the controller writes


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the client of the API keeps its connections
def test_recomputed_endpoints_are_what_the_controller_wrote(new_control_plane: NewControlPlane, stack: str) -> None:
    """Endpoint for endpoint, at first and after a fifth of all pods and Services changed."""
    plane = _new_plane(new_control_plane, stack)
    nodes = add_nodes(plane, 4 + PODS // 100)
    population = populate(SEED, nodes, services=SERVICES, pods=PODS, healthy=False)
    population.create(plane)
    assert_as_written(plane)

    churn(plane, population, SEED)
    assert_as_written(plane)


def assert_as_written(plane: ControlPlane) -> None:
    """Started anew, the controller does not put off Services for which it failed before: of pods without a node."""
    plane.start_controller_manager()
    plane.settle(TIMEOUT)
    kinds = ["EndpointSlice", "Node", "Pod", "Service"]
    snapshot, _ = sources.read(sources.LiveCluster(plane.kubeconfig()), kinds, "default")
    cluster = Cluster(snapshot)
    written = Counter(_written(plane.admin.list(SLICES)))

    assert Counter(_recomputed(cluster)) == written
    assert cluster.services.endpoints.differences == []
    assert written.total() > PODS // 4


def _written(slices: list[Object]) -> Iterator[tuple[Any, ...]]:
    for piece in filter(_is_controllers, slices):
        ports = [(each.get("name", ""), each["port"], each["protocol"]) for each in piece["ports"] or ()]
        for end in piece["endpoints"] or ():
            yield (
                _service_of(piece),
                piece["addressType"],
                *end["addresses"],
                end["targetRef"]["name"],
                tuple(end["conditions"].items()),
                end.get("nodeName", ""),
                end.get("hostname", ""),
                frozenset(ports),
            )


def _recomputed(cluster: Cluster) -> Iterator[tuple[Any, ...]]:
    pods, model = cluster.pods, cluster.services.endpoints
    for service in filter(has_pods, cluster.view.services):
        for family in families(service):
            for row in model.expected_rows(service):
                if pods.address(row, family):
                    yield (
                        (service.namespace, service.name),
                        FAMILY_NAMES[family],
                        addresses.text(family, pods.address(row, family)),
                        pods.name(row),
                        tuple(model.expected_conditions(service, row)._asdict().items()),
                        pods.node(row),
                        model.expected_hostname(service, row),
                        expected_ports(service, pods.shape(row)),
                    )
