"""Routes of a host, and the rules that choose the table in which the kernel looks for one.

Source: iproute2, ip/iproute.c and ip/iprule.c (what ``ip -json`` prints); ip-route(8), ip-rule(8).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.addresses import Range, RangeIndex
from netlint.objects.host import ROUTES, NodeDump, RouteEntry
from netlint.objects.netfilter import RoutingRule

MAIN = "main"
PREDEFINED_TABLES = frozenset({"local", MAIN, "default"})
"""The tables that every host has, each with a rule for all packets."""
EVERYTHING = {family: Range(family, 0, (1 << bits) - 1) for family, bits in addresses.BITS.items()}
"""The destination of a default route, by family."""


@dataclass(frozen=True, slots=True)
class KernelRoute:
    """One route of one table.

    ``gateways``: family and value of the addresses of its next hops; a text that is no address is left out.
    ``entry``: table, metric, type, device and whatever else ``ip`` prints. ``file``: what shows it in the dump.
    """

    destination: Range
    gateways: tuple[tuple[int, int], ...]
    entry: RouteEntry
    file: str

    @property
    def is_default(self) -> bool:
        """Whether it takes what no other route of its table takes."""
        return self.destination == EVERYTHING[self.destination.family]

    @property
    def gateway(self) -> tuple[int, int] | None:
        """The gateway of a route with one next hop."""
        return None if self.entry.nexthops else next(iter(self.gateways), None)

    @property
    def is_direct(self) -> bool:
        """Whether its destinations are on the link itself, behind no gateway."""
        return not (self.entry.gateway or self.entry.nexthops)

    @property
    def devices(self) -> Iterator[str]:
        """The links through which packets leave; none where the entry does not name them."""
        yield from (name for name in (self.entry.dev, *(hop.dev for hop in self.entry.nexthops)) if name)


def routes_of(dump: NodeDump) -> Iterator[KernelRoute]:
    """The routes of all tables and both families, file by file."""
    for file in ROUTES:
        for entry in dump.routes.get(file, ()):
            gateways = tuple(_addresses(entry.gateway, *(hop.gateway for hop in entry.nexthops)))
            yield KernelRoute(_destination(entry, gateways, file), gateways, entry, file)


def _addresses(*texts: str) -> Iterator[tuple[int, int]]:
    for text in texts:
        try:
            yield addresses.parse(text)
        except ValueError:
            continue


def _destination(entry: RouteEntry, gateways: tuple[tuple[int, int], ...], file: str) -> Range:
    """The range of ``dst``, which the readers of dumps have looked at: host routes have no prefix length."""
    if entry.dst == "default":
        return EVERYTHING[_family_of_default(entry, gateways, file)]
    return addresses.parse_range(entry.dst)


def _family_of_default(entry: RouteEntry, gateways: tuple[tuple[int, int], ...], file: str) -> int:
    """That of its addresses; a route without any tells it by ``pref``, which the kernel gives to IPv6 routes only.

    ``ip route show table all`` prints the routes of both families, so the file alone does not tell.
    """
    if known := next(iter((*gateways, *_addresses(entry.prefsrc))), None):
        return known[0]
    return 6 if entry.pref else ROUTES[file]


class RoutingTable:
    """The routes of one table, as the kernel chooses among them."""

    def __init__(self, routes: Iterable[KernelRoute]) -> None:
        """``routes``: those of the table, of one family or of both."""
        self._index = RangeIndex((route.destination, route) for route in routes)

    def lookup(self, destinations: Range) -> Iterator[tuple[Range, list[KernelRoute]]]:
        """The destinations, cut where other routes are chosen: of the longest prefix, then of the lowest metric.

        Several routes where these are equal, none where none leads there.
        """
        for span, matching in self._index.pieces(destinations):
            longest = [route for destination, route in matching if destination.size == matching[-1][0].size]
            lowest = min((route.entry.metric for route in longest), default=0)
            yield span, [route for route in longest if route.entry.metric == lowest]


@dataclass(frozen=True, slots=True)
class TableRule:
    """A rule that sends packets to a table.

    ``source``: the addresses from which they come, None for all, and for a text that is no address or prefix.
    ``selects``: whether it is for some packets only.
    """

    table: str
    source: Range | None
    selects: bool

    @property
    def is_predefined(self) -> bool:
        """Whether it is one of the three that every host has."""
        return self.table in PREDEFINED_TABLES and not self.selects


def table_rules(dump: NodeDump, family: int) -> list[TableRule] | None:
    """The rules of a family, in the order of their priority as ``ip`` prints them; None where the dump has none."""
    rules = dump.policy_rules.get(family)
    return None if rules is None else [_table_rule(rule, family) for rule in rules]


def _table_rule(rule: RoutingRule, family: int) -> TableRule:
    selects = rule.src != "all" or bool(rule.dst or rule.iif or rule.fwmark)
    return TableRule(rule.table, _source(rule, family), selects)


def _source(rule: RoutingRule, family: int) -> Range | None:
    """The prefix length stands apart from the address, and is left out where it is the whole address."""
    length = addresses.BITS[family] if rule.srclen is None else rule.srclen
    try:
        return addresses.parse_cidr(f"{rule.src}/{length}").range
    except ValueError:
        return None
