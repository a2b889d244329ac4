"""How the nodes of a cluster are connected, as the report and the map state it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint.model.cni.transport import Transport, Way


@dataclass(frozen=True, slots=True)
class NodeConnection:
    """How one plugin carries packets between ``nodes``, which are empty where it does so for all."""

    plugin: str
    way: Way
    encapsulation: str = ""
    overhead: int = 0
    only_remote: bool = False
    nodes: tuple[str, ...] = ()

    def __str__(self) -> str:
        """``flannel: overlay (VXLAN) on n1 and n2``."""
        return f"{self.plugin}: {self._how}{_on(self.nodes)}"

    @property
    def _how(self) -> str:
        overlay = f"{Way.OVERLAY} ({self.encapsulation})"
        if self.encapsulation and self.only_remote:
            return f"{Way.ROUTED} inside a subnet, {overlay} between subnets"
        return overlay if self.encapsulation else str(self.way)


def connections(transports: Iterable[tuple[str, Transport]]) -> Iterator[NodeConnection]:
    """One for each way that a plugin takes; the nodes are named only where they differ."""
    ways: dict[NodeConnection, dict[str, None]] = {}
    for plugin, by in transports:
        key = NodeConnection(plugin, by.way, by.encapsulation, by.overhead, by.only_remote)
        ways.setdefault(key, {}).update(dict.fromkeys(by.nodes))
    plugins = [key.plugin for key in ways]
    for key, nodes in ways.items():
        named = tuple(nodes) if plugins.count(key.plugin) > 1 else ()
        yield NodeConnection(key.plugin, key.way, key.encapsulation, key.overhead, key.only_remote, named)


def _on(nodes: tuple[str, ...]) -> str:
    if not nodes:
        return ""
    if len(nodes) <= 2:
        return " on " + " and ".join(nodes)
    return f" on {nodes[0]} and {len(nodes) - 1} more nodes"
