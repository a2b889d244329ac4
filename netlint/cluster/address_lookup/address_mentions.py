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
from netlint.snapshot.attached import STATUS

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


def mentions(cluster: Cluster, asked: Range) -> list[Mention]:
    """All of them, by object and field."""
    found = [
        *_in_objects(cluster, asked),
        *_in_pods(cluster, asked),
        *_in_slices(cluster, asked),
        *(entry for host in cluster.hosts for entry in _in_dump(host, asked)),
    ]
    return sorted(found, key=lambda mention: mention.order)


def _in_objects(cluster: Cluster, asked: Range) -> Iterator[Mention]:
    needle = _common_text(asked)
    for kind in cluster.view.snapshot.objects:
        for item in cluster.view.objects(kind):
            if needle in msgspec.json.encode(item).lower():
                for path, text in _leaves(msgspec.to_builtins(item), ()):
                    yield from (Mention(subject_of(item), path, literal) for literal in _naming(text, asked))


def _common_text(asked: Range) -> bytes:
    """What every spelling of an address in the range contains, so that most objects need not be walked."""
    if asked.family == 4:
        first, last = (addresses.text(4, end).split(".") for end in (asked.first, asked.last))
        same = next((n for n, (low, high) in enumerate(zip(first, last, strict=True)) if low != high), 4)
        return ".".join(first[:same]).encode()
    group = asked.first >> 112
    return f"{group:x}".encode() if group and group == asked.last >> 112 else b""


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text in a tree of mappings and lists, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, below in value.items():
            if key != _ORIGIN:
                yield from _leaves(below, (*path, key))
    elif isinstance(value, (list, tuple)):
        for index, below in enumerate(value):
            yield from _leaves(below, (*path, index))


def _naming(text: str, asked: Range) -> Iterator[str]:
    """The different spellings in the text that name the address, or what is inside of the range."""
    for literal in dict.fromkeys(_LITERALS[asked.family].findall(text)):
        held = _range_of(literal, asked)
        if held is not None and asked.covers(held):
            yield literal


def _range_of(literal: str, asked: Range) -> Range | None:
    """What a literal stands for: with a prefix length it names an address, too, where one is asked for."""
    try:
        if "/" not in literal:
            return Range(*addresses.parse(literal), addresses.parse(literal)[1])
        cidr = addresses.parse_cidr(literal)
    except ValueError:
        return None
    if asked.size == 1 or cidr.has_host_bits:
        return Range(cidr.range.family, cidr.address, cidr.address)
    return cidr.range


def _in_pods(cluster: Cluster, asked: Range) -> Iterator[Mention]:
    pods = cluster.pods
    for row in pods.having_address_in(asked):
        text = addresses.text(asked.family, pods.address(row, asked.family))
        yield Mention(pods.subject(row), pods.address_path(row, asked.family), text)
    strings = pods.table.strings.texts
    naming = {number for number, text in enumerate(strings) if text and any(_naming(text, asked))}
    for row, number in enumerate(pods.table.host_ip):
        if number in naming:
            yield Mention(pods.subject(row), ("status", "hostIP"), strings[number])
    for row, line in pods.table.commands.items():
        for position, word in enumerate(line.words):
            path = ("spec", "containers", 0, *line.field(position))
            yield from (Mention(pods.subject(row), path, literal) for literal in _naming(word, asked))
    for row, text in attached_in(pods, asked):
        yield Mention(pods.subject(row), ("metadata", "annotations", STATUS), text)


def attached_in(pods: Pods, asked: Range) -> Iterator[tuple[int, str]]:
    """Pods with addresses of the range in networks beside the cluster's, and these addresses."""
    for row, networks in pods.table.attached.items():
        for network in networks:
            for family, address in network.addresses:
                if asked.holds(family, address):
                    yield row, addresses.text(family, address)


def _in_slices(cluster: Cluster, asked: Range) -> Iterator[Mention]:
    table = cluster.view.slices
    for number, piece in enumerate(table.slices):
        rows = table.endpoints(number)
        for index, address in enumerate(table.addresses(rows, asked.family)):
            if address and asked.first <= address <= asked.last:
                path = ("endpoints", index, "addresses", 0)
                yield Mention(subject_of(piece), path, addresses.text(asked.family, address))


def _in_dump(host: Host, asked: Range) -> Iterator[Mention]:
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
        for path, text in _leaves(content, ()):
            yield from (Mention(host.file(file), path, literal) for literal in _naming(text, asked))
