"""YAML streams cut into windows of a few bytes: documents, lists, and their mixtures."""

from __future__ import annotations

import io

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.snapshot import Snapshot
from netlint.sources.decoding.sink import Sink
from netlint.sources.files import cursor, yamlstream
from netlint.sources.files.cursor import Cursor
from netlint.sources.finding.input_files import InputFile

TRICKY = [
    "- a\n- b",
    "--- x",
    "a: b",
    "\n- kind: Pod\n",
    "items:\n- ",
    "# no comment",
    "'",
    "é",
    " x",
    "x ",
    "on",
    "",
]
values = st.text("ab:-# \n'\"é", max_size=8) | st.sampled_from(TRICKY)
config_maps = st.lists(st.dictionaries(st.text("abc-", min_size=1, max_size=3), values, max_size=3), max_size=8)
styles = st.sampled_from(
    [{}, {"default_flow_style": True}, {"indent": 4}, {"sort_keys": False}, {"default_style": '"'}]
)


def objects(data: list[dict[str, str]]) -> list[dict]:
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"c{number}", "namespace": "shop"},
            "data": held,
        }
        for number, held in enumerate(data)
    ]


def dump(document: object, style: dict) -> str:
    return yaml.safe_dump(document, width=20, allow_unicode=True, **style)


def source_of(text: bytes) -> InputFile:
    return InputFile("x.yaml", len(text), lambda: io.BytesIO(text))


def read(text: str, step: int) -> Snapshot:
    source = source_of(text.encode())
    snapshot = Snapshot()
    sink = Sink(snapshot)
    sink.text = source
    with pytest.MonkeyPatch.context() as patch, source.open() as stream:
        patch.setattr(cursor, "STEP", step)
        reader = Cursor(source, stream)
        reader.fill()
        yamlstream.read(reader, sink)
    return snapshot


def found(snapshot: Snapshot) -> list[tuple[str, dict[str, str]]]:
    assert snapshot.unreadable == []
    return [(item.name, item.data or {}) for item in snapshot.objects.get("ConfigMap", [])]


def expected(data: list[dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    return [(f"c{number}", held) for number, held in enumerate(data)]


@settings(max_examples=200, deadline=None)
@given(config_maps, styles, st.integers(1, 600), st.sampled_from(["---\n", "--- # next\n", "---\n# only this\n---\n"]))
def test_documents_in_windows(data, style, step, separator) -> None:
    assert found(read(separator.join(dump(item, style) for item in objects(data)), step)) == expected(data)


def listed(items: list[dict], style: dict, kind_last: bool, indented: bool) -> str:
    """A list as kubectl prints it, or as a hand writes it."""
    body = "".join("- " + dump(item, style).rstrip("\n").replace("\n", "\n  ") + "\n" for item in items)
    if indented:
        body = "".join("  " + line for line in body.splitlines(keepends=True))
    parts = ["apiVersion: v1\n", "kind: List\n"]
    items_part = f"items:\n{body}" if items else "items: []\n"
    return "".join(
        [parts[0], items_part, parts[1], 'metadata:\n  resourceVersion: ""\n'] if kind_last else [*parts, items_part]
    )


@settings(max_examples=200, deadline=None)
@given(config_maps, styles, st.integers(1, 600), st.booleans(), st.booleans())
def test_a_list_in_windows(data, style, step, kind_last, indented) -> None:
    text = listed(objects(data), style, kind_last, indented)
    assert yaml.safe_load(text)["items"] == objects(data)  # the test's own text is right
    assert found(read(text, step)) == expected(data)


@settings(max_examples=100, deadline=None)
@given(st.lists(config_maps, min_size=1, max_size=3), styles, st.integers(1, 600), st.booleans())
def test_lists_between_documents(batches, style, step, kind_last) -> None:
    data: list[dict[str, str]] = []
    parts = []
    for batch in batches:
        parts.append(listed(objects(data + batch)[len(data) :], style, kind_last, indented=False))
        data += [*batch, {"a": "b"}]
        parts.append(dump(objects(data)[-1], style))
    assert found(read("---\n".join(parts), step)) == expected(data)


@settings(max_examples=100, deadline=None)
@given(config_maps.filter(bool), styles, st.integers(1, 600), st.integers(2, 4), st.booleans())
def test_shares_together_read_everything_once(data, style, step, readers, as_list) -> None:
    text = (
        listed(objects(data), style, True, False)
        if as_list
        else "---\n".join(dump(item, style) for item in objects(data))
    )
    source = source_of(text.encode())
    layout = yamlstream.layout_of(text.encode(), source.tail)
    snapshot = Snapshot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cursor, "STEP", step)
        for start, end in yamlstream.shares(source, layout, readers):
            with source.open(start) as stream:
                part = Cursor(source, stream, start, end)
                if layout is not None:
                    yamlstream.read_items(part, Sink(snapshot), layout)
                yamlstream.read(part, Sink(snapshot))
    assert found(snapshot) == expected(data)


def test_a_typed_list_whose_kind_comes_last() -> None:
    text = (
        "apiVersion: v1\nitems:\n- metadata:\n    name: c0\n    namespace: shop\n  data: {a: b}\nkind: ConfigMapList\n"
    )
    assert found(read(text, 1 << 18)) == found(read(text, 7)) == [("c0", {"a": "b"})]


@pytest.mark.parametrize("step", [5, 1 << 18])
def test_what_is_broken_is_named_and_the_rest_is_read(step: int) -> None:
    text = "---\n".join(dump(item, {}) for item in objects([{"a": "b"}, {}, {"c": "d"}])).replace("data: {}", "data: {")
    snapshot = read(text, step)
    assert [(item.spot.line, item.spot.column, item.problem) for item in snapshot.unreadable] == [
        (12, 9, "did not find expected ',' or '}'")
    ]
    assert [item.name for item in snapshot.objects["ConfigMap"]] == ["c0", "c2"]


@pytest.mark.parametrize("step", [5, 1 << 18])
def test_duplicate_keys_have_their_place_in_the_file(step: int) -> None:
    item = "- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: c%d}\n  data: {a: b}\n  data: {c: d}\n"
    snapshot = read("apiVersion: v1\nitems:\n" + item % 0 + item % 1 + "kind: List\n", step)
    assert [(key.path[-1], key.spot.line, key.spot.column) for key in snapshot.duplicate_keys] == [
        ("data", 7, 3),
        ("data", 12, 3),
    ]
    assert [(item.name, item.data) for item in snapshot.objects["ConfigMap"]] == [
        ("c0", {"c": "d"}),
        ("c1", {"c": "d"}),
    ]
