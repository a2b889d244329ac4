"""What the packet filter of a host does, as ``iptables-save`` and ``nft --json`` print it.

Source: iptables-save(8), iptables-extensions(8), libnftables-json(5).
"""

from __future__ import annotations

from array import array
from typing import Any

from msgspec import Struct, field


class FilterLine(Struct, frozen=True, gc=False):
    """A line of iptables-save without counters: a chain with its policy (``-``: packets go back), or a rule of it.

    ``text`` is the rule as it is written; ``policy`` is empty for a rule. Dumps share the object of a line.
    """

    chain: str
    text: str = ""
    policy: str = ""


class FilterTable(Struct, gc=False):
    """One table of iptables: its chains and rules, and the numbers of their lines in the file."""

    numbers: array[int] = field(default_factory=lambda: array("I"))
    lines: list[FilterLine] = field(default_factory=list)


class FilterTables(Struct, gc=False):
    """One file of ``iptables-save``: its tables by name. ``is_nft``: nf_tables holds them, not x_tables."""

    is_nft: bool = False
    tables: dict[str, FilterTable] = field(default_factory=dict)


class NftChain(Struct, gc=False):
    """A chain of nftables; one with a ``hook`` is where packets come in."""

    family: str = ""
    table: str = ""
    name: str = ""
    type: str = ""
    hook: str = ""
    prio: int = 0
    policy: str = "accept"


class NftRule(Struct, gc=False):
    """A rule of nftables: its expressions in their order."""

    family: str = ""
    table: str = ""
    chain: str = ""
    expr: list[dict[str, Any]] = field(default_factory=list)
    comment: str = ""


class NftSet(Struct, gc=False):
    """A named set of nftables."""

    family: str = ""
    table: str = ""
    name: str = ""
    type: str | list[str] | dict[str, Any] = ""
    elem: list[Any] = field(default_factory=list)


class NftEntry(Struct, gc=False):
    """One entry of ``nft --json list ruleset``; entries of other kinds are empty here."""

    chain: NftChain | None = None
    rule: NftRule | None = None
    set: NftSet | None = None


class NftRuleset(Struct, gc=False):
    """``nft --json list ruleset``."""

    nftables: list[NftEntry]


class RoutingRule(Struct, gc=False):
    """One rule of ``ip -json rule``: which table is looked into, for which packets."""

    priority: int = 0
    src: str = "all"
    srclen: int | None = None
    dst: str = ""
    table: str = ""
    fwmark: str = ""
    iif: str = ""
    action: str = ""
