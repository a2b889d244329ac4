"""Addresses and ranges as integers: the only address arithmetic in netlint.

Inside, an address is a plain ``int`` beside its family (4 or 6) and a range is a pair of them; text is
parsed and printed here and nowhere else. Parsing is strict, as Kubernetes' newer validation is
(k8s.io/apimachinery/pkg/util/validation/ip.go): no leading zeros, no zone, no IPv4-mapped IPv6.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv6Address
from itertools import repeat
from socket import AF_INET, AF_INET6, AddressFamily, inet_pton
from sys import byteorder
from typing import Generic, NamedTuple, TypeVar

BITS = {4: 32, 6: 128}
FAMILY_NAMES = {4: "IPv4", 6: "IPv6"}
FAMILY_NUMBERS = {name: family for family, name in FAMILY_NAMES.items()}
_MAPPED = 0xFFFF
_NO_V4 = "0.0.0.0"  # noqa: S104
_HIGHEST = 1 << 128
T = TypeVar("T")


class Range(NamedTuple):
    """All addresses of one family from ``first`` to ``last``, both included."""

    family: int
    first: int
    last: int

    def overlaps(self, other: Range) -> bool:
        """Whether any address lies in both."""
        return self.family == other.family and self.first <= other.last and other.first <= self.last

    def covers(self, other: Range) -> bool:
        """Whether every address of ``other`` lies in this range."""
        return self.family == other.family and self.first <= other.first and other.last <= self.last

    def holds(self, family: int, address: int) -> bool:
        """Whether the address lies in this range."""
        return self.family == family and self.first <= address <= self.last

    @property
    def size(self) -> int:
        """How many addresses it has."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        """As CIDR where it is one, else ``first-last``."""
        host_bits = self.size.bit_length() - 1
        if self.size == 1 << host_bits and self.first & (self.size - 1) == 0:
            return f"{text(self.family, self.first)}/{BITS[self.family] - host_bits}"
        return f"{text(self.family, self.first)}-{text(self.family, self.last)}"


class Cidr(NamedTuple):
    """A CIDR as it was written: its range, and the address in front of the slash."""

    range: Range
    address: int
    prefix_length: int
    written: str

    @property
    def is_canonical(self) -> bool:
        """Whether it is written as RFC 5952 says; IPv4 has no other way."""
        return self.range.family == 4 or self.written == str(self)

    @property
    def has_host_bits(self) -> bool:
        """Whether the address in front of the slash is not the range's first one."""
        return self.address != self.range.first

    def __str__(self) -> str:
        """In its canonical form, with the host bits that it was given."""
        return f"{text(self.range.family, self.address)}/{self.prefix_length}"


def parse(address: str) -> tuple[int, int]:
    """Family and value of an IPv4 or IPv6 address.

    Raises ValueError for everything else, ``010.0.0.1`` and ``::ffff:10.0.0.1`` included.
    """
    try:
        if ":" not in address:
            return 4, int.from_bytes(inet_pton(AF_INET, address), "big")
        value = int.from_bytes(inet_pton(AF_INET6, address), "big")
    except (OSError, ValueError) as error:  # ValueError: a NUL inside the text
        raise ValueError(f"{address!r} is no IP address") from error
    if value >> 32 == _MAPPED:
        raise ValueError(f"{address!r} is an IPv4-mapped IPv6 address, which Kubernetes does not accept")
    return 6, value


def parse_v4(texts: Sequence[str]) -> array[int]:
    """The values of IPv4 addresses, 0 for an empty text; a sixth of the cost of one by one.

    Raises ValueError where one of the others is no IPv4 address.
    """
    values = array("I", _packed(AF_INET, [text or _NO_V4 for text in texts]))
    if byteorder == "little":
        values.byteswap()
    return values


def parse_v6(texts: Sequence[str]) -> tuple[array[int], array[int]]:
    """The upper and the lower 64 bits of IPv6 addresses, 0 for an empty text.

    Raises ValueError where one of the others is no IPv6 address that ``parse`` takes.
    """
    if not any(texts):
        return array("Q", bytes(8 * len(texts))), array("Q", bytes(8 * len(texts)))
    halves = array("Q", _packed(AF_INET6, [text or "::" for text in texts]))
    if byteorder == "little":
        halves.byteswap()
    high, low = halves[::2], halves[1::2]
    if any(not upper and lower >> 32 == _MAPPED for upper, lower in zip(high, low, strict=True)):
        raise ValueError("an IPv4-mapped IPv6 address, which Kubernetes does not accept")
    return high, low


def _packed(family: AddressFamily, texts: list[str]) -> bytes:
    try:
        return b"".join(map(inet_pton, repeat(family), texts))
    except OSError as error:
        raise ValueError("one of them is no IP address") from error


def parse_cidr(cidr: str) -> Cidr:
    """A CIDR such as ``10.244.1.0/24``; host bits are kept in ``address``.

    Raises ValueError for text that is no CIDR.
    """
    address, slash, length = cidr.partition("/")
    if not slash:
        raise ValueError(f"{cidr!r} is no CIDR: the prefix length is missing")
    family, value = parse(address)
    digits = length.isascii() and length.isdigit()
    if not digits or str(int(length)) != length or int(length) > BITS[family]:
        raise ValueError(f"{cidr!r} is no CIDR: /{length} is no prefix length of IPv{family}")
    size = 1 << (BITS[family] - int(length))
    first = value & -size
    return Cidr(Range(family, first, first + size - 1), value, int(length), cidr)


def parse_range(written: str) -> Range:
    """The range of a CIDR, or of one address where there is no prefix length.

    Raises ValueError for everything else.
    """
    if "/" in written:
        return parse_cidr(written).range
    family, value = parse(written)
    return Range(family, value, value)


def text(family: int, address: int) -> str:
    """The address as RFC 5952 writes it (IPv6) or in dotted quads (IPv4)."""
    if family == 4:
        return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"
    return str(IPv6Address(address))


def overlapping_groups(ranges: Sequence[Range]) -> list[list[int]]:
    """Indices of ranges that overlap, as connected groups of two or more, each group in index order.

    One sweep over the ranges sorted by their first address: ranges that chain into each other form one
    group even where not all of them overlap pairwise.
    """
    order = sorted(range(len(ranges)), key=ranges.__getitem__)
    groups: list[list[int]] = []
    current: list[int] = []
    family, reach = 0, -1
    for index in order:
        span = ranges[index]
        if span.family == family and span.first <= reach:
            current.append(index)
            reach = max(reach, span.last)
            continue
        if len(current) > 1:
            groups.append(sorted(current))
        current, family, reach = [index], span.family, span.last
    if len(current) > 1:
        groups.append(sorted(current))
    return sorted(groups)


def touching(ranges: Sequence[Range], others: Iterable[Range]) -> list[int]:
    """Indices of those ranges that have an address in common with any of the others."""
    disjoint = merged(others)
    return [index for index, span in enumerate(ranges) if touches(span, disjoint)]


def touches(span: Range, ranges: Sequence[Range]) -> bool:
    """Whether any of the ranges, which are apart and in order as ``merged`` gives them, overlaps this one."""
    at = bisect_right(ranges, (span.family, span.last, _HIGHEST)) - 1
    return at >= 0 and ranges[at].overlaps(span)


def uncovered(ranges: Sequence[Range], by: Iterable[Range]) -> list[int]:
    """Indices of those ranges that do not lie wholly in the union of the others."""
    disjoint = merged(by)
    outside = []
    for index, span in enumerate(ranges):
        at = bisect_right(disjoint, (span.family, span.first, _HIGHEST)) - 1
        if at < 0 or not disjoint[at].covers(span):
            outside.append(index)
    return outside


def merged(ranges: Iterable[Range]) -> list[Range]:
    """The same addresses in ranges that are apart from each other and in order."""
    joined: list[Range] = []
    for span in sorted(ranges):
        if joined and joined[-1].family == span.family and span.first <= joined[-1].last + 1:
            joined[-1] = Range(span.family, joined[-1].first, max(joined[-1].last, span.last))
        else:
            joined.append(span)
    return joined


def without(span: Range, spared: Iterable[Range]) -> list[Range]:
    """What is left of a range without the others."""
    left, start = [], span.first
    for hole in merged(other for other in spared if other.overlaps(span)):
        if hole.first > start:
            left.append(Range(span.family, start, hole.first - 1))
        start = hole.last + 1
    return [*left, Range(span.family, start, span.last)] if start <= span.last else left


def common(ranges: Sequence[Range], others: Sequence[Range]) -> list[Range]:
    """The addresses that are in both; each side is apart and in order, as ``merged`` gives it."""
    return [
        Range(span.family, max(span.first, other.first), min(span.last, other.last))
        for span, overlapping in _meeting(ranges, others)
        for other in overlapping
    ]


def difference(ranges: Sequence[Range], others: Sequence[Range]) -> list[Range]:
    """The addresses that are not in the others; each side is apart and in order, as ``merged`` gives it."""
    return [rest for span, overlapping in _meeting(ranges, others) for rest in without(span, overlapping)]


def _meeting(ranges: Sequence[Range], others: Sequence[Range]) -> Iterator[tuple[Range, Sequence[Range]]]:
    """Each range with the others that overlap it."""
    at = 0
    for span in ranges:
        while at < len(others) and (others[at].family, others[at].last) < (span.family, span.first):
            at += 1
        last = at
        while last < len(others) and others[last].overlaps(span):
            last += 1
        yield span, others[at:last]


class RangeIndex(Generic[T]):
    """Which of many ranges hold an address; ranges may nest and overlap.

    The ranges are cut once into disjoint pieces, each with its holders, so a query is one bisection.
    """

    def __init__(self, ranges: Iterable[tuple[Range, T]]) -> None:
        """Keeps with each range whatever the caller attaches to it."""
        entries = list(ranges)
        self._pieces = {family: _pieces([e for e in entries if e[0].family == family]) for family in BITS}

    def holding(self, family: int, address: int) -> tuple[tuple[Range, T], ...]:
        """The ranges that hold the address, widest first, each with what was attached to it."""
        starts, holders = self._pieces[family]
        at = bisect_right(starts, address) - 1
        return holders[at] if at >= 0 else ()

    def pieces(self, span: Range) -> Iterator[tuple[Range, tuple[tuple[Range, T], ...]]]:
        """A range cut where its holders change, each piece with those that hold it, widest first."""
        starts, holders = self._pieces[span.family]
        at = bisect_right(starts, span.first) - 1
        first = span.first
        while first <= span.last:
            last = min(span.last, starts[at + 1] - 1) if at + 1 < len(starts) else span.last
            yield Range(span.family, first, last), holders[at] if at >= 0 else ()
            first, at = last + 1, at + 1


def _pieces(entries: list[tuple[Range, T]]) -> tuple[list[int], list[tuple[tuple[Range, T], ...]]]:
    """Where the holders change, and who they are from there on."""
    holders: dict[int, tuple[tuple[Range, T], ...]] = {}
    for group in _connected(sorted(entries, key=lambda entry: (entry[0].first, -entry[0].last))):
        if len(group) == 1:
            last = group[0][0].last
            holders[group[0][0].first] = (group[0],)
        else:
            last = max(span.last for span, _ in group)
            holders.update(_cut(group))
        holders[last + 1] = ()  # until another group starts right there
    return list(holders), list(holders.values())


def _connected(entries: list[tuple[Range, T]]) -> Iterator[list[tuple[Range, T]]]:
    """Ranges in order of their first address, in groups that chain into each other."""
    group: list[tuple[Range, T]] = []
    reach = -1
    for entry in entries:
        if group and entry[0].first > reach:
            yield group
            group = []
        group.append(entry)
        reach = max(reach, entry[0].last)
    if group:
        yield group


def _cut(entries: list[tuple[Range, T]]) -> Iterator[tuple[int, tuple[tuple[Range, T], ...]]]:
    """The pieces of ranges that overlap, up to where the last one ends."""
    opening: dict[int, list[int]] = {}
    closing: dict[int, list[int]] = {}
    for index, (span, _) in enumerate(entries):
        opening.setdefault(span.first, []).append(index)
        closing.setdefault(span.last + 1, []).append(index)
    active: dict[int, None] = {}
    for start in sorted({*opening, *closing})[:-1]:
        for index in closing.get(start, ()):
            del active[index]
        active.update(dict.fromkeys(opening.get(start, ())))
        yield start, tuple(entries[index] for index in sorted(active))
