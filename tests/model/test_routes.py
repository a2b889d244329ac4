"""Routes of a host: what ``ip`` prints is read as what was meant, and looked up as Linux does it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netlint.addresses import Range
from netlint.model.hosts.routes import (
    EVERYTHING,
    MAIN,
    KernelRoute,
    RoutingTable,
    TableRule,
    routes_of,
    table_rules,
)
from netlint.objects.host import NextHop, NodeDump, RouteEntry
from netlint.objects.netfilter import RoutingRule
from tests.support.kernel import require, unavailable
from tests.support.program import execute

ALL, SIX = "ip-route.json", "ip-route6.json"
LINKS = {"eth0": ("192.168.0.1/24", "2001:db8::1/64"), "eth1": ()}
"""The links of the host on which routes are tried, each with its addresses."""


@dataclass(frozen=True)
class Wanted:
    """A route as somebody asks for it; without gateways it leads to ``device`` itself."""

    destination: IPv4Network | IPv6Network
    type: str = "unicast"
    gateways: tuple[str, ...] = ()
    device: str = "eth1"
    metric: int = 0
    table: str = MAIN

    @property
    def family(self) -> int:
        return self.destination.version

    @property
    def range(self) -> Range:
        return Range(self.family, int(self.destination[0]), int(self.destination[-1]))

    @property
    def command(self) -> str:
        """For ``ip -batch``."""
        hops = "".join(f" nexthop via {gateway}" for gateway in self.gateways)
        if len(self.gateways) == 1:
            hops = f" via {self.gateways[0]}"
        where = (hops or f" dev {self.device}") if self.type == "unicast" else ""
        metric = f" metric {self.metric}" if self.metric else ""
        return f"route add {self.type} {self.destination} table {self.table}{metric}{where}"

    @property
    def entry(self) -> RouteEntry:
        """As ``ip`` prints it."""
        whole = {0: "default", self.destination.max_prefixlen: str(self.destination[0])}
        entry = RouteEntry(whole.get(self.destination.prefixlen, str(self.destination)), type=self.type)
        entry.table, entry.metric = self.table, self.metric
        entry.pref = "medium" if self.family == 6 else ""
        if len(self.gateways) > 1:
            entry.nexthops = [NextHop(gateway, "eth0") for gateway in self.gateways]
        elif self.type == "unicast":
            entry.gateway, entry.dev = "".join(self.gateways), "eth0" if self.gateways else self.device
        return entry

    def read(self, file: str) -> KernelRoute:
        """As netlint is to read it."""
        gateways = tuple((self.family, int(ip_address(gateway))) for gateway in self.gateways)
        return KernelRoute(self.range, gateways, self.entry, file)


def networks(family: int) -> st.SearchStrategy[IPv4Network | IPv6Network]:
    """Destinations that nest: the whole family, halves of it, single addresses, and what is between."""
    kind: type[IPv4Network] | type[IPv6Network]
    if family == 4:
        lengths, kind, start = (0, 1, 8, 16, 24, 30, 32), IPv4Network, int(IPv4Address("10.0.0.0"))
    else:
        lengths, kind, start = (0, 1, 32, 48, 64, 127, 128), IPv6Network, int(IPv6Address("2001:db8:a::"))
    bits = lengths[-1]
    parts = st.tuples(st.integers(0, 1), st.integers(0, 3)).map(lambda part: start + (part[0] << bits // 4) + part[1])
    return st.builds(
        lambda address, length: kind((address >> bits - length << bits - length, length)),
        parts,
        st.sampled_from(lengths),
    )


def wanted(families: tuple[int, ...] = (4, 6)) -> st.SearchStrategy[Wanted]:
    return (
        st.sampled_from(families)
        .flatmap(
            lambda family: st.builds(
                Wanted,
                networks(family),
                st.sampled_from(("unicast", "unicast", "unicast", "blackhole", "unreachable", "prohibit")),
                st.lists(
                    st.integers(2, 5).map(
                        lambda number: f"192.168.0.{number}" if family == 4 else f"2001:db8::{number}"
                    ),
                    max_size=2,
                    unique=True,
                ).map(tuple),
                metric=st.sampled_from((0, 100, 4096)),
                table=st.sampled_from((MAIN, MAIN, "77")),
            )
        )
        .map(lambda route: route if route.type == "unicast" else replace(route, gateways=()))
    )


def dump(**files: list[RouteEntry]) -> NodeDump:
    named = {ALL: files.get("both", []), SIX: files.get("six", [])}
    return NodeDump("node1", "node1", routes=named)


@settings(deadline=None)
@given(st.lists(wanted(), max_size=8), st.lists(wanted((6,)), max_size=4))
def test_what_ip_prints_is_read_as_what_was_asked_for(both: list[Wanted], six: list[Wanted]) -> None:
    found = list(routes_of(dump(both=[route.entry for route in both], six=[route.entry for route in six])))
    assert found == [*(route.read(ALL) for route in both), *(route.read(SIX) for route in six)]
    for route, asked in zip(found, [*both, *six], strict=True):
        assert route.is_default is (asked.destination.prefixlen == 0)
        if asked.type == "unicast":
            assert list(route.devices) == (["eth0"] * len(asked.gateways) or [asked.device])
            assert route.is_direct is not bool(asked.gateways)
        assert route.gateway == (route.gateways[0] if len(asked.gateways) == 1 else None)


@pytest.mark.parametrize(
    ("entry", "file", "family"),
    [
        (RouteEntry("default", dev="tun0"), ALL, 4),
        (RouteEntry("default", dev="tun0", pref="medium"), ALL, 6),
        (RouteEntry("default", dev="tun0"), SIX, 6),
        (RouteEntry("default", gateway="fe80::1"), ALL, 6),
        (RouteEntry("default", gateway="192.168.0.1"), SIX, 4),
        (RouteEntry("default", nexthops=[NextHop(dev="tun0"), NextHop("fe80::1", "eth0")]), ALL, 6),
        (RouteEntry("default", dev="tun0", prefsrc="2001:db8::1"), ALL, 6),
        (RouteEntry("default", gateway="junk", prefsrc="fe80::1%eth0"), ALL, 4),
        (RouteEntry("default", gateway="", type="unreachable"), SIX, 6),
    ],
)
def test_a_default_route_is_of_one_family(entry: RouteEntry, file: str, family: int) -> None:
    (route,) = routes_of(NodeDump("node1", "node1", routes={file: [entry]}))
    assert route.destination == EVERYTHING[family]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["junk", "", "::ffff:10.0.0.1", "10.0.0.256", "\0", "192.168.0.2"]), max_size=3))
def test_what_is_no_address_is_no_gateway(texts: list[str]) -> None:
    entry = RouteEntry("10.0.0.0/8", nexthops=[NextHop(text, "eth0") for text in texts], dev="eth0", gateway="junk")
    (route,) = routes_of(dump(both=[entry]))
    assert route.gateways == ((4, int(IPv4Address("192.168.0.2"))),) * texts.count("192.168.0.2")
    assert not route.is_direct


@settings(deadline=None)
@given(st.lists(wanted((4,)), max_size=8), st.tuples(networks(4), networks(4)))
def test_the_longest_prefix_and_then_the_lowest_metric_is_chosen(
    asked: list[Wanted], ends: tuple[IPv4Network, IPv4Network]
) -> None:
    routes = list(routes_of(dump(both=[route.entry for route in asked])))
    first, last = sorted((int(ends[0][0]), int(ends[1][-1])))
    pieces = list(RoutingTable(routes).lookup(Range(4, first, last)))
    assert [span.first for span, _ in pieces] == [first, *(span.last + 1 for span, _ in pieces[:-1])]
    assert pieces[-1][0].last == last
    for span, chosen in pieces:
        for value in (span.first, span.last):
            holding = [route for route in routes if route.destination.holds(4, value)]
            best = min(((route.destination.size, route.entry.metric) for route in holding), default=None)
            assert chosen == [route for route in holding if (route.destination.size, route.entry.metric) == best]


def test_rules_send_packets_to_tables() -> None:
    rules = [
        RoutingRule(0, table="local"),
        RoutingRule(512, dst="10.0.0.5", table="main"),
        RoutingRule(1536, src="10.0.0.5", table="2"),
        RoutingRule(1537, src="10.0.1.7", srclen=24, table="3"),
        RoutingRule(1538, src="junk", table="main"),
        RoutingRule(1539, fwmark="0x80/0x80", table="main"),
        RoutingRule(1540, iif="tun0", table="main"),
        RoutingRule(32766, table="main"),
        RoutingRule(32800, table="52"),
    ]
    node = NodeDump("node1", "node1", policy_rules={4: rules})
    start = int(IPv4Address("10.0.0.0"))
    single, network = Range(4, start + 5, start + 5), Range(4, start + 256, start + 511)
    assert table_rules(node, 4) == [
        TableRule("local", None, False),
        TableRule("main", None, True),
        TableRule("2", single, True),
        TableRule("3", network, True),
        TableRule("main", None, True),
        TableRule("main", None, True),
        TableRule("main", None, True),
        TableRule("main", None, False),
        TableRule("52", None, False),
    ]
    assert [rule.is_predefined for rule in table_rules(node, 4) or ()] == [True, *[False] * 6, True, False]
    assert table_rules(node, 6) is None


SETUP = [
    "link set lo up",
    *(f"link add {name} type veth peer name {name}p" for name in LINKS),
    *(f"link set {name}{end} addrgenmode none up" for name in LINKS for end in ("", "p")),
    *(f"address add {cidr} dev {name} {'nodad' * (':' in cidr)}" for name, cidrs in LINKS.items() for cidr in cidrs),
]


def in_namespace(script: str) -> list[str]:
    """The lines that a shell prints in a network namespace of its own, with the links of the host."""
    batch = "\n".join(SETUP)
    text = f"set -e\nip -batch - <<'END'\n{batch}\nEND\nset +e\n{script}"
    done = execute("unshare", "--net", "sh", "-c", text)
    if done.returncode:
        unavailable(f"this kernel gives no network namespace with links: {done.stderr}")
    return done.stdout.splitlines()


def added(asked: list[Wanted]) -> str:
    """Commands that make routes; one whose like is there already is refused."""
    batch = "\n".join(route.command for route in asked)
    return f"ip -force -batch - <<'END' 2>/dev/null\n{batch}\nEND\n"


def decoded(line: str) -> list[RouteEntry]:
    return msgspec.json.decode(line, type=list[RouteEntry])


@pytest.fixture(scope="module")
def kernel() -> None:
    require("ip", "unshare")
    in_namespace("exit 0")


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(wanted(), min_size=1, max_size=12))
def test_what_linux_prints_is_what_was_asked_for(kernel: None, asked: list[Wanted]) -> None:
    show = "\n".join(f"ip -json {option} route show table all" for option in ("", "-4", "-6"))
    both, *apart = (decoded(line) for line in in_namespace(f"{added(asked)}{show}\nexit 0"))
    routes = list(routes_of(dump(both=[entry for entry in both if entry.protocol != "kernel"])))
    assert {(route.destination, route.entry.table) for route in routes} == {
        (route.range, route.table) for route in asked
    }
    for family, entries in zip((4, 6), apart, strict=True):
        found = [route.entry for route in routes if route.destination.family == family]
        assert found == [entry for entry in entries if entry.protocol != "kernel"]


def is_elsewhere(address: IPv4Address | IPv6Address) -> bool:
    """Whether table main has to tell where it is."""
    special = address.is_loopback or address.is_multicast or address.is_unspecified
    return not special and address != IPv4Address("255.255.255.255")


def taken(answer: str) -> tuple[str, str] | None:
    """Gateway and link of what ``ip route get`` answers; None where no packet leaves."""
    for entry in decoded(answer):
        if entry.type == "unicast":
            return entry.gateway, entry.dev
    return None


def ways(routes: list[KernelRoute]) -> set[tuple[str, str] | None]:
    """Gateways and links of equal routes, of which Linux takes any."""
    hops = {
        (hop.gateway, hop.dev)
        for route in routes
        if route.entry.type == "unicast"
        for hop in route.entry.nexthops or [route.entry]
    }
    return hops or {None}


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(asked=st.lists(wanted(), min_size=1, max_size=12))
def test_linux_chooses_the_same_routes(kernel: None, asked: list[Wanted]) -> None:
    ends = [end for route in asked for end in (route.destination[0], route.destination[-1])]
    tried = [address for address in dict.fromkeys(ends) if is_elsewhere(address)]
    gets = "\n".join(f"ip -json route get {address} 2>/dev/null || echo '[]'" for address in tried)
    printed, *answers = in_namespace(f"{added(asked)}ip -json route show table all\n{gets}\nexit 0")
    table = RoutingTable(route for route in routes_of(dump(both=decoded(printed))) if route.entry.table == MAIN)
    for address, answer in zip(tried, answers, strict=True):
        ((_, chosen),) = table.lookup(Range(address.version, int(address), int(address)))
        assert taken(answer) in ways(chosen), (address, answer, printed)
