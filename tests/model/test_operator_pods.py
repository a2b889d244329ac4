"""Services that select nothing, where pods may come from elsewhere."""

from __future__ import annotations

import pytest

from netlint.checks.services import services_without_pods
from netlint.cluster import Cluster
from netlint.findings import Undecided, Violation
from tests.support.model.controller import Object
from tests.support.model.healthy import meta, workload
from tests.support.model.reading import snapshot

DATABASE = {"name": "db"}


def selecting(namespace: str, **labels: str) -> list[Object]:
    """A Service in a namespace with one workload."""
    return [
        workload("StatefulSet", "db", namespace, {"app": "db"}, DATABASE),
        {"apiVersion": "v1", "kind": "Service", "metadata": meta("db", namespace), "spec": {"selector": labels}},
    ]


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        (
            [
                *selecting("shop", app="data"),
                {"apiVersion": "example.com/v1", "kind": "Kafka", "metadata": meta("k", "shop")},
            ],
            "its pods may be made for Kafka shop/k, which netlint does not read",
        ),
        (
            selecting("kube-system", component="etcd"),
            "no Pod of kube-system is known, where the control plane and its add-ons run",
        ),
        (selecting("shop", app="db", role="primary"), "pods may get the label role=primary while they run"),
    ],
)
def test_it_cannot_be_told(objects: list[Object], message: str) -> None:
    [found] = services_without_pods(Cluster(snapshot(objects)))
    assert isinstance(found, Undecided)
    assert found.message == message


@pytest.mark.parametrize(
    "labels", [{"app": "data", "role": "primary"}, {"role": "primary"}, {"app": "db", "tier": "x"}]
)
def test_other_labels_are_missing(labels: dict[str, str]) -> None:
    [found] = services_without_pods(Cluster(snapshot(selecting("shop", **labels))))
    assert isinstance(found, Violation)


def test_pods_that_are_known_are_all() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta("other", "kube-system"), "spec": {"containers": []}}
    [found] = services_without_pods(Cluster(snapshot([*selecting("kube-system", component="etcd"), pod])))
    assert isinstance(found, Violation)
