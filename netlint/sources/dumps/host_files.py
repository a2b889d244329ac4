"""What one file of a host says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from netlint import addresses
from netlint.errors import SourceError
from netlint.objects.host import KERNEL, ROUTES, DockerDaemon, Link, NodeDump, RouteEntry
from netlint.objects.netfilter import NftRuleset, RoutingRule
from netlint.sources.dumps import iptables_save
from netlint.sources.dumps.host_folders import CNI, LEASES, PACKET_FILTERS, HostFile
from netlint.sources.dumps.iptables_save import FilterLines
from netlint.sources.finding.input_files import read_exactly

LARGEST_FILE = 64 << 20
LARGEST_FILTER = 256 << 20
"""Bytes of iptables-save, whose lines are read one by one: 10,000 Services with 15 endpoints each take 66 MiB."""
_STEP = 1 << 20

Part = Callable[[NodeDump], None]
"""Puts what a file says into its host's dump."""


def part(file: HostFile, known: FilterLines) -> Part:
    """What a file says; ``known`` are the lines of packet filters met so far.

    Raises SourceError and OSError where its bytes cannot be had or are too many, ValueError (msgspec's errors
    included) and RecursionError where they do not say what they should.
    """
    if file.name in PACKET_FILTERS:
        return _entry("filters", file.name, iptables_save.read(_lines(file), known))
    return _decoded(file.name, _text(file))


def _text(file: HostFile) -> bytes:
    text = read_exactly(file.stream, LARGEST_FILE + 1)
    if len(text) > LARGEST_FILE:
        raise SourceError(f"{file.place}: more than {LARGEST_FILE >> 20} MiB, which no file of a node dump has")
    return text


def _lines(file: HostFile) -> Iterator[str]:
    """The lines of a text that never is in memory as a whole."""
    read, rest = 0, b""
    while text := file.stream.read(_STEP):
        read += len(text)
        if read > LARGEST_FILTER:
            raise SourceError(f"{file.place}: more than {LARGEST_FILTER >> 20} MiB, which no packet filter has")
        whole, line_break, rest = (rest + text).rpartition(b"\n")
        yield from _decoded_lines(whole + line_break, read - len(text))
    yield from _decoded_lines(rest, read - len(rest))


def _decoded_lines(text: bytes, start: int) -> list[str]:
    try:
        return text.decode().splitlines()
    except UnicodeDecodeError as error:
        wrong, at = text[error.start], start + error.start
        raise ValueError(f"'utf-8' codec can't decode byte {wrong:#04x} in position {at}: {error.reason}") from error


def _decoded(name: str, text: bytes) -> Part:
    folder, _, file = name.rpartition("/")
    if folder == CNI:
        return _entry("conflists", file, msgspec.json.decode(text, type=dict[str, Any]))
    if file.startswith(LEASES):
        return _entry("leases", file.removeprefix(LEASES).removesuffix(".txt"), _leases(text))
    return _DECODERS[file](text)


def _field(name: str, value: object) -> Part:
    return lambda dump: setattr(dump, name, value)


def _entry(field: str, key: str | int, value: object) -> Part:
    return lambda dump: getattr(dump, field).update({key: value})


def _links(text: bytes) -> Part:
    """``ip`` prints ``{}`` for what a filter leaves out."""
    links = [link for link in msgspec.json.decode(text, type=list[Link]) if link.ifname]
    for link in links:
        link.addr_info = [info for info in link.addr_info if info.local]
        for info in link.addr_info:
            addresses.parse_cidr(f"{info.local}/{info.prefixlen}")
    return _field("links", links)


def _routes(file: str) -> Callable[[bytes], Part]:
    return lambda text: _entry("routes", file, _route_entries(text))


def _route_entries(text: bytes) -> list[RouteEntry]:
    """For a table that does not exist ``ip`` prints nothing, or a bracket that it does not close."""
    printed = msgspec.json.decode(text, type=list[RouteEntry]) if text.strip() not in {b"", b"["} else []
    routes = [route for route in printed if route.dst]
    for route in routes:
        if route.dst != "default":
            addresses.parse_range(route.dst)
        for address in (route.prefsrc, route.gateway, *(hop.gateway for hop in route.nexthops)):
            if address:
                addresses.parse(address)
    return routes


def _leases(text: bytes) -> list[str]:
    """``ADDRESS OWNER`` lines, one for each file that host-local keeps; its lock and its marks are none."""
    words = [line.split()[0] for line in text.decode().splitlines() if line.strip()]
    leased = [word for word in words if word != "lock" and not word.startswith("last_reserved_ip")]
    for address in leased:
        addresses.parse(address)
    return leased


def _subnet_env(text: bytes) -> Part:
    lines = (line.partition("=") for line in text.decode().splitlines())
    return _field("subnet_env", {key.strip(): value.strip() for key, equals, value in lines if equals})


def _docker(text: bytes) -> Part:
    return _field("docker", msgspec.json.decode(text, type=DockerDaemon))


def _kernel(text: bytes) -> Part:
    lines = (line.partition("=") for line in text.decode().splitlines())
    return _field("kernel", {key.strip(): value.strip() for key, _, value in lines if key.strip() in KERNEL})


def _nft(text: bytes) -> Part:
    return _field("nft", msgspec.json.decode(text, type=NftRuleset))


def _ipsets(text: bytes) -> Part:
    return _field("ipsets", iptables_save.read_sets(text.decode()))


def _routing_rules(family: int) -> Callable[[bytes], Part]:
    return lambda text: _entry("policy_rules", family, msgspec.json.decode(text, type=list[RoutingRule]))


_DECODERS: dict[str, Callable[[bytes], Part]] = {
    "etc-docker-daemon.json": _docker,
    "ip-addr.json": _links,
    **{name: _routes(name) for name in ROUTES},
    "ip-rule.json": _routing_rules(4),
    "ip-rule6.json": _routing_rules(6),
    "ipset.txt": _ipsets,
    "nft.json": _nft,
    "run-flannel-subnet.env": _subnet_env,
    "sysctl.txt": _kernel,
}
