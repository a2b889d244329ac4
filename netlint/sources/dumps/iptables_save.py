"""What ``iptables-save`` and ``ipset save`` print.

No library on PyPI reads this text: python-iptables and its like speak to the kernel, linuxnet-iptables reads listings.
"""

from __future__ import annotations

import re

from netlint.objects.netfilter import FilterChain, FilterTables

_COUNTERS = re.compile(r"^\[\d+:\d+\] ")
_CHAIN = re.compile(r"^:(?P<name>\S+) (?P<policy>\S+)(?: \[\d+:\d+\])?$")
_TARGET = re.compile(r" -[jg] (\S+)")
_RULE = re.compile(r"^-A (?P<chain>\S+)(?: |$)")


def read(text: str) -> FilterTables:
    """Tables with their chains and rules.

    Raises ValueError for everything that iptables-restore would refuse for its form.
    """
    found = FilterTables()
    chains: dict[str, FilterChain] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            found.is_nft = found.is_nft or "nf_tables" in line
        elif line.startswith("*") and chains is None:
            chains = found.tables.setdefault(line[1:].strip(), {})
        elif line == "COMMIT" and chains is not None:
            chains = None
        elif line.strip():
            _take(chains, number, line)
    if chains is not None:
        raise ValueError("the file ends inside of a table")
    return found


def _take(chains: dict[str, FilterChain] | None, number: int, line: str) -> None:
    text = _COUNTERS.sub("", line, count=1)
    chain, rule = _CHAIN.match(text), _RULE.match(text)
    if chains is not None and chain:
        chains[chain["name"]] = FilterChain(chain["policy"])
    elif chains is not None and rule and rule["chain"] in chains:
        chains[rule["chain"]].rules.append((number, text))
    else:
        raise ValueError(f"line {number} is none of iptables-save: {line[:60]!r}")


def trimmed(found: FilterTables) -> FilterTables:
    """Without the rules that say nothing of source addresses: of 10,000 Services there are 100,000 others.

    Left are the chains to which packets come that leave, and rules that write marks anywhere.
    """
    found.leaving = _reached(found.tables.get("nat", {}))
    for table, chains in found.tables.items():
        for name, chain in chains.items():
            if table != "nat" or name not in found.leaving:
                chain.rules = [(number, text) for number, text in chain.rules if "MARK --" in text]
    return found


def _reached(chains: dict[str, FilterChain]) -> set[str]:
    names, new = set[str](), {"POSTROUTING"} & chains.keys()
    while new:
        names |= new
        targets = {target for name in new for _, text in chains[name].rules for target in _TARGET.findall(text)}
        new = (targets & chains.keys()) - names
    return names


def read_sets(text: str) -> dict[str, tuple[str, list[str]]]:
    """By the name of each ipset its type, and its entries with their options."""
    found: dict[str, tuple[str, list[str]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.partition(" ")
        name, _, more = rest.partition(" ")
        if word == "create" and more:
            found[name] = (more, [])
        elif word == "add" and name in found:
            found[name][1].append(more)
        elif line.strip():
            raise ValueError(f"line {number} is none of ipset save: {line[:60]!r}")
    return found
