"""Settings of any type never keep the rest of the plan from being built."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.model.reading import Object, cluster

FLANNEL = ("kube-flannel", "kube-flannel-cfg", "net-conf.json")
KUBEADM = ("kube-system", "kubeadm-config", "ClusterConfiguration")
METALLB = ("metallb-system", "config", "config")
ANTREA = ("kube-system", "antrea-config", "antrea-controller.conf")
NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}, "spec": {"podCIDRs": ["10.1.0.0/24"]}}


def config_map(place: tuple[str, str, str], value: Any) -> Object:
    namespace, name, key = place
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: json.dumps(value)}}


def attachment(config: Any) -> Object:
    metadata = {"name": "a", "namespace": "b"}
    spec = {"config": json.dumps(config)}
    return {
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": metadata,
        "spec": spec,
    }


def annotated(**annotations: str) -> Object:
    found = {f"k8s.ovn.org/{key.replace('_', '-')}": text for key, text in annotations.items()}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "m", "annotations": found}}


ODD = [
    (config_map(FLANNEL, {"Network": 5, "Backend": 7}), ["'5' is no CIDR: the prefix length is missing"]),
    (config_map(FLANNEL, []), ["the text is no mapping"]),
    (config_map(KUBEADM, {"networking": 5}), []),
    (config_map(KUBEADM, {"networking": {"podSubnet": [1]}}), ["'1' is no CIDR: the prefix length is missing"]),
    (config_map(METALLB, {"address-pools": 5}), []),
    (config_map(METALLB, {"address-pools": [5, {"addresses": 5}]}), ["'5' is no CIDR: the prefix length is missing"]),
    (
        config_map(ANTREA, {"nodeIPAM": {"enableNodeIPAM": True, "clusterCIDRs": 5}}),
        ["'5' is no CIDR: the prefix length is missing"],
    ),
    (attachment([1]), ["the text is no CNI configuration: it is no JSON mapping"]),
    (attachment({"plugins": 5}), ["the text is no CNI configuration: its plugins are no list of mappings"]),
    (attachment({"ipam": {"type": "host-local", "ranges": 5}}), ["the ranges are no list of mappings"]),
    (attachment({"ipam": {"type": "host-local", "ranges": [[{}]]}}), ["a range has no subnet"]),
    (attachment({"ipam": {"type": "whereabouts", "ipRanges": [{}]}}), ["a range has no subnet"]),
    (attachment({"ipam": {"type": ["x"], "range": 5}}), []),
    (annotated(node_subnets='{"default": 5}'), ["'5' is no CIDR: the prefix length is missing"]),
]


@pytest.mark.parametrize(("odd", "problems"), ODD)
def test_the_rest_of_the_plan_is_built(odd: Object, problems: list[str]) -> None:
    plan = cluster([NODE, odd]).ranges.plan
    assert [trouble.problem for trouble in plan.malformed] == problems
    assert "10.1.0.0/24" in [str(declared) for declared in plan.declarations]
