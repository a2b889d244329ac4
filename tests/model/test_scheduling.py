"""On which nodes a DaemonSet has pods: selectors, affinity, taints, each with its borderline cases."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from netlint.model.pods.scheduling import runs_on
from netlint.objects.apps import Workload
from netlint.objects.core import Node

LINUX = {"kubernetes.io/os": "linux", "cores": "8"}
CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
NETWORK = {"key": "node.kubernetes.io/network-unavailable", "effect": "NoSchedule"}
READY = {"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}


def required(*terms: dict[str, Any]) -> dict[str, Any]:
    chosen = {"nodeSelectorTerms": list(terms)}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": chosen}}}


def label(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}


@pytest.mark.parametrize(
    ("spec", "taints", "expected"),
    [
        ({}, [], True),
        ({"nodeSelector": {"kubernetes.io/os": "linux"}}, [], True),
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, [], False),
        (required(label("cores", "In", "8", "16")), [], True),
        (required(label("cores", "NotIn", "8")), [], False),
        (required(label("absent", "NotIn", "8")), [], True),
        (required(label("cores", "Exists")), [], True),
        (required(label("cores", "DoesNotExist")), [], False),
        (required(label("cores", "Gt", "4")), [], True),
        (required(label("cores", "Lt", "4")), [], False),
        (required(label("absent", "Lt", "4")), [], False),
        (required(label("kubernetes.io/os", "Gt", "4")), [], None),
        (required(label("cores", "Resembles", "8")), [], None),
        (required(label("cores", "Resembles", "8"), label("cores", "Exists")), [], True),
        (required(label("cores", "DoesNotExist"), label("cores", "Exists")), [], True),
        (required({}), [], False),
        (required({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n1"]}]}), [], True),
        ({}, [CONTROL_PLANE], False),
        ({}, [{**CONTROL_PLANE, "effect": "PreferNoSchedule"}], True),
        ({"tolerations": [{"operator": "Exists"}]}, [CONTROL_PLANE], True),
        ({"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]}, [CONTROL_PLANE], False),
        ({"tolerations": [{"key": CONTROL_PLANE["key"]}]}, [CONTROL_PLANE], True),
        ({"tolerations": [{"key": CONTROL_PLANE["key"], "value": "x"}]}, [CONTROL_PLANE], False),
        ({"tolerations": [{"key": CONTROL_PLANE["key"], "operator": "Lt", "value": "1"}]}, [CONTROL_PLANE], None),
        ({"nodeSelector": {"absent": ""}, "tolerations": [{"operator": "Lt"}]}, [CONTROL_PLANE], False),
        ({}, [{**READY, "effect": "NoExecute"}], True),
        ({}, [READY], False),
        ({"hostNetwork": True}, [NETWORK], True),
        ({}, [NETWORK], False),
    ],
)
def test_runs_on(spec: dict[str, Any], taints: list[dict[str, str]], expected: bool | None) -> None:
    daemon_set = msgspec.convert({"spec": {"template": {"spec": spec}}}, Workload)
    node = msgspec.convert({"metadata": {"name": "n1", "labels": LINUX}, "spec": {"taints": taints}}, Node)
    assert runs_on(daemon_set, node) is expected
