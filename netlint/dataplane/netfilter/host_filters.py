"""The packet filter of a host as its node dump shows it, and what decides beside its rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from netlint import addresses
from netlint.addresses import Range, RangeIndex, merged
from netlint.dataplane.netfilter import nftables_rules, tables
from netlint.dataplane.netfilter.packets import HostContext, Way
from netlint.dataplane.netfilter.rules import Ruleset
from netlint.objects.host import FILTERS, NodeDump, Route
from netlint.objects.netfilter import FilterTables, RoutingRule

NFT_FILE = "nft.json"
LOOPBACK = {4: "127.0.0.0/8", 6: "::1/128"}
EVERYTHING = {4: "0.0.0.0/0", 6: "::/0"}
_ORDINARY = {"local", "main", "default"}


def postrouting(dump: NodeDump, family: int) -> list[Ruleset]:
    """The tables that replace source addresses, those of iptables first."""
    files = _files(dump, family)
    saved = [tables.postrouting(file, name) for name, file in files.items()]
    rulesets = [ruleset for ruleset in saved if ruleset is not None]
    if dump.nft is not None:
        rulesets += nftables_rules.postrouting(dump.nft, family, _beside(files), NFT_FILE)
    return rulesets


def _beside(files: dict[str, FilterTables]) -> bool:
    """Whether what iptables keeps in nftables' tables is read from its own text."""
    return any(file.is_nft for file in files.values())


def marks_before(dump: NodeDump, family: int) -> int:
    """The bits of marks that rules may have written before."""
    files = _files(dump, family)
    bits = nftables_rules.marks_before(dump.nft, family, _beside(files)) if dump.nft else 0
    for file in files.values():
        bits |= tables.marks_before(file)
    return bits


def lacking(dump: NodeDump, family: int) -> str:
    """The file that would show the rules of iptables; empty where the dump has it."""
    return "" if any(name in dump.filters for name in FILTERS[family]) else FILTERS[family][-1]


def _files(dump: NodeDump, family: int) -> dict[str, FilterTables]:
    """By name; one that says the same as the one before is a second name of the same backend."""
    files: dict[str, FilterTables] = {}
    for name in FILTERS[family]:
        saved = dump.filters.get(name)
        if saved is not None and not any(_is_alike(saved, other) for other in files.values()):
            files[name] = saved
    return files


def _is_alike(saved: FilterTables, other: FilterTables) -> bool:
    return tables.replaced_and_marked(saved) == tables.replaced_and_marked(other)


def surroundings(dump: NodeDump, family: int) -> HostContext:
    """What else decides about packets of one family."""
    held = {name: tables.ranges_of(entries) for name, entries in dump.ipsets.items()}
    local = None if dump.links is None else tuple(merged(_local(dump, family)))
    return HostContext(local, _Routing(dump, family).leaving, held)


def _local(dump: NodeDump, family: int) -> Iterator[Range]:
    yield addresses.parse_cidr(LOOPBACK[family]).range
    for link in dump.links or ():
        for info in link.addr_info:
            here, value = addresses.parse(info.local)
            if here == family:
                yield Range(family, value, value)
    for route in dump.routes or ():
        span = _destination(route, family)
        if (route.table, route.type) == ("local", "local") and span is not None:
            yield span


class _Routing:
    """The routes of the main table, put in order when a rule first asks for a link."""

    def __init__(self, dump: NodeDump, family: int) -> None:
        self._dump = dump
        self._family = family

    def leaving(self, span: Range) -> Iterator[Way]:
        """Of equal routes that with the lowest metric counts; a destination to which none leads is not reached."""
        if self._index is None:
            yield span, None
            return
        for piece, held in self._index.pieces(span):
            best = [route for reach, route in held if reach.size == held[-1][0].size]
            metric = min((route.metric for route in best), default=0)
            yield piece, _links([route for route in best if route.metric == metric])

    @cached_property
    def _index(self) -> RangeIndex[Route] | None:
        """None where other tables may decide, or what decides is not in the dump."""
        rules, routes = self._dump.policy_rules.get(self._family), self._dump.routes
        if routes is None or rules is None or not all(map(_is_ordinary, rules)):
            return None
        listed = [(_destination(route, self._family), route) for route in routes if route.table == "main"]
        return RangeIndex((span, route) for span, route in listed if span is not None)


def _is_ordinary(rule: RoutingRule) -> bool:
    """Whether it is one of the three that every host has."""
    narrowed = rule.src != "all" or rule.dst or rule.iif or rule.fwmark
    return rule.table in _ORDINARY and not narrowed


def _destination(route: Route, family: int) -> Range | None:
    """None for a route of the other family."""
    if route.dst == "default":
        ways = [way for way in (route.gateway, *(hop.gateway for hop in route.nexthops)) if way]
        return addresses.parse_cidr(EVERYTHING[family]).range if all(_family(way) == family for way in ways) else None
    text = route.dst if "/" in route.dst else f"{route.dst}/{addresses.BITS[_family(route.dst)]}"
    span = addresses.parse_cidr(text).range
    return span if span.family == family else None


def _family(address: str) -> int:
    return 6 if ":" in address else 4


def _links(routes: list[Route]) -> frozenset[str] | None:
    """None where a route does not name its link."""
    sent = [route for route in routes if route.type == "unicast"]
    names = {name for route in sent for name in (route.dev, *(hop.dev for hop in route.nexthops)) if name}
    return frozenset(names) if names or not sent else None
