"""Dumps that belong to no Node, that lack files, and files of the CNI that no runtime would take."""

from __future__ import annotations

from typing import Any

from netlint import catalogue, engine
from netlint.config import Config
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.cni_files import configurations
from netlint.model.hosts.host import bind
from netlint.objects.host import Link, LinkAddress, NextHop, NodeDump, RouteEntry
from tests.support.days import TODAY
from tests.support.model.healthy import node
from tests.support.model.reading import snapshot

NODE = node("node1", ["10.244.1.0/24"], ["192.168.10.11"])


def with_address(folder: str, *addresses: str) -> NodeDump:
    found = [LinkAddress(local=address, prefixlen=24, scope="global") for address in addresses]
    return NodeDump(folder, folder, [Link(ifname="eth0", addr_info=found)])


def skips(*dumps: NodeDump) -> set[tuple[str, str, str]]:
    found = snapshot([NODE])
    found.dumps = list(dumps)
    rules = [rule for rule in catalogue.rules().values() if rule.topic == "hosts"]
    result = engine.run(found, rules, Config(), TODAY)
    assert (result.findings, result.failures) == ([], [])
    return {(skip.rule, skip.message, ", ".join(map(str, skip.scope))) for skip in result.skips if skip.scope}


def test_a_dump_belongs_to_the_node_whose_address_it_has() -> None:
    read = snapshot([NODE, node("node2", [], ["192.168.10.12"])])
    read.dumps = [
        with_address("host-a", "192.168.10.12"),
        with_address("node1", "10.0.2.15"),
        with_address("node2", "192.168.10.11", "192.168.10.12"),
        with_address("host-b", "192.168.10.11", "192.168.10.12"),
        with_address("host-c", "10.0.2.15"),
    ]
    assert [host.node for host in bind(SnapshotView(read))] == ["node2", "node1", "node2", "", ""]


def test_what_a_dump_lacks_is_said() -> None:
    assert skips(NodeDump("node1", "node1")) == {
        ("mismatched-vtep-macs", "the node dump has no ip-addr.json", "Node node1"),
        ("misrouted-own-subnets", "the node dump has no ip-route.json", "Node node1"),
        ("shared-host-addresses", "the node dump has no ip-addr.json", "Node node1"),
        ("stale-bridge-addresses", "the node dump has no ip-addr.json", "Node node1"),
    }


def test_a_dump_without_a_node_is_said() -> None:
    stranger = with_address("stranger", "192.168.10.99")
    stranger.routes = {"ip-route.json": []}
    message = "the node dump belongs to no Node"
    assert skips(stranger) == {
        ("mismatched-vtep-macs", message, "File stranger"),
        ("misrouted-own-subnets", message, "File stranger"),
        ("stale-bridge-addresses", message, "File stranger"),
    }


def test_a_gateway_that_is_no_address_leads_nowhere() -> None:
    host = with_address("node1", "192.168.10.11")
    hops = [NextHop("junk", "eth0"), NextHop("fe80::1%eth0", "eth1")]
    host.routes = {
        "ip-route.json": [
            RouteEntry("10.244.1.0/24", gateway="junk", dev="eth0"),
            RouteEntry("10.244.1.0/25", nexthops=hops),
            RouteEntry("default", gateway="junk", dev="eth0"),
        ]
    }
    assert skips(host) == set()


def test_files_that_no_runtime_takes_are_no_networks() -> None:
    files: dict[str, dict[str, Any]] = {
        "00-empty.conf": {},
        "01-nothing.conflist": {"name": "a", "plugins": []},
        "02-text.conflist": {"name": "b", "plugins": ["bridge"]},
        "03-untyped.conflist": {"name": "c", "plugins": [{"type": 7}]},
        "04-map.conflist": {"name": "d", "plugins": {}},
        "05-lo.conf": {"name": "lo", "type": "loopback"},
        "10-first.conf": {"name": "pods", "type": "bridge", "ipam": {"type": "host-local", "ranges": [[{}], 7, "x"]}},
        "20-again.conflist": {"name": "pods", "plugins": [{"type": "bridge", "bridge": "br9"}]},
        "30-flannel.conf": {"name": "cbr0", "type": "flannel", "delegate": {"bridge": "kbr0"}},
        "40-other.conf": {"name": "net", "type": "flannel", "delegate": {"type": "macvlan"}},
        "50-odd.conf": {"name": "odd", "type": "ptp", "ipam": {"type": "host-local", "subnet": "usePodCidr"}},
    }
    found = configurations(NodeDump("node1", "node1", conflists=files))
    assert [(item.file, item.type, list(item.bridges), item.host_local_ranges) for item in found] == [
        ("10-first.conf", "bridge", ["cni0"], []),
        ("30-flannel.conf", "flannel", ["kbr0"], []),
        ("40-other.conf", "flannel", [], []),
        ("50-odd.conf", "ptp", [], []),
    ]
