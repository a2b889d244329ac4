"""Policy routing of AWS' network plugin: packets of pods leave through the interface that holds their address.

Source: github.com/aws/amazon-vpc-cni-k8s, docs/cni-proposal.md and pkg/networkutils; ip-rule(8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.addresses import Range
from netlint.model.hosts.host import Host
from netlint.model.hosts.routes import MAIN, PREDEFINED_TABLES, KernelRoute, table_rules

POD_LINK = "eni"  # how the names of the pods' own links begin


@dataclass(frozen=True, slots=True)
class MisroutedPods:
    """Addresses of pods whose packets leave through a wrong interface.

    ``table``: where the rules send them, which has no default route; empty where no rule sends them anywhere, although
    they are in the network of the interface ``link``.
    """

    host: Host
    addresses: tuple[str, ...]
    table: str = ""
    link: str = ""


def misrouted_pods(host: Host, pods: set[tuple[int, int]]) -> Iterator[MisroutedPods]:
    """Misrouted pods of a host; ``pods``: the addresses that live pods on it have."""
    rules = table_rules(host.dump, 4)
    if rules is None or not host.dump.routes:
        return
    routes = [route for route in host.routes if route.destination.family == 4]
    sent = {address: rule.table for rule in rules if (address := _single(rule.source)) in pods}
    with_default = {route.entry.table for route in routes if route.is_default}
    by_table: dict[str, list[str]] = {}
    for address, table in sorted(sent.items()):
        if table not in with_default and table not in PREDEFINED_TABLES:
            by_table.setdefault(table, []).append(addresses.text(*address))
    yield from (MisroutedPods(host, tuple(texts), table) for table, texts in by_table.items())
    by_link: dict[str, list[str]] = {}
    for address, link in _strangers(host, routes, pods - sent.keys()):
        by_link.setdefault(link, []).append(addresses.text(*address))
    yield from (MisroutedPods(host, tuple(texts), link=link) for link, texts in by_link.items())


def _single(span: Range | None) -> tuple[int, int] | None:
    """The address, where a range is one."""
    return (span.family, span.first) if span and span.size == 1 else None


def _strangers(
    host: Host, routes: list[KernelRoute], pods: set[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], str]]:
    """Addresses that no network of the main interface holds, and the other interface whose network does."""
    in_main = [route for route in routes if route.entry.table == MAIN]
    main = {route.entry.dev for route in in_main if route.is_default}
    attached = {_single(route.destination) for route in in_main if route.entry.dev.startswith(POD_LINK)}
    networks = [(link.ifname, span) for link, _, _, span in host.links if not link.kind and span.size > 1]
    for address in sorted(pods):
        holding = {name for name, span in networks if span.holds(*address)}
        if len(holding) == 1 and not holding & main and main and address in attached:
            yield address, holding.pop()
