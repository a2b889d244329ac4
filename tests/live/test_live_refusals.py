"""What netlint calls malformed, the API server refuses, and what it takes, the server takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.controlplane import ControlPlane
from tests.support.controlplane.client import ApiError
from tests.support.runs import check

Object = dict[str, Any]


def service(**spec: Any) -> Object:
    metadata = {"name": "it", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}], **spec}}


def deployment(selected: dict[str, str], labels: dict[str, str], port: dict[str, Any] | None = None) -> Object:
    container = {"name": "it", "image": "registry.example/it", "ports": [port or {"containerPort": 80}]}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "it", "namespace": "default"},
        "spec": {"selector": {"matchLabels": selected}, "template": template},
    }


def policy(cidr: str, *excepted: str, protocol: str = "TCP") -> Object:
    peers = [{"ipBlock": {"cidr": cidr, **({"except": list(excepted)} if excepted else {})}}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "it", "namespace": "default"},
        "spec": {"podSelector": {}, "egress": [{"to": peers, "ports": [{"port": 80, "protocol": protocol}]}]},
    }


JOB = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"generateName": "it-", "namespace": "default"},
    "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "it", "image": "it"}]}}},
}
APP = {"app": "it"}
TAKEN = {
    "a Service": service(),
    "a headless Service": service(clusterIP="None"),
    "a node port": service(type="NodePort", ports=[{"port": 80, "nodePort": 30123}]),
    "no type": service(type=""),
    "no protocol": service(ports=[{"port": 80, "protocol": ""}]),
    "no affinity": service(sessionAffinity=""),
    "no external policy": service(type="NodePort", externalTrafficPolicy=""),
    "no protocol of a container's port": deployment(APP, APP, {"containerPort": 80, "protocol": ""}),
    "a name that is made": JOB,
    "more labels than are selected": deployment(APP, {**APP, "tier": "front"}),
    "a part of a range": policy("10.0.0.0/16", "10.0.1.0/24"),
}
REFUSED = {
    "a headless node port": service(type="NodePort", clusterIP="None"),
    "a headless load balancer": service(type="LoadBalancer", clusterIP="None"),
    "a node port of a ClusterIP Service": service(ports=[{"port": 80, "nodePort": 30123}]),
    "no internal policy": service(internalTrafficPolicy=""),
    "no family policy": service(ipFamilyPolicy=""),
    "a selector of other labels": deployment(APP, {"app": "other"}),
    "what is no part of a range": policy("10.0.0.0/16", "10.1.0.0/24"),
    "all of a range": policy("10.0.0.0/16", "10.0.0.0/16"),
    "no protocol of a policy": policy("10.0.0.0/16", protocol=""),
}


def is_taken(plane: ControlPlane, item: Object) -> bool:
    try:
        plane.admin.request("POST", f"{plane.admin.collection_path(item)}?dryRun=All", item)
    except ApiError as error:
        assert error.status in {400, 422}, error
        return False
    return True


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        *(pytest.param(item, True, id=name) for name, item in TAKEN.items()),
        *(pytest.param(item, False, id=name) for name, item in REFUSED.items()),
    ],
)
def test_the_server_is_of_the_same_mind(
    control_plane: ControlPlane, item: Object, expected: bool, tmp_path: Path
) -> None:
    (tmp_path / "it.json").write_text(json.dumps(item))
    run = check(tmp_path, "it.json", "--select", "malformed-objects")
    assert (is_taken(control_plane, item), run.code == 0) == (expected, expected), run.out
