"""No rule finds a fault in a healthy cluster, whatever its network plugin is, and all that can be evaluated is."""

from __future__ import annotations

import pytest

from netlint import catalogue, engine
from netlint.config import Config
from netlint.findings import Skip
from netlint.snapshot import Reason
from tests.support.days import TODAY
from tests.support.model.healthy import cluster
from tests.support.model.networks import BY_DEFAULT, NETWORKS
from tests.support.model.reading import snapshot

NOT_ALLOCATED = {
    "aws_vpc_cni": "aws-vpc-cni",
    "azure_cni": "azure-cni",
    "azure_cni_overlay": "azure-cni",
    "aws_custom_networking": "aws-vpc-cni",
    "calico_operator": "calico",
    "calico_reflectors": "calico",
    "cilium_on_aws": "aws-vpc-cni, cilium",
    "weave": "weave",
}
DUMPED = ("docker_bridges", "flannel_host_gateways")
PROXIES = {"ovn_kubernetes": "OVN-Kubernetes"}
UNDECLARED = (
    "aws_custom_networking",
    "aws_vpc_cni",
    "azure_cni",
    "azure_cni_overlay",
    "cilium_on_aws",
    "gke",
    "gke_dataplane_v2",
    "kubenet",
    "ovn_kubernetes",
    "weave",
)


def expected_skips(name: str) -> list[tuple[str, str, str]]:
    """A plugin may keep its addresses elsewhere, and a provider the flags of its control plane."""
    found = []
    if name in DUMPED:
        found.append(("leaked-addresses", "missing", "not all pods are in the input, and addresses may be theirs"))
    if name in PROXIES:
        found.append(("nodes-without-service-proxy", "not-applicable", f"{PROXIES[name]} programs Services"))
    if name in UNDECLARED:
        message = "nothing in the input declares the cluster's pod range"
        found.append(("pod-cidrs-outside-cluster-cidr", "not-applicable", message))
    if name == "antrea_bridging":
        message = "with enableBridgingMode of antrea pods may have addresses of pools, which netlint does not read"
        found.append(("pod-ips-outside-node-range", "undecided", message))
    if name in NOT_ALLOCATED:
        message = f"{NOT_ALLOCATED[name]} does not allocate from spec.podCIDRs"
        found.append(("pod-ips-outside-node-range", "not-applicable", message))
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_a_healthy_cluster_has_no_finding(name: str) -> None:
    network = NETWORKS[name]()
    found = snapshot(cluster(network), network.dumps)
    result = engine.run(found, list(catalogue.rules().values()), Config(), TODAY)
    assert [(one.rule.name, one.severity, one.violation.message) for one in result.findings] == BY_DEFAULT.get(name, [])
    assert [(one.rule, one.message) for one in result.failures] == []
    skips = [(one.rule, one.reason, one.message) for one in result.skips if not is_about_nothing(one)]
    assert skips == expected_skips(name)


def is_about_nothing(skip: Skip) -> bool:
    """Whether the input has nothing that the rule could examine, such as Gateways or node dumps."""
    return skip.reason is Reason.NOT_APPLICABLE and skip.message.startswith(("no ", "there are no "))


@pytest.mark.parametrize("name", NETWORKS)
def test_nor_has_a_part_of_it(name: str) -> None:
    """What the README pipes into netlint, what a repository of manifests holds, and every kind left out in turn."""
    objects = cluster(NETWORKS[name]())
    kinds = sorted({item["kind"] for item in objects})
    parts = [
        {"Node", "Pod", "Service", "EndpointSlice"},
        {"Service", "Deployment", "StatefulSet", "DaemonSet", "Job", "ConfigMap"},
        *({*kinds} - {left_out} for left_out in kinds),
    ]
    for part in parts:
        found = snapshot(item for item in objects if item["kind"] in part)
        result = engine.run(found, list(catalogue.rules().values()), Config(), TODAY)
        known = {rule for rule, _, _ in BY_DEFAULT.get(name, [])}
        found_here = [(part, one) for one in result.findings if one.rule.name not in known or one.severity == "error"]
        assert [(part, one.rule.name, one.violation.message) for part, one in found_here] == []
        assert [(part, one.rule, one.message) for one in result.failures] == []
