"""The CNI configuration of a host: what a container runtime finds in ``/etc/cni/net.d``.

Source: CNI specification 1.0, github.com/containernetworking/cni/libcni; documentation of the bridge, flannel and
host-local plugins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from netlint import addresses
from netlint.addresses import Range
from netlint.objects.host import NodeDump

META_PLUGINS = ("multus", "multus-shim", "genie", "danm")
"""Plugins that only pass on to others: they belong in front, whatever the network is."""
DEFAULT_BRIDGE = "cni0"
MASQUERADING = ("bridge", "ptp")
"""Plugins with ``ipMasq``."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """One network: the file that configures it, and its plugins in their order."""

    file: str
    name: str
    plugins: tuple[dict[str, Any], ...]

    @property
    def type(self) -> str:
        """The plugin that makes the interface."""
        return str(self.plugins[0]["type"])

    def __str__(self) -> str:
        """Such as ``10-flannel.conflist (network cbr0, plugin flannel)``."""
        return f"{self.file} (network {self.name}, plugin {self.type})"

    @property
    def bridges(self) -> Iterator[str]:
        """The Linux bridges to which it attaches pods."""
        for plugin in self.plugins:
            passed_on = plugin.get("delegate")
            delegate = passed_on if isinstance(passed_on, dict) else {}
            if plugin["type"] == "bridge":
                yield str(plugin.get("bridge") or DEFAULT_BRIDGE)
            elif plugin["type"] == "flannel" and delegate.get("type", "bridge") == "bridge":
                yield str(delegate.get("bridge") or DEFAULT_BRIDGE)

    @property
    def masquerades(self) -> bool:
        """Whether it hides pods from all but the addresses that it gives out itself."""
        return any(entry["type"] in MASQUERADING and entry.get("ipMasq") is True for entry in self.plugins)

    @property
    def host_local_ranges(self) -> list[tuple[int, str, Range]]:
        """Number of the set, text and range of everything that host-local gives out, as far as it can be read."""
        ranges = []
        for plugin in self.plugins:
            ipam = plugin.get("ipam")
            if isinstance(ipam, dict) and ipam.get("type") == "host-local":
                ranges += [entry for number, text in _subnets(ipam) if (entry := _read(number, text)) is not None]
        return ranges


def _subnets(ipam: dict[str, Any]) -> Iterator[tuple[int, str]]:
    sets = ipam.get("ranges") or ([[ipam]] if "subnet" in ipam else [])
    for number, ranges in enumerate(sets if isinstance(sets, list) else ()):
        for entry in ranges if isinstance(ranges, list) else ():
            if isinstance(entry, dict) and isinstance(entry.get("subnet"), str):
                yield number, entry["subnet"]


def _read(number: int, text: str) -> tuple[int, str, Range] | None:
    """Number, text and range; None for what is no CIDR, such as ``usePodCidr``."""
    try:
        return number, text, addresses.parse_cidr(text).range
    except ValueError:
        return None


def configurations(dump: NodeDump) -> list[Configuration]:
    """The networks of a host, the one that its pods get first: in the order of the files' names.

    Of several files for one network only the first counts: agents leave there what they pass on. The
    loopback interface is no network.
    """
    by_name: dict[str, Configuration] = {}
    for file, content in dump.conflists.items():
        network = configuration(file, content)
        if network is not None and network.type != "loopback":
            by_name.setdefault(network.name, network)
    return list(by_name.values())


def configuration(file: str, content: dict[str, Any]) -> Configuration | None:
    """The network that a file configures; None for a file that a runtime passes over."""
    listed = content.get("plugins", [content])
    plugins = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    if not plugins or not all(isinstance(entry.get("type"), str) and entry["type"] for entry in plugins):
        return None
    return Configuration(file, str(content.get("name", "")), tuple(plugins))
