"""Rules of nftables in the one form: ``rules.json``, as nft 1.0.6 prints ``rules.nft``, and what no nft prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from netlint import addresses
from netlint.addresses import Range
from netlint.dataplane.netfilter import nftables_rules
from netlint.dataplane.netfilter.packets import (
    ALL_BITS,
    DESTINATION,
    DESTINATION_PORT,
    PROTOCOL,
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
    Unknown,
    Verdict,
    Within,
    Write,
)
from netlint.objects.netfilter import NftChain, NftEntry, NftRule, NftRuleset
from tests.support.kernel import require, unavailable
from tests.support.program import execute

FOLDER = Path(__file__).parent
ACCEPT = Action(Verdict.ACCEPT, "accept")
NO_RULE = Action(Verdict.CONTINUE)


def spans(*texts: str) -> Ranges:
    """Ranges of CIDRs, of addresses, and of ``first-last``."""
    ends = [text.partition("-") for text in texts]
    return tuple(
        Range(*addresses.parse(first), addresses.parse(last)[1]) if last else addresses.parse_range(first)
        for first, _, last in ends
    )


RULES: list[tuple[str, tuple[FilterCondition, ...], Action]] = [
    (
        "ip saddr 10.1.0.0/16 masquerade",
        (Within(SOURCE, spans("10.1.0.0/16")),),
        Action(Verdict.TRANSLATE, "masquerade"),
    ),
    (
        "ip saddr != { 10.1.0.0/16, 10.2.0.1-10.2.0.9, 10.3.0.4 } accept",
        (Within(SOURCE, spans("10.1.0.0/16", "10.2.0.1-10.2.0.9", "10.3.0.4"), negated=True),),
        ACCEPT,
    ),
    ("ip saddr @pods return", (Within(SOURCE, spans("10.1.0.0/16", "10.2.0.5")),), Action(Verdict.RETURN, "return")),
    (
        "ip daddr != @pods return",
        (Within(DESTINATION, spans("10.1.0.0/16", "10.2.0.5"), negated=True),),
        Action(Verdict.RETURN, "return"),
    ),
    ("ip saddr @timed return", (Within(SOURCE, spans("10.1.0.7")),), Action(Verdict.RETURN, "return")),
    (
        "tcp dport { 80, 443, 8000-8010 } accept",
        (
            Within(PROTOCOL, (numbers(6),)),
            Within(
                DESTINATION_PORT,
                (
                    numbers(80),
                    numbers(443),
                    numbers(8000, 8010),
                ),
            ),
        ),
        ACCEPT,
    ),
    (
        "udp sport @ports accept",
        (
            Within(PROTOCOL, (numbers(17),)),
            Within(
                SOURCE_PORT,
                (
                    numbers(53),
                    numbers(80),
                ),
            ),
        ),
        ACCEPT,
    ),
    (
        "meta l4proto { tcp, udp } accept",
        (
            Within(
                PROTOCOL,
                (
                    numbers(6),
                    numbers(17),
                ),
            ),
        ),
        ACCEPT,
    ),
    ("meta l4proto 200 accept", (Within(PROTOCOL, (numbers(200),)),), ACCEPT),
    ("ip protocol tcp accept", (Unknown("payload"),), ACCEPT),
    ("ip protocol { udp, gre } accept", (Unknown("payload"),), ACCEPT),
    ("icmp type echo-request accept", (Unknown("payload"),), ACCEPT),
    ("meta mark 16384 accept", (Marked(0x4000),), ACCEPT),
    ("meta mark & 16384 16384 accept", (Marked(0x4000, 0x4000),), ACCEPT),
    ("meta mark & 255 != 1 accept", (Marked(0x1, 0xFF, negated=True),), ACCEPT),
    ("meta mark { 1, 2 } accept", (Unknown("meta mark"),), ACCEPT),
    ("oifname eth0 accept", (Leaves(("eth0",)),), ACCEPT),
    ("oifname != { eth* } accept", (Leaves(("eth*",), negated=True),), ACCEPT),
    ("oifname cali* accept", (Leaves(("cali*",)),), ACCEPT),
    ("iifname eth0 accept", (Unknown("meta iifname"),), ACCEPT),
    ("meta nfproto ipv4 accept", (Never(negated=True),), ACCEPT),
    ("meta nfproto != ipv4 accept", (Never(),), ACCEPT),
    ("meta nfproto ipv6 accept", (Never(),), ACCEPT),
    ('{"ct": {"key": "state"}} new accept', (Never(negated=True),), ACCEPT),
    ('{"ct": {"key": "state"}} established,related accept', (Never(),), ACCEPT),
    ('{"ct": {"key": "state"}} { established, new } accept', (Never(negated=True),), ACCEPT),
    ('{"ct": {"key": "status"}} dnat accept', (Never(),), ACCEPT),
    ('{"ct": {"key": "status"}} snat,dnat accept', (Never(),), ACCEPT),
    ('{"ct": {"key": "status"}} assured accept', (Unknown("ct status"),), ACCEPT),
    ('{"ct": {"key": "mark"}} 1 accept', (Unknown("ct mark"),), ACCEPT),
    ('{"ct": {"key": "direction"}} original accept', (Unknown("ct direction"),), ACCEPT),
    ('{"fib": {"result": "type", "flags": ["daddr"]}} local accept', (Local(DESTINATION),), ACCEPT),
    ('{"fib": {"result": "type", "flags": ["daddr"]}} != local accept', (Local(DESTINATION, negated=True),), ACCEPT),
    ('{"fib": {"result": "type", "flags": ["saddr"]}} broadcast accept', (Unknown("fib"),), ACCEPT),
    ("meta mark set meta mark | 16384", (), Action(Verdict.CONTINUE, write=Write(clear=0x4000, flip=0x4000))),
    ("meta mark set meta mark & 4294950911", (), Action(Verdict.CONTINUE, write=Write(clear=0x4000))),
    ("meta mark set meta mark ^ 16384", (), Action(Verdict.CONTINUE, write=Write(flip=0x4000))),
    ("meta mark set 1", (), Action(Verdict.CONTINUE, write=Write(clear=ALL_BITS, flip=0x1))),
    ('meta mark set {"ct": {"key": "mark"}}', (), Action(Verdict.CONTINUE, write=Write(blur=ALL_BITS))),
    ('{"ct": {"key": "mark"}} set 1', (), Action(Verdict.CONTINUE)),
    (
        "meta mark set meta mark | 1 ip saddr 10.1.0.0/16 accept",
        (Unknown("match"),),
        Action(Verdict.ACCEPT, "accept", write=Write(clear=0x1, flip=0x1)),
    ),
    (
        'meta mark set {"map": {"key": {"payload": {"protocol": "ip", "field": "saddr"}}, "data": "@marks"}}',
        (),
        Action(Verdict.CONTINUE, write=Write(blur=ALL_BITS)),
    ),
    ("jump other", (), Action(Verdict.JUMP, "other")),
    ("goto other", (), Action(Verdict.GOTO, "other")),
    (
        'vmap {"key": {"payload": {"protocol": "ip", "field": "saddr"}}, "data": "@vm"}',
        (),
        Action(Verdict.UNKNOWN, "vmap"),
    ),
    ("drop", (), Action(Verdict.DROP, "drop")),
    ("snat ip to 192.0.2.1", (), Action(Verdict.TRANSLATE, "snat")),
    (
        "meta l4proto tcp snat ip to 192.0.2.1 1024-2048 random",
        (Within(PROTOCOL, (numbers(6),)),),
        Action(Verdict.TRANSLATE, "snat"),
    ),
    ("masquerade fully-random,persistent", (), Action(Verdict.TRANSLATE, "masquerade")),
    (
        "meta l4proto tcp masquerade 1024-2048",
        (Within(PROTOCOL, (numbers(6),)),),
        Action(Verdict.TRANSLATE, "masquerade"),
    ),
    (
        '{"concat": [{"payload": {"protocol": "ip", "field": "saddr"}}, '
        '{"payload": {"protocol": "tcp", "field": "dport"}}]} { {"concat": ["10.1.0.1", 80]} } accept',
        (Unknown("concat"),),
        ACCEPT,
    ),
    ('limit {"rate": 10, "burst": 5, "per": "second"} accept', (Unknown("limit"),), ACCEPT),
    (
        "ip saddr 10.1.0.0/16 ip daddr 10.2.0.0/16 tcp dport 80 masquerade",
        (
            Within(SOURCE, spans("10.1.0.0/16")),
            Within(DESTINATION, spans("10.2.0.0/16")),
            Within(PROTOCOL, (numbers(6),)),
            Within(DESTINATION_PORT, (numbers(80),)),
        ),
        Action(Verdict.TRANSLATE, "masquerade"),
    ),
    ("ip saddr & 255.0.0.255 10.0.0.1 accept", (Unknown("&"),), ACCEPT),
    ("tcp flags syn accept", (Unknown("payload"),), ACCEPT),
    ("ip daddr 10.0.0.9 accept", (Unknown("match"),), ACCEPT),
    (
        "tcp dport 80-90 accept",
        (
            Within(PROTOCOL, (numbers(6),)),
            Within(DESTINATION_PORT, (numbers(80, 90),)),
        ),
        ACCEPT,
    ),
    ("ip ttl 5 accept", (Unknown("payload"),), ACCEPT),
    ("th dport 53 accept", (Within(DESTINATION_PORT, (numbers(53),)),), ACCEPT),
]
"""The rules of the chain ``post``, as people read them and as they are walked through."""


def post(ruleset: NftRuleset, family: int = 4) -> list[FilterRule]:
    (table,) = nftables_rules.postrouting(ruleset, family, True, "nft.json")
    assert set(table.chains) == {"post", "other"}
    assert all(
        (placed.chain, placed.file, placed.line) == ("post", "nft.json", None) for placed in table.chains["post"]()
    )
    return [placed.rule for placed in table.chains["post"]()]


def expected() -> list[FilterRule]:
    texts = [f"inet made post: {text}" for text, _, _ in RULES]
    return [FilterRule(*parts, text, text) for text, (_, *parts) in zip(texts, RULES, strict=True)]


def recorded() -> NftRuleset:
    return msgspec.json.decode((FOLDER / "rules.json").read_bytes(), type=NftRuleset)


def test_what_nft_prints_is_read() -> None:
    assert post(recorded()) == expected()


def test_this_nft_prints_the_same() -> None:
    require("nft", "unshare")
    script = "nft -f - && nft --json list ruleset"
    text = (FOLDER / "rules.nft").read_text()
    done = execute("unshare", "--net", "sh", "-c", script, input=text)
    if done.returncode:
        unavailable(f"this kernel or this nft does not take the rules: {done.stderr}")
    assert post(msgspec.json.decode(done.stdout, type=NftRuleset)) == expected()


def test_packets_of_another_family_never_meet_an_address() -> None:
    conditions = {rule.text.removeprefix("inet made post: "): rule.conditions for rule in post(recorded(), family=6)}
    assert conditions["ip saddr 10.1.0.0/16 masquerade"] == (Never(),)
    assert conditions["meta nfproto ipv4 accept"] == (Never(),)
    assert conditions["meta nfproto ipv6 accept"] == (Never(negated=True),)


def match(left: Any, right: Any, operator: str = "==") -> dict[str, Any]:
    return {"match": {"op": operator, "left": left, "right": right}}


SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}
DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}
MARK = {"meta": {"key": "mark"}}
STATEMENTS: dict[str, tuple[dict[str, Any], tuple[FilterCondition, ...], Action]] = {
    "a match of iptables": ({"xt": {"type": "match", "name": "bpf"}}, (Unknown("xt"),), NO_RULE),
    "a comment of iptables": ({"xt": {"type": "match", "name": "comment"}}, (), NO_RULE),
    "masquerading by iptables": (
        {"xt": {"type": "target", "name": "MASQUERADE"}},
        (),
        Action(Verdict.TRANSLATE, "MASQUERADE"),
    ),
    "another target of iptables": (
        {"xt": {"type": "target", "name": "TPROXY"}},
        (),
        Action(Verdict.UNKNOWN, "TPROXY"),
    ),
    "a target that says nothing of itself": ({"xt": None}, (), Action(Verdict.UNKNOWN, "xt")),
    "a queue": ({"queue": {"num": 1}}, (), Action(Verdict.UNKNOWN, "queue")),
    "a match without sides": ({"match": "x"}, (Unknown("match"),), NO_RULE),
    "a left side that is a text": (match("x", 1), (Unknown("match"),), NO_RULE),
    "a left side of two": (match(SADDR | MARK, 1), (Unknown("match"),), NO_RULE),
    "a left side without words": (match({"meta": "mark"}, 1), (Unknown("meta"),), NO_RULE),
    "a set that is not there": (match(SADDR, "@gone"), (Unknown("payload"),), NO_RULE),
    "a set of links that is not read": (
        match({"meta": {"key": "oifname"}}, "@links"),
        (Unknown("meta oifname"),),
        NO_RULE,
    ),
    "links that are no list": (match({"meta": {"key": "oifname"}}, {"set": "x"}), (Unknown("meta oifname"),), NO_RULE),
    "no address": (match(SADDR, "10.0.0.300"), (Unknown("payload"),), NO_RULE),
    "a range without an end": (match(SADDR, {"range": ["10.0.0.1"]}), (Unknown("payload"),), NO_RULE),
    "a range of two families": (match(SADDR, {"range": ["10.0.0.1", 7]}), (Unknown("payload"),), NO_RULE),
    "a port with a name": (match(DPORT, "http"), (Unknown("payload"),), NO_RULE),
    "a protocol that nobody knows": (match({"meta": {"key": "l4proto"}}, "quic"), (Unknown("meta l4proto"),), NO_RULE),
    "a mark by a mask that is none": (match({"&": [MARK, "x"]}, 1), (Unknown("&"),), NO_RULE),
    "the type of an address on a link": (
        match({"fib": {"result": "type", "flags": ["daddr", "oif"]}}, "local"),
        (Unknown("fib"),),
        NO_RULE,
    ),
    "a mark from two numbers": (
        {"mangle": {"key": MARK, "value": {"|": [1, 2]}}},
        (),
        Action(Verdict.CONTINUE, write=Write(blur=ALL_BITS)),
    ),
    "a mark by another operator": (
        {"mangle": {"key": MARK, "value": {"<<": [MARK, 2]}}},
        (),
        Action(Verdict.CONTINUE, write=Write(blur=ALL_BITS)),
    ),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_statements_that_are_not_known(case: str) -> None:
    statement, conditions, action = STATEMENTS[case]
    rule = nftables_rules.rule(NftRule("ip", "made", "post", [statement]), {}, 4)
    assert (rule.conditions, rule.action) == (conditions, action)


def entries(*items: NftChain | NftRule) -> NftRuleset:
    return NftRuleset(
        [NftEntry(chain=item) if isinstance(item, NftChain) else NftEntry(rule=item) for item in items] + [NftEntry()]
    )


def test_tables_come_in_the_order_of_their_priority_but_those_of_iptables() -> None:
    late = NftChain("inet", "late", "out", "nat", "postrouting", 200)
    early = NftChain("ip", "early", "out", "nat", "postrouting", 50)
    other = NftChain("ip6", "six", "out", "nat", "postrouting", 0)
    nat = NftChain("ip", "nat", "POSTROUTING", "nat", "postrouting", 100)
    before = NftChain("ip", "early", "in", "nat", "prerouting", 0)
    lost = NftRule("ip", "early", "gone", [{"masquerade": None}])
    ruleset = entries(late, early, other, nat, before, lost)
    assert [
        [[(table.base, sorted(table.chains)) for table in nftables_rules.postrouting(ruleset, family, beside, "")]]
        for family, beside in ((4, False), (4, True), (6, True))
    ] == [
        [[(("out",), ["in", "out"]), (("POSTROUTING",), ["POSTROUTING"]), (("out",), ["out"])]],
        [[(("out",), ["in", "out"]), (("out",), ["out"])]],
        [[(("out",), ["out"]), (("out",), ["out"])]],
    ]


def test_marks_that_rules_write_before() -> None:
    def writes(family: str, table: str, bits: int) -> NftRule:
        return NftRule(
            family, table, "in", [{"counter": None}, {"mangle": {"key": MARK, "value": {"|": [MARK, bits]}}}]
        )

    ruleset = entries(
        writes("inet", "mine", 0x1),
        writes("ip", "mangle", 0x2),
        writes("ip6", "mine", 0x4),
        writes("inet", "kube-proxy", 0x4000),
        writes("inet", "filter", 0x8),
    )
    marks = [nftables_rules.marks_before(ruleset, family, beside) for family in (4, 6) for beside in (False, True)]
    assert marks == [0xB, 0x9, 0xD, 0xD]
