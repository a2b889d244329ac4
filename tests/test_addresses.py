"""Address arithmetic against the standard library and against brute force on small universes."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netlint.addresses import (
    Range,
    RangeIndex,
    overlapping_groups,
    parse,
    parse_cidr,
    parse_v4,
    parse_v6,
    text,
    touching,
    without,
)

any_address = st.ip_addresses().filter(lambda found: not (found.version == 6 and found.ipv4_mapped))
small = st.builds(
    lambda family, ends: Range(family, min(ends), max(ends)),
    st.sampled_from([4, 6]),
    st.tuples(st.integers(0, 40), st.integers(0, 40)),
)


@given(any_address)
def test_parse_and_text_are_inverse(address) -> None:
    assert parse(str(address)) == (address.version, int(address))
    assert text(address.version, int(address)) == str(address)


@given(st.text(alphabet="0123456789abcdef.:/% x-", max_size=20))
def test_parse_accepts_what_the_standard_library_accepts(written: str) -> None:
    try:
        expected = ipaddress.ip_address(written)
        if "%" in written or (expected.version == 6 and expected.ipv4_mapped):
            raise ValueError
    except ValueError:
        with pytest.raises(ValueError):
            parse(written)
    else:
        assert parse(written) == (expected.version, int(expected))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("10.0.0.300", "'10.0.0.300' is no IP address"),
        ("010.0.0.1", "'010.0.0.1' is no IP address"),
        ("10.1", "'10.1' is no IP address"),
        ("", "'' is no IP address"),
        ("10.0.0.1\0", "'10.0.0.1\\x00' is no IP address"),
        ("fe80::1%eth0", "'fe80::1%eth0' is no IP address"),
        ("::ffff:10.0.0.1", "'::ffff:10.0.0.1' is an IPv4-mapped IPv6 address, which Kubernetes does not accept"),
    ],
)
def test_what_is_no_address(written: str, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse(written)
    assert str(raised.value) == problem


@given(st.lists(st.one_of(any_address.map(str), st.just(""), st.sampled_from(["10.1", "::ffff:10.0.0.1", "::1%eth0"]))))
def test_many_at_once_are_what_they_are_one_by_one(texts: list[str]) -> None:
    """A column of texts is parsed as each of them is, and refused where one of them is."""
    v4, v6 = [text for text in texts if ":" not in text], [text for text in texts if ":" in text or not text]
    values = [_value(text) for text in v4], [_value(text) for text in v6]
    if None in values[0]:
        with pytest.raises(ValueError):
            parse_v4(v4)
    else:
        assert list(parse_v4(v4)) == values[0]
    if None in values[1]:
        with pytest.raises(ValueError):
            parse_v6(v6)
    else:
        high, low = parse_v6(v6)
        assert [upper << 64 | lower for upper, lower in zip(high, low, strict=True)] == values[1]


def _value(text: str) -> int | None:
    try:
        return parse(text)[1] if text else 0
    except ValueError:
        return None


@given(any_address, st.data())
def test_cidrs_agree_with_the_standard_library(address, data) -> None:
    length = data.draw(st.integers(0, address.max_prefixlen))
    found = parse_cidr(f"{address}/{length}")
    expected = ipaddress.ip_network(f"{address}/{length}", strict=False)
    first, last = int(expected.network_address), int(expected.broadcast_address)
    assert found.range == Range(address.version, first, last)
    assert found.has_host_bits is (int(address) != first)
    assert str(found.range) == str(expected)


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("10.0.0.0", "'10.0.0.0' is no CIDR: the prefix length is missing"),
        ("10.0.0.0/33", "'10.0.0.0/33' is no CIDR: /33 is no prefix length of IPv4"),
        ("10.0.0.0/08", "'10.0.0.0/08' is no CIDR: /08 is no prefix length of IPv4"),
        ("10.0.0.0/", "'10.0.0.0/' is no CIDR: / is no prefix length of IPv4"),
        ("10.0.0.0/-1", "'10.0.0.0/-1' is no CIDR: /-1 is no prefix length of IPv4"),
        ("10.0.0.0/٣", "'10.0.0.0/٣' is no CIDR: /٣ is no prefix length of IPv4"),
        ("fd00::/129", "'fd00::/129' is no CIDR: /129 is no prefix length of IPv6"),
        ("pods/24", "'pods' is no IP address"),
    ],
)
def test_what_is_no_cidr(written: str, problem: str) -> None:
    with pytest.raises(ValueError) as raised:
        parse_cidr(written)
    assert str(raised.value) == problem


def test_a_range_that_is_no_cidr_names_its_ends() -> None:
    assert str(Range(4, *(parse(end)[1] for end in ("10.0.0.5", "10.0.0.9")))) == "10.0.0.5-10.0.0.9"


@given(small, small)
def test_overlap_and_cover_are_set_relations(one: Range, other: Range) -> None:
    left = {(one.family, value) for value in range(one.first, one.last + 1)}
    right = {(other.family, value) for value in range(other.first, other.last + 1)}
    assert one.overlaps(other) is bool(left & right)
    assert one.covers(other) is (right <= left)
    assert one.size == len(left)


def connected(ranges: list[Range]) -> list[list[int]]:
    """Connected groups of overlapping ranges, the slow way."""
    groups = [{number} for number in range(len(ranges))]
    for a, one in enumerate(ranges):
        for b, other in enumerate(ranges):
            if one.overlaps(other):
                left = next(group for group in groups if a in group)
                right = next(group for group in groups if b in group)
                if left is not right:
                    groups.remove(right)
                    left |= right
    return sorted(sorted(group) for group in groups if len(group) > 1)


@given(st.lists(small, max_size=12))
def test_groups_are_the_connected_ones(ranges: list[Range]) -> None:
    assert overlapping_groups(ranges) == connected(ranges)


@given(st.lists(small, max_size=12), st.sampled_from([4, 6]), st.integers(0, 45))
def test_the_index_finds_every_holder_widest_first(ranges: list[Range], family: int, address: int) -> None:
    index = RangeIndex((held, number) for number, held in enumerate(ranges))
    found = index.holding(family, address)
    assert sorted(number for _, number in found) == [
        number for number, held in enumerate(ranges) if held.holds(family, address)
    ]
    firsts = [(held.first, -held.last) for held, _ in found]
    assert firsts == sorted(firsts)


@given(st.lists(small, max_size=8), st.lists(small, max_size=8))
def test_touching_agrees_with_a_pairwise_search(ranges, others) -> None:
    expected = [index for index, here in enumerate(ranges) if any(here.overlaps(other) for other in others)]
    assert touching(ranges, others) == expected


@given(small, st.lists(small, max_size=6))
def test_without_agrees_with_a_search_of_single_addresses(span, spared) -> None:
    expected = [
        address
        for address in range(span.first, span.last + 1)
        if not any(other.holds(span.family, address) for other in spared)
    ]
    left = without(span, spared)
    assert [address for part in left for address in range(part.first, part.last + 1)] == expected
    assert left == sorted(left)
    assert all(part.size > 0 for part in left)
