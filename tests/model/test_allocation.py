"""Cluster IPs, ranges and records of generated clusters against looking at each of them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.checks import CHECKS
from netlint.findings import Violation
from tests.support.model.healthy import ip_addresses, meta, service, service_cidr
from tests.support.model.reading import cluster

Object = dict[str, Any]
MANY = settings(max_examples=60, deadline=None)
RANGES = ("10.96.0.0/30", "fd00:96::/126", "10.98.0.0/31", "fd00:98::/127")
ADDRESSES = [str(address) for cidr in (*RANGES, "172.20.0.0/31") for address in ip_network(cidr)]
NAMES = ("web", "db", "api", "dns")


@st.composite
def services(draw: st.DrawFn) -> list[Object]:
    found = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1)):
        addresses = draw(st.lists(st.sampled_from(ADDRESSES), max_size=2, unique=True)) or ["None"]
        one = service(name, "shop", {}, [], clusterIP=addresses[0])
        if draw(st.booleans()):
            one["spec"]["clusterIPs"] = addresses
        found.append(one)
    return found


@st.composite
def records(draw: st.DrawFn, held: list[Object]) -> list[Object]:
    """The right ones, some of them lost, some given to others, and some more."""
    right = [found for found in ip_addresses(held) if draw(st.integers(0, 9))]
    made = {found["metadata"]["name"]: found for found in right}
    for address in draw(st.lists(st.sampled_from(ADDRESSES), max_size=2)):
        owner = {"metadata": meta(draw(st.sampled_from((*NAMES, "gone"))), "shop")}
        (made[address],) = ip_addresses([owner | {"spec": {"clusterIPs": [address]}}])
    return list(made.values())


def held(of: Object) -> list[str]:
    listed = of["spec"].get("clusterIPs") or [of["spec"]["clusterIP"]]
    return [address for address in listed if address != "None"]


def findings(rule: str, objects: list[Object]) -> set[tuple[str, str]]:
    """Name of the subject and address of every finding."""
    found = [one for one in CHECKS[rule](cluster(objects)) if isinstance(one, Violation)]
    assert len({(one.subject, one.evidence["address"]) for one in found}) == len(found)
    return {(one.subject.name, one.evidence["address"]) for one in found}


@given(services(), st.lists(st.sampled_from(RANGES), unique=True))
@MANY
def test_who_is_outside_of_the_ranges(made: list[Object], extra: list[str]) -> None:
    ranges = ["10.96.0.0/30", *extra]
    others = [service_cidr(cidr) for cidr in extra]
    for number, found in enumerate(others):
        found["metadata"] = meta(f"extra-{number}")
    outside = {
        (one["metadata"]["name"], address)
        for one in made
        for address in held(one)
        if not any(ip_address(address) in ip_network(cidr) for cidr in ranges)
    }
    objects = [service_cidr(ranges[0]), *others, *made]
    assert findings("cluster-ips-outside-service-cidrs", objects) == outside


@given(services())
@MANY
def test_who_shares_an_address(made: list[Object]) -> None:
    owners: dict[str, list[str]] = {}
    for one in made:
        for address in held(one):
            owners.setdefault(address, []).append(one["metadata"]["name"])
    shared = {(min(names), address) for address, names in owners.items() if len(names) > 1}
    assert findings("duplicate-cluster-ips", made) == shared


@given(services(), st.data())
@MANY
def test_whose_records_are_wrong(made: list[Object], data: st.DataObject) -> None:
    kept = data.draw(records(made))
    owner_of = {found["metadata"]["name"]: found["spec"]["parentRef"]["name"] for found in kept}
    owners: dict[str, list[str]] = {}
    for one in made:
        for address in held(one):
            owners.setdefault(address, []).append(one["metadata"]["name"])
    unallocated = {
        (names[0], address)
        for address, names in owners.items()
        if len(names) == 1 and kept and owner_of.get(address) != names[0]
    }
    orphaned = {(address, address) for address in owner_of if address not in owners}
    assert findings("unallocated-cluster-ips", [*made, *kept]) == unallocated
    assert findings("orphaned-ip-addresses", [*made, *kept]) == orphaned
