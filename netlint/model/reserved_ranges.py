"""Ranges that the Internet's registries set aside.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), RFC 1918, RFC 4193, RFC 6598.
"""

from __future__ import annotations

from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range


class SpecialRange(NamedTuple):
    """A range that is set aside; ``reserved``: no host may have an address of it as its own on a network."""

    range: Range
    meaning: str
    reserved: bool


def _special(cidr: str, meaning: str, reserved: bool = True) -> SpecialRange:
    return SpecialRange(addresses.parse_cidr(cidr).range, meaning, reserved)


PRIVATE = (
    _special("10.0.0.0/8", "private (RFC 1918)", False),
    _special("172.16.0.0/12", "private (RFC 1918)", False),
    _special("192.168.0.0/16", "private (RFC 1918)", False),
    _special("100.64.0.0/10", "shared by providers (RFC 6598)", False),
    _special("fd00::/8", "unique local (RFC 4193)", False),
)
"""From which cluster ranges may be taken without asking anybody."""
SPECIAL = (
    *PRIVATE,
    _special("0.0.0.0/8", "this network (RFC 791)"),
    _special("127.0.0.0/8", "loopback (RFC 1122)"),
    _special("169.254.0.0/16", "link-local (RFC 3927)"),
    _special("192.0.0.0/24", "for protocol assignments (RFC 6890)"),
    _special("192.0.2.0/24", "for documentation (RFC 5737)"),
    _special("198.18.0.0/15", "for benchmarks (RFC 2544)"),
    _special("198.51.100.0/24", "for documentation (RFC 5737)"),
    _special("203.0.113.0/24", "for documentation (RFC 5737)"),
    _special("224.0.0.0/4", "multicast (RFC 1112)"),
    _special("240.0.0.0/4", "for future use (RFC 1112)"),
    _special("255.255.255.255/32", "limited broadcast (RFC 8190)"),
    _special("::/128", "the unspecified address (RFC 4291)"),
    _special("::1/128", "loopback (RFC 4291)"),
    _special("64:ff9b::/96", "for translation to IPv4 (RFC 6052)", False),
    _special("2001:db8::/32", "for documentation (RFC 3849)"),
    _special("fe80::/10", "link-local (RFC 4291)"),
    _special("ff00::/8", "multicast (RFC 4291)"),
)


def special_ranges(span: Range) -> list[SpecialRange]:
    """The special ranges that hold all of a range."""
    return [special for special in SPECIAL if special.range.covers(span)]
