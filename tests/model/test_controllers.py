"""Controllers that are switched off, and what is then not judged."""

from __future__ import annotations

import pytest

from netlint.checks.endpoints import conflicting_endpoints, unmirrored_endpoints
from netlint.cluster import Cluster
from netlint.findings import Undecided
from netlint.model.declared.controllers import Controller, is_disabled
from tests.support.model.controller import Object
from tests.support.model.healthy import meta
from tests.support.model.reading import snapshot

PORTS = [{"name": "http", "port": 80}]


def manager(name: str, *flags: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta(f"kube-controller-manager-{name}", "kube-system"),
        "spec": {"containers": [{"name": "manager", "command": ["kube-controller-manager", *flags]}]},
        "status": {"phase": "Running"},
    }


def service(**spec: object) -> Object:
    return {"apiVersion": "v1", "kind": "Service", "metadata": meta("db", "shop"), "spec": {"ports": PORTS, **spec}}


def endpoints(*addresses: str) -> Object:
    subset = {"addresses": [{"ip": address} for address in addresses], "ports": PORTS}
    written = {**meta("db", "shop"), "creationTimestamp": "2026-01-01T00:00:00Z"}
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": written, "subsets": [subset]}


def piece(manager: str, *addresses: str) -> Object:
    labels = {"kubernetes.io/service-name": "db", "endpointslice.kubernetes.io/managed-by": manager}
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**meta("db-abcde", "shop"), "labels": labels},
        "addressType": "IPv4",
        "ports": PORTS,
        "endpoints": [{"addresses": [address]} for address in addresses],
    }


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--controllers=*,-endpointslice-mirroring-controller"], True),
        (["--controllers=*,-endpointslicemirroring,bootstrapsigner"], True),
        (["--controllers=endpointslice-controller"], True),
        (["--controllers=*,bootstrapsigner,tokencleaner"], False),
        (["--controllers=-nodeipam,*"], False),
        (["--controllers", "endpointslicemirroring"], False),
        ([], False),
    ],
)
def test_a_controller_is_off_as_its_program_reads_the_flag(flags: list[str], expected: bool) -> None:
    pods = Cluster(snapshot([manager("one", *flags)])).pods
    assert is_disabled(Controller.MIRRORING, pods) is expected


def test_one_that_runs_it_is_enough() -> None:
    pods = Cluster(snapshot([manager("one", "--controllers=nodeipam"), manager("two")])).pods
    assert not is_disabled(Controller.MIRRORING, pods)
    assert not is_disabled(Controller.MIRRORING, Cluster(snapshot([])).pods)


def test_endpoints_that_nobody_mirrors_are_not_judged() -> None:
    objects = [service(), endpoints("203.0.113.7")]
    off = manager("one", "--controllers=*,-endpointslice-mirroring-controller")

    [judged] = unmirrored_endpoints(Cluster(snapshot([*objects, manager("one")])))
    [skipped] = unmirrored_endpoints(Cluster(snapshot([*objects, off])))

    assert not isinstance(judged, Undecided)
    assert isinstance(skipped, Undecided)
    assert skipped.message == "the kube-controller-manager is told not to run its endpointslice-mirroring-controller"


def test_endpoints_that_nobody_renews_are_not_judged() -> None:
    objects = [
        service(selector={"app": "db"}, ipFamilies=["IPv4"]),
        endpoints("203.0.113.7"),
        piece("endpointslice-controller.k8s.io", "203.0.113.8"),
    ]
    off = manager("one", "--controllers=*,-endpoints-controller")

    [skipped] = conflicting_endpoints(Cluster(snapshot([*objects, off])))

    assert isinstance(skipped, Undecided)
    assert skipped.message == "the kube-controller-manager is told not to run its endpoints-controller"


def test_slices_of_a_replacement_are_not_compared() -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {**meta("db-0", "shop"), "labels": {"app": "db"}},
        "spec": {"containers": [{"name": "db"}]},
        "status": {"phase": "Running", "podIPs": [{"ip": "10.0.0.7"}]},
    }
    objects = [service(selector={"app": "db"}, ipFamilies=["IPv4"]), pod, piece("ours.example", "10.0.0.7")]
    off = manager("one", "--controllers=*,-endpointslice")

    assert Cluster(snapshot([*objects, manager("one")])).services.endpoints.differences
    assert not Cluster(snapshot([*objects, off])).services.endpoints.differences
    assert Cluster(snapshot([*objects[:2], off])).services.endpoints.differences
