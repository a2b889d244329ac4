"""``netlint ip``: every address of a cluster is what it is, and its owner is found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netlint import addresses, sources
from netlint.addresses import Range
from netlint.cluster import Cluster
from netlint.cluster.address_lookup.address_kinds import AddressKind
from netlint.cluster.address_lookup.lookup import Answer, Relation, look_up
from netlint.sources import dumps
from netlint.views import ip, spots
from tests.support.goldens import BROKEN, HEALTHY, assert_golden, valid
from tests.support.model.healthy import NETWORKS, config_map, node, pod, service
from tests.support.model.healthy import cluster as objects_of
from tests.support.model.networks import NETWORKS as NETWORKS_TOO
from tests.support.model.reading import cluster, snapshot
from tests.support.program import netlint

ASKED = [
    ("pod", "10.244.0.21", BROKEN),
    ("service", "10.96.0.10", HEALTHY),
    ("node", "192.168.10.12", HEALTHY),
    ("bridge", "10.244.1.1", BROKEN),
    ("range", "10.244.1.0/24", BROKEN),
    ("cluster-range", "10.96.0.0/12", HEALTHY),
    ("unknown", "8.8.8.8", HEALTHY),
]


@pytest.mark.parametrize(("name", "address", "folder"), ASKED)
def test_of_the_examples(name: str, address: str, folder: str, accept: bool) -> None:
    shown = netlint("ip", address, folder)
    assert (shown.returncode, shown.stderr) == (1 if name == "unknown" else 0, "")
    assert_golden(f"ip-{name}.txt", shown.stdout, accept)
    as_json = netlint("ip", address, folder, "--format", "json")
    assert (as_json.returncode, as_json.stderr) == (shown.returncode, "")
    document = valid("ip", as_json.stdout)
    assert document["known"] == (shown.returncode == 0)
    if name in {"pod", "unknown"}:
        assert_golden(f"ip-{name}.json", as_json.stdout, accept)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["10.244.0.300", HEALTHY], "'10.244.0.300' is no IP address"),
        (["10.244.0.0/33", HEALTHY], "'10.244.0.0/33' is no CIDR: /33 is no prefix length of IPv4"),
        (
            ["::ffff:10.0.0.1", HEALTHY],
            "'::ffff:10.0.0.1' is an IPv4-mapped IPv6 address, which Kubernetes does not accept",
        ),
        (["10.244.0.3", HEALTHY, "-f", "xml"], "--format 'xml': choose one of text, json"),
        (
            ["10.244.0.3", HEALTHY, "--context", "lab"],
            f"--context reads a live cluster; leave it out to read {HEALTHY}",
        ),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], message: str) -> None:
    run = netlint("ip", *arguments)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"netlint: {message}\n")


def test_a_source_that_is_missing_gives_2_and_the_rest_is_looked_at() -> None:
    run = netlint("ip", "10.96.0.10", HEALTHY, "gone.yaml")
    assert run.returncode == 2
    assert run.stdout.startswith("10.96.0.10: Service-IP of Service kube-system/kube-dns\n")
    assert run.stderr == "netlint: gone.yaml: no such file or folder\n"


def asked(text: str) -> Range:
    if "/" in text:
        return addresses.parse_cidr(text).range
    family, value = addresses.parse(text)
    return Range(family, value, value)


def answer(found: Cluster, text: str) -> Answer:
    return look_up(found, asked(text))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_address_of_a_healthy_cluster_is_known_with_its_owner(name: str) -> None:
    objects = objects_of(NETWORKS[name]())
    found = cluster(objects)
    for item in objects:
        for nature, text in _owned(item):
            known = answer(found, text)
            assert nature in known.kinds, (name, text, known)
            named = (item["kind"], item["metadata"]["name"])
            assert named in {(owner.subject.kind, owner.subject.name) for owner in known.owners}, (name, text)
            assert (item["kind"], item["metadata"]["name"]) in {
                (mention.subject.kind, mention.subject.name) for mention in known.mentions
            }


def _owned(item: dict[str, Any]) -> list[tuple[AddressKind, str]]:
    if item["kind"] == "Node":
        return [
            (AddressKind.NODE, one["address"]) for one in item["status"]["addresses"] if one["type"] == "InternalIP"
        ]
    if item["kind"] == "Service":
        return [(AddressKind.SERVICE, text) for text in item["spec"].get("clusterIPs", []) if text != "None"]
    if item["kind"] == "Pod" and not item["spec"].get("hostNetwork") and item["status"]["phase"] == "Running":
        return [(AddressKind.POD, entry["ip"]) for entry in item["status"].get("podIPs", [])]
    return []


NODE = node("node1", ["10.244.1.0/24", "fd00:244:0:1::/64"], ["192.168.10.11"])


def natures(*texts: str, objects: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    found = cluster(objects)
    return [(text, [str(nature) for nature in answer(found, text).kinds]) for text in texts]


def test_what_an_address_is_by_its_place() -> None:
    found = natures(
        "10.244.1.0",
        "10.244.1.1",
        "10.244.1.77",
        "10.244.1.255",
        "fd00:244:0:1::",
        "fd00:244:0:1::1",
        "fd00:244:0:1::abc",
        "fd00:244:0:1:ffff:ffff:ffff:ffff",
        "127.0.0.1",
        "224.0.0.5",
        "fe80::1",
        "10.9.9.9",
        objects=[NODE],
    )
    assert found == [
        ("10.244.1.0", ["reserved"]),
        ("10.244.1.1", ["bridge IP"]),
        ("10.244.1.77", ["Pod-IP"]),
        ("10.244.1.255", ["reserved"]),
        ("fd00:244:0:1::", ["reserved"]),
        ("fd00:244:0:1::1", ["bridge IP"]),
        ("fd00:244:0:1::abc", ["Pod-IP"]),
        ("fd00:244:0:1:ffff:ffff:ffff:ffff", ["Pod-IP"]),
        ("127.0.0.1", ["reserved"]),
        ("224.0.0.5", ["reserved"]),
        ("fe80::1", ["reserved"]),
        ("10.9.9.9", ["unknown"]),
    ]


def test_public_addresses() -> None:
    web = service("web", "shop", {}, [], clusterIP="10.96.0.9", externalIPs=["203.0.113.7"])
    web["status"] = {"loadBalancer": {"ingress": [{"ip": "198.51.100.4"}]}}
    outside = node("edge", [], ["192.168.10.9"])
    outside["status"]["addresses"].append({"type": "ExternalIP", "address": "203.0.113.8"})
    found = cluster([web, outside])
    for text, subject in (("203.0.113.7", "web"), ("198.51.100.4", "web"), ("203.0.113.8", "edge")):
        known = answer(found, text)
        assert known.kinds == (AddressKind.PUBLIC,)
        assert [owner.subject.name for owner in known.owners] == [subject]


def test_a_completed_pod_mentions_its_address_and_does_not_own_it() -> None:
    done = pod("done", "shop", "node1", ["10.244.1.5"], {}, [], phase="Succeeded")
    known = answer(cluster([NODE, done]), "10.244.1.5")
    assert known.owners == ()
    assert [(mention.subject.name, mention.path) for mention in known.mentions] == [
        ("done", ("status", "podIPs", 0, "ip"))
    ]


def test_texts_mention_whole_addresses_in_any_spelling() -> None:
    text = (
        "upstream 10.244.1.5:8080; not 110.244.1.5 nor 10.244.1.50 nor 10.244.1.5.example; v6 [FD00:0244:0:1:0::5]:80"
    )
    found = cluster([config_map("proxy", "shop", conf=text)])
    assert [m.text for m in answer(found, "10.244.1.5").mentions] == ["10.244.1.5"]
    assert [m.text for m in answer(found, "fd00:244:0:1::5").mentions] == ["FD00:0244:0:1:0::5"]
    assert [m.text for m in answer(found, "10.244.0.0/16").mentions] == ["10.244.1.5", "10.244.1.50"]
    assert answer(found, "10.244.1.51").mentions == ()


def test_what_a_cidr_mentions() -> None:
    """Its address, where one is asked for; of a range, what is inside of it: itself, or an address of its own."""
    found = cluster([config_map("plan", "shop", conf="10.244.1.0/24 10.244.1.5/24 10.244.2.0/24")])
    mentioned = {
        text: [mention.text for mention in answer(found, text).mentions]
        for text in ("10.244.1.0", "10.244.1.5", "10.244.1.6", "10.244.1.4/30", "10.244.1.0/24", "10.244.0.0/16")
    }
    assert mentioned == {
        "10.244.1.0": ["10.244.1.0/24"],
        "10.244.1.5": ["10.244.1.5/24"],
        "10.244.1.6": [],
        "10.244.1.4/30": ["10.244.1.5/24"],
        "10.244.1.0/24": ["10.244.1.0/24", "10.244.1.5/24"],
        "10.244.0.0/16": ["10.244.1.0/24", "10.244.1.5/24", "10.244.2.0/24"],
    }


def test_how_ranges_stand_to_each_other() -> None:
    found = cluster([NODE, node("node2", ["10.244.0.0/22"], [])])
    relations = {
        text: [(str(match.declaration.range), match.relation) for match in answer(found, text).matches]
        for text in ("10.244.1.0/24", "10.244.0.0/16", "10.244.1.128/25")
    }
    assert relations == {
        "10.244.1.0/24": [("10.244.0.0/22", Relation.CONTAINS), ("10.244.1.0/24", Relation.EQUALS)],
        "10.244.0.0/16": [("10.244.0.0/22", Relation.INSIDE), ("10.244.1.0/24", Relation.INSIDE)],
        "10.244.1.128/25": [("10.244.0.0/22", Relation.CONTAINS), ("10.244.1.0/24", Relation.CONTAINS)],
    }


LINKS = [
    {
        "ifname": "docker0",
        "linkinfo": {"info_kind": "bridge"},
        "addr_info": [{"family": "inet", "local": "172.17.0.1", "prefixlen": 16, "scope": "global"}],
    },
    {
        "ifname": "eth0",
        "addr_info": [{"family": "inet", "local": "192.168.10.11", "prefixlen": 24, "scope": "global"}],
    },
]


def test_node_dumps_know_bridges_and_containers(tmp_path: Path) -> None:
    folder = tmp_path / "node1"
    folder.mkdir()
    (folder / "ip-addr.json").write_text(json.dumps(LINKS))
    (folder / "var-lib-cni-networks-cbr0.txt").write_text("10.244.1.9 abc\n")
    read = snapshot([NODE])
    dumps.read(str(tmp_path), read)
    found = Cluster(read)
    assert {
        text: answer(found, text).kinds for text in ("172.17.0.1", "172.17.0.2", "192.168.10.11", "10.244.1.9")
    } == {
        "172.17.0.1": (AddressKind.BRIDGE,),
        "172.17.0.2": (AddressKind.CONTAINER,),
        "192.168.10.11": (AddressKind.NODE,),
        "10.244.1.9": (AddressKind.CONTAINER,),
    }
    assert answer(found, "172.17.0.1").nodes == ("node1",)
    assert {mention.subject.kind for mention in answer(found, "192.168.10.11").mentions} == {"Node", "File"}


def test_names_of_others_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "cluster.json"
    file.write_text(json.dumps(pod("a\x1b[31m", "shop", "node1", ["10.244.1.5"], {}, [])))
    read, locate = sources.read(sources.Files((str(file),)), (), "default")
    known = look_up(Cluster(read), asked("10.244.1.5"))
    places = spots(locate, ip.sides(known))
    assert "\x1b" not in ip.text(known, places, [])
    valid("ip", ip.json(known, places, []))


def test_of_an_address_in_a_secondary_network() -> None:
    network = NETWORKS_TOO["multus"]()
    answer = look_up(Cluster(snapshot(objects_of(network))), addresses.parse_cidr("172.29.0.6/32").range)
    assert [(owner.kind, str(owner.subject), owner.detail) for owner in answer.owners] == [
        (AddressKind.POD, "Pod shop/db-1", "in network shop/storage")
    ]
    assert "Pod shop/db-1" in {str(mention.subject) for mention in answer.mentions}


def test_an_address_that_ipvs_keeps_is_a_services() -> None:
    link = {"ifname": "kube-ipvs0", "linkinfo": {"info_kind": "dummy"}, "mtu": 1500}
    held = [{"family": "inet", "local": "10.96.0.1", "prefixlen": 32, "scope": "global"}]
    found = snapshot(
        [node("n1", [], ["192.168.10.1"]), service("kubernetes", "default", {}, [], clusterIP="10.96.0.1")],
        {"n1/ip-addr.json": [link | {"addr_info": held}]},
    )
    assert look_up(Cluster(found), addresses.parse_cidr("10.96.0.1/32").range).kinds == (AddressKind.SERVICE,)


def test_flags_of_the_control_plane_mention_ranges() -> None:
    answer = look_up(Cluster(snapshot(objects_of(NETWORKS["flannel"]()))), addresses.parse_cidr("10.244.0.0/16").range)
    found = [mention for mention in answer.mentions if mention.subject.kind == "Pod"]
    assert [(str(one.subject), one.path) for one in found if one.text == "10.244.0.0/16"] == [
        ("Pod kube-system/kube-controller-manager-node1", ("spec", "containers", 0, "command", 3))
    ]
