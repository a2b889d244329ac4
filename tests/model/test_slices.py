"""The view of EndpointSlices holds what the slices of a population say, endpoint by endpoint."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from netlint import addresses
from netlint.model.slices import EndpointSlices
from tests.support.model.populations import World, worlds

Object = dict[str, Any]
SHOWN = settings(max_examples=100, deadline=None)


def as_seen(slices: EndpointSlices, number: int) -> Object:
    """A slice as the view has it."""
    family = slices.family(number)
    assert family is not None
    return {
        "name": slices[number].name,
        "namespace and service": slices.service(number),
        "endpoints": [
            {
                "path": (slices.endpoint_path(number, row), slices.address_path(number, row, 1)),
                "address": addresses.text(family, slices.address(row, family)),
                "other family": slices.address(row, 10 - family),
                "conditions": slices.conditions(row)._asdict(),
                "node": slices.node(row),
                "hostname": slices.hostname(row),
                "target": (slices.targets_pod(row), slices.target_namespace(row), slices.target(row)),
                "has uid": bool(slices.target_uid(row)),
            }
            for row in slices.endpoints(number)
        ],
    }


def as_written(piece: Object) -> Object:
    """The same of the object itself."""
    meta = piece["metadata"]
    return {
        "name": meta["name"],
        "namespace and service": (meta["namespace"], meta["labels"]["kubernetes.io/service-name"]),
        "endpoints": [
            {
                "path": (("endpoints", index), ("endpoints", index, "addresses", 1)),
                "address": endpoint["addresses"][0],
                "other family": 0,
                "conditions": endpoint["conditions"],
                "node": endpoint.get("nodeName") or "",
                "hostname": endpoint.get("hostname") or "",
                "target": (True, endpoint["targetRef"]["namespace"], endpoint["targetRef"]["name"]),
                "has uid": bool(endpoint["targetRef"].get("uid")),
            }
            for index, endpoint in enumerate(piece["endpoints"] or [])
        ],
    }


@given(worlds())
@SHOWN
def test_slices_are_seen_as_they_are_written(world: World) -> None:
    slices = world.read().view.slices
    assert [as_seen(slices, number) for number in range(len(slices))] == [as_written(piece) for piece in world.slices]


@given(worlds())
@SHOWN
def test_slices_are_found_by_their_service(world: World) -> None:
    slices = world.read().view.slices
    by_service = {
        service: [slices[number].name for number in slices.of_service(*service)]
        for service in map(slices.service, range(len(slices)))
    }
    written = [(as_written(piece)["namespace and service"], piece["metadata"]["name"]) for piece in world.slices]
    assert by_service == {
        service: sorted(name for other, name in written if other == service) for service, _ in written
    }
    assert (slices.of_service("shop", "nobody"), slices.foreign) == ([], [])
