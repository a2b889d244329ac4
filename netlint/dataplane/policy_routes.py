"""Policy routing of AWS' network plugin: packets of pods leave through the interface that holds their address.

Source: github.com/aws/amazon-vpc-cni-k8s, docs/cni-proposal.md and pkg/networkutils; ip-rule(8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from netlint import addresses
from netlint.model.hosts.host import Host
from netlint.objects.host import Route
from netlint.objects.netfilter import RoutingRule

ORDINARY = ("local", "main", "default")
POD_LINK = "eni"  # how the names of the pods' own links begin


@dataclass(frozen=True, slots=True)
class Gap:
    """Addresses of pods whose packets leave through a wrong interface.

    ``table``: where the rules send them, which has no default route; empty where no rule sends them anywhere, although
    they are in the network of the interface ``link``.
    """

    host: Host
    addresses: tuple[str, ...]
    table: str = ""
    link: str = ""


def gaps(host: Host, pods: set[tuple[int, int]]) -> Iterator[Gap]:
    """``pods``: the addresses that live pods on the host have."""
    rules, routes = host.dump.policy_rules.get(4), host.dump.routes
    if rules is None or routes is None:
        return
    sent = {address: rule.table for rule in rules if (address := _source(rule)) in pods}
    with_default = {route.table for route in routes if route.dst == "default"}
    by_table: dict[str, list[str]] = {}
    for address, table in sorted(sent.items()):
        if table not in with_default and table not in ORDINARY:
            by_table.setdefault(table, []).append(addresses.text(*address))
    yield from (Gap(host, tuple(found), table) for table, found in by_table.items())
    by_link: dict[str, list[str]] = {}
    for address, link in _strangers(host, routes, pods - sent.keys()):
        by_link.setdefault(link, []).append(addresses.text(*address))
    yield from (Gap(host, tuple(found), link=link) for link, found in by_link.items())


def _source(rule: RoutingRule) -> tuple[int, int] | None:
    """The one address for whose packets a rule is."""
    if rule.src == "all" or rule.srclen not in {None, 32}:
        return None
    return addresses.parse(rule.src)


def _strangers(host: Host, routes: list[Route], pods: set[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], str]]:
    """Addresses that no network of the main interface holds, and the other interface whose network does."""
    main = {route.dev for route in routes if (route.table, route.dst) == ("main", "default")}
    attached = {route.dst for route in routes if route.table == "main" and route.dev.startswith(POD_LINK)}
    networks = [(link.ifname, span) for link, _, _, span in host.links if not link.kind and span.size > 1]
    for address in sorted(pods):
        holding = {name for name, span in networks if span.holds(*address)}
        if len(holding) == 1 and not holding & main and main and addresses.text(*address) in attached:
            yield address, holding.pop()
