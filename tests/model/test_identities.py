"""Shared identities, foreign addresses, pods away from home: against looking at each node and pod."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from netlint import addresses
from netlint.model.nodes.identities import shared_identities
from netlint.model.nodes.node_ips import host_ip_mismatches
from tests.support.model.healthy import container, meta, pod
from tests.support.model.reading import cluster

Object = dict[str, Any]
MANY = settings(max_examples=60, deadline=None)
NODES = ("n1", "n2", "n3")
HOSTS = ("192.168.0.1", "192.168.0.2", "192.168.0.3", "fd00::1", "fd00:0::1")
RANGES = ("10.244.0.0/30", "10.244.0.4/30", "10.244.0.8/30", "10.244.0.8/29")
FLANNEL = "flannel.alpha.coreos.com/"


@st.composite
def nodes(draw: st.DrawFn) -> list[Object]:
    found = []
    for name in NODES:
        listed = [{"type": "InternalIP", "address": one} for one in draw(st.lists(st.sampled_from(HOSTS), max_size=2))]
        told = {"public-ip": draw(st.sampled_from(("", *HOSTS[:3]))), "backend-data": draw(macs())}
        annotations = {FLANNEL + key: value for key, value in told.items() if value}
        spec = {"podCIDRs": [cidr]} if (cidr := draw(st.sampled_from((None, *RANGES)))) else {}
        metadata = meta(name, annotations=annotations)
        status = {"addresses": listed}
        found.append({"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status})
    return found


def macs() -> st.SearchStrategy[str]:
    return st.sampled_from(("", "null", "{", "[]", '{"VtepMAC":"aa:01"}', '{"VtepMAC":"AA:01"}', '{"VtepMAC":"aa:02"}'))


@st.composite
def pods(draw: st.DrawFn) -> list[Object]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        on_host = draw(st.booleans())
        own = HOSTS[:3] if on_host else [f"10.244.0.{last}" for last in range(14)]
        where = draw(st.sampled_from((*NODES, "gone")))
        phase = draw(st.sampled_from(("Running", "Succeeded", "Unknown")))
        spec = {"hostNetwork": True} if on_host else {}
        made = pod(f"p{number}", "shop", where, [draw(st.sampled_from(own))], {}, [container("c")], phase=phase, **spec)
        made["status"]["hostIP"] = draw(st.sampled_from(HOSTS))
        found.append(made)
    return found


def own_addresses(node: Object) -> list[str]:
    return [str(ip_address(entry["address"])) for entry in node["status"]["addresses"]]


def identities(node: Object) -> set[str]:
    """Without those of a second InternalIP of one family."""
    internal: dict[int, str] = {}
    for address in own_addresses(node):
        internal.setdefault(ip_address(address).version, address)
    annotations = node["metadata"].get("annotations", {})
    mac = annotations.get(FLANNEL + "backend-data", "").lower().partition('"vtepmac":"')[2].rstrip('"}')
    return {*internal.values(), annotations.get(FLANNEL + "public-ip", ""), mac} - {""}


@given(nodes())
@MANY
def test_who_shares_an_identity(made: list[Object]) -> None:
    holders: dict[str, set[str]] = {}
    for node in made:
        for value in identities(node):
            holders.setdefault(value, set()).add(node["metadata"]["name"])
    found = {group[0].text: {one.node.name for one in group} for group in shared_identities(cluster(made).view.nodes)}
    assert found == {value: names for value, names in holders.items() if len(names) > 1}


@given(nodes(), pods())
@MANY
def test_whose_pods_report_a_foreign_address(made: list[Object], running: list[Object]) -> None:
    own = {node["metadata"]["name"]: own_addresses(node) for node in made}
    expected = set()
    for one in running:
        where, status = one["spec"]["nodeName"], one["status"]
        reported = [status["hostIP"], *([status["podIP"]] if one["spec"].get("hostNetwork") else [])]
        if status["phase"] == "Running" and own.get(where):
            foreign = {str(ip_address(address)) for address in reported} - set(own[where])
            expected |= {(where, address, one["metadata"]["name"]) for address in foreign}
    found = cluster([*made, *running])
    rows = [
        (one.node.name, addresses.text(one.family, one.value), row)
        for one in host_ip_mismatches(found.pods, found.view.nodes, found.nodes.own_addresses)
        for row, _ in one.rows
    ]
    assert len(set(rows)) == len(rows)
    assert {(node, address, found.pods.name(row)) for node, address, row in rows} == expected


@given(nodes(), pods())
@MANY
def test_which_pods_are_away_from_home(made: list[Object], running: list[Object]) -> None:
    ranges = {node["metadata"]["name"]: node["spec"].get("podCIDRs", [None])[0] for node in made}
    networks = {name: ip_network(cidr) for name, cidr in ranges.items() if cidr}
    disputed = {a for a, one in networks.items() for b, other in networks.items() if a != b and one.overlaps(other)}
    live = [one for one in running if one["status"]["phase"] != "Succeeded" and not one["spec"].get("hostNetwork")]
    held = [one["status"]["podIP"] for one in live]
    expected = {
        one["metadata"]["name"]
        for one in live
        if (where := one["spec"]["nodeName"]) in networks
        and where not in disputed
        and held.count(one["status"]["podIP"]) == 1
        and ip_address(one["status"]["podIP"]) not in networks[where]
    }
    found = cluster([*made, *running])
    if found.network.allocates_from_node:
        assert {found.pods.name(row) for _, row in found.ranges.placement.misplaced(found.pods)} == expected
