"""More healthy clusters: plugins on top of each other, route reflectors, secondary networks, node dumps."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

from tests.support.model import healthy
from tests.support.model.controller import Object
from tests.support.model.healthy import (
    KCM,
    KUBEADM,
    NODES,
    POD_CIDR,
    SERVICE_CIDR,
    Network,
    agent,
    cilium_nodes,
    config_map,
    ip_pool,
    meta,
    per_node,
)

GKE_RANGE = "10.8.0.0/14"


def gke() -> Network:
    ranges = per_node(GKE_RANGE)
    spared = json.dumps({"nonMasqueradeCIDRs": [GKE_RANGE, "192.168.0.0/16", "34.118.224.0/20"]})
    objects = [
        config_map("ip-masq-agent", "kube-system", config=spared),
        *agent("netd", "kube-system"),
        *agent("ip-masq-agent", "kube-system"),
    ]
    return Network(ranges, ranges, objects, service_cidrs=("34.118.224.0/20",))


def gke_dataplane_v2() -> Network:
    """Cilium carries the packets on the addresses that GKE gives."""
    ranges = per_node(GKE_RANGE)
    keys = {"ipam": "kubernetes", "routing-mode": "native", "ipv4-native-routing-cidr": GKE_RANGE}
    objects = [
        config_map("cilium-config", "kube-system", **keys, **{"enable-ipv4-masquerade": "false"}),
        *cilium_nodes(ranges),
        *agent("netd", "kube-system"),
        *agent("anetd", "kube-system"),
    ]
    return Network(ranges, ranges, objects, service_cidrs=("34.118.224.0/20",))


def cilium_on_aws() -> Network:
    """Chained to the AWS VPC CNI, which connects the pods."""
    aws = healthy.aws_vpc_cni()
    keys = {"cni-chaining-mode": "aws-cni", "routing-mode": "native", "enable-ipv4-masquerade": "false"}
    cilium = [config_map("cilium-config", "kube-system", **keys), *cilium_nodes(), *agent("cilium", "kube-system")]
    return Network({}, aws.pod_ranges, [*aws.objects, *cilium], service_cidrs=aws.service_cidrs)


def aws_custom_networking() -> Network:
    """Pods in subnets of their own, by an ENIConfig that each node names."""
    subnets = {name: [f"100.64.{32 * number}.0/19"] for number, name in enumerate(NODES)}
    switches = ("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "AWS_VPC_K8S_CNI_EXTERNALSNAT")
    configs = [
        {
            "apiVersion": "crd.k8s.amazonaws.com/v1alpha1",
            "kind": "ENIConfig",
            "metadata": meta(f"pods-{name}"),
            "spec": {"subnet": f"subnet-{name}", "securityGroups": ["sg-1"]},
        }
        for name in NODES
    ]
    objects = [*agent("aws-node", "kube-system", env=[{"name": name, "value": "true"} for name in switches]), *configs]
    chosen = "k8s.amazonaws.com/eniConfig"
    return Network({}, subnets, objects, lambda name: {chosen: f"pods-{name}"}, service_cidrs=("172.20.0.0/16",))


def calico_reflectors() -> Network:
    """No mesh: every node peers with node1, which reflects routes; pods leave without encapsulation."""
    network = healthy.calico_operator()
    pool = ip_pool("projectcalico.org/v3", ipipMode="Never", vxlanMode="Never")
    configuration = {"nodeToNodeMeshEnabled": False, "asNumber": 64512}
    peer = {"nodeSelector": "all()", "peerSelector": "kubernetes.io/hostname == 'node1'"}
    bgp = [
        {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": meta(name), "spec": spec}
        for kind, name, spec in (("BGPConfiguration", "default", configuration), ("BGPPeer", "reflectors", peer))
    ]

    def annotations(name: str) -> dict[str, str]:
        reflects = {"projectcalico.org/RouteReflectorClusterID": "244.0.0.1"} if name == NODES[0] else {}
        return network.annotations(name) | reflects

    objects = [pool, *bgp, *agent("calico-node", "calico-system")]
    return Network(network.node_ranges, network.pod_ranges, objects, annotations, KCM, KUBEADM)


def multus() -> Network:
    """flannel for the first network of each pod, whereabouts for a second one."""
    network = healthy.flannel()
    ipam = {"type": "whereabouts", "range": "172.29.0.0/24", "gateway": "172.29.0.1", "exclude": ["172.29.0.0/30"]}
    attachment = {"cniVersion": "0.3.1", "type": "macvlan", "master": "eth1", "mode": "bridge", "ipam": ipam}
    secondary = [
        {
            "apiVersion": "k8s.cni.cncf.io/v1",
            "kind": "NetworkAttachmentDefinition",
            "metadata": meta("storage", "shop"),
            "spec": {"config": json.dumps(attachment)},
        },
        {
            "apiVersion": "whereabouts.cni.cncf.io/v1alpha1",
            "kind": "IPPool",
            "metadata": meta("172.29.0.0-24", "kube-system"),
            "spec": {
                "range": "172.29.0.0/24",
                "allocations": {"5": {"id": "c1", "podref": "shop/db-0"}, "6": {"id": "c2", "podref": "shop/db-1"}},
            },
        },
        *agent("kube-multus-ds", "kube-system"),
        *agent("whereabouts", "kube-system"),
    ]
    return replace(network, objects=[*network.objects, *secondary], pod_annotations=_attached)


def _attached(name: str, addresses: list[str]) -> dict[str, str]:
    """What Multus writes onto every pod; the database's have an address in the second network."""
    first = {"name": "cbr0", "interface": "eth0", "ips": addresses, "default": True, "dns": {}}
    if not name.startswith("db-"):
        return {"k8s.v1.cni.cncf.io/network-status": json.dumps([first])}
    number = int(name.removeprefix("db-"))
    second = {"name": "shop/storage", "interface": "net1", "ips": [f"172.29.0.{number + 5}"], "dns": {}}
    second["mac"] = f"5a:1b:00:00:00:0{number}"
    return {
        "k8s.v1.cni.cncf.io/networks": "storage",
        "k8s.v1.cni.cncf.io/network-status": json.dumps([first, second]),
    }


def joined_clusters() -> Network:
    """Calico with closed pools, for which it does not masquerade: the nodes' network, a site, and another cluster's
    ranges, as Submariner makes them."""
    network = healthy.calico()
    spared = {
        "nodes": "192.168.10.0/24",
        "site": "172.16.0.0/12",
        "pods-of-west": "10.52.0.0/16",
        "west": "10.53.0.0/16",
    }
    closed = [
        ip_pool("crd.projectcalico.org/v1", cidr=cidr, disabled=True) | {"metadata": meta(name)}
        for name, cidr in spared.items()
    ]
    clusters = {"east": (POD_CIDR, SERVICE_CIDR), "west": ("10.52.0.0/16", "10.53.0.0/16")}
    joined = [
        {
            "apiVersion": "submariner.io/v1",
            "kind": "Cluster",
            "metadata": meta(name, "submariner-operator"),
            "spec": {"cluster_id": name, "color_codes": ["blue"], "cluster_cidr": [pods], "service_cidr": [services]},
        }
        for name, (pods, services) in clusters.items()
    ]
    gateways = [
        {
            "apiVersion": "submariner.io/v1",
            "kind": "Endpoint",
            "metadata": meta(f"{name}-submariner-cable-{name}-10-0-0-1", "submariner-operator"),
            "spec": {"cluster_id": name, "subnets": [services, pods], "private_ip": "10.0.0.1", "backend": "libreswan"},
        }
        for name, (pods, services) in clusters.items()
    ]
    own = {
        "apiVersion": "submariner.io/v1alpha1",
        "kind": "Submariner",
        "metadata": meta("submariner", "submariner-operator"),
        "spec": {"clusterID": "east", "clusterCIDR": "", "serviceCIDR": ""},
    }
    return replace(network, objects=[*network.objects, *closed, *joined, *gateways, own])


def docker_bridges() -> Network:
    """The classic: every node's docker0 carries its pods, and routes lead from node to node."""
    ranges = per_node(POD_CIDR)
    dumps: dict[str, Any] = {}
    for number, name in enumerate(NODES, 11):
        bridge = ip_network(ranges[name][0])
        dumps[f"{name}/ip-addr.json"] = [
            _link("lo", "127.0.0.1", 8, mtu=65536, scope="host"),
            _link("eth0", f"192.168.10.{number}", 24),
            _link("docker0", str(bridge[1]), 24, linkinfo={"info_kind": "bridge"}),
            {"ifname": "veth1", "mtu": 1500, "master": "docker0", "linkinfo": {"info_kind": "veth"}, "addr_info": []},
        ]
        dumps[f"{name}/ip-route.json"] = _routes(name, "docker0", ranges)
        dumps[f"{name}/etc-docker-daemon.json"] = {"bip": f"{bridge[1]}/24", "ip-masq": False, "mtu": 1500}
    return Network(ranges, ranges, flags=KCM, kubeadm=KUBEADM, dumps=dumps)


def flannel_host_gateways() -> Network:
    """Nodes on one link, an unused docker0 on each of them."""
    network = healthy.flannel()
    net_conf = json.dumps({"Network": POD_CIDR, "Backend": {"Type": "host-gw"}})

    def annotations(name: str) -> dict[str, str]:
        prefix = "flannel.alpha.coreos.com/"
        return network.annotations(name) | {f"{prefix}backend-type": "host-gw", f"{prefix}backend-data": "null"}

    dumps: dict[str, Any] = {}
    for number, name in enumerate(NODES, 11):
        dumps[f"{name}/ip-addr.json"] = [
            _link("eth0", f"192.168.10.{number}", 24),
            _link("docker0", "172.17.0.1", 16, linkinfo={"info_kind": "bridge"}),
            _link("cni0", str(ip_network(network.node_ranges[name][0])[1]), 24, linkinfo={"info_kind": "bridge"}),
        ]
        dumps[f"{name}/ip-route.json"] = _routes(name, "cni0", network.node_ranges)
    objects = [
        config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": net_conf}),
        *agent("kube-flannel-ds", "kube-flannel"),
    ]
    return Network(network.node_ranges, network.pod_ranges, objects, annotations, KCM, KUBEADM, dumps=dumps)


def _routes(name: str, bridge: str, ranges: dict[str, list[str]]) -> list[Object]:
    """A host's routes: its own link and bridge, and every other node's range by that node's address."""
    return [
        {"dst": "default", "gateway": "192.168.10.1", "dev": "eth0"},
        {"dst": "192.168.10.0/24", "dev": "eth0", "protocol": "kernel", "scope": "link"},
        {"dst": ranges[name][0], "dev": bridge, "protocol": "kernel", "scope": "link"},
        *(
            {"dst": ranges[peer][0], "gateway": f"192.168.10.{number}", "dev": "eth0"}
            for number, peer in enumerate(NODES, 11)
            if peer != name
        ),
    ]


def _link(name: str, address: str, length: int, *, mtu: int = 1500, scope: str = "global", **more: Any) -> Object:
    held = {"family": "inet", "local": address, "prefixlen": length, "scope": scope}
    return {"ifname": name, "mtu": mtu, "operstate": "UP", "addr_info": [held], **more}


NETWORKS: dict[str, Callable[[], Network]] = {
    **healthy.NETWORKS,
    **{
        made.__name__: made
        for made in (
            aws_custom_networking,
            calico_reflectors,
            cilium_on_aws,
            docker_bridges,
            flannel_host_gateways,
            gke,
            gke_dataplane_v2,
            joined_clusters,
            multus,
        )
    },
}
BY_DEFAULT = {
    "cilium": [
        (
            "overlapping-cluster-ranges",
            "warning",
            "pod range 10.0.0.0/8 of ConfigMap kube-system/cilium-config overlaps Service range 10.96.0.0/12 of "
            "Pod kube-system/kube-apiserver-node1 and 2 more",
        )
    ],
    "kindnet": [
        (
            "masqueraded-node-traffic",
            "warning",
            "addresses of pods are hidden from other nodes at 192.168.10.11 of Node node1 and 2 more: "
            "POD_SUBNET 10.244.0.0/16 of DaemonSet kube-system/kindnet does not hold them",
        )
    ],
}
"""Rule, severity and message of what is found with a plugin's own defaults, by the name of the network.

Cilium's default pool holds kubeadm's default Service range; no node has a piece of it that does. kindnet spares only
what POD_SUBNET names.
"""
