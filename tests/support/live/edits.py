"""Edits of EndpointSlices, each with the faults that it makes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .objects import MANAGED_BY, SERVICE_NAME, Object

UNUSED = {"IPv4": "10.244.250.1", "IPv6": "fd00:10:244:fa::1"}
_CONDITIONS = ("ready", "serving", "terminating")


@dataclass(frozen=True)
class Fault:
    """What netlint has to say; with an excuse it is a note where the pods changed after the slices."""

    rule: str
    message: str
    can_be_excused: bool = True


@dataclass(frozen=True)
class Place:
    """One endpoint of one slice; `others` are the other slices of the Service in this family."""

    piece: Object
    number: int
    others: tuple[Object, ...] = ()

    @property
    def service(self) -> tuple[str, str]:
        metadata = self.piece["metadata"]
        return metadata["namespace"], metadata["labels"][SERVICE_NAME]

    @property
    def family(self) -> str:
        family: str = self.piece["addressType"]
        return family

    @property
    def endpoint(self) -> Object:
        endpoint: Object = self.piece["endpoints"][self.number]
        return endpoint

    @property
    def address(self) -> str:
        address: str = self.endpoint["addresses"][0]
        return address

    @property
    def pod(self) -> str:
        name: str = self.endpoint["targetRef"]["name"]
        return name

    def with_endpoint(self, **changes: Any) -> Object:
        """The patch that changes the endpoint; None removes a field."""
        endpoints = copy.deepcopy(self.piece["endpoints"])
        changed = {**endpoints[self.number], **changes}
        endpoints[self.number] = {name: value for name, value in changed.items() if value is not None}
        return {"endpoints": endpoints}

    def with_target(self, **changes: str) -> Object:
        return self.with_endpoint(targetRef={**self.endpoint["targetRef"], **changes})

    def and_also(self, **endpoint: Any) -> Object:
        """The patch that adds an endpoint."""
        return {"endpoints": [*self.piece["endpoints"], {"addresses": [UNUSED[self.family]], **endpoint}]}


Edit = Callable[[Place], "tuple[Object, list[Fault]] | None"]
"""Gives the patch of the slice and the faults that it makes; None where this slice does not suit."""


def replaced_address(at: Place) -> tuple[Object, list[Fault]]:
    new = UNUSED[at.family]
    return at.with_endpoint(addresses=[new]), [_stale(at, new), _missing([at])]


def removed_endpoint(at: Place) -> tuple[Object, list[Fault]]:
    left = [each for each in at.piece["endpoints"] if each is not at.endpoint]
    return {"endpoints": left}, [_missing([at])]


def added_endpoint(at: Place) -> tuple[Object, list[Fault]]:
    return at.and_also(conditions={"ready": True}), [_stale(at, UNUSED[at.family], can_be_excused=False)]


def added_endpoint_of_no_pod(at: Place) -> tuple[Object, list[Fault]]:
    target = {**at.endpoint["targetRef"], "name": "ghost"}
    return at.and_also(targetRef=target), [_stale(at, UNUSED[at.family], can_be_excused=False)]


def flipped(condition: str) -> Edit:
    def edit(at: Place) -> tuple[Object, list[Fault]]:
        return _with_conditions(at, {**at.endpoint["conditions"], condition: not at.endpoint["conditions"][condition]})

    return edit


def without_conditions(at: Place) -> tuple[Object, list[Fault]]:
    """Consumers take the endpoint for ready then; so this is right where the pod is."""
    _, faults = _with_conditions(at, {"ready": True, "serving": True, "terminating": False})
    return at.with_endpoint(conditions={}), faults


def _with_conditions(at: Place, conditions: dict[str, bool]) -> tuple[Object, list[Fault]]:
    wrong = [name for name in _CONDITIONS if conditions[name] != at.endpoint["conditions"][name]]
    said = " and ".join(f"{name} {str(conditions[name]).lower()}" for name in wrong)
    faults = [_mismatched(at, f"{said}, unlike the pod")] if wrong else []
    return at.with_endpoint(conditions=conditions), faults


def other_port(at: Place) -> tuple[Object, list[Fault]] | None:
    ports = at.piece["ports"] or []
    if not ports:
        return None
    changed = [{**ports[0], "port": ports[0]["port"] + 1000}, *ports[1:]]
    return {"ports": changed}, [_mismatched_ports(at, changed)]


def no_ports(at: Place) -> tuple[Object, list[Fault]] | None:
    return ({"ports": []}, [_mismatched_ports(at, [])]) if at.piece["ports"] else None


def other_node(at: Place) -> tuple[Object, list[Fault]]:
    right = at.endpoint["nodeName"]
    wrong = "node-1" if right != "node-1" else "node-2"
    return at.with_endpoint(nodeName=wrong), [_mismatched(at, _differs("nodeName", wrong, right))]


def other_hostname(at: Place) -> tuple[Object, list[Fault]]:
    right = at.endpoint.get("hostname", "")
    return at.with_endpoint(hostname="wrong"), [_mismatched(at, _differs("hostname", "wrong", right))]


def other_target(at: Place) -> tuple[Object, list[Fault]]:
    return at.with_target(name="ghost"), [_mismatched(at, _differs("targetRef.name", "ghost", at.pod))]


def no_target(at: Place) -> tuple[Object, list[Fault]]:
    return at.with_endpoint(targetRef=None), [_mismatched(at, _differs("targetRef.name", "", at.pod))]


def other_uid(at: Place) -> tuple[Object, list[Fault]]:
    """As of a pod that had the same name before, such as one of a StatefulSet."""
    fault = _mismatched(at, _differs("targetRef.uid", "another pod's", "the pod's"))
    return at.with_target(uid="00000000-0000-0000-0000-000000000000"), [fault]


def of_another_manager(at: Place) -> tuple[Object, list[Fault]]:
    """The slice is no longer the controller's, so its endpoints are in none of the slices that count."""
    all_of_them = [Place(at.piece, number) for number in range(len(at.piece["endpoints"]))]
    change = {"metadata": {"labels": {MANAGED_BY: "somebody"}}}
    return change, [_missing(all_of_them, can_be_excused=bool(at.others))]


def of_another_order(at: Place) -> tuple[Object, list[Fault]]:
    """Order means nothing."""
    return {"endpoints": at.piece["endpoints"][::-1], "ports": (at.piece["ports"] or [])[::-1]}, []


EDITS: tuple[Edit, ...] = (
    replaced_address,
    removed_endpoint,
    added_endpoint,
    added_endpoint_of_no_pod,
    *map(flipped, _CONDITIONS),
    without_conditions,
    other_port,
    no_ports,
    other_node,
    other_hostname,
    other_target,
    no_target,
    other_uid,
    of_another_manager,
    of_another_order,
)


def _stale(at: Place, address: str, can_be_excused: bool = True) -> Fault:
    message = f"{address} is listed as {at.family} endpoint, but no live pod of the Service has it"
    return Fault("stale-endpoint-addresses", message, can_be_excused)


def _missing(places: list[Place], can_be_excused: bool = True) -> Fault:
    named = [f"{at.address} ({at.pod})" for at in sorted(places, key=lambda at: at.pod)]
    said = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    message = f"{said} {'is' if len(named) == 1 else 'are'} in no {places[0].family} EndpointSlice of the Service"
    return Fault("missing-endpoint-addresses", message, can_be_excused)


def _mismatched(at: Place, what: str) -> Fault:
    return Fault("mismatched-endpoints", f"the {at.family} endpoint {at.address} has {what}")


def _mismatched_ports(at: Place, wrong: list[Object]) -> Fault:
    """All endpoints of the slice have wrong ports; that of the first pod is named."""
    places = sorted((Place(at.piece, number) for number in range(len(at.piece["endpoints"]))), key=lambda at: at.pod)
    more = len(places) - 1
    what = f"ports {_ports(wrong)} where the pod demands {_ports(at.piece['ports'])}"
    what += f"; {more} more {'differs' if more == 1 else 'differ'}" if more else ""
    return _mismatched(places[0], what)


def _ports(ports: Iterable[Object]) -> str:
    told = [(each.get("name", ""), each["port"], each["protocol"]) for each in ports]
    ordered = sorted(told, key=str)
    return ", ".join(f"{name or 'unnamed'} {number}/{protocol}" for name, number, protocol in ordered) or "no port"


def _differs(field: str, actual: str, right: str) -> str:
    return f"{field} {actual!r} where the pod demands {right!r}"
