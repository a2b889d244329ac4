"""How packets between pods of two nodes travel, and how large they may be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from netlint.findings import Subject
from netlint.objects.meta import Path


class Way(StrEnum):
    """How packets between pods of two nodes travel."""

    OVERLAY = "overlay"  # inside packets between the nodes
    UNDERLAY = "underlay"  # pods have addresses of the nodes' own network
    ROUTED = "plain routing"  # as they are, by routes


class Mtu(NamedTuple):
    """A declared MTU: that of pods, or (``of_link``) that of the nodes' links, from which the plugin takes its own."""

    size: int
    of_link: bool
    subject: Subject
    path: Path

    def needs(self, overhead: int) -> int:
        """The smallest MTU that the nodes' links may have."""
        return self.size if self.of_link else self.size + overhead


@dataclass(frozen=True, slots=True)
class Transport:
    """How one plugin carries packets, and who says so.

    ``overhead``: bytes that the encapsulation takes from every packet; ``mtus``: those that somebody
    declared, where the plugin does not work it out. ``only_remote``: encapsulated only towards nodes in
    other subnets. ``by_next_hop``: routes lead to the peers' own addresses, which needs a common link.
    ``nodes``: for which of them; empty for all.
    """

    way: Way
    encapsulation: str = ""
    overhead: int = 0
    mtus: tuple[Mtu, ...] = ()
    only_remote: bool = False
    by_next_hop: bool = False
    subject: Subject | None = None
    path: Path = ()
    nodes: tuple[str, ...] = ()
