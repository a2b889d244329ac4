"""The packet filter of a host as its node dump shows it, and what decides beside its rules."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from netlint import addresses
from netlint.addresses import Range, merged
from netlint.dataplane.netfilter import nftables_rules, tables
from netlint.dataplane.netfilter.packets import Departure, HostContext
from netlint.dataplane.netfilter.rules import Ruleset
from netlint.model.hosts.host import Host
from netlint.model.hosts.routes import MAIN, KernelRoute, RoutingTable, table_rules
from netlint.objects.host import FILTERS, NodeDump
from netlint.objects.netfilter import FilterTables

NFT_FILE = "nft.json"
LOOPBACK = {4: "127.0.0.0/8", 6: "::1/128"}


def postrouting(dump: NodeDump, family: int) -> list[Ruleset]:
    """The tables that replace source addresses, those of iptables first."""
    files = _files(dump, family)
    by_iptables = [tables.postrouting(saved, name) for name, saved in files.items()]
    rulesets = [ruleset for ruleset in by_iptables if ruleset is not None]
    if dump.nft is not None:
        rulesets += nftables_rules.postrouting(dump.nft, family, _beside(files), NFT_FILE)
    return rulesets


def _beside(files: dict[str, FilterTables]) -> bool:
    """Whether what iptables keeps in nftables' tables is read from its own text."""
    return any(saved.is_nft for saved in files.values())


def marks_before(dump: NodeDump, family: int) -> int:
    """The bits of marks that rules may have written before."""
    files = _files(dump, family)
    bits = nftables_rules.marks_before(dump.nft, family, _beside(files)) if dump.nft else 0
    for saved in files.values():
        bits |= tables.marks_before(saved)
    return bits


def lacking(dump: NodeDump, family: int) -> str:
    """The file that would show the rules of iptables; empty where the dump has it."""
    return "" if any(name in dump.filters for name in FILTERS[family]) else FILTERS[family][-1]


def _files(dump: NodeDump, family: int) -> dict[str, FilterTables]:
    """The files of iptables, by name; one that says the same as another is a second name of the same backend."""
    files: dict[str, FilterTables] = {}
    for name in FILTERS[family]:
        saved = dump.filters.get(name)
        if saved is not None and not any(_is_alike(saved, other) for other in files.values()):
            files[name] = saved
    return files


def _is_alike(saved: FilterTables, other: FilterTables) -> bool:
    return tables.replaced_and_marked(saved) == tables.replaced_and_marked(other)


def host_context(host: Host, family: int) -> HostContext:
    """The facts that decide about packets of one family beside the rules."""
    sets = {name: tables.ranges_of(entries) for name, entries in host.dump.ipsets.items()}
    local = None if host.dump.links is None else tuple(merged(_local(host, family)))
    return HostContext(local, _Routing(host, family).leaving, sets)


def _local(host: Host, family: int) -> Iterator[Range]:
    yield addresses.parse_cidr(LOOPBACK[family]).range
    for link in host.dump.links or ():
        for entry in link.addr_info:
            address_family, value = addresses.parse(entry.local)
            if address_family == family:
                yield Range(family, value, value)
    for route in host.routes:
        if route.destination.family == family and (route.entry.table, route.entry.type) == ("local", "local"):
            yield route.destination


class _Routing:
    """The routes of the main table, put in order when a rule first asks for a link."""

    def __init__(self, host: Host, family: int) -> None:
        self._host = host
        self._family = family

    def leaving(self, destinations: Range) -> Iterator[Departure]:
        """The destinations with their links; those to which no route leads have none."""
        if self._table is None:
            yield destinations, None
            return
        for span, routes in self._table.lookup(destinations):
            yield span, _links(routes)

    @cached_property
    def _table(self) -> RoutingTable | None:
        """The main table; None where other tables may decide, or what decides is not in the dump."""
        rules = table_rules(self._host.dump, self._family)
        if not self._host.dump.routes or rules is None or not all(rule.is_predefined for rule in rules):
            return None
        routes = self._host.routes
        return RoutingTable(
            route for route in routes if (route.entry.table, route.destination.family) == (MAIN, self._family)
        )


def _links(routes: list[KernelRoute]) -> frozenset[str] | None:
    """The links of the routes by which packets leave; None where a route does not name its link."""
    unicast = [route for route in routes if route.entry.type == "unicast"]
    names = frozenset(name for route in unicast for name in route.devices)
    return names if names or not unicast else None
