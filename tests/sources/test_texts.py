"""Texts in compressed blocks, against lists of them; what is remembered for a while, against everything."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from netlint.snapshot.recent import Recent
from netlint.snapshot.texts import SparseTexts, Texts

TEXTS = st.lists(st.text(st.characters(), max_size=6) | st.sampled_from(["", "web-1", "wéb", "\ud800"]), max_size=6)
# more than a block, so that some stand in blocks and some behind them
MANY = st.tuples(TEXTS, st.integers(0, 80), TEXTS).map(lambda drawn: [*drawn[0] * drawn[1], *drawn[2]])


def texts_of(*batches: list[str]) -> Texts:
    texts = Texts()
    for batch in batches:
        texts.extend(batch)
    return texts


@given(MANY, MANY, TEXTS, MANY, st.data())
def test_texts_are_a_list(
    first: list[str], second: list[str], third: list[str], last: list[str], data: st.DataObject
) -> None:
    texts, other = texts_of(first, second), texts_of(third)
    texts.take_in(other)
    texts.extend(last)
    expected = [*first, *second, *third, *last]
    positions = data.draw(st.lists(st.sampled_from(range(len(expected))), max_size=20)) if expected else []

    assert (list(texts), len(texts)) == (expected, len(expected))
    assert [texts[position] for position in range(len(expected))] == expected
    assert list(texts.only(positions)) == [expected[position] for position in positions]
    assert list(pickle.loads(pickle.dumps(texts))) == expected
    assert [texts[position] for position in reversed(range(len(expected)))] == expected[::-1]


@given(st.lists(st.none() | st.text(max_size=4), max_size=150), st.lists(st.none() | st.text(max_size=4)), st.data())
def test_sparse_texts_are_a_list(first: list[str | None], second: list[str | None], data: st.DataObject) -> None:
    texts, other = SparseTexts(), SparseTexts()
    texts.extend(first)
    other.extend(second)
    texts.take_in(other)
    expected = [text or "" for text in [*first, *second]]
    rows = data.draw(st.lists(st.sampled_from(range(len(expected))), max_size=20)) if expected else []

    assert [texts[row] for row in range(len(expected))] == expected
    assert [bool(position) for position in texts.positions] == [bool(text) for text in expected]
    kept = texts.only(rows)
    assert [kept[row] for row in range(len(rows))] == [expected[row] for row in rows]


def test_recent_values_are_remembered() -> None:
    recent: Recent[int] = Recent()
    for key in range(20_000):
        recent.put(key, -key)
        recent.get(7)  # what is asked for again and again stays

    assert [recent.get(key) for key in range(12_000, 20_000)] == [-key for key in range(12_000, 20_000)]
    assert recent.get(7) == -7
    assert [recent.get(key) for key in (6, *range(8, 3_000))] == [None] * 2_993
