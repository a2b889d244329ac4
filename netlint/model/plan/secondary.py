"""Secondary networks: the ranges that NetworkAttachmentDefinitions and whereabouts' pools give out.

Source: CNI plugins' host-local and bridge documentation (cni.dev/plugins), github.com/k8snetworkplumbingwg/whereabouts
(doc/extended-configuration.md), the Network Custom Resource Definition De-facto Standard.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netlint import addresses
from netlint.addresses import Cidr, Range
from netlint.findings import Subject
from netlint.model.inventory import Inventory
from netlint.model.plan.declarations import Declaration, Role, Trouble, Voice
from netlint.model.subjects import subject_of
from netlint.objects.multus import NetworkAttachmentDefinition

AUTHORITY = "NetworkAttachmentDefinition"
_PATH = ("spec", "config")
NETWORK_WIDE = ("whereabouts",)


@dataclass(frozen=True, slots=True)
class SecondaryRange:
    """One range of a secondary network.

    ``given``: the addresses that pods may get; ``spared``: those that are excluded. ``segment``: what
    carries the network (master and VLAN), which tells equal ranges on isolated networks apart.
    """

    declaration: Declaration
    given: Range
    spared: tuple[Range, ...]
    gateway: int | None
    ipam: str
    plugin: str
    segment: tuple[str, str, str]

    @property
    def is_isolated(self) -> bool:
        """Whether it is on a VLAN of its own."""
        master, vlan, _ = self.segment
        return vlan not in {"", "0"} or "." in master

    def gives(self, address: int) -> bool:
        """Whether a pod may get this address."""
        family = self.declaration.range.family
        return self.given.holds(family, address) and not any(held.holds(family, address) for held in self.spared)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A definition with the plugins of its configuration, in order."""

    subject: Subject
    plugins: tuple[dict[str, Any], ...]


def attachments(inventory: Inventory) -> Iterator[Attachment | Trouble]:
    """All definitions whose configuration is in the object; an empty one is a file on each node."""
    for definition in inventory.objects(AUTHORITY):
        if not (definition.spec.config or "").strip():
            continue
        try:
            yield _attachment(definition)
        except ValueError as error:
            yield Trouble(subject_of(definition), _PATH, f"the text is no CNI configuration: {error}")


def _attachment(definition: NetworkAttachmentDefinition) -> Attachment:
    found = json.loads(definition.spec.config or "")
    if not isinstance(found, dict):
        raise ValueError("it is no JSON mapping")
    listed = found.get("plugins", [found])
    if not isinstance(listed, list) or not all(isinstance(plugin, dict) for plugin in listed):
        raise ValueError("its plugins are no list of mappings")
    return Attachment(subject_of(definition), tuple(listed))


def secondary_ranges(inventory: Inventory) -> Iterator[SecondaryRange | Trouble]:
    """Every range of every definition."""
    for found in attachments(inventory):
        if isinstance(found, Trouble):
            yield found
            continue
        for plugin in found.plugins:
            ipam = plugin.get("ipam")
            if isinstance(ipam, dict):
                for written in _written(ipam):
                    try:
                        yield _range(found.subject, plugin, ipam, written)
                    except (ValueError, TypeError, AttributeError) as error:
                        yield Trouble(found.subject, _PATH, str(error))


def _written(ipam: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The ranges of an IPAM configuration, each in host-local's words."""
    if ipam.get("type") == "host-local":
        sets = ipam.get("ranges") or ([[ipam]] if ipam.get("subnet") else [])
        yield from (entry for ranges in sets for entry in ranges)
    if ipam.get("type") == "whereabouts":
        listed = ipam.get("ipRanges") or ([ipam] if ipam.get("range") else [])
        for entry in listed:
            yield {
                "subnet": entry["range"],
                "rangeStart": entry.get("range_start"),
                "rangeEnd": entry.get("range_end"),
                "gateway": entry.get("gateway", ipam.get("gateway")),
                "exclude": entry.get("exclude", ipam.get("exclude")),
            }


def _range(subject: Subject, plugin: dict[str, Any], ipam: dict[str, Any], written: dict[str, Any]) -> SecondaryRange:
    text = str(written["subnet"])
    start, end = written.get("rangeStart"), written.get("rangeEnd")
    if "-" in text:  # whereabouts: 192.0.2.10-192.0.2.20/24
        start, _, text = text.partition("-")
        end = text.partition("/")[0]
    cidr = addresses.parse_cidr(text)
    declaration = Voice(Role.SECONDARY, AUTHORITY, subject).holds(_PATH, cidr.range, cidr)
    given = _given(cidr, start, end)
    gateway = written.get("gateway")
    spared = tuple(_excluded(str(one)) for one in written.get("exclude") or ())
    return SecondaryRange(
        declaration,
        given,
        spared,
        addresses.parse(str(gateway))[1] if gateway else None,
        str(ipam["type"]),
        str(plugin.get("type", "")),
        (
            str(plugin.get("master") or plugin.get("bridge") or ""),
            str(plugin.get("vlan") or plugin.get("vlanId") or ""),
            str(ipam.get("network_name") or ""),
        ),
    )


def _excluded(text: str) -> Range:
    """A range, or one address."""
    if "/" in text:
        return addresses.parse_cidr(text).range
    family, value = addresses.parse(text)
    return Range(family, value, value)


def _given(cidr: Cidr, start: str | None, end: str | None) -> Range:
    """Without bounds, all but the network's first and last address."""
    family, first, last = cidr.range
    low = addresses.parse(start)[1] if start else first + 1
    high = addresses.parse(end)[1] if end else last - (family == 4)
    return Range(family, low, high)
