"""Rules of iptables in the one form.

What a word means: iptables-extensions(8). A word that is not known here makes its rule one that cannot be told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range, merged
from netlint.dataplane.netfilter.packets import (
    ALL_BITS,
    DESTINATION,
    DESTINATION_PORT,
    NUMBERS,
    PROTOCOL,
    PROTOCOL_NUMBERS,
    SOURCE,
    SOURCE_PORT,
    numbers,
)
from netlint.dataplane.netfilter.rules import (
    Action,
    FilterCondition,
    FilterRule,
    InSet,
    Leaves,
    Local,
    Marked,
    Never,
    Unknown,
    Verdict,
    Within,
    Write,
)

WITH_PORTS = {"tcp", "udp", "sctp", "dccp", "udplite"}
LOOPS = ("KUBE-LOOP-BACK", "dst,dst,src")
"""kube-proxy's set of pods that reach themselves through a Service."""
_PLAIN = {"-A", "-s", "-d", "-p", "-i", "-o", "-f", "-m", "-j", "-g"}
_WORD = re.compile(r'"((?:\\.|[^"\\])*)"|(\S+)')
_ESCAPED = re.compile(r"\\(.)")
_PASSING = {"AUDIT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT", "DSCP", "HL", "IDLETIMER", "LED", "LOG"}
_PASSING |= {"MARK", "NFLOG", "RATEEST", "SECMARK", "SET", "TCPMSS", "TOS", "TRACE", "TTL", "ULOG"}
_VERDICTS = {
    **dict.fromkeys(_PASSING, Verdict.CONTINUE),
    **dict.fromkeys(("MASQUERADE", "SNAT", "NETMAP"), Verdict.TRANSLATE),
    "ACCEPT": Verdict.ACCEPT,
    "RETURN": Verdict.RETURN,
    "DROP": Verdict.DROP,
    "REJECT": Verdict.DROP,
}


class Option(NamedTuple):
    """An option with its values; ``module``: the match that it belongs to."""

    module: str
    name: str
    values: tuple[str, ...]
    negated: bool

    def __str__(self) -> str:
        """The option as it is written, without its values."""
        if self.name == "-m":
            return " ".join((self.name, *self.values))
        return f"-m {self.module} {self.name}" if self.module else self.name


def words(text: str) -> list[tuple[str, bool]]:
    """The words of a line, and whether they stand in quotes."""
    return [
        (match[2], False) if match[2] is not None else (_ESCAPED.sub(r"\1", match[1]), True)
        for match in _WORD.finditer(text)
    ]


def options(text: str) -> Iterator[Option]:
    """The options of a line; ``-m`` and ``-j`` are such themselves, and what follows belongs to them."""
    module, negated = "", False
    for group in _grouped(text):
        name, *values = group
        if name == "!":
            negated = True
            continue
        yield Option("" if name in _PLAIN else module, name, tuple(values), negated)
        module = values[0] if name in {"-m", "-j", "-g"} and values else module
        negated = False


def _grouped(text: str) -> list[list[str]]:
    """The options with their values; ``!`` stands alone."""
    groups: list[list[str]] = []
    for word, quoted in words(text):
        if not groups or (not quoted and (word == "!" or word.startswith("-"))):
            groups.append([])
        groups[-1].append(word)
    return groups


@lru_cache(maxsize=1 << 16)
def rule(text: str) -> FilterRule:
    """A line of ``iptables-save`` in the one form."""
    conditions: list[FilterCondition] = []
    action, on_target = Action(Verdict.CONTINUE), list[Option]()
    for option in options(text):
        if option.name in {"-j", "-g"} and option.values:
            action = _action(option)
        elif action.target or action.verdict is not Verdict.CONTINUE:
            on_target.append(option)
        elif option.name.startswith("--limit-iface") and conditions:
            conditions[-1] = Unknown(str(option))  # it narrows the condition before it
        elif option.name != "-A":
            conditions += _conditions(option)
    if action.target in {"MARK", "CONNMARK"}:
        action = Action(Verdict.CONTINUE, write=written(action.target, on_target))
    return FilterRule(tuple(conditions), action, text, likeness(text))


def likeness(text: str) -> str:
    """A rule without its comment; chains that a plugin makes for each container have a name in common."""
    spoken = [word for option in options(text) if option.module not in {"comment", "SNAT"} for word in _words(option)]
    return re.sub(r"\bCNI-[0-9a-f]{24}\b", "CNI", " ".join(spoken))


def _words(option: Option) -> tuple[str, ...]:
    if (option.name, option.values) == ("-m", ("comment",)):
        return ()
    return (*(("!",) if option.negated else ()), option.name, *option.values)


def _action(option: Option) -> Action:
    target = option.values[0]
    jump = Verdict.GOTO if option.name == "-g" else Verdict.JUMP
    return Action(_VERDICTS.get(target, jump), target)


def written(target: str, options: list[Option]) -> Write | None:
    """The change that MARK or CONNMARK makes to a packet's mark; None for none."""
    by_name = {option.name: option.values for option in options}
    if target == "CONNMARK":
        if "--restore-mark" not in by_name:
            return None
        return Write(blur=_number((by_name.get("--nfmask") or by_name.get("--mask") or ("0xffffffff",))[0]) or ALL_BITS)
    for name, values in by_name.items():
        value, mask = _masked(values)
        if value is not None and name in _WRITES:
            return _WRITES[name](value, mask)
    return Write(blur=ALL_BITS)


_WRITES: Mapping[str, Callable[[int, int], Write]] = {
    "--set-xmark": lambda value, mask: Write(clear=mask, flip=value),
    "--set-mark": lambda value, mask: Write(clear=mask | value, flip=value),
    "--and-mark": lambda value, _: Write(clear=ALL_BITS & ~value),
    "--or-mark": lambda value, _: Write(clear=value, flip=value),
    "--xor-mark": lambda value, _: Write(flip=value),
}


def _masked(values: tuple[str, ...]) -> tuple[int | None, int]:
    value, slash, mask = (values[0] if values else "").partition("/")
    number, bits = _number(value), _number(mask) if slash else ALL_BITS
    return (None, 0) if number is None or bits is None else (number, bits)


def _number(text: str) -> int | None:
    try:
        return int(text, 0) & ALL_BITS
    except ValueError:
        return None


def _conditions(option: Option) -> list[FilterCondition]:
    reader = _READERS.get((option.module, option.name))
    conditions = reader(option) if reader else None
    return [Unknown(str(option))] if conditions is None else conditions


def _module(option: Option) -> list[FilterCondition] | None:
    """No condition: a module demands what its options say; one that is not known may demand something without any."""
    return [] if option.values and option.values[0] in _MODULES else None


def _network(place: str) -> Callable[[Option], list[FilterCondition] | None]:
    def read(option: Option) -> list[FilterCondition] | None:
        try:
            span = addresses.parse_range(option.values[0])
        except (IndexError, ValueError):
            return None
        return [Within(place, (span,), option.negated)]

    return read


def _protocol(option: Option) -> list[FilterCondition] | None:
    text = option.values[0] if option.values else ""
    number = PROTOCOL_NUMBERS.get(text, int(text) if text.isdecimal() else None)
    if text == "all" or number == 0:
        return []
    return None if number is None else [Within(PROTOCOL, (numbers(number),), option.negated)]


def _link(option: Option) -> list[FilterCondition] | None:
    if not option.values:
        return None
    name = option.values[0]
    return [Leaves((f"{name[:-1]}*" if name.endswith("+") else name,), option.negated)]


def _ports(place: str, separator: str = "") -> Callable[[Option], list[FilterCondition] | None]:
    def read(option: Option) -> list[FilterCondition] | None:
        texts = (option.values[0].split(separator) if separator else option.values[:1]) if option.values else ()
        spans = [_span(text) for text in texts]
        known = [span for span in spans if span is not None]
        return [Within(place, tuple(merged(known)), option.negated)] if spans and len(known) == len(spans) else None

    return read


def _span(text: str) -> Range | None:
    first, _, last = text.partition(":")
    if not (first.isdecimal() and (last or first).isdecimal()):
        return None
    return Range(NUMBERS, int(first), int(last or first))


def _addresses(place: str) -> Callable[[Option], list[FilterCondition] | None]:
    def read(option: Option) -> list[FilterCondition] | None:
        first, _, last = (option.values[0] if option.values else "").partition("-")
        try:
            (family, low), (_, high) = addresses.parse(first), addresses.parse(last or first)
        except ValueError:
            return None
        return [Within(place, (Range(family, low, high),), option.negated)]

    return read


def _mark(option: Option) -> list[FilterCondition] | None:
    value, mask = _masked(option.values)
    return None if value is None else [Marked(value, mask, option.negated)]


def _type(place: str) -> Callable[[Option], list[FilterCondition] | None]:
    def read(option: Option) -> list[FilterCondition] | None:
        return [Local(place, option.negated)] if option.values == ("LOCAL",) else None

    return read


def _state(option: Option) -> list[FilterCondition] | None:
    """Packets that begin a connection which nothing has translated."""
    return [Never(option.negated != ("NEW" in option.values[0].split(",")))] if option.values else None


def _set(option: Option) -> list[FilterCondition] | None:
    if option.values == LOOPS:
        return [Never(option.negated)]
    places = {"src": SOURCE, "dst": DESTINATION}
    if len(option.values) != 2 or option.values[1] not in places:
        return None
    return [InSet(places[option.values[1]], option.values[0], option.negated)]


_READERS: dict[tuple[str, str], Callable[[Option], list[FilterCondition] | None]] = {
    ("", "-s"): _network(SOURCE),
    ("", "-d"): _network(DESTINATION),
    ("", "-p"): _protocol,
    ("", "-o"): _link,
    ("", "-m"): _module,
    ("comment", "--comment"): lambda _: [],
    **{(module, "--sport"): _ports(SOURCE_PORT) for module in WITH_PORTS},
    **{(module, "--dport"): _ports(DESTINATION_PORT) for module in WITH_PORTS},
    ("multiport", "--sports"): _ports(SOURCE_PORT, ","),
    ("multiport", "--dports"): _ports(DESTINATION_PORT, ","),
    ("mark", "--mark"): _mark,
    ("addrtype", "--src-type"): _type(SOURCE),
    ("addrtype", "--dst-type"): _type(DESTINATION),
    ("iprange", "--src-range"): _addresses(SOURCE),
    ("iprange", "--dst-range"): _addresses(DESTINATION),
    ("conntrack", "--ctstate"): _state,
    ("state", "--state"): _state,
    ("set", "--match-set"): _set,
}
_MODULES = WITH_PORTS | {module for module, _ in _READERS}
