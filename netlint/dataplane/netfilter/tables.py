"""The tables of iptables, and ipsets, as they are walked through."""

from __future__ import annotations

import re
from collections.abc import Callable

from netlint import addresses
from netlint.addresses import merged
from netlint.dataplane.netfilter.iptables_rules import rule
from netlint.dataplane.netfilter.packets import Ranges
from netlint.dataplane.netfilter.rules import Placed, Ruleset
from netlint.objects.netfilter import FilterTable, FilterTables

NAT, POSTROUTING = "nat", "POSTROUTING"
MARKS = "MARK --"  # in every rule that writes a mark
_TARGET = re.compile(r" -[jg] (\S+)")
Rules = list[tuple[int, str]]
"""The number of each rule's line, and the rule."""
SERVICE_MARKS = re.compile(r"-A (KUBE-MARK-\w+|CNI-HOSTPORT-SETMARK) ")
"""Chains that mark what goes to Services and to ports of hosts, which pods' packets to each other do not."""


def postrouting(saved: FilterTables, file: str) -> Ruleset | None:
    """The table that replaces source addresses; None where the file has no such chain."""
    chains = _leaving(saved)
    if POSTROUTING not in chains:
        return None
    return Ruleset((POSTROUTING,), {name: _lazily(name, rules, file) for name, rules in chains.items()})


def _lazily(name: str, rules: Rules, file: str) -> Callable[[], tuple[Placed, ...]]:
    return lambda: tuple(Placed(rule(text), name, file, line) for line, text in rules)


def marks_before(saved: FilterTables) -> int:
    """The bits of marks that rules write before packets come to the chains that replace source addresses."""
    bits = 0
    for name, table in saved.tables.items():
        leaving = _leaving(saved) if name == NAT else {}
        for line in table.lines:
            if MARKS in line.text and line.chain not in leaving and not SERVICE_MARKS.match(line.text):
                write = rule(line.text).action.write
                bits |= write.clear | write.flip | write.blur if write else 0
    return bits


def replaced_and_marked(saved: FilterTables) -> dict[str, list[str]]:
    """What tells two files apart: by chain of nat the rules that packets meet when they leave, and that write marks."""
    leaving = _leaving(saved)
    chains: dict[str, list[str]] = {}
    for line in saved.tables[NAT].lines if NAT in saved.tables else ():
        if line.policy:
            chains[line.chain] = []
        elif line.chain in leaving or MARKS in line.text:
            chains[line.chain].append(line.text)
    return chains


def _leaving(saved: FilterTables) -> dict[str, Rules]:
    """The chains of nat to which packets come that leave: some of the 100,000 that there are with 10,000 Services."""
    chains: dict[str, Rules] = {}
    names = {POSTROUTING} if NAT in saved.tables else set()
    while names:
        reached = _rules_of(saved.tables[NAT], names)
        chains |= reached
        names = {target for rules in reached.values() for _, text in rules for target in _TARGET.findall(text)}
        names -= chains.keys()
    return chains


def _rules_of(table: FilterTable, names: set[str]) -> dict[str, Rules]:
    """Those of the chains that there are, by name; one that is declared again begins anew."""
    chains: dict[str, Rules] = {}
    for number, line in zip(table.numbers, table.lines, strict=True):
        if line.chain in names:
            if line.policy:
                chains[line.chain] = []
            else:
                chains[line.chain].append((number, line.text))
    return chains


def ranges_of(entries: tuple[str, list[str]]) -> Ranges | None:
    """The addresses of an ipset; None for one that holds other things, or not all of what its entries name."""
    kind, texts = entries
    if kind.split()[0] not in {"hash:ip", "hash:net"} or any("nomatch" in text.split() for text in texts):
        return None
    try:
        return tuple(merged(addresses.parse_range(text.split()[0]) for text in texts))
    except (IndexError, ValueError):
        return None
