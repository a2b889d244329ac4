"""``netlint map``: the tree of ranges holds every range and nothing twice, drawings are XML, large clusters fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlint import addresses
from netlint.addresses import Range
from netlint.cluster import Cluster
from netlint.cluster.address_lookup.range_tree import RangeBlock, of_node, range_tree, stretches
from netlint.cluster.traffic.topology import topology
from netlint.model.declared.declarations import RangeSource, Role
from netlint.model.subjects import namespace
from netlint.sources import dumps
from netlint.views import plansvg, topologysvg
from netlint.views import topology as topologies
from netlint.views import tree as trees
from tests.support.goldens import BROKEN, HEALTHY, assert_golden, valid
from tests.support.model.healthy import NETWORKS, config_map, node, pod, service_cidr
from tests.support.model.healthy import cluster as objects_of
from tests.support.model.reading import cluster, exported, snapshot
from tests.support.program import netlint

ASKED = [
    ("broken", [BROKEN]),
    ("healthy", [HEALTHY]),
    ("node", [HEALTHY, "--node", "node2", "--family", "4"]),
    ("topology", [HEALTHY, "--view", "topology"]),
]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(("name", "arguments"), ASKED)
def test_whole_maps(name: str, arguments: list[str], accept: bool) -> None:
    for form, suffix in (("text", "txt"), ("json", "json"), ("svg", "svg")):
        shown = netlint("map", *arguments, "--format", form)
        assert (shown.returncode, shown.stderr) == (0, "")
        if form == "json":
            valid("map", shown.stdout)
        if form == "svg":
            assert ElementTree.fromstring(shown.stdout).tag == f"{SVG}svg"
        if form == "text" or name in {"broken", "topology"}:
            assert_golden(f"map-{name}.{suffix}", shown.stdout, accept)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([HEALTHY, "--node", "node9"], "there is no Node 'node9' in the input"),
        ([HEALTHY, "--view", "globe"], "--view 'globe': choose one of plan, topology"),
        ([HEALTHY, "--family", "5"], "--family 5: choose one of 4, 6"),
        ([HEALTHY, "-f", "xml"], "--format 'xml': choose one of text, json, svg"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], message: str) -> None:
    run = netlint("map", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"netlint: {message}\n")


def walked(roots: list[RangeBlock]) -> Iterator[RangeBlock]:
    for root in roots:
        yield from root.walk()


def families(found: Cluster) -> dict[int, list[RangeBlock]]:
    return {family: roots for family in (4, 6) if (roots := range_tree(found, family))}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_tree_of_a_healthy_cluster_holds_every_range_and_nothing_collides(name: str) -> None:
    found = cluster(objects_of(NETWORKS[name]()))
    blocks = [block for roots in families(found).values() for block in walked(roots)]
    for block in blocks:
        assert all(block.range.covers(child.range) for child in block.children)
        assert name == "cilium" or block.collisions == ()  # its default pool holds kubeadm's Service range
    shown = {(block.range, block.role) for block in blocks}
    assert len(shown) == len(blocks)
    for declared in found.ranges.plan.of(Role.POD, Role.SERVICE):
        assert (declared.range, declared.role) in shown
    for ranges in found.network.node_ranges.values():
        assert {(declared.range, Role.NODE_POD) for declared in ranges} <= shown
    as_json = trees.json(families(found), [], [], [], {})
    valid("map", as_json)
    ElementTree.fromstring(plansvg.draw(families(found), [], []))
    ElementTree.fromstring(topologysvg.draw(topology(found)))
    valid("map", topologies.json(topology(found)))


SOURCE = RangeSource(Role.NODE_POD, "Node", namespace("x"))
CHILDREN = st.lists(st.integers(0, 255), min_size=1, max_size=120, unique=True)


@given(CHILDREN, st.integers(1, 70))
def test_parts_cover_a_range_without_gaps(numbers: list[int], limit: int) -> None:
    whole = addresses.parse_cidr("10.244.0.0/16").range
    first = [whole.first + 256 * number for number in sorted(numbers)]
    held = [Range(4, start, start + 255) for start in first]
    children = [RangeBlock(span, Role.NODE_POD, "", [SOURCE.declaration((), span)]) for span in held]
    block = RangeBlock(whole, Role.POD, "", [SOURCE.declaration((), whole)], children=children)
    found = stretches(block, limit)
    assert found[0].range.first == whole.first
    assert found[-1].range.last == whole.last
    assert all(before.range.last + 1 == after.range.first for before, after in pairwise(found))
    assert [one for part in found for one in part.blocks] == children
    assert sum(bool(part.blocks) for part in found) <= limit
    assert all(part.blocks or not any(part.range.overlaps(span) for span in held) for part in found)
    assert block.assigned == 256 * len(numbers)
    drawn = trees.bar(whole, children)
    for cell, mark in enumerate(drawn):
        stretch = Range(4, whole.first + cell * 2048, whole.first + cell * 2048 + 2047)
        assert (mark != trees.FREE) == any(stretch.overlaps(span) for span in held)


def test_collisions_are_marked_on_both_sides() -> None:
    found = cluster(
        [node("n1", ["10.96.0.0/24"], []), node("n2", ["10.96.0.128/25"], []), service_cidr("10.96.0.0/16")]
    )
    blocks = {str(block.range): block.collisions for block in walked(range_tree(found, 4))}
    assert blocks == {
        "10.96.0.0/16": ("overlaps 10.96.0.0/24 of Node n1",),
        "10.96.0.0/24": ("overlaps 10.96.0.0/16 of ServiceCIDR kubernetes", "overlaps 10.96.0.128/25 of Node n2"),
        "10.96.0.128/25": ("overlaps 10.96.0.0/16 of ServiceCIDR kubernetes", "overlaps 10.96.0.0/24 of Node n1"),
    }


def test_ranges_of_joined_clusters_collide() -> None:
    """A cluster does not collide with itself, nor with the others of a group that lie beside it."""
    ranges = {"east": "10.42.0.0/16", "west": "10.42.0.0/17", "north": "10.42.128.0/17", "south": "10.52.0.0/16"}
    found = cluster(
        {
            "apiVersion": "submariner.io/v1",
            "kind": "Cluster",
            "metadata": {"name": name, "namespace": "submariner-operator"},
            "spec": {"cluster_id": name, "cluster_cidr": [cidr], "service_cidr": [], "global_cidr": []},
        }
        for name, cidr in ranges.items()
    )
    blocks = {str(block.range): block.collisions for block in walked(range_tree(found, 4))}
    of = "of Cluster.submariner.io submariner-operator"
    assert blocks == {
        "10.42.0.0/16": (f"overlaps 10.42.128.0/17 {of}/north and 1 more",),
        "10.42.0.0/17": (f"overlaps 10.42.0.0/16 {of}/east",),
        "10.42.128.0/17": (f"overlaps 10.42.0.0/16 {of}/east",),
        "10.52.0.0/16": (),
    }


def test_how_much_is_in_use() -> None:
    objects = [
        node("n1", ["10.244.0.0/24"], ["192.168.10.1"]),
        config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": '{"Network": "10.244.0.0/16"}'}),
        pod("a", "shop", "n1", ["10.244.0.2"], {}, []),
        pod("b", "shop", "n1", ["10.244.0.3"], {}, []),
        pod("ended", "shop", "n1", ["10.244.0.9"], {}, [], phase="Succeeded"),
        pod("of-host", "shop", "n1", ["192.168.10.1"], {}, [], hostNetwork=True),
    ]
    blocks = {str(block.range): (block.used, block.assigned) for block in walked(range_tree(cluster(objects), 4))}
    assert blocks == {"10.244.0.0/16": (2, 256), "10.244.0.0/24": (2, 0), "192.168.10.0/24": (1, 0)}


def test_one_node_leaves_the_others_out() -> None:
    found = cluster([node(f"n{number}", [f"10.244.{number}.0/24"], []) for number in range(9)])
    assert [block.nodes for block in walked(of_node(range_tree(found, 4), "n3"))] == [("n3",)]


def large(nodes: int) -> list[dict[str, Any]]:
    ranges = [f"10.{number >> 8}.{number & 255}.0" for number in range(nodes)]
    made = [
        node(f"n{number:04}", [f"{text}/24"], [f"172.20.{number >> 8}.{number & 255}"])
        for number, text in enumerate(ranges)
    ]
    pods = [pod(f"p{number}", "shop", f"n{number:04}", [f"{text[:-1]}7"], {}, []) for number, text in enumerate(ranges)]
    network = config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": '{"Network": "10.0.0.0/8"}'})
    return [*made, *pods, network]


def test_a_large_cluster_is_taken_together() -> None:
    found = cluster(large(5000))
    shown = trees.text(families(found), [], [], [], color=False)
    assert len(shown.splitlines()) < 30
    assert "512 ranges: n0000 … n0511" in shown
    drawn = plansvg.draw(families(found), [], [])
    assert len(drawn) < 100_000
    picture = topology(found)
    assert len(topologysvg.draw(picture)) < 100_000
    assert len(topologies.text(picture).splitlines()) < 150
    assert [len(picture.nodes), len(json.loads(topologies.json(picture))["nodes"])] == [5000, 5000]


EVIL = '<script>&"\x1b[31m\ufffe\u202e'


def test_names_of_others_are_text() -> None:
    found = cluster([node(EVIL, ["10.244.1.0/24"], ["192.168.10.1"]), pod(EVIL, EVIL, EVIL, ["10.244.1.4"], {}, [])])
    for drawn in (plansvg.draw(families(found), [EVIL], []), topologysvg.draw(topology(found))):
        texts = ["".join(element.itertext()) for element in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
        assert any("<script>&" in text for text in texts)
        assert "<script>" not in drawn
        assert "\x1b" not in drawn
    for shown in (trees.text(families(found), [EVIL], [], [], color=False), topologies.text(topology(found))):
        assert "\x1b" not in shown


LINKS = [
    {"ifname": "eth0", "addr_info": [{"local": "192.168.10.1", "prefixlen": 24, "scope": "global"}]},
    {"ifname": "flannel.1", "linkinfo": {"info_kind": "vxlan"}},
    {
        "ifname": "cni0",
        "linkinfo": {"info_kind": "bridge"},
        "addr_info": [{"local": "10.244.1.1", "prefixlen": 24, "scope": "global"}],
    },
    {"ifname": "veth1", "master": "cni0", "linkinfo": {"info_kind": "veth"}},
]


def test_a_node_dump_shows_cards_bridges_and_tunnels(tmp_path: Path) -> None:
    (tmp_path / "n1").mkdir()
    (tmp_path / "n1" / "ip-addr.json").write_text(json.dumps(LINKS))
    read = snapshot([node("n1", ["10.244.1.0/24"], ["192.168.10.1"]), pod("a", "shop", "n1", ["10.244.1.4"], {}, [])])
    dumps.read(str(tmp_path), read)
    picture = topology(Cluster(read))
    assert json.loads(topologies.json(picture))["nodes"] == [
        {
            "name": "n1",
            "addresses": ["192.168.10.1"],
            "podRanges": ["10.244.1.0/24"],
            "observed": True,
            "cards": [{"name": "eth0", "kind": "", "addresses": ["192.168.10.1"], "ports": []}],
            "bridges": [{"name": "cni0", "kind": "bridge", "addresses": ["10.244.1.1"], "ports": ["veth1"]}],
            "tunnels": [{"name": "flannel.1", "kind": "vxlan", "addresses": [], "ports": []}],
            "podsInHostNetwork": 0,
            "pods": [{"namespace": "shop", "name": "a", "addresses": ["10.244.1.4"], "bridge": "cni0"}],
        }
    ]
    assert topologies.text(picture) == (
        "Fabric: unknown\n"
        "└── n1  192.168.10.1\n"
        "    ├── card eth0  192.168.10.1\n"
        "    ├── tunnel flannel.1 (vxlan)\n"
        "    └── bridge cni0  10.244.1.1, 1 port\n"
        "        └── shop/a  10.244.1.4\n"
    )


def test_addresses_of_a_node_are_shown_in_their_own_family(tmp_path: Path) -> None:
    objects = [
        node("n1", ["10.244.1.0/24", "fd00:1::/64"], ["192.168.10.1"]),
        pod("a", "shop", "n1", ["10.244.1.4", "fd00:1::4"], {}, []),
    ]
    file = tmp_path / "cluster.json"
    file.write_text(exported(objects))
    shown = json.loads(netlint("map", file, "--node", "n1", "-f", "json").stdout)
    assert [entry["address"] for entry in shown["addresses"]] == ["10.244.1.4", "fd00:1::4"]


@pytest.mark.parametrize(
    ("inside", "drawn"),
    [
        ("10.0.0.0/8", "█" * 32),
        ("10.128.0.0/9", "·" * 16 + "█" * 16),
        ("10.8.0.0/14", "·▄" + "·" * 30),
        ("10.255.255.255/32", "·" * 31 + "▁"),
    ],
)
def test_a_cell_is_as_full_as_what_lies_in_it(inside: str, drawn: str) -> None:
    held = RangeSource(Role.POD, "test", namespace("test")).declaration((), addresses.parse_cidr(inside).range)
    whole = addresses.parse_cidr("10.0.0.0/8").range
    assert trees.bar(whole, [RangeBlock(held.range, held.role, held.description, [held])]) == drawn
