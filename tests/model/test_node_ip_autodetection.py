"""Addresses that network plugins announce for nodes: which cannot be meant, and which no other node's are like."""

from __future__ import annotations

from typing import Any

import pytest

from netlint.checks.nodes import misdetected_node_addresses
from netlint.cluster import Cluster
from tests.support.model.healthy import Object, node
from tests.support.model.reading import snapshot

FLANNEL = "flannel.alpha.coreos.com"
CALICO = "projectcalico.org"
BRIDGED = [
    {
        "ifname": "docker0",
        "linkinfo": {"info_kind": "bridge"},
        "addr_info": [{"family": "inet", "local": "192.168.200.1", "prefixlen": 24, "scope": "global"}],
    }
]


def calico(name: str, announced: str, own: str) -> Object:
    return node(name, [], [own], {f"{CALICO}/IPv6Address" if ":" in announced else f"{CALICO}/IPv4Address": announced})


def flannel(name: str, announced: str, own: str, **more: str) -> Object:
    keys = {key.replace("_", "-"): value for key, value in more.items()}
    return node(name, [], [own], {f"{FLANNEL}/{key}": value for key, value in {"public-ip": announced, **keys}.items()})


def others(count: int) -> list[Object]:
    """Nodes that flannel announces by their own addresses."""
    return [flannel(f"other{number}", f"192.168.0.{number}", f"192.168.0.{number}") for number in range(1, count + 1)]


def warned(objects: list[Object], dumps: dict[str, Any] | None = None) -> list[tuple[str, str, bool]]:
    """Node, message, and whether it may be meant, of each address that is reported."""
    violations = misdetected_node_addresses(Cluster(snapshot(objects, dumps)))
    return [(found.subject.name, found.message, found.mitigated) for found in violations]


@pytest.mark.parametrize(
    ("announced", "why"),
    [
        ("127.0.0.1", "is a loopback address"),
        ("127.255.255.255", "is a loopback address"),
        ("::1", "is a loopback address"),
        ("169.254.20.10", "is a link-local address"),
        ("fe80::1", "is a link-local address"),
        ("febf::1", "is a link-local address"),
        ("0.0.0.0", "is no address of a host"),
        ("::", "is no address of a host"),
        ("172.17.0.1", "is the address of Docker's own bridges"),
        ("172.31.0.1", "is the address of Docker's own bridges"),
    ],
)
def test_addresses_that_no_node_can_have(announced: str, why: str) -> None:
    own = "fd00::1" if ":" in announced else "192.168.9.1"
    assert warned([calico("n1", announced, own)]) == [
        ("n1", f"Calico's address {announced} {why} (the Node's own: {own})", False)
    ]


@pytest.mark.parametrize("announced", ["126.0.0.1", "128.0.0.1", "fec0::1", "0.0.0.1", "172.16.0.1", "172.17.0.2"])
def test_addresses_beside_those(announced: str) -> None:
    assert warned([calico("n1", announced, "fd00::1" if ":" in announced else "192.168.9.1")]) == []


def test_a_bridge_is_a_nodes_own() -> None:
    """What one node has on a bridge says nothing of another one."""
    objects = [flannel("n1", "192.168.200.1", "192.168.9.1"), flannel("n2", "192.168.200.2", "192.168.9.2")]
    dumps = {"n1/ip-addr.json": BRIDGED, "n2/ip-addr.json": []}
    why = "is on bridge docker0 (the Node's own: 192.168.9.1)"
    assert warned(objects, dumps) == [("n1", f"flannel's public-ip 192.168.200.1 {why}", False)]


def test_an_address_that_two_annotations_name_is_reported_once() -> None:
    announced = {f"{FLANNEL}/public-ip": "127.0.0.1", f"{CALICO}/IPv4Address": "127.0.0.1/8"}
    why = "flannel's public-ip 127.0.0.1 is a loopback address (the Node's own: 192.168.9.1)"
    assert warned([node("n1", [], ["192.168.9.1"], announced)]) == [("n1", why, False)]


def test_flannel_where_the_others_are_announced_by_their_own_addresses() -> None:
    why = "is none of the Node's addresses, unlike the addresses of 2 other Nodes (the Node's own: 192.168.9.1)"
    assert warned([*others(2), flannel("n1", "10.9.0.1", "192.168.9.1")]) == [
        ("n1", f"flannel's public-ip 10.9.0.1 {why}", True)
    ]


@pytest.mark.parametrize(
    "objects",
    [
        [*others(1), flannel("n1", "10.9.0.1", "192.168.9.1")],
        [*others(2), flannel("n1", "10.9.0.1", "192.168.9.1"), flannel("n2", "10.9.0.2", "192.168.9.2")],
        [*others(2), flannel("n1", "10.9.0.1", "192.168.9.1", public_ip_overwrite="10.9.0.1")],
        [*others(2), flannel("n1", "10.9.0.1", "192.168.9.1", node_public_ip="10.9.0.1")],
        [*others(2), node("n1", [], [], {f"{FLANNEL}/public-ip": "10.9.0.1"})],
    ],
    ids=["one witness", "two strangers", "overwritten", "chosen", "without own address"],
)
def test_flannel_where_nothing_speaks_against_an_address(objects: list[Object]) -> None:
    assert warned(objects) == []


def test_a_choice_of_the_other_family_is_none() -> None:
    chosen = flannel("n1", "10.9.0.1", "192.168.9.1", public_ipv6_overwrite="fd00::9")
    assert [name for name, _, _ in warned([*others(2), chosen])] == ["n1"]


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        (0, "in 10.0.2.0/24, where no other Node is, nor this one's own address"),
        (1, None),
        (2, "in 10.0.2.0/24, as the addresses of 3 other Nodes are, but the Node's own is not"),
    ],
)
def test_calico_by_how_many_others_are_in_the_network(inside: int, why: str | None) -> None:
    addresses = [f"10.0.2.{number}" if number <= inside else f"192.168.0.{number}" for number in (1, 2, 3)]
    objects = [calico(f"other{address}", f"{address}/24", address) for address in addresses]
    objects.append(calico("n1", "10.0.2.15/24", "192.168.9.1"))
    expected = [("n1", f"Calico's address 10.0.2.15 is {why} (the Node's own: 192.168.9.1)", True)] if why else []
    assert warned(objects) == expected


@pytest.mark.parametrize("announced", ["10.0.2.15/32", "10.0.2.15"])
def test_an_address_without_a_network_is_only_compared(announced: str) -> None:
    objects = [calico(f"other{number}", f"192.168.0.{number}/24", f"192.168.0.{number}") for number in (1, 2)]
    why = "is none of the Node's addresses, unlike the addresses of 2 other Nodes (the Node's own: 192.168.9.1)"
    assert warned([*objects, calico("n1", announced, "192.168.9.1")]) == [
        ("n1", f"Calico's address 10.0.2.15 {why}", True)
    ]
