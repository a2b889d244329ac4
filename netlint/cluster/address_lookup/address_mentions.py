"""Every field in which an address is written: of objects, of pods and slices, of node dumps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from netlint import addresses
from netlint.addresses import Range
from netlint.cluster import Cluster
from netlint.findings import Subject
from netlint.model.hosts.host import Host
from netlint.model.pods import Pods
from netlint.model.subjects import subject_of
from netlint.objects.meta import Path
from netlint.snapshot.attached_networks import STATUS

_LITERALS = {
    4: re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?![\w.]*\w)"),
    6: re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/\d{1,3})?(?![\w:])"),
}
_ORIGIN = "~origin"


@dataclass(frozen=True, slots=True)
class Mention:
    """One field that names the address, or a range or an address inside of the range; ``text`` as written."""

    subject: Subject
    path: Path
    text: str

    @property
    def order(self) -> tuple[tuple[str, str, str], tuple[str, ...]]:
        """By object and field."""
        return self.subject.order, tuple(f"{step:06}" if isinstance(step, int) else step for step in self.path)


def mentions(cluster: Cluster, query: Range) -> list[Mention]:
    """Every field that names an address of the range, by object and field."""
    unordered = [
        *_in_objects(cluster, query),
        *_in_pods(cluster, query),
        *_in_slices(cluster, query),
        *(entry for host in cluster.hosts for entry in _in_dump(host, query)),
    ]
    return sorted(unordered, key=lambda mention: mention.order)


def _in_objects(cluster: Cluster, query: Range) -> Iterator[Mention]:
    needle = _common_text(query)
    for kind in cluster.view.snapshot.objects:
        for item in cluster.view.objects(kind):
            if needle in msgspec.json.encode(item).lower():
                for path, text in _texts(msgspec.to_builtins(item), ()):
                    yield from (Mention(subject_of(item), path, literal) for literal in _spellings(text, query))


def _common_text(query: Range) -> bytes:
    """Bytes that every spelling of an address in the range contains, so that most objects need not be walked."""
    if query.family == 4:
        first, last = (addresses.text(4, end).split(".") for end in (query.first, query.last))
        shared_octets = next((n for n, (low, high) in enumerate(zip(first, last, strict=True)) if low != high), 4)
        return ".".join(first[:shared_octets]).encode()
    group = query.first >> 112
    return f"{group:x}".encode() if group and group == query.last >> 112 else b""


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a tree of mappings and lists, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, nested in value.items():
            if key != _ORIGIN:
                yield from _texts(nested, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, nested in enumerate(value):
            yield from _texts(nested, (*path, index))


def _spellings(text: str, query: Range) -> Iterator[str]:
    """Different literals in the text that name addresses of the query alone, as they are written."""
    for literal in dict.fromkeys(_LITERALS[query.family].findall(text)):
        range_named = _range_of(literal, query)
        if range_named is not None and query.covers(range_named):
            yield literal


def _range_of(literal: str, query: Range) -> Range | None:
    """Range of a literal; of one with a prefix length its address alone, where one address is asked for."""
    try:
        if "/" not in literal:
            return Range(*addresses.parse(literal), addresses.parse(literal)[1])
        cidr = addresses.parse_cidr(literal)
    except ValueError:
        return None
    if query.size == 1 or cidr.has_host_bits:
        return Range(cidr.range.family, cidr.address, cidr.address)
    return cidr.range


def _in_pods(cluster: Cluster, query: Range) -> Iterator[Mention]:
    pods = cluster.pods
    for row in pods.having_address_in(query):
        text = addresses.text(query.family, pods.address(row, query.family))
        yield Mention(pods.subject(row), pods.address_path(row, query.family), text)
    for row in pods.having_host_ip(lambda _, ip: any(_spellings(ip, query))):
        yield Mention(pods.subject(row), ("status", "hostIP"), pods.host_ip(row))
    for row, line in pods.all_command_lines.items():
        for position, word in enumerate(line.words):
            path = ("spec", "containers", 0, *line.field(position))
            yield from (Mention(pods.subject(row), path, literal) for literal in _spellings(word, query))
    for row, text in secondary_addresses_in(pods, query):
        yield Mention(pods.subject(row), ("metadata", "annotations", STATUS), text)


def secondary_addresses_in(pods: Pods, query: Range) -> Iterator[tuple[int, str]]:
    """Pods with addresses of the range in networks beside the cluster's, and these addresses."""
    for row, networks in pods.attachments.items():
        for network in networks:
            for family, address in network.addresses:
                if query.holds(family, address):
                    yield row, addresses.text(family, address)


def _in_slices(cluster: Cluster, query: Range) -> Iterator[Mention]:
    slices = cluster.view.slices
    for number in range(len(slices)):
        rows = slices.endpoints(number)
        for row, address in zip(rows, slices.addresses(rows, query.family), strict=True):
            if address and query.first <= address <= query.last:
                text = addresses.text(query.family, address)
                yield Mention(slices.subject(number), slices.address_path(number, row), text)


def _in_dump(host: Host, query: Range) -> Iterator[Mention]:
    dump = host.dump
    parts: list[tuple[str, object]] = [
        ("ip-addr.json", {link.ifname: [info.local for info in link.addr_info] for link in dump.links or ()}),
        *((file, [(entry.dst, entry.gateway) for entry in entries]) for file, entries in dump.routes.items()),
        ("run-flannel-subnet.env", dump.subnet_env),
        ("etc-docker-daemon.json", msgspec.to_builtins(dump.docker)),
        *((f"var-lib-cni-networks-{network}.txt", leases) for network, leases in dump.leases.items()),
        *((f"cni/{name}", content) for name, content in dump.conflists.items()),
    ]
    for file, content in parts:
        for path, text in _texts(content, ()):
            yield from (Mention(host.file(file), path, literal) for literal in _spellings(text, query))
