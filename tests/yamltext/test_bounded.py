"""Caches that stay within a weight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netlint.yamltext.bounded import Bounded


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 9)), max_size=30))
def test_entries_stay_until_they_weigh_too_much(entries: list[tuple[int, int]]) -> None:
    cache: Bounded[int, int] = Bounded(20)
    expected: dict[int, int] = {}
    weight = 0
    for number, (key, weighs) in enumerate(entries):
        cache.keep(key, number, weighs)
        weight += weighs
        if weight > 20:
            expected, weight = {}, weighs
        expected[key] = number

        assert cache == expected
    cache.clear()
    assert cache == {}
