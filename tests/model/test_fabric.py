"""What netlint states of the fabric of each healthy cluster, and of one whose nodes differ."""

from __future__ import annotations

import pytest

from netlint.cluster import Cluster
from tests.support.model.healthy import cluster as objects_of
from tests.support.model.healthy import config_map, node
from tests.support.model.networks import NETWORKS
from tests.support.model.reading import cluster, snapshot

BETWEEN_SUBNETS = "plain routing inside a subnet, overlay ({}) between subnets"
STATED = {
    "antrea": ["antrea: overlay (Geneve)"],
    "antrea_bridging": ["antrea: plain routing"],
    "aws_custom_networking": ["aws-vpc-cni: underlay"],
    "aws_vpc_cni": ["aws-vpc-cni: underlay"],
    "azure_cni": ["azure-cni: underlay"],
    "azure_cni_overlay": ["azure-cni: overlay"],
    "calico": ["calico: overlay (IPIP)"],
    "joined_clusters": ["calico: overlay (IPIP)"],
    "calico_operator": [f"calico: {BETWEEN_SUBNETS.format('VXLAN')}"],
    "calico_reflectors": ["calico: plain routing"],
    "canal": ["flannel: overlay (VXLAN)", "calico on top"],
    "cilium": ["cilium: overlay (VXLAN)"],
    "cilium_kubernetes": ["cilium: overlay (VXLAN)"],
    "cilium_on_aws": ["aws-vpc-cni: underlay", "cilium on top"],
    "docker_bridges": ["hosts: plain routing"],
    "flannel": ["flannel: overlay (VXLAN)"],
    "flannel_dual_stack": ["flannel: overlay (VXLAN)"],
    "flannel_host_gateways": ["flannel: plain routing"],
    "gke": ["gke: underlay"],
    "gke_dataplane_v2": ["cilium: plain routing", "gke"],
    "kindnet": ["kindnet: plain routing"],
    "kindnet_ipv6": ["kindnet: plain routing"],
    "kube_router": [f"kube-router: {BETWEEN_SUBNETS.format('IPIP')}"],
    "kubenet": [],
    "multus": ["flannel: overlay (VXLAN)"],
    "ovn_kubernetes": ["ovn-kubernetes: overlay (Geneve)"],
    "weave": ["weave: overlay (VXLAN)"],
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_fabric_of_a_healthy_cluster(name: str) -> None:
    network = NETWORKS[name]()
    assert Cluster(snapshot(objects_of(network), network.dumps)).network.sentences == STATED[name]


def test_nodes_are_named_where_they_differ() -> None:
    backends = {"n1": "host-gw", "n2": "vxlan", "n3": "vxlan", "n4": "vxlan"}
    key = "flannel.alpha.coreos.com/backend-type"
    found = cluster(node(name, [], [], {key: backend}) for name, backend in backends.items()).network
    assert found.sentences == ["flannel: plain routing on n1", "flannel: overlay (VXLAN) on n2 and 2 more nodes"]
    assert [connection.nodes for connection in found.connections] == [("n1",), ("n2", "n3", "n4")]


def test_what_shows_that_calico_connects_pods() -> None:
    """A backend says it, else pools, blocks or its own IPAM; without them another plugin connects them."""
    flannel = node("n1", [], [], {"flannel.alpha.coreos.com/backend-type": "vxlan"})
    configured = {
        "nothing": {},
        "backend": {"calico_backend": "bird"},
        "no backend": {"calico_backend": "none", "cni_network_config": '{"ipam": {"type": "calico-ipam"}}'},
        "own IPAM": {"cni_network_config": '{"ipam": {"type": "calico-ipam"}}'},
        "ranges of Nodes": {"cni_network_config": '{"ipam": {"type": "host-local"}}'},
    }
    stated = {
        name: cluster([flannel, config_map("calico-config", "kube-system", **data)]).network.sentences
        for name, data in configured.items()
    }
    both, on_top = ["flannel: overlay (VXLAN)", "calico"], ["flannel: overlay (VXLAN)", "calico on top"]
    assert stated == {
        "nothing": on_top,
        "backend": both,
        "no backend": on_top,
        "own IPAM": both,
        "ranges of Nodes": on_top,
    }
