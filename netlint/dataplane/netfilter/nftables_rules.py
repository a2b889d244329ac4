"""Rules of nftables in the one form, for packets of one family.

What an expression means: nft(8) and libnftables-json(5). One that is not known here makes its rule one that cannot be
told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from netlint import addresses
from netlint.addresses import Range, merged
from netlint.dataplane.netfilter.nft_text import PASSING, spelt
from netlint.dataplane.netfilter.packets import (
    ALL_BITS,
    DESTINATION,
    DESTINATION_PORT,
    NUMBERS,
    PROTOCOL,
    PROTOCOL_NUMBERS,
    SOURCE,
    SOURCE_PORT,
    Ranges,
    numbers,
)
from netlint.dataplane.netfilter.rules import (
    Action,
    FilterCondition,
    FilterRule,
    Leaves,
    Local,
    Marked,
    Never,
    Placed,
    Ruleset,
    Unknown,
    Verdict,
    Within,
    Write,
)
from netlint.objects.netfilter import NftChain, NftRule, NftRuleset

FAMILIES = {4: ("ip", "inet"), 6: ("ip6", "inet")}
_FAMILY_OF = {"ip": 4, "ip6": 6}
_PLACES = {"saddr": SOURCE, "daddr": DESTINATION, "sport": SOURCE_PORT, "dport": DESTINATION_PORT}
_VERDICTS = {
    "accept": Verdict.ACCEPT,
    "drop": Verdict.DROP,
    "reject": Verdict.DROP,
    "return": Verdict.RETURN,
    "jump": Verdict.JUMP,
    "goto": Verdict.GOTO,
    "masquerade": Verdict.TRANSLATE,
    "snat": Verdict.TRANSLATE,
}
_BY_IPTABLES = {"filter", "mangle", "nat", "raw", "security"}
_SERVICE_PROXY = "kube-proxy"  # the table of which the marks are for what goes to Services
_OF_XT = {"MASQUERADE", "SNAT", "NETMAP"}

Sets = Mapping[str, list[Any]]


def postrouting(listed: NftRuleset, family: int, beside_iptables: bool, file: str) -> Iterator[Ruleset]:
    """The tables that replace source addresses, in their order.

    ``beside_iptables``: those that iptables made there were read from its own text already.
    """
    chains = [entry.chain for entry in listed.nftables if entry.chain and entry.chain.family in FAMILIES[family]]
    based = [chain for chain in chains if (chain.type, chain.hook) == ("nat", "postrouting")]
    for chain in sorted(based, key=lambda chain: chain.prio):
        if not (beside_iptables and _is_by_iptables(chain)):
            yield _table(listed, chain, chains, family, file)


def _is_by_iptables(item: NftChain | NftRule) -> bool:
    return item.table in _BY_IPTABLES and item.family != "inet"


def marks_before(listed: NftRuleset, family: int, beside_iptables: bool) -> int:
    """The bits of marks that rules write, whenever that is."""
    bits = 0
    for item in (entry.rule for entry in listed.nftables if entry.rule and entry.rule.family in FAMILIES[family]):
        if item.table != _SERVICE_PROXY and not (beside_iptables and _is_by_iptables(item)):
            for write in (_written(statement["mangle"]) for statement in item.expr if "mangle" in statement):
                bits |= write.clear | write.flip | write.blur
    return bits


def _table(listed: NftRuleset, base: NftChain, chains: list[NftChain], family: int, file: str) -> Ruleset:
    place = base.family, base.table
    sets = {
        entry.set.name: entry.set.elem
        for entry in listed.nftables
        if entry.set and (entry.set.family, entry.set.table) == place
    }
    rules: dict[str, list[NftRule]] = {chain.name: [] for chain in chains if (chain.family, chain.table) == place}
    for entry in listed.nftables:
        if entry.rule and (entry.rule.family, entry.rule.table) == place and entry.rule.chain in rules:
            rules[entry.rule.chain].append(entry.rule)
    return Ruleset((base.name,), {name: _lazily(name, chain, sets, family, file) for name, chain in rules.items()})


def _lazily(name: str, rules: list[NftRule], sets: Sets, family: int, file: str) -> Callable[[], tuple[Placed, ...]]:
    return lambda: tuple(Placed(rule(item, sets, family), name, file) for item in rules)


def rule(item: NftRule, sets: Sets, family: int) -> FilterRule:
    """A rule in the one form."""
    conditions: list[FilterCondition] = []
    write, action = Write(), Action(Verdict.CONTINUE)
    for statement in item.expr:
        for kind, content in statement.items():
            if kind in PASSING or _is_comment(kind, content):
                continue
            if kind == "mangle":
                write = _written(content)
            elif kind in _VERDICTS or _is_target(kind, content):
                action = _action(kind, content)
            else:
                conditions += _condition(kind, content, sets, family) if write == Write() else [Unknown(kind)]
    if write != Write():
        action = Action(action.verdict, action.target, write)
    text = f"{item.family} {item.table} {item.chain}: {spelt(item.expr)}"
    return FilterRule(tuple(conditions), action, text, text)


def _is_comment(kind: str, content: Any) -> bool:
    return kind == "xt" and isinstance(content, dict) and content.get("name") == "comment"


def _is_target(kind: str, content: Any) -> bool:
    return kind in {"xt", "vmap", "queue"} and not (isinstance(content, dict) and content.get("type") == "match")


def _action(kind: str, content: Any) -> Action:
    if kind in _VERDICTS:
        target = content.get("target", "") if isinstance(content, dict) else ""
        return Action(_VERDICTS[kind], target if kind in {"jump", "goto"} else kind)
    name = content.get("name", "") if kind == "xt" and isinstance(content, dict) else ""
    return Action(Verdict.TRANSLATE if name in _OF_XT else Verdict.UNKNOWN, name or kind)


def _written(content: Any) -> Write:
    """The change of the mark; other keys are no concern of the rules that follow."""
    key, value = content.get("key"), content.get("value")
    if key != {"meta": {"key": "mark"}}:
        return Write()
    if isinstance(value, int):
        return Write(clear=ALL_BITS, flip=value)
    operator, operands = next(iter(value.items())) if isinstance(value, dict) and len(value) == 1 else ("", None)
    bits = operands[1] if isinstance(operands, list) and operands[:1] == [key] and len(operands) == 2 else None
    if not isinstance(bits, int) or operator not in _WRITES:
        return Write(blur=ALL_BITS)
    return _WRITES[operator](bits)


_WRITES: Mapping[str, Callable[[int], Write]] = {
    "|": lambda bits: Write(clear=bits, flip=bits),
    "&": lambda bits: Write(clear=ALL_BITS & ~bits),
    "^": lambda bits: Write(flip=bits),
}


class Comparison(NamedTuple):
    """A left side (``detail``: of its one key) and what it is compared with, for packets of a family."""

    detail: Any
    right: Any
    negated: bool
    sets: Sets
    family: int

    def word(self, key: str) -> Any:
        """The value of a key of the left side; None where it has none."""
        return self.detail.get(key) if isinstance(self.detail, dict) else None


def _condition(kind: str, content: Any, sets: Sets, family: int) -> list[FilterCondition]:
    if kind != "match" or not isinstance(content, dict) or content.get("op") not in {"==", "!=", "in"}:
        return [Unknown(kind)]
    left = content.get("left")
    sort, detail = next(iter(left.items())) if isinstance(left, dict) and len(left) == 1 else ("", None)
    reader = _READERS.get(sort)
    compared = Comparison(detail, content.get("right"), content["op"] == "!=", sets, family)
    conditions = reader(compared) if reader else None
    return [Unknown(f"{sort} {compared.word('key') or ''}".strip() or kind)] if conditions is None else conditions


def _payload(compared: Comparison) -> list[FilterCondition] | None:
    protocol, place = compared.word("protocol"), _PLACES.get(compared.word("field"))
    if protocol in _FAMILY_OF and _FAMILY_OF[protocol] != compared.family:
        return [Never()]
    parse = addresses.parse if place in {SOURCE, DESTINATION} else _number
    ranges = _values(compared.right, compared.sets, parse) if place else None
    if ranges is None or place is None:
        return None
    carried = [Within(PROTOCOL, (numbers(PROTOCOL_NUMBERS[protocol]),))] if protocol in PROTOCOL_NUMBERS else []
    return [*carried, Within(place, ranges, compared.negated)]


def _meta(compared: Comparison) -> list[FilterCondition] | None:
    key, right, negated = compared.word("key"), compared.right, compared.negated
    if key == "mark" and isinstance(right, int):
        return [Marked(right, ALL_BITS, negated)]
    if key == "oifname":
        return [Leaves(names, negated)] if (names := _names(right)) else None
    if key == "l4proto":
        ranges = _values(right, compared.sets, _protocol)
        return [Within(PROTOCOL, ranges, negated)] if ranges else None
    if key == "nfproto" and right in {"ipv4", "ipv6"}:
        return [Never((right == f"ipv{compared.family}") != negated)]
    return None


def _masked(compared: Comparison) -> list[FilterCondition] | None:
    """``meta mark & 0x4000``."""
    match compared.detail, compared.right:
        case [{"meta": {"key": "mark"}}, int() as mask], int() as value:
            return [Marked(value, mask, compared.negated)]
    return None


def _connection(compared: Comparison) -> list[FilterCondition] | None:
    """Packets that begin a connection which nothing has translated."""
    listed = compared.right.get("set", []) if isinstance(compared.right, dict) else compared.right
    words = listed if isinstance(listed, list) else [listed]
    if compared.word("key") == "state":
        return [Never(("new" in words) != compared.negated)]
    if compared.word("key") == "status" and all(word in {"dnat", "snat"} for word in words):
        return [Never(compared.negated)]
    return None


def _route(compared: Comparison) -> list[FilterCondition] | None:
    flags = compared.word("flags")
    flag = flags[0] if isinstance(flags, list) and len(flags) == 1 else flags
    if compared.word("result") != "type" or compared.right != "local" or flag not in ("saddr", "daddr"):
        return None
    return [Local(_PLACES[flag], compared.negated)]


_READERS: Mapping[str, Callable[[Comparison], list[FilterCondition] | None]] = {
    "payload": _payload,
    "meta": _meta,
    "&": _masked,
    "ct": _connection,
    "fib": _route,
}


def _names(right: Any) -> tuple[str, ...]:
    listed = right.get("set") if isinstance(right, dict) else [right]
    if not isinstance(listed, list) or not all(isinstance(name, str) and name[:1] != "@" for name in listed):
        return ()
    return tuple(listed)


def _values(right: Any, sets: Sets, parse: Callable[[Any], tuple[int, int]]) -> Ranges | None:
    """The values of a right side, or of a named set; None where one of them is not known."""
    if isinstance(right, str) and right.startswith("@"):
        if right[1:] not in sets:
            return None
        right = {"set": sets[right[1:]]}
    listed = right["set"] if isinstance(right, dict) and isinstance(right.get("set"), list) else [right]
    try:
        return tuple(merged(_value(item, parse) for item in listed))
    except (KeyError, TypeError, ValueError):
        return None


def _value(item: Any, parse: Callable[[Any], tuple[int, int]]) -> Range:
    if isinstance(item, dict) and "elem" in item:
        return _value(item["elem"]["val"], parse)
    if isinstance(item, dict) and "prefix" in item:
        return addresses.parse_cidr(f"{item['prefix']['addr']}/{item['prefix']['len']}").range
    first, last = item["range"] if isinstance(item, dict) else (item, item)
    family, low = parse(first)
    return Range(family, low, parse(last)[1])


def _number(item: Any) -> tuple[int, int]:
    return NUMBERS, int(item)


def _protocol(item: Any) -> tuple[int, int]:
    return NUMBERS, PROTOCOL_NUMBERS[item] if item in PROTOCOL_NUMBERS else int(item)
