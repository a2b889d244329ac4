"""What netlint says of the packets of the random tables."""

from __future__ import annotations

from netlint import addresses
from netlint.addresses import Range
from netlint.dataplane.netfilter.packets import Departure, HostContext, Mark, Packets, Ranges
from netlint.dataplane.netfilter.rules import Ruleset
from netlint.dataplane.netfilter.walk import Hit, translations
from tests.support.netfilter.written import LOCAL, Packet

PROTOCOLS = {"tcp": 6, "udp": 17}


def ranges(*texts: str) -> Ranges:
    return tuple(addresses.merged(addresses.parse_cidr(text).range for text in texts))


def leaving(span: Range) -> list[Departure]:
    """By the routes that the probe makes."""
    found: list[Departure] = []
    for network, link in {"10.2.0.0/16": "out0", "10.3.0.0/16": "out1"}.items():
        held = addresses.common([span], [addresses.parse_cidr(network).range])
        found += [(piece, frozenset({link})) for piece in held]
    return found


AROUND = HostContext(ranges(LOCAL, "10.9.0.1/32", "10.9.0.2/32", "127.0.0.0/8"), leaving)


def hits(rulesets: list[Ruleset], mark: Mark) -> list[Hit]:
    every = Packets(ranges("10.1.0.0/16"), ranges("10.2.0.0/15"), mark=mark)
    return translations(rulesets, every, AROUND)


def holds(found: Packets, packet: Packet) -> bool:
    at = {
        "source": addresses.parse(packet["source"])[1],
        "destination": addresses.parse(packet["destination"])[1],
        "protocol": PROTOCOLS[packet["protocol"]],
        "source_port": packet["source_port"],
        "destination_port": packet["destination_port"],
    }
    return all(any(span.first <= value <= span.last for span in getattr(found, place)) for place, value in at.items())
