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
from netlint.model.declared.declarations import Declaration, MalformedRange, RangeSource, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.meta import Path
from netlint.objects.multus import NetworkAttachmentDefinition

AUTHORITY = "NetworkAttachmentDefinition"
_PATH = ("spec", "config")
HOST_LOCAL, WHEREABOUTS = "host-local", "whereabouts"
NODE_RANGE_KEYWORDS = ("usePodCidr", "usePodCidrIPv6")
"""Values of ``subnet`` with which Calico lets host-local take the Node's own range."""


@dataclass(frozen=True, slots=True)
class SecondaryRange:
    """One range of a secondary network.

    ``allocatable``: from the first to the last address that pods may get, those in ``excluded`` aside. ``gateway``:
    the value of its address. ``ipam_type`` and ``plugin_type``: names of CNI plugins. ``segment``: what carries the
    network (master and VLAN), which tells equal ranges on isolated networks apart. ``allocator``: what keeps the list
    of addresses in use; nobody who shares it gives out an address twice.
    """

    declaration: Declaration
    allocatable: Range
    excluded: tuple[Range, ...]
    gateway: int | None
    ipam_type: str
    plugin_type: str
    segment: tuple[str, str]
    allocator: tuple[str, ...]

    @property
    def is_isolated(self) -> bool:
        """Whether it is on a VLAN of its own."""
        master, vlan = self.segment
        return vlan not in {"", "0"} or "." in master

    @property
    def allocatable_parts(self) -> list[Range]:
        """Ranges of the addresses that pods may get."""
        return addresses.without(self.allocatable, self.excluded)

    @property
    def capacity(self) -> int:
        """How many addresses pods may get."""
        return sum(part.size for part in self.allocatable_parts)

    @property
    def allocates_gateway(self) -> bool:
        """Whether a pod may get the gateway's address; host-local keeps it back by itself."""
        family = self.declaration.range.family
        is_assignable = self.gateway is not None and self.ipam_type == WHEREABOUTS
        return is_assignable and any(part.holds(family, self.gateway or 0) for part in self.allocatable_parts)


@dataclass(frozen=True, slots=True)
class NetworkAttachment:
    """A NetworkAttachmentDefinition with the plugins of its CNI configuration, in order."""

    subject: Subject
    plugins: tuple[dict[str, Any], ...]


def network_attachments(view: SnapshotView) -> Iterator[NetworkAttachment | MalformedRange]:
    """Definitions whose configuration is in the object; where it is empty, it is a file on each node."""
    for definition in view.objects(AUTHORITY):
        if not (definition.spec.config or "").strip():
            continue
        try:
            yield _network_attachment(definition)
        except ValueError as error:
            yield MalformedRange(subject_of(definition), _PATH, f"the text is no CNI configuration: {error}")


def _network_attachment(definition: NetworkAttachmentDefinition) -> NetworkAttachment:
    config = json.loads(definition.spec.config or "")
    if not isinstance(config, dict):
        raise ValueError("it is no JSON mapping")
    plugins = config.get("plugins", [config])
    if not isinstance(plugins, list) or not all(isinstance(plugin, dict) for plugin in plugins):
        raise ValueError("its plugins are no list of mappings")
    name = config.get("name") or definition.name
    return NetworkAttachment(subject_of(definition), tuple({"name": name, **plugin} for plugin in plugins))


def secondary_ranges(view: SnapshotView) -> Iterator[SecondaryRange | MalformedRange]:
    """Every range of every definition."""
    for attachment in network_attachments(view):
        if isinstance(attachment, MalformedRange):
            yield attachment
            continue
        for plugin in attachment.plugins:
            yield from ranges_of(attachment.subject, _PATH, plugin)


def ranges_of(subject: Subject, path: Path, plugin: dict[str, Any]) -> Iterator[SecondaryRange | MalformedRange]:
    """The ranges of one plugin of a CNI configuration."""
    ipam = plugin.get("ipam")
    if not isinstance(ipam, dict):
        return
    try:
        entries = list(_ipam_entries(ipam))
    except (TypeError, AttributeError):
        yield MalformedRange(subject, path, "the ranges are no list of mappings")
        return
    for entry in entries:
        try:
            yield _secondary_range(subject, path, plugin, ipam, entry)
        except (ValueError, TypeError, AttributeError) as error:
            yield MalformedRange(subject, path, str(error))


def _ipam_entries(ipam: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The ranges of an IPAM configuration, each in host-local's words."""
    if ipam.get("type") == HOST_LOCAL:
        sets = ipam.get("ranges") or ([[ipam]] if ipam.get("subnet") else [])
        yield from (entry for ranges in sets for entry in ranges if entry.get("subnet") not in NODE_RANGE_KEYWORDS)
    if ipam.get("type") == WHEREABOUTS:
        entries = ipam.get("ipRanges") or ([ipam] if ipam.get("range") else [])
        for entry in entries:
            yield {
                "subnet": entry.get("range"),
                "rangeStart": entry.get("range_start"),
                "rangeEnd": entry.get("range_end"),
                "gateway": entry.get("gateway", ipam.get("gateway")),
                "exclude": entry.get("exclude", ipam.get("exclude")),
            }


def _secondary_range(
    subject: Subject, path: Path, plugin: dict[str, Any], ipam: dict[str, Any], entry: dict[str, Any]
) -> SecondaryRange:
    subnet = entry.get("subnet")
    if not isinstance(subnet, str):
        raise ValueError("a range has no subnet")
    start, end = entry.get("rangeStart"), entry.get("rangeEnd")
    if "-" in subnet:  # whereabouts: 192.0.2.10-192.0.2.20/24
        start, _, subnet = subnet.partition("-")
        end = subnet.partition("/")[0]
    cidr = addresses.parse_cidr(subnet)
    gateway = entry.get("gateway")
    return SecondaryRange(
        RangeSource(Role.SECONDARY, AUTHORITY, subject).declaration(path, cidr.range, cidr),
        _allocatable(cidr, start, end),
        tuple(_excluded(str(excluded)) for excluded in entry.get("exclude") or ()),
        addresses.parse(str(gateway))[1] if gateway else None,
        str(ipam["type"]),
        str(plugin.get("type", "")),
        _segment(plugin),
        _allocator(plugin, ipam, cidr),
    )


def _segment(plugin: dict[str, Any]) -> tuple[str, str]:
    """Master and VLAN."""
    master = plugin.get("master") or plugin.get("bridge") or ""
    return str(master), str(plugin.get("vlan") or plugin.get("vlanId") or "")


def _allocator(plugin: dict[str, Any], ipam: dict[str, Any], cidr: Cidr) -> tuple[str, ...]:
    """host-local keeps a list for each network, whereabouts one for each range and usually one for all ranges."""
    if ipam["type"] != WHEREABOUTS:
        return str(ipam["type"]), str(plugin.get("name", ""))
    whole = (WHEREABOUTS, str(ipam.get("network_name") or ""))
    return whole if ipam.get("enable_overlapping_ranges", True) else (*whole, str(cidr.range))


def _excluded(text: str) -> Range:
    """A range, or one address."""
    if "/" in text:
        return addresses.parse_cidr(text).range
    family, value = addresses.parse(text)
    return Range(family, value, value)


def _allocatable(cidr: Cidr, start: str | None, end: str | None) -> Range:
    """Without bounds, all but the network's first and last address."""
    family, first, last = cidr.range
    low = addresses.parse(start)[1] if start else first + 1
    high = addresses.parse(end)[1] if end else last - (family == 4)
    return Range(family, low, high)
