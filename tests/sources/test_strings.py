"""Names in one text, against a list of them."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from netlint.snapshot.strings import Names

TEXTS = st.lists(st.text(st.characters(), max_size=8) | st.sampled_from(["", "web-1", "wéb", "\ud800"]), max_size=8)


def made(*batches: list[str]) -> Names:
    names = Names()
    for batch in batches:
        names.add(batch)
    return names


@given(TEXTS, TEXTS, TEXTS, st.data())
def test_names_are_a_list_of_texts(first: list[str], second: list[str], third: list[str], data: st.DataObject) -> None:
    names, texts = made(first, second), [*first, *second]
    names.take_in(made(third))
    texts += third
    rows = data.draw(st.lists(st.sampled_from(range(len(texts))))) if texts else []

    assert (list(names), len(names)) == (texts, len(texts))
    assert [names[row] for row in range(len(texts))] == texts
    assert list(names.hashes) == list(map(hash, texts))
    assert list(names.only(rows)) == [texts[row] for row in rows]
    assert list(pickle.loads(pickle.dumps(names))) == texts
