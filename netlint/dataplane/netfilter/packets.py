"""Sets of packets that begin a connection, as boxes: a set of values for each thing that rules look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netlint.addresses import Range

Ranges = tuple[Range, ...]
NUMBERS = 0  # stands for a family where a range is one of protocols or ports
SOURCE, DESTINATION, PROTOCOL = "source", "destination", "protocol"
PROTOCOL_NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17, "dccp": 33, "esp": 50, "ah": 51, "ipv6-icmp": 58, "icmpv6": 58}
PROTOCOL_NUMBERS |= {"gre": 47, "sctp": 132, "udplite": 136, "ipip": 4, "ipencap": 4, "ipv6": 41}
"""Names that iptables and nft print, from /etc/protocols."""
SOURCE_PORT, DESTINATION_PORT = "source_port", "destination_port"
ALL_BITS = 0xFFFFFFFF


def numbers(first: int, last: int | None = None) -> Range:
    """Protocols or ports."""
    return Range(NUMBERS, first, first if last is None else last)


PORTS: Ranges = (numbers(0, 0xFFFF),)
PROTOCOLS: Ranges = (numbers(0, 0xFF),)


class Mark(NamedTuple):
    """A packet's mark: bits that are known, and those of which nothing is known."""

    value: int = 0
    unknown: int = 0

    def written(self, clear: int, flip: int, blur: int) -> Mark:
        """The mark with bits set to zero, then others turned over; ``blur``: what is written to these is not known."""
        unknown = (self.unknown & ~clear) | blur
        return Mark(((self.value & ~clear) ^ flip) & ~unknown & ALL_BITS, unknown)


class Packets(NamedTuple):
    """All packets with one of these values in each place; ``doubt``: why they may have gone another way."""

    source: Ranges
    destination: Ranges
    protocol: Ranges = PROTOCOLS
    source_port: Ranges = PORTS
    destination_port: Ranges = PORTS
    mark: Mark = Mark()
    doubt: str = ""

    def having(self, place: str, values: Ranges) -> Packets:
        """The packets with one of these values in a place."""
        changed: dict[str, Any] = {place: values}
        return self._replace(**changed)


Departure = tuple[Range, frozenset[str] | None]
"""Destinations, and the links through which packets to them may leave; None where that cannot be told."""


@dataclass(frozen=True, slots=True)
class HostContext:
    """The facts about a host that decide about packets beside its rules.

    ``local``: its own addresses, None where they are not known. ``leaving``: a destination in pieces, each with
    the links through which it may leave, None where that cannot be told. ``sets``: ipsets by name, None for one
    of another form.
    """

    local: Ranges | None = None
    leaving: Callable[[Range], Iterable[Departure]] = lambda span: ((span, None),)
    sets: Mapping[str, Ranges | None] = field(default_factory=dict)
