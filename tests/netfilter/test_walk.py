"""Sets of packets go where each packet of them goes; what depends on the unknown is said to."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlint.dataplane.netfilter.packets import HostContext, Mark, Packets
from netlint.dataplane.netfilter.tables import marks_before, postrouting, ranges_of
from netlint.dataplane.netfilter.walk import translations
from netlint.sources.dumps import iptables_save
from netlint.sources.dumps.iptables_save import FilterLines
from tests.support.netfilter.expected import AROUND, hits, holds, ranges
from tests.support.netfilter.written import PACKETS, Packet, Table, tables


def read(text: str):
    found = postrouting(iptables_save.read(text.splitlines(), FilterLines()), "iptables-save.txt")
    assert found is not None
    return [found]


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables(), packets=st.lists(PACKETS, min_size=1, max_size=8))
def test_every_packet_of_a_set_goes_the_same_way(table: Table, packets: list[Packet]) -> None:
    for packet in packets:
        found = [hit.packets for hit in hits(read(table.iptables), Mark(packet["mark"]))]
        assert sum(holds(piece, packet) for piece in found) == table.translates(packet)
        assert [piece for piece in found if piece.doubt] == []


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables(known=False), st.lists(PACKETS, min_size=1, max_size=8), st.sampled_from([0, 0x4000]))
def test_nothing_is_sure_that_depends_on_the_unknown(table: Table, packets: list[Packet], unknown: int) -> None:
    """Bits of the mark may be unknown, too."""
    for packet in packets:
        found = [hit.packets for hit in hits(read(table.iptables), Mark(packet["mark"] & ~unknown, unknown))]
        held = [piece for piece in found if holds(piece, packet)]
        for mark in {packet["mark"] & ~unknown, packet["mark"] | unknown}:
            if any(not piece.doubt for piece in held):
                assert table.translates(packet | {"mark": mark})
            if not held:
                assert not table.translates(packet | {"mark": mark})


def outcome(*rules: str, around: HostContext = AROUND) -> set[str]:
    """The doubts about what is translated; empty text for what is sure."""
    chains = {"POSTROUTING": "ACCEPT"} | {rule.split()[1]: "-" for rule in rules if rule.split()[1] != "POSTROUTING"}
    declared = [f":{name} {policy} [0:0]" for name, policy in chains.items()]
    text = "\n".join(["*nat", *declared, *(f"[3:180] {rule}" for rule in rules), "COMMIT"])
    packets = Packets(ranges("10.1.0.0/24"), ranges("10.2.0.0/24"))
    return {hit.packets.doubt for hit in translations(read(text), packets, around)}


CASES = {
    "an unknown match before a masquerade": (["-A POSTROUTING -m bpf --bytecode x -j MASQUERADE"], {"-m bpf"}),
    "the same where the addresses do not fit": (
        ["-A POSTROUTING -d 10.3.0.0/16 -m bpf --bytecode x -j MASQUERADE"],
        set(),
    ),
    "an unknown match that makes no difference": (["-A POSTROUTING -m bpf --bytecode x -j LOG"], set()),
    "an unknown match that only spares": (["-A POSTROUTING -m bpf --bytecode x -j ACCEPT"], set()),
    "an unknown match that may spare": (
        ["-A POSTROUTING -m bpf --bytecode x -j RETURN", "-A POSTROUTING -j MASQUERADE"],
        {"-m bpf"},
    ),
    "an unknown jump into a chain that does nothing": (
        ["-A POSTROUTING -m bpf --bytecode x -j A", "-A A -s 10.9.0.0/16 -j ACCEPT", "-A POSTROUTING -j MASQUERADE"],
        {""},
    ),
    "an unknown target": (["-A POSTROUTING -j NFQUEUE --queue-num 0"], {"-j NFQUEUE"}),
    "a jump to a chain that is not there": (["-A POSTROUTING -j GONE"], {"-j GONE"}),
    "chains that jump to each other": (["-A POSTROUTING -s 10.9.0.0/16 -j A", "-A A -j A"], set()),
    "an odd netmask": (["-A POSTROUTING -s 10.0.0.1/255.0.0.255 -j MASQUERADE"], {"-s"}),
    "another source": (["-A POSTROUTING -j SNAT --to-source 192.0.2.1"], {""}),
    "a whole network mapped": (["-A POSTROUTING -s 10.1.0.0/24 -j NETMAP --to 192.0.2.0/24"], {""}),
    "the mark of a connection": (
        [
            "-A POSTROUTING -j CONNMARK --restore-mark --nfmask 0x80 --ctmask 0x80",
            "-A POSTROUTING -m mark --mark 0x80/0x80 -j MASQUERADE",
        ],
        {"marks 0x80"},
    ),
    "the mark of a connection that is written, not read": (
        [
            "-A POSTROUTING -j CONNMARK --save-mark",
            "-A POSTROUTING -m mark ! --mark 0x80/0x80 -j RETURN",
            "-A POSTROUTING -j MASQUERADE",
        ],
        set(),
    ),
    "a type that is narrowed to a link": (
        ["-A POSTROUTING -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype ! --dst-type LOCAL -j SNAT"],
        {"-m addrtype --limit-iface-out"},
    ),
    "an ipset that is in no dump": (["-A POSTROUTING -m set --match-set pods src -j MASQUERADE"], {"ipset pods"}),
    "kube-proxy's set of pods that reach themselves": (
        ["-A POSTROUTING -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE"],
        set(),
    ),
    "packets of established connections": (
        ["-A POSTROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j MASQUERADE"],
        set(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_sure_and_what_is_not(case: str) -> None:
    rules, expected = CASES[case]
    around = HostContext(ranges("10.9.0.0/16"), AROUND.leaving)
    assert outcome(*rules, around=around) == expected


def test_nothing_is_told_of_what_the_dump_does_not_show() -> None:
    local = "-A POSTROUTING -m addrtype ! --dst-type LOCAL -j MASQUERADE"
    link = "-A POSTROUTING -o eth0 -j MASQUERADE"
    assert outcome(local, around=HostContext()) == {"the host's own addresses"}
    assert outcome(link, around=HostContext()) == {"the link that routes lead to (eth0)"}


def test_marks_that_others_write_are_not_known() -> None:
    text = "*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j MARK --set-xmark 0x100/0x300\nCOMMIT\n"
    text += "*nat\n:POSTROUTING ACCEPT [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:OWN - [0:0]\n-A POSTROUTING -j OWN\n"
    text += "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\n-A OWN -j MARK --set-xmark 0x4000/0x0\nCOMMIT\n"
    assert marks_before(iptables_save.read(text.splitlines(), FilterLines())) == 0x300


SETS = {
    "create pods hash:net family inet hashsize 1024\nadd pods 10.1.0.0/24\nadd pods 10.2.0.7\n": (
        "10.1.0.0/24",
        "10.2.0.7/32",
    ),
    "create pods hash:ip family inet timeout 600\nadd pods 10.1.0.9 timeout 17\n": ("10.1.0.9/32",),
    "create pods hash:net family inet\n": (),
    "create pods hash:net family inet\nadd pods 10.1.0.0/16\nadd pods 10.1.1.0/24 nomatch\n": None,
    "create pods hash:ip,port family inet\nadd pods 10.1.0.9,tcp:80\n": None,
    "create pods hash:ip family inet\nadd pods 10.1.0.9-10.1.0.20\n": None,
}


@pytest.mark.parametrize("text", SETS)
def test_ipsets(text: str) -> None:
    expected = SETS[text]
    assert ranges_of(iptables_save.read_sets(text)["pods"]) == (None if expected is None else ranges(*expected))
