"""The tables of iptables, and ipsets, as they are walked through."""

from __future__ import annotations

import re
from collections.abc import Callable

from netlint import addresses
from netlint.addresses import merged
from netlint.dataplane.netfilter.iptables_rules import rule
from netlint.dataplane.netfilter.packets import Ranges
from netlint.dataplane.netfilter.rules import Placed, Ruleset
from netlint.objects.netfilter import FilterChain, FilterTables

NAT, POSTROUTING = "nat", "POSTROUTING"
SERVICE_MARKS = re.compile(r"-A (KUBE-MARK-\w+|CNI-HOSTPORT-SETMARK) ")
"""Chains that mark what goes to Services and to ports of hosts, which pods' packets to each other do not."""


def postrouting(saved: FilterTables, file: str) -> Ruleset | None:
    """The table that replaces source addresses; None where the file has no such chain."""
    chains = saved.tables.get(NAT, {})
    if POSTROUTING not in chains:
        return None
    return Ruleset((POSTROUTING,), {name: _lazily(name, chain, file) for name, chain in chains.items()})


def _lazily(name: str, chain: FilterChain, file: str) -> Callable[[], tuple[Placed, ...]]:
    return lambda: tuple(Placed(rule(text), name, file, line) for line, text in chain.rules)


def marks_before(saved: FilterTables) -> int:
    """The bits of marks that rules write before packets come to the chains that replace source addresses."""
    bits = 0
    for table, chains in saved.tables.items():
        for name, chain in chains.items():
            for _, text in () if table == NAT and name in saved.leaving else chain.rules:
                write = rule(text).action.write if "MARK --" in text and not SERVICE_MARKS.match(text) else None
                bits |= write.clear | write.flip | write.blur if write else 0
    return bits


def ranges_of(entries: tuple[str, list[str]]) -> Ranges | None:
    """The addresses of an ipset; None for one that holds other things, or not all of what its entries name."""
    kind, texts = entries
    if kind.split()[0] not in {"hash:ip", "hash:net"} or any("nomatch" in text.split() for text in texts):
        return None
    try:
        return tuple(merged(addresses.parse_range(text.split()[0]) for text in texts))
    except (IndexError, ValueError):
        return None
