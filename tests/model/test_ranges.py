"""Arithmetic on ranges of the plan against brute force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netlint.addresses import Range, merged
from netlint.findings import Subject
from netlint.model.declared.declarations import MalformedRange, RangeSource, Role
from netlint.model.ranges.address_plan import Plan
from netlint.model.ranges.collisions import KIND_OF_ROLE, collisions
from netlint.model.ranges.node_range_capacity import taken_subnets
from netlint.model.ranges.secondary_networks import ranges_of

blocks = st.builds(
    lambda length, place: Range(4, place << length, (place << length) + (1 << length) - 1),
    st.integers(0, 4),
    st.integers(0, 7),
)


def addresses_of(ranges: list[Range]) -> set[int]:
    return {address for held in ranges for address in range(held.first, held.last + 1)}


@given(st.lists(blocks, max_size=4), st.lists(blocks, max_size=8), st.integers(0, 3))
def test_pieces_are_counted_as_if_one_by_one(pools: list[Range], own: list[Range], length: int) -> None:
    piece = 1 << length
    pools = [pool for pool in merged(pools) if pool.first % piece == 0 and pool.size % piece == 0]
    taken = addresses_of(own)
    whole = {address // piece for address in addresses_of(pools)}
    expected = {number for number in whole if taken & set(range(number * piece, (number + 1) * piece))}
    assert taken_subnets(pools, piece, own) == len(expected)


@given(st.lists(st.tuples(st.sampled_from([Role.POD, Role.NODE_POD, Role.SERVICE, Role.LOAD_BALANCER]), blocks)))
def test_collisions_agree_with_a_pairwise_search(ranges: list[tuple[Role, Range]]) -> None:
    declared = [
        RangeSource(role, "test", Subject("v1", "Thing", "", str(number))).declaration((), held)
        for number, (role, held) in enumerate(ranges)
    ]
    found = {}
    for collision in collisions(Plan(declared), False):
        found[collision.left_kind, collision.right_kind] = {*collision.left_ranges, *collision.right_ranges}
    expected: dict[tuple[str, str], set[object]] = {}
    order = list(dict.fromkeys(KIND_OF_ROLE.values()))
    for one in declared:
        for other in declared:
            pair = KIND_OF_ROLE[one.role], KIND_OF_ROLE[other.role]
            if order.index(pair[0]) < order.index(pair[1]) and one.range.overlaps(other.range):
                expected.setdefault(pair, set()).update((one, other))
    assert found == expected


def test_words_for_the_ranges_of_nodes_are_no_ranges_of_their_own() -> None:
    """Anything else that is no CIDR is malformed."""
    subject = Subject("k8s.cni.cncf.io/v1", "NetworkAttachmentDefinition", "shop", "storage")
    listed = {}
    for subnet in ("usePodCidr", "usePodCidrIPv6", "usepodcidr", "172.29.0.0/24"):
        plugin = {"type": "ptp", "ipam": {"type": "host-local", "subnet": subnet}}
        entries = ranges_of(subject, (), plugin)
        listed[subnet] = [
            entry.problem if isinstance(entry, MalformedRange) else str(entry.declaration) for entry in entries
        ]
    assert listed == {
        "usePodCidr": [],
        "usePodCidrIPv6": [],
        "usepodcidr": ["'usepodcidr' is no CIDR: the prefix length is missing"],
        "172.29.0.0/24": ["172.29.0.0/24"],
    }
