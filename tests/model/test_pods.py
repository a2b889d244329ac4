"""Lookups over the columns of pods against looking at each pod."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from netlint import addresses
from netlint.addresses import Range, parse_cidr
from netlint.model.pods import Pods
from tests.support.model.populations import World, worlds

Object = dict
MANY = settings(max_examples=60, deadline=None)
NODES = {"n1": ("10.244.0.0/29", "fd00:244::/125"), "n2": ("10.244.0.4/31",)}


def is_live(pod: Object) -> bool:
    return pod["status"].get("phase") not in {"Succeeded", "Failed"}


def own_addresses(pod: Object) -> list[str]:
    """The addresses that a live pod does not share with its node."""
    if not is_live(pod) or pod["spec"].get("hostNetwork"):
        return []
    listed = [entry["ip"] for entry in pod["status"]["podIPs"]]
    return listed or [address for address in [pod["status"].get("podIP")] if address]


def named(pod: Object) -> tuple[str, str]:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]


def same_addresses(draw: st.DataObject, world: World) -> None:
    """Give some pods the addresses of others."""
    for pod in world.pods:
        other = draw.draw(st.sampled_from([None, *world.pods]))
        if other is not None:
            pod["status"] = pod["status"] | {
                key: value for key, value in other["status"].items() if key in {"podIP", "podIPs"}
            }


@given(worlds(), st.data())
@MANY
def test_who_shares_an_address(world: World, data: st.DataObject) -> None:
    same_addresses(data, world)
    pods = world.read().pods
    holders: dict[str, list[tuple[str, str]]] = {}
    for pod in world.pods:
        for address in own_addresses(pod):
            holders.setdefault(address, []).append(named(pod))
    shared = [(address, sorted(found)) for address, found in holders.items() if len(found) > 1]
    assert [
        (addresses.text(family, address), [pods.order(row) for row in rows])
        for family, address, rows in pods.sharing_addresses
    ] == sorted(shared, key=lambda found: (ip_address(found[0]).version, int(ip_address(found[0]))))


@given(worlds())
@MANY
def test_whose_address_is_outside_the_ranges_of_its_node(world: World) -> None:
    """A node without a range of the family says nothing of it."""
    pods = world.read().pods
    ranges: dict[str, list[Range]] = {name: [parse_cidr(cidr).range for cidr in cidrs] for name, cidrs in NODES.items()}
    found = {(family, *pods.order(row)) for family in (4, 6) for row in pods.outside(family, ranges)}
    assert found == {
        (address.version, *named(pod))
        for pod in world.pods
        for address in map(ip_address, own_addresses(pod))
        if (own := _of_family(NODES.get(pod["spec"].get("nodeName", ""), ()), address.version))
        and not any(address in network for network in own)
    }


def _of_family(cidrs: tuple[str, ...], version: int) -> list:
    return [network for network in map(ip_network, cidrs) if network.version == version]


@given(worlds())
@MANY
def test_each_pod_is_what_was_written(world: World) -> None:
    pods = world.read().pods
    found = {pods.order(row): as_written(pods, row) for row in range(len(pods))}
    assert found == {named(pod): written(pod) for pod in world.pods}
    assert {pods.order(row) for row in pods.live_on_network()} == {
        named(pod) for pod in world.pods if is_live(pod) and not pod["spec"].get("hostNetwork")
    }


def as_written(pods: Pods, row: int) -> tuple:
    return (
        pods.shape(row).labels,
        pods.node(row),
        pods.hostname(row),
        pods.is_live(row),
        pods.is_ready(row),
        pods.is_terminating(row),
        pods.lists_addresses(row),
        [addresses.text(*found) for found in pods.addresses(row)],
        [pods.address_path(row, family) for family, _ in pods.addresses(row)],
    )


def written(pod: Object) -> tuple:
    spec, status = pod["spec"], pod["status"]
    listed = [entry["ip"] for entry in status["podIPs"]]
    single = [status["podIP"]] if not listed and "podIP" in status else []
    ready = [found["status"] for found in status.get("conditions") or [] if found["type"] == "Ready"]
    return (
        pod["metadata"]["labels"],
        spec.get("nodeName", ""),
        spec.get("hostname", ""),
        is_live(pod),
        ready == ["True"],
        "deletionTimestamp" in pod["metadata"],
        bool(listed),
        listed or single,
        [("status", "podIPs", number, "ip") for number in range(len(listed))] or [("status", "podIP")] * len(single),
    )


@given(worlds(), st.data())
@MANY
def test_pods_by_shape_and_by_name(world: World, data: st.DataObject) -> None:
    pods = world.read().pods
    by_shape = [list(pods.rows_of_shape(number)) for number in range(len(pods.shapes))]
    assert sorted(row for rows in by_shape for row in rows) == list(range(len(world.pods)))
    assert all(pods.shape_numbers[row] == number for number, rows in enumerate(by_shape) for row in rows)
    numbers = data.draw(st.lists(st.sampled_from(range(len(pods.shapes))), unique=True))
    live = [pods.order(row) for row in range(len(pods)) if pods.shape_numbers[row] in numbers and pods.is_live(row)]
    first = pods.first_live(numbers)
    assert (pods.order(first) if first is not None else None) == min(live, default=None)
    wanted = set(data.draw(st.lists(st.sampled_from([*map(named, world.pods), ("shop", "nobody"), ("lab", "pod-1")]))))
    assert {key: pods.order(row) for key, row in pods.named(wanted).items()} == {
        key: key for key in wanted & set(map(named, world.pods))
    }
