"""Expected endpoints against the controller's rules, written out pod by pod in ``controller``.

``tests/live`` holds netlint against the controller itself; here populations are random and far larger in number.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netlint import addresses
from netlint.cluster import Cluster
from netlint.model.pods.endpoint_conditions import Conditions
from netlint.model.services.recomputed_slices import Difference, EndpointMismatch
from tests.support.model.controller import Endpoint, Object, Ports, address_types, endpoint_slices, endpoints
from tests.support.model.populations import World, worlds

SHOWN = settings(max_examples=100, deadline=None)


@given(worlds())
@SHOWN
def test_what_the_controller_writes_is_what_is_expected(world: World) -> None:
    assert world.read().services.endpoints.differences == []


@given(worlds(), st.data())
@SHOWN
def test_what_means_the_same_is_no_difference(world: World, data: st.DataObject) -> None:
    """Conditions left out where they are understood so, an endpoint in two slices, slices of somebody else."""
    for piece in list(world.slices):
        for found in piece["endpoints"] or []:
            conditions = found["conditions"]
            if conditions["ready"] and conditions["serving"] and not conditions["terminating"] and data.draw(bools):
                found["conditions"] = data.draw(st.sampled_from([{}, None, {"ready": True}, {"terminating": False}]))
        if data.draw(bools):
            world.slices.append(_renamed(piece, "copy", (piece["endpoints"] or [])[:2] or None))
        if data.draw(bools):
            foreign = _renamed(
                piece, "foreign", [{"addresses": ["10.9.9.9" if piece["addressType"] == "IPv4" else "fd09::9"]}]
            )
            foreign["metadata"]["labels"]["endpointslice.kubernetes.io/managed-by"] = "somebody-else"
            world.slices.append(foreign)
    assert world.read().services.endpoints.differences == []


bools = st.booleans()


def _renamed(piece: Object, suffix: str, found: list[Object] | None) -> Object:
    twin = copy.deepcopy(piece)
    twin["metadata"]["name"] += f"-{suffix}"
    twin["endpoints"] = copy.deepcopy(found)
    return twin


class Listed(NamedTuple):
    """An endpoint as a slice lists it, and where."""

    where: tuple[str, int]
    found: Endpoint


class Found(NamedTuple):
    """How slices differ from pods; wrong fields with what the pod demands and what is said."""

    stale: list[tuple[tuple[str, int], str, str]]
    missing: list[str]
    mismatched: dict[str, tuple[tuple[str, int], list[tuple[str, object, object]]]]


def listed(world: World, service: Object, address_type: str) -> list[Listed]:
    """The endpoints in all slices of a Service that the controller keeps, as their consumers understand them."""
    found = []
    for piece in world.slices:
        marks = piece["metadata"]["labels"]
        own = (piece["metadata"]["namespace"], marks["kubernetes.io/service-name"]) == (
            "shop",
            service["metadata"]["name"],
        )
        if not own or piece["addressType"] != address_type:
            continue
        ports: Ports = frozenset((port["name"], port["port"], port["protocol"]) for port in piece["ports"] or [])
        for index, each in enumerate(piece["endpoints"] or []):
            conditions = each.get("conditions") or {}
            ready = conditions.get("ready", True)
            target = each.get("targetRef") or {}
            endpoint = Endpoint(
                each["addresses"][0],
                target.get("name", ""),
                target.get("uid", ""),
                each.get("nodeName", ""),
                each.get("hostname", ""),
                ready,
                conditions.get("serving", ready),
                conditions.get("terminating", False),
                ports,
            )
            found.append(Listed((piece["metadata"]["name"], index), endpoint))
    return found


def expected(world: World, service: Object, address_type: str) -> Found:
    """Every pod against every endpoint; one right copy of an endpoint is enough."""
    wanted = {(one.address, one.pod): one for one in endpoints(service, world.pods, world.nodes, address_type)}
    actual = listed(world, service, address_type)
    missing, mismatched = [], {}
    for key, demand in wanted.items():
        copies = [one for one in actual if (one.found.address, one.found.pod) == key]
        if not copies:
            missing.append(demand.pod)
        elif all(wrong(demand, one.found) for one in copies):
            mismatched[demand.pod] = (copies[0].where, wrong(demand, copies[0].found))
    stale = [
        (one.where, one.found.address, one.found.pod)
        for one in actual
        if (one.found.address, one.found.pod) not in wanted
    ]
    return Found(sorted(stale), sorted(missing), mismatched)


def wrong(demand: Endpoint, found: Endpoint) -> list[tuple[str, object, object]]:
    """The fields in which an endpoint is not what its pod demands."""
    wrong = []
    if found.ports != demand.ports:
        wrong.append(("ports", demand.ports, found.ports))
    said = tuple(Conditions(one.ready, one.serving, one.terminating) for one in (demand, found))
    if said[0] != said[1]:
        wrong.append(("conditions", *said))
    if found.node != demand.node:
        wrong.append(("nodeName", demand.node, found.node))
    if found.uid and demand.uid and found.uid != demand.uid:
        wrong.append(("targetRef.uid", "the pod's", "another pod's"))
    if found.hostname != demand.hostname:
        wrong.append(("hostname", demand.hostname, found.hostname))
    return wrong


def as_found(read: Cluster, difference: Difference) -> Found:
    """A difference in the words of the reference; an endpoint that names the wrong pod is a stale and a missing one."""
    slices, pods = read.view.slices, read.pods

    def at(number: int, row: int) -> tuple[str, int]:
        return slices[number].name, row - slices.endpoints(number).start

    def stale_one(number: int, row: int) -> tuple[tuple[str, int], str, str]:
        address = addresses.text(difference.family, slices.address(row, difference.family))
        return at(number, row), address, slices.target(row)

    stale = [stale_one(*pair) for pair in difference.stale]
    missing = [pods.name(row) for row in difference.missing]
    mismatched = {}
    for number, at_row, row, mismatches in difference.mismatched:
        said = [(one.field, one.expected, one.actual) for one in mismatches]
        if said[0][0] == "targetRef.name":
            assert said == [("targetRef.name", pods.name(row), slices.target(at_row))]
            stale.append(stale_one(number, at_row))
            missing.append(pods.name(row))
        else:
            mismatched[pods.name(row)] = (at(number, at_row), said)
    return Found(sorted(stale), sorted(missing), mismatched)


class Edit(NamedTuple):
    """Something that somebody did to one endpoint or its slice; numbers wrap around."""

    piece: int
    endpoint: int
    what: str


edits = st.lists(
    st.builds(
        Edit,
        st.integers(0, 20),
        st.integers(0, 200),
        st.sampled_from(
            [
                *("drop", "drop", "add", "empty", "ghost", "no-target", "move", "copy", "wrong-copy", "wrong-copy"),
                *("ready", "serving", "terminating", "no-conditions"),
                *("node", "no-node", "uid", "no-uid", "hostname", "ports", "no-ports"),
            ]
        ),
    ),
    min_size=2,
    max_size=8,
)


def edit(slices: list[Object], changes: Iterable[Edit]) -> None:
    for number, change in enumerate(changes, 1):
        if not slices:
            return
        piece = slices[change.piece % len(slices)]
        listed = piece["endpoints"] = piece["endpoints"] or []
        if change.what == "empty":
            listed.clear()
        elif change.what in {"ports", "no-ports"}:
            port = {"name": "", "port": 81, "protocol": "TCP"}
            piece["ports"] = [port] if change.what == "ports" else None
        elif change.what == "add":
            address = f"10.9.9.{number}" if piece["addressType"] == "IPv4" else f"fd09::{number}"
            listed.append({"addresses": [address], "targetRef": {"kind": "Pod", "name": f"ghost-{number}"}})
        elif listed:
            _edit_endpoint(listed, change.endpoint % len(listed), change.what, number)


def _edit_endpoint(listed: list[Object], index: int, what: str, number: int) -> None:
    endpoint = listed[index]
    if what == "drop":
        del listed[index]
    elif what == "copy":
        listed.append(copy.deepcopy(endpoint))
    elif what == "wrong-copy":
        listed.insert(index + number % 2, copy.deepcopy(endpoint) | {"nodeName": "n9"})
    elif what == "move":
        endpoint["addresses"] = [f"10.9.8.{number}" if "." in endpoint["addresses"][0] else f"fd08::{number}"]
    else:
        _edit_fields(endpoint, what, number)


def _edit_fields(found: Object, what: str, number: int) -> None:
    target = found.get("targetRef") or {}
    if what == "ghost":
        found["targetRef"] = target | {"name": f"ghost-{number}"}
    elif what == "no-conditions":
        found["conditions"] = None
    elif what in {"ready", "serving", "terminating"}:
        conditions = found.get("conditions") or {}
        found["conditions"] = conditions | {what: not conditions.get(what, what != "terminating")}
    elif what in {"uid", "no-uid"} and target:
        found["targetRef"] = {key: value for key, value in target.items() if key != "uid"}
        if what == "uid":
            found["targetRef"]["uid"] = "another"
    else:
        _set(found, what)


def _set(found: Object, what: str) -> None:
    values: dict[str, tuple[str, Any]] = {
        "node": ("nodeName", "n9"),
        "no-node": ("nodeName", None),
        "hostname": ("hostname", "z"),
        "no-target": ("targetRef", None),
    }
    if what in values:
        key, value = values[what]
        found.pop(key, None)
        if value is not None:
            found[key] = value


@given(worlds(), edits)
@settings(max_examples=300, deadline=None)
def test_every_difference_is_found_and_nothing_else(world: World, changes: list[Edit]) -> None:
    edit(world.slices, changes)
    compare(world)


@pytest.mark.parametrize("field", ["addresses", "conditions", "nodeName", "targetRef"])
def test_what_endpoints_have_swapped_is_found(field: str) -> None:
    """In each of many Services, as sums over a slice could happen to stay the same."""
    services, pods, slices = [], [], []
    for number in range(64):
        services.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": f"web-{number}", "namespace": "shop"},
                "spec": {"selector": {"app": f"web-{number}"}, "clusterIP": "10.96.0.9", "ports": [{"port": 80}]},
            }
        )
        pods += [_pod(number, status) for status in ("True", "False")]
        slices += endpoint_slices(services[-1], pods[-2:], None)
        one, other = slices[-1]["endpoints"]
        one[field], other[field] = other[field], one[field]
    read = World(services, pods, None, slices).read()
    found = [one.service.name for one in read.services.endpoints.differences]
    assert found == [service.name for service in read.view.services]


def _pod(number: int, ready: str) -> Object:
    name = f"web-{number}-{ready.lower()}"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": f"web-{number}"}, "uid": name},
        "spec": {"containers": [{"name": "web"}], "nodeName": f"n{len(ready)}"},
        "status": {
            "phase": "Running",
            "podIPs": [{"ip": f"10.244.{number}.{len(ready)}"}],
            "conditions": [{"type": "Ready", "status": ready}],
        },
    }


@given(worlds(counts=(40, 130, 260), largest=(100,)), edits)
@settings(max_examples=15, deadline=None)
def test_services_of_many_pods_fill_several_slices(world: World, changes: list[Edit]) -> None:
    compare(world)
    edit(world.slices, changes)
    compare(world)


def compare(world: World) -> None:
    read = world.read()
    found = {(one.service.name, f"IPv{one.family}"): as_found(read, one) for one in read.services.endpoints.differences}
    differences = {
        (service["metadata"]["name"], address_type): expected(world, service, address_type)
        for service in world.services
        for address_type in address_types(service)
    }
    assert found == {key: one for key, one in differences.items() if any(one)}


def sharing_an_address(*names: str) -> World:
    """Pods on the network of their node, each in a slice of its own for each family."""
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"selector": {"app": "web"}, "clusterIP": "None"},
    }
    pods = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, "namespace": "shop", "labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web"}], "hostNetwork": True, "nodeName": "n1"},
            "status": {"phase": "Running", "podIPs": [{"ip": "192.168.0.2"}, {"ip": "fd00:168::2"}]},
        }
        for name in names
    ]
    return World([service], pods, None, endpoint_slices(service, pods, None, 1))


GHOSTS = [Edit(piece, 0, "ghost") for piece in range(4)]


def test_pods_that_share_an_address_are_each_found_misnamed() -> None:
    world = sharing_an_address("pod-1", "pod-2")
    edit(world.slices, GHOSTS)
    read = world.read()
    told = [
        (one.family, one.stale, one.missing, [(read.pods.name(row), wrong) for _, _, row, wrong in one.mismatched])
        for one in read.services.endpoints.differences
    ]
    assert told == [
        (4, [], [], [("pod-1", [misnamed("pod-1", "ghost-1")]), ("pod-2", [misnamed("pod-2", "ghost-2")])]),
        (6, [], [], [("pod-1", [misnamed("pod-1", "ghost-3")]), ("pod-2", [misnamed("pod-2", "ghost-4")])]),
    ]


def misnamed(pod: str, target: str) -> EndpointMismatch:
    return EndpointMismatch("targetRef.name", pod, target)


@given(worlds(), edits)
@example(sharing_an_address("pod-1", "pod-2"), GHOSTS)
@SHOWN
def test_an_endpoint_that_names_the_wrong_pod_is_told_once(world: World, changes: list[Edit]) -> None:
    edit(world.slices, changes)
    read = world.read()
    for one in read.services.endpoints.differences:
        stale = Counter(read.view.slices.address(row, one.family) for _, row in one.stale)
        missing = Counter(read.pods.address(row, one.family) for row in one.missing)
        assert stale.keys() & missing.keys() == set()


@given(worlds())
@SHOWN
def test_the_pods_of_a_service(world: World) -> None:
    read = world.read()
    found = {
        service.name: {read.pods.name(row) for row in read.services.endpoints.expected_rows(service)}
        for service in read.view.services
        if service.spec.selector and service.spec.type != "ExternalName"
    }
    by_hand = {
        service["metadata"]["name"]: {
            one.pod for family in ("IPv4", "IPv6") for one in endpoints(service, world.pods, world.nodes, family)
        }
        for service in world.services
        if address_types(service)
    }
    assert found == by_hand
