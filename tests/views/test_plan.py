"""``netlint plan``: what it proposes collides with nothing, and netlint reads the same out of what it prints."""

from __future__ import annotations

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint import addresses, catalogue, engine
from netlint.addresses import BITS, Range
from netlint.config import Config
from netlint.model.declared.declarations import Role
from netlint.model.ranges.proposal import Avoided, Demand, NothingFitsError, Proposal, propose, ranges_to_avoid
from netlint.model.reserved_ranges import PRIVATE
from netlint.views import configurations, plan
from tests.support.days import TODAY
from tests.support.goldens import BROKEN, HEALTHY, assert_golden, valid
from tests.support.model.healthy import config_map, container, node, pod
from tests.support.model.reading import cluster, exported, snapshot
from tests.support.program import netlint

ASKED = [
    ("small", ["--nodes", "3", "--pods-per-node", "110"]),
    (
        "against",
        ["--nodes", "500", "--pods-per-node", "110", "--services", "4000", "--dual-stack", "--against", BROKEN],
    ),
]


@pytest.mark.parametrize(("name", "arguments"), ASKED)
def test_whole_proposals(name: str, arguments: list[str], accept: bool) -> None:
    shown = netlint("plan", *arguments)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert_golden(f"plan-{name}.txt", shown.stdout, accept)
    as_json = netlint("plan", *arguments, "--format", "json")
    assert valid("plan", as_json.stdout)["fits"]
    assert_golden(f"plan-{name}.json", as_json.stdout, accept)


def test_nothing_fits() -> None:
    arguments = ("plan", "--nodes", "5000", "--pods-per-node", "250", "--avoid", "10.0.0.0/8", "--avoid", "100.127.0.1")
    reason = (
        "the pod range needs a free IPv4 /11 in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, and what is "
        "to be avoided leaves at most a /12; the widest of it is 10.0.0.0/8, --avoid"
    )
    shown = netlint(*arguments, "--avoid", "100.64.0.9")
    assert (shown.returncode, shown.stdout, shown.stderr) == (1, "", f"netlint: nothing fits: {reason}\n")
    as_json = netlint(*arguments, "--avoid", "100.64.0.9", "-f", "json")
    assert as_json.returncode == 1
    assert valid("plan", as_json.stdout)["reason"] == reason
    assert netlint(*arguments).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--nodes", "70000", "--pods-per-node", "9"],
            "nothing fits: Kubernetes has room for at most 65,536 nodes, and 70,000 are needed",
        ),
        (
            ["--nodes", "9", "--pods-per-node", "9", "--services", "1048574"],
            "nothing fits: Kubernetes has room for at most 1,048,573 Services, and 1,048,574 are needed",
        ),
        (
            ["--nodes", "9", "--pods-per-node", "9", "--avoid", "10.0.0.0/40"],
            "'10.0.0.0/40' is no CIDR: /40 is no prefix length of IPv4",
        ),
        (["--nodes", "9", "--pods-per-node", "9", "-f", "xml"], "--format 'xml': choose one of text, json"),
        (["--nodes", "9", "--pods-per-node", "9", "--against", "gone"], "gone: no such file or folder"),
    ],
)
def test_refusals(arguments: list[str], message: str) -> None:
    run = netlint("plan", *arguments)
    assert run.returncode == (1 if "fits" in message else 2)
    assert run.stderr == f"netlint: {message}\n"
    assert netlint("plan", "--nodes", "0", "--pods-per-node", "9").returncode == 2


DEMANDS = st.builds(
    Demand,
    st.one_of(st.integers(1, 6000), st.integers(1, 65536)),
    st.integers(1, 500),
    st.one_of(st.integers(1, 20_000), st.integers(1, (1 << 20) - 3)),
    st.sampled_from([(4,), (4, 6), (6,)]),
)


@st.composite
def avoided(draw: st.DrawFn) -> Avoided:
    block = draw(st.sampled_from(PRIVATE)).range
    length = draw(st.integers(BITS[block.family] - block.size.bit_length() + 2, min(BITS[block.family], 40)))
    size = 1 << (BITS[block.family] - length)
    first = block.first + draw(st.integers(0, block.size // size - 1)) * size
    return Avoided(Range(block.family, first, first + size - 1), "drawn")


def ranges_of(found: Proposal) -> list[Range]:
    return [one for held in found.ranges for one in (held.pods, held.services)]


@given(DEMANDS, st.lists(avoided(), max_size=12))
def test_a_proposal_is_disjoint_canonical_private_and_large_enough(demand: Demand, kept_free: list[Avoided]) -> None:
    try:
        found = propose(demand, kept_free)
    except NothingFitsError:
        return
    proposed = ranges_of(found)
    taken = [one.range for one in (*kept_free, Avoided(addresses.parse_cidr("172.17.0.0/16").range, ""))]
    for number, one in enumerate(proposed):
        assert not any(one.overlaps(other) for other in (*taken, *proposed[number + 1 :]))
        assert any(block.range.covers(one) for block in PRIVATE)
        ip_network(str(one))  # refuses host bits
    assert [held.family for held in found.ranges] == list(demand.families)
    for held in found.ranges:
        host_bits = 20
        assert held.services.size <= 1 << host_bits
        assert 4 <= held.nodes <= 65536
        assert held.of_node(held.nodes - 1).last == held.pods.last
        assert held.nodes >= demand.nodes
        assert held.pods_per_node >= demand.pods_per_node
        assert held.service_addresses >= demand.services
        assert held.node_prefix == 64 if held.family == 6 else held.node_prefix <= 30
    assert propose(demand, kept_free) == found


@given(DEMANDS, st.lists(avoided(), max_size=6))
def test_it_grows_where_there_is_room(demand: Demand, kept_free: list[Avoided]) -> None:
    try:
        found = propose(demand, kept_free)
    except NothingFitsError:
        return
    if not found.is_tight:
        assert found.capacity.nodes >= 2 * demand.nodes
        assert found.capacity.pods_per_node >= 2 * demand.pods_per_node
        assert found.capacity.services >= 2 * demand.services


def test_an_empty_world_has_room_for_twice_as_much() -> None:
    assert not propose(Demand(5000, 110, 10_000, (4, 6)), []).is_tight
    assert propose(Demand(40_000, 110, 10_000), []).is_tight


def control_plane(found: Proposal) -> list[dict[str, Any]]:
    configured = json.dumps(configurations.kubeadm(found))
    command = ["kube-controller-manager", *configurations.controller_manager(found)]
    manager = container("kube-controller-manager", command=command)
    return [
        config_map("kubeadm-config", "kube-system", ClusterConfiguration=configured),
        pod("kube-controller-manager-n0", "kube-system", "n0", ["192.0.2.1"], {}, [manager], hostNetwork=True),
    ]


def nodes(found: Proposal, count: int) -> list[dict[str, Any]]:
    return [
        node(f"n{number}", [str(held.of_node(number)) for held in found.ranges], [f"192.0.2.{number + 1}"])
        for number in range(min(count, found.capacity.nodes))
    ]


def of_flannel(found: Proposal) -> list[dict[str, Any]]:
    text = json.dumps(configurations.flannel(found))
    return [config_map("kube-flannel-cfg", "kube-flannel", **{"net-conf.json": text})]


def of_calico(found: Proposal) -> list[dict[str, Any]]:
    return configurations.calico(found)


def of_cilium(found: Proposal) -> list[dict[str, Any]]:
    """What the chart makes of the values."""
    ipam = configurations.cilium(found)["ipam"]
    operator = ipam["operator"]
    keys = {f"cluster-pool-ipv{family}-cidr": operator.get(f"clusterPoolIPv{family}PodCIDRList") for family in (4, 6)}
    data = {key: " ".join(listed) for key, listed in keys.items() if listed}
    return [config_map("cilium-config", "kube-system", ipam=ipam["mode"], **data)]


DUAL_OR_IPV4 = DEMANDS.filter(lambda demand: 4 in demand.families)


@pytest.mark.parametrize("plugin", [of_flannel, of_calico, of_cilium])
@settings(deadline=None)
@given(demand=DUAL_OR_IPV4, kept_free=st.lists(avoided(), max_size=4))
def test_netlint_reads_the_proposal_out_of_what_it_prints(
    plugin: Any, demand: Demand, kept_free: list[Avoided]
) -> None:
    try:
        found = propose(demand, kept_free)
    except NothingFitsError:
        return
    objects = [*nodes(found, 3), *control_plane(found), *plugin(found)]
    read = cluster(objects).ranges.plan
    assert read.malformed == []
    assert {one.range for one in read.of(Role.POD)} == {held.pods for held in found.ranges}
    assert {one.range for one in read.of(Role.SERVICE)} == {held.services for held in found.ranges}
    authorities = {one.authority for one in read.of(Role.POD)}
    assert authorities == {"kubeadm", "kube-controller-manager", plugin.__name__.removeprefix("of_")}


@pytest.mark.parametrize("plugin", [of_flannel, of_calico, of_cilium])
@pytest.mark.parametrize("families", [(4,), (4, 6)])
def test_netlint_finds_no_fault_in_what_it_proposes(plugin: Any, families: tuple[int, ...]) -> None:
    found = propose(Demand(3, 110, 100, families), [])
    objects = [*nodes(found, 3), *control_plane(found), *plugin(found)]
    result = engine.run(snapshot(objects), list(catalogue.rules().values()), Config(), TODAY)
    assert [(one.rule.name, one.violation.message) for one in result.findings] == []


def test_the_ranges_of_a_cluster_are_avoided_with_the_networks_around_its_nodes() -> None:
    objects = [node("n0", ["10.244.0.0/24"], ["10.96.7.5"])]
    kept_free = list(ranges_to_avoid(cluster(objects).ranges.plan.declarations))
    assert [(str(one.range), one.reason) for one in kept_free] == [
        ("10.96.7.0/24", "around node address of Node n0"),
        ("10.244.0.0/24", "per-node pod range of Node n0"),
    ]
    found = propose(Demand(3, 110, 5000), kept_free)
    assert not any(one.overlaps(other.range) for one in ranges_of(found) for other in kept_free)


def test_against_a_live_export_of_the_same_cluster_nothing_collides() -> None:
    shown = netlint("plan", "--nodes", "3", "--pods-per-node", "110", "--against", HEALTHY, "-f", "json")
    proposed = valid("plan", shown.stdout)["ranges"][0]
    for text in ("10.244.0.0/16", "10.96.0.0/12", "192.168.10.0/24"):
        assert not ip_network(proposed["pods"]).overlaps(ip_network(text))
        assert not ip_network(proposed["services"]).overlaps(ip_network(text))


def test_the_texts_are_what_the_json_says() -> None:
    found = propose(Demand(3, 110, 100), [])
    document = json.loads(plan.json(found))
    for flag in document["configurations"]["kube-controller-manager"]:
        assert flag in plan.text(found).splitlines()


def test_against_several_clusters_with_objects_of_the_same_names(tmp_path: Path) -> None:
    taken = []
    for name, cidr in (("east", "10.244.0.0/16"), ("west", "10.245.0.0/16")):
        networking = json.dumps({"networking": {"podSubnet": cidr}})
        found = config_map("kubeadm-config", "kube-system", ClusterConfiguration=networking)
        (tmp_path / f"{name}.json").write_text(exported([found]))
        taken += ["--against", tmp_path / f"{name}.json"]
    shown = netlint("plan", "--nodes", "100", "--pods-per-node", "110", *taken, "-f", "json")
    pods = ip_network(json.loads(shown.stdout)["ranges"][0]["pods"])
    assert not any(pods.overlaps(ip_network(cidr)) for cidr in ("10.244.0.0/16", "10.245.0.0/16"))
