"""Random tables, written both for iptables and for nftables, and what one packet meets in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import strategies as st

Packet = dict[str, Any]
CHAINS = ("POSTROUTING", "FIRST", "SECOND", "THIRD")
NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.7/32", "10.2.0.0/16", "10.2.0.0/17", "10.2.1.0/24")
NETWORKS += ("10.2.1.9/32", "10.3.0.0/24", "10.1.0.0/17", "224.0.0.0/4", "10.9.0.0/16", "10.2.0.0/15")
ADDRESSES = ("10.1.0.5", "10.1.1.7", "10.1.1.8", "10.1.200.1", "10.2.0.3", "10.2.1.9", "10.2.200.1", "10.3.0.4")
PORTS = (53, 80, 443, 8080)
MARKS = (0, 1, 0x4000, 0x4001)
LOCAL = "10.1.0.0/16"  # the addresses of the host itself


@dataclass(frozen=True)
class Written:
    """A condition in both languages; ``protocol``: it names one, which iptables takes once."""

    iptables: str
    nft: str
    test: Callable[[Packet], bool]
    place: str


@dataclass(frozen=True)
class Action:
    """What becomes of a packet; ``target``: the number of a chain; ``mark``: what is made of its mark."""

    iptables: str
    nft: str
    verdict: str = ""
    target: int = 0
    mark: Callable[[int], int] | None = None


@dataclass(frozen=True)
class Rule:
    conditions: list[Written]
    action: Action
    comment: str
    chain: int

    @property
    def iptables(self) -> str:
        pieces = [piece.iptables for piece in self.conditions]
        comment = [f'-m comment --comment "{self.comment}"'] if self.comment else []
        return " ".join([f"-A {CHAINS[self.chain]}", *pieces, *comment, self.action.iptables])

    @property
    def nft(self) -> str:
        return " ".join([*(piece.nft for piece in self.conditions), self.action.nft])


@dataclass(frozen=True)
class Table:
    chains: list[list[Rule]]

    @property
    def iptables(self) -> str:
        declared = [f":{CHAINS[0]} ACCEPT [0:0]", *(f":{name} - [0:0]" for name in CHAINS[1:])]
        rules = [rule.iptables for chain in self.chains for rule in chain]
        return "\n".join(["*nat", *declared, *rules, "COMMIT", ""])

    @property
    def nft(self) -> str:
        lines = ["flush ruleset", "table ip made {"]
        for number, chain in reversed(list(enumerate(self.chains))):
            hook = [] if number else ["type nat hook postrouting priority srcnat;"]
            lines += [f"chain {CHAINS[number]} {{", *hook, *(rule.nft for rule in chain), "}"]
        return "\n".join([*lines, "}", ""])

    def translates(self, packet: Packet) -> bool:
        """Whether the packet gets another source address, one rule after the other."""
        return self._walk(0, dict(packet)) == "translate"

    def _walk(self, chain: int, packet: Packet) -> str:
        for rule in self.chains[chain]:
            if not all(condition.test(packet) for condition in rule.conditions):
                continue
            action = rule.action
            if action.mark:
                packet["mark"] = action.mark(packet["mark"])
            if action.verdict in {"jump", "goto"}:
                end = self._walk(action.target, packet)
                if end or action.verdict == "goto":
                    return end
            elif action.verdict == "return":
                return ""
            elif action.verdict:
                return action.verdict
        return ""


def _turned(negated: bool, test: Callable[[Packet], bool]) -> Callable[[Packet], bool]:
    return (lambda packet: not test(packet)) if negated else test


def _opposite(negated: bool) -> tuple[str, str]:
    return ("! ", "!= ") if negated else ("", "")


@st.composite
def _network(draw: st.DrawFn) -> Written:
    option, field, place = draw(st.sampled_from([("-s", "saddr", "source"), ("-d", "daddr", "destination")]))
    network, negated = draw(st.sampled_from(NETWORKS)), draw(st.booleans())
    bang, other = _opposite(negated)
    test = _turned(negated, lambda packet: ip_address(packet[place]) in ip_network(network))
    return Written(f"{bang}{option} {network}", f"ip {field} {other}{network}", test, option)


@st.composite
def _link(draw: st.DrawFn) -> Written:
    name, negated = draw(st.sampled_from(["out0", "out1", "out+", "eth0"])), draw(st.booleans())
    bang, other = _opposite(negated)

    def test(packet: Packet) -> bool:
        return name in {"out+", "out0" if packet["destination"].startswith("10.2.") else "out1"}

    return Written(f"{bang}-o {name}", f'oifname {other}"{name.replace("+", "*")}"', _turned(negated, test), "-o")


@st.composite
def _port(draw: st.DrawFn) -> Written:
    protocol, negated = draw(st.sampled_from(["tcp", "udp"])), draw(st.booleans())
    first, last = sorted(draw(st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS))))
    bang, other = _opposite(negated)
    held = _turned(negated, lambda packet: first <= packet["destination_port"] <= last)
    return Written(
        f"-p {protocol} -m {protocol} {bang}--dport {first}:{last}",
        f"{protocol} dport {other}{first}-{last}",
        lambda packet: packet["protocol"] == protocol and held(packet),
        "-p",
    )


@st.composite
def _several_ports(draw: st.DrawFn) -> Written:
    protocol, negated = draw(st.sampled_from(["tcp", "udp"])), draw(st.booleans())
    listed = draw(st.lists(st.sampled_from(PORTS), min_size=2, max_size=3, unique=True))
    ports = ",".join(map(str, listed))
    bang, other = _opposite(negated)
    held = _turned(negated, lambda packet: packet["destination_port"] in listed)
    return Written(
        f"-p {protocol} -m multiport {bang}--dports {ports}",
        f"{protocol} dport {other}{{ {ports} }}",
        lambda packet: packet["protocol"] == protocol and held(packet),
        "-p",
    )


@st.composite
def _protocol(draw: st.DrawFn) -> Written:
    protocol, negated = draw(st.sampled_from(["tcp", "udp", "icmp", "sctp"])), draw(st.booleans())
    bang, other = _opposite(negated)
    test = _turned(negated, lambda packet: packet["protocol"] == protocol)
    return Written(f"{bang}-p {protocol}", f"meta l4proto {other}{protocol}", test, "-p")


@st.composite
def _mark(draw: st.DrawFn) -> Written:
    value, mask = draw(st.sampled_from([(0x4000, 0x4000), (1, 1), (0, 0x4001), (1, 0xFFFFFFFF), (0, 0xFFFFFFFF)]))
    negated = draw(st.booleans())
    bang, _ = _opposite(negated)
    test = _turned(negated, lambda packet: packet["mark"] & mask == value)
    operator = "!=" if negated else "=="
    return Written(
        f"-m mark {bang}--mark {value:#x}/{mask:#x}", f"meta mark & {mask:#x} {operator} {value:#x}", test, "mark"
    )


@st.composite
def _type(draw: st.DrawFn) -> Written:
    option, field, place = draw(
        st.sampled_from([("--src-type", "saddr", "source"), ("--dst-type", "daddr", "destination")])
    )
    negated = draw(st.booleans())
    bang, other = _opposite(negated)
    test = _turned(negated, lambda packet: ip_address(packet[place]) in ip_network(LOCAL))
    return Written(f"-m addrtype {bang}{option} LOCAL", f"fib {field} type {other}local", test, "addrtype")


@st.composite
def _state(draw: st.DrawFn) -> Written:
    states, negated = draw(st.sampled_from(["NEW", "RELATED,ESTABLISHED", "NEW,RELATED"])), draw(st.booleans())
    bang, other = _opposite(negated)
    listed = states.lower() if not other else f"{{ {states.lower()} }}"
    test = _turned(negated, lambda _: "NEW" in states)
    return Written(f"-m conntrack {bang}--ctstate {states}", f"ct state {other}{listed}", test, "conntrack")


@st.composite
def _between(draw: st.DrawFn) -> Written:
    option, field, place = draw(
        st.sampled_from([("--src-range", "saddr", "source"), ("--dst-range", "daddr", "destination")])
    )
    pair = draw(st.lists(st.sampled_from(ADDRESSES), min_size=2, max_size=2, unique=True))
    first, last = sorted(map(ip_address, pair))
    negated = draw(st.booleans())
    bang, other = _opposite(negated)
    test = _turned(negated, lambda packet: first <= ip_address(packet[place]) <= last)
    return Written(
        f"-m iprange {bang}{option} {first}-{last}", f"ip {field} {other}{first}-{last}", test, f"iprange {option}"
    )


UNKNOWN = (
    Written("-m policy --dir out --pol none", "", lambda packet: packet["unknown"][0], "policy"),
    Written("-m u32 --u32 0x4=0x10", "", lambda packet: packet["unknown"][1], "u32"),
    Written("! -i eth7", "", lambda packet: packet["unknown"][2], "-i"),
)
"""What netlint does not know: it may be met or not."""
CONDITIONS = (_network(), _network(), _link(), _mark(), _type(), _state(), _between())
ON_PROTOCOLS = (_port(), _several_ports(), _protocol())
PLAIN = (
    Action("-j ACCEPT", "accept", "accept"),
    Action("-j RETURN", "return", "return"),
    Action("-j RETURN", "return", "return"),
    Action("-j MASQUERADE", "masquerade", "translate"),
    Action("-j MASQUERADE --random-fully", "masquerade fully-random", "translate"),
    Action("-j SNAT --to-source 10.9.0.77", "snat to 10.9.0.77", "translate"),
    Action("-j MARK --set-xmark 0x4000/0x4000", "meta mark set meta mark | 0x4000", mark=lambda mark: mark | 0x4000),
    Action("-j MARK --set-xmark 0x4000/0x0", "meta mark set meta mark ^ 0x4000", mark=lambda mark: mark ^ 0x4000),
    Action("-j MARK --set-xmark 0x1/0xffffffff", "meta mark set 0x1", mark=lambda _: 1),
)


@st.composite
def _rule(draw: st.DrawFn, chain: int, known: bool) -> Rule:
    conditions = draw(st.lists(st.one_of(*CONDITIONS), max_size=2)) + draw(
        st.lists(st.one_of(*ON_PROTOCOLS), max_size=1)
    )
    conditions += [] if known else draw(st.lists(st.sampled_from(UNKNOWN), max_size=1))
    once = {condition.place: condition for condition in conditions}
    further = range(chain + 1, len(CHAINS))
    jumps = [Action(f"-j {CHAINS[number]}", f"jump {CHAINS[number]}", "jump", number) for number in further]
    gotos = [Action(f"-g {CHAINS[number]}", f"goto {CHAINS[number]}", "goto", number) for number in further]
    action = draw(st.sampled_from([*jumps, *gotos, *PLAIN]))
    comment = draw(st.sampled_from(["", 'it\'s \\"-j DROP\\" here']))
    return Rule(sorted(once.values(), key=lambda piece: "-m" in piece.iptables), action, comment, chain)


@st.composite
def tables(draw: st.DrawFn, known: bool = True) -> Table:
    """``known``: without conditions that netlint does not know."""
    return Table([draw(st.lists(_rule(number, known), max_size=5)) for number in range(len(CHAINS))])


PACKETS = st.fixed_dictionaries(
    {
        "source": st.sampled_from([text for text in ADDRESSES if text.startswith("10.1.")]),
        "destination": st.sampled_from([text for text in ADDRESSES if not text.startswith("10.1.")]),
        "protocol": st.sampled_from(["tcp", "udp"]),
        "destination_port": st.sampled_from([*PORTS, 81]),
        "source_port": st.just(10_000),
        "mark": st.sampled_from(MARKS),
        "unknown": st.tuples(st.booleans(), st.booleans(), st.booleans()),
    }
)
