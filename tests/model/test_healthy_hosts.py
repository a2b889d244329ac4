"""No rule finds a fault in the node dumps of healthy hosts, whatever their pods hang on."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from netlint import catalogue, engine
from netlint.config import Config
from netlint.objects.host import FILTERS, Link, LinkAddress, LinkInfo, NodeDump, RouteEntry
from netlint.objects.netfilter import RoutingRule
from netlint.sources.dumps import iptables_save
from netlint.sources.dumps.iptables_save import FilterLines
from tests.support.days import TODAY
from tests.support.model.healthy import (
    NETWORKS,
    NODES,
    POD_CIDR,
    POD_CIDR_6,
    Network,
    cluster,
    host_addresses,
    per_node,
)
from tests.support.model.networks import BY_DEFAULT
from tests.support.model.packetfilters import WRITERS, ipsets, saved
from tests.support.model.reading import snapshot

Files = dict[str, dict[str, Any]]
DOCKER = "172.17.0.1/16"
DOCKER_CIDR = "172.17.0.0/16"
LOOPBACK: Files = {"99-loopback.conf": {"name": "lo", "type": "loopback"}}
FLANNEL: Files = {
    "10-flannel.conflist": {"name": "cbr0", "plugins": [{"type": "flannel", "delegate": {"hairpinMode": True}}]},
    "87-podman-bridge.conflist": {"name": "podman", "plugins": [{"type": "bridge", "bridge": "cni-podman0"}]},
    "delegate.json": {"name": "cbr0", "type": "bridge", "ipam": {"type": "host-local"}},
}


def docker0() -> Network:
    """Docker's own bridge carries the pods: each node has a piece of what Docker would take whole."""
    ranges = per_node(DOCKER_CIDR)
    return Network(ranges, ranges)


def on(bridge: str, configured: bool = True) -> Callable[[str], Files]:
    plugin = {"type": "bridge", "bridge": bridge, "ipam": {"type": "host-local"}}
    return lambda _: LOOPBACK | ({"10-pods.conflist": {"name": "pods", "plugins": [plugin]}} if configured else {})


CASES: dict[str, tuple[Callable[[], Network], str, Callable[[str], Files]]] = {
    "flannel": (NETWORKS["flannel"], "cni0", lambda _: FLANNEL),
    "flannel_dual_stack": (NETWORKS["flannel_dual_stack"], "cni0", lambda _: FLANNEL),
    "kube_router": (NETWORKS["kube_router"], "kube-bridge", on("kube-bridge")),
    "kubenet": (NETWORKS["kubenet"], "cbr0", on("cbr0", configured=False)),
    "docker0": (docker0, "docker0", on("docker0")),
    "calico": (NETWORKS["calico"], "", lambda _: {"10-calico.conflist": {"name": "k8s", "type": "calico"}}),
    "kindnet": (NETWORKS["kindnet"], "", lambda _: {"10-kindnet.conflist": {"name": "kindnet", "type": "ptp"}}),
}


def link(name: str, kind: str, *cidrs: str, master: str = "") -> Link:
    listed = [cidr.split("/") for cidr in cidrs]
    found = [LinkAddress(local=address, prefixlen=int(length), scope="global") for address, length in listed]
    return Link(ifname=name, linkinfo=LinkInfo(info_kind=kind), addr_info=found, master=master)


def dump(node: str, network: Network, bridge: str, files: Files) -> NodeDump:
    """A host with an unused docker0, unless that is the bridge of its pods, which has its range's first address."""
    own = [ip_network(cidr) for cidr in network.pod_ranges[node]]
    length = {"IPv4": 24, "IPv6": 64}
    uplinks = zip(host_addresses(node, network), network.families, strict=True)
    links = [
        link("lo", "", "127.0.0.1/8"),
        link("eth0", "", *(f"{address}/{length[family]}" for address, family in uplinks)),
        *([] if bridge == "docker0" else [link("docker0", "bridge", DOCKER)]),
    ]
    routes = [RouteEntry(dst="default", gateway="192.168.10.1", dev="eth0")]
    if bridge:
        links.append(link(bridge, "bridge", *(f"{span[1]}/{span.prefixlen}" for span in own)))
        links.append(link("veth1", "veth", master=bridge))
        routes += [RouteEntry(dst=str(span), dev=bridge, protocol="kernel", scope="link") for span in own]
    for peer in NODES:
        if peer != node:
            gateway = host_addresses(peer, network)
            listed = zip(network.pod_ranges[peer], gateway, strict=True)
            # without a bridge there may be addresses that a peer has borrowed
            routes += [
                RouteEntry(dst=cidr if bridge else str(ip_network(cidr)[2]), gateway=way) for cidr, way in listed
            ]
    kernel = {"net.ipv4.ip_local_port_range": "32768\t60999", "net.ipv4.ip_local_reserved_ports": ""}
    return NodeDump(f"nodes/{node}", node, links, {"ip-route.json": routes}, files, kernel=kernel)


def filtered(item: NodeDump, name: str, network: Network) -> NodeDump:
    """With the rules of a healthy host, in both families where it has both."""
    everywhere = (DOCKER_CIDR if name == "docker0" else POD_CIDR, POD_CIDR_6)
    for family, own, wide in zip((4, 6), network.pod_ranges[item.name], everywhere, strict=False):
        item.filters[FILTERS[family][-1]] = iptables_save.read(
            saved(WRITERS[name](own, wide)).splitlines(), FilterLines()
        )
    item.ipsets = ipsets(POD_CIDR)
    plain = [RoutingRule(0, table="local"), RoutingRule(32766, table="main"), RoutingRule(32767, table="default")]
    item.policy_rules = {4: plain, 6: plain}
    return item


@pytest.mark.parametrize("name", CASES)
def test_healthy_hosts_have_no_finding(name: str) -> None:
    made, bridge, files = CASES[name]
    network = made()
    found = snapshot(cluster(network))
    found.dumps = [filtered(dump(node, network, bridge, files(node)), name, network) for node in NODES]
    for item in found.dumps:
        item.leases = {"pods": [str(ip_network(cidr)[2]) for cidr in network.pod_ranges[item.name]]}
    result = engine.run(found, list(catalogue.rules().values()), Config(), TODAY)
    assert [(one.rule.name, one.severity, one.violation.message) for one in result.findings] == BY_DEFAULT.get(name, [])
    assert [(one.rule, one.message) for one in result.failures] == []
    skips = {(one.rule, one.message) for one in result.skips if "NodeDump" in catalogue.named(one.rule).needs}
    leases = {("leaked-addresses", "not all pods are in the input, and addresses may be theirs")}
    elsewhere = {("stale-bridge-addresses", "calico does not allocate from spec.podCIDRs")}
    sources = {("incomplete-policy-routes", "no aws-vpc-cni, which alone routes packets of pods by their source")}
    assert skips == leases | sources | (elsewhere if name == "calico" else set())
