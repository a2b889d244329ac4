"""JSON of any layout, cut into windows of a few bytes: nothing is lost, nothing is read twice."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.snapshot import Snapshot
from netlint.sources.decoding.sink import Sink
from netlint.sources.files import cursor, jsonstream
from netlint.sources.files.cursor import Cursor
from netlint.sources.finding.input_files import InputFile
from netlint.yamltext import Unreadable

TRICKY = [
    '},{"apiVersion":"v1"',
    "\n        },\n        {\n",
    "]}",
    '"items":[{',
    '\\"},{\\"',
    "é\U0001f600\x7f",
    "}\n{",
]
values = st.text(max_size=8) | st.sampled_from(TRICKY)
config_maps = st.lists(st.dictionaries(st.text(max_size=4) | st.sampled_from(TRICKY), values, max_size=3), max_size=12)
layouts = st.sampled_from(
    [{"separators": (",", ":")}, {"indent": 4}, {"indent": 1}, {"indent": 2, "sort_keys": True}, {}]
)


def objects(data: list[dict[str, str]]) -> list[dict]:
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": f"c{number}", "namespace": "shop", "finalizers": ["a"], "x": [{"apiVersion": "v1"}]},
            "data": held,
        }
        for number, held in enumerate(data)
    ]


def read(text: bytes, step: int, size: int | None = None) -> Snapshot:
    source = InputFile("x.json", len(text) if size is None else size, lambda: io.BytesIO(text))
    snapshot = Snapshot()
    sink = Sink(snapshot)
    sink.text = source
    with pytest.MonkeyPatch.context() as patch, source.open() as stream:
        patch.setattr(cursor, "STEP", step)
        reader = Cursor(source, stream)
        reader.fill()
        jsonstream.read(reader, sink)
    return snapshot


def found(snapshot: Snapshot) -> list[tuple[str, dict[str, str]]]:
    return [(item.name, item.data) for item in snapshot.objects.get("ConfigMap", [])]


def expected(data: list[dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    return [(f"c{number}", held) for number, held in enumerate(data)]


@settings(max_examples=300, deadline=None)
@given(config_maps, layouts, st.integers(1, 4000), st.booleans())
def test_a_list_in_windows(data, layout, step, kind_last) -> None:
    head = {"apiVersion": "v1", "kind": "List"}
    document = (
        {"apiVersion": "v1", "items": objects(data), "kind": "List"} if kind_last else {**head, "items": objects(data)}
    )
    assert found(read(json.dumps(document, **layout).encode(), step)) == expected(data)


@settings(max_examples=200, deadline=None)
@given(config_maps, layouts, st.integers(1, 4000), st.booleans())
def test_a_typed_list_names_the_kind_of_its_items(data, layout, step, kind_last) -> None:
    items = [{key: value for key, value in item.items() if key not in {"apiVersion", "kind"}} for item in objects(data)]
    head = {"kind": "ConfigMapList", "apiVersion": "v1", "metadata": {"resourceVersion": "7"}}
    document = {"items": items, **head} if kind_last else {**head, "items": items}
    assert found(read(json.dumps(document, **layout).encode(), step)) == expected(data)


@settings(max_examples=200, deadline=None)
@given(st.lists(config_maps, max_size=3), layouts, layouts, st.integers(1, 4000))
def test_lists_and_documents_one_after_the_other(batches, layout, other, step) -> None:
    numbered, text = [], ""
    for batch in batches:
        listed = objects(numbered + batch)[len(numbered) :]
        numbered += batch
        text += json.dumps({"kind": "List", "apiVersion": "v1", "items": listed}, **layout) + "\n"
    single = objects([*numbered, {"a": "b"}])[-1]
    text += json.dumps(single, **other)
    assert found(read(text.encode(), step)) == expected([*numbered, {"a": "b"}])


@settings(max_examples=200, deadline=None)
@given(config_maps, st.integers(1, 4000), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_json_lines(data, step, newline) -> None:
    text = newline.join(json.dumps(item) for item in objects(data))
    assert found(read(text.encode(), step)) == expected(data)


@settings(max_examples=200, deadline=None)
@given(config_maps.filter(bool), layouts, st.integers(1, 4000), st.integers(2, 5))
def test_shares_together_read_everything_once(data, layout, step, readers) -> None:
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": objects(data)}, **layout).encode()
    source = InputFile("x.json", len(text), lambda: io.BytesIO(text))
    layout_found = jsonstream.layout_of(text, source.tail)
    assert layout_found is not None
    snapshot = Snapshot()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cursor, "STEP", step)
        for start, end in jsonstream.shares(source, layout_found, readers):
            with source.open(start) as stream:
                part = Cursor(source, stream, start, end)
                jsonstream.read_items(part, Sink(snapshot), layout_found, last=end is None)
    assert found(snapshot) == expected(data)


HEADER = 200  # bytes, with which the first item has certainly begun
NEXT = 60  # the same for the next item


@settings(max_examples=200, deadline=None)
@given(config_maps.filter(lambda data: len(data) > 1), layouts, st.integers(HEADER, 4000), st.data())
def test_a_truncated_list_loses_only_its_end(data, layout, step, draw) -> None:
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": objects(data)}, **layout).encode()
    cut = draw.draw(st.integers(text.index(b"[") + 1, len(text.rstrip(b"]} \n")) - 1))
    read_before = found(read_until_broken(text[:cut], step))
    assert read_before == expected(data)[: len(read_before)]
    assert len(read_before) >= sum(end + NEXT <= cut for end in ends(text))


@settings(max_examples=200, deadline=None)
@given(config_maps.filter(lambda data: len(data) > 1), layouts, st.integers(HEADER, 4000), st.data())
def test_a_list_with_an_item_that_is_no_json_is_read_up_to_it(data, layout, step, draw) -> None:
    text = json.dumps({"kind": "List", "apiVersion": "v1", "items": objects(data)}, **layout).encode()
    broken = draw.draw(st.integers(1, len(data) - 1))
    at = text.index(b'"kind"', ends(text)[broken - 1])
    assert found(read_until_broken(text[:at] + b"oops " + text[at:], step)) == expected(data)[:broken]


def read_until_broken(text: bytes, step: int) -> Snapshot:
    source = InputFile("x.json", len(text), lambda: io.BytesIO(text))
    snapshot = Snapshot()
    with pytest.MonkeyPatch.context() as patch, source.open() as stream:
        patch.setattr(cursor, "STEP", step)
        reader = Cursor(source, stream)
        reader.fill()
        with pytest.raises(Unreadable):
            jsonstream.read(reader, Sink(snapshot))
    return snapshot


def ends(text: bytes) -> list[int]:
    """Where each item of a list in ASCII ends."""
    decoder, written, at = json.JSONDecoder(), text.decode(), text.index(b"[") + 1
    found = []
    while (at := written.find("{", at)) >= 0:
        _, at = decoder.raw_decode(written, at)
        found.append(at)
    return found


@pytest.mark.parametrize(
    ("text", "problem", "line", "column"),
    [
        ('{"kind": "Pod",\n "a": tru}', "invalid character", 2, 11),
        ('{"kind": "Pod"', "the JSON ends too early: the file is truncated", 1, 15),
        ('{"items": [\n{"a": 1},\n{"a": }]}', "invalid character", 3, 7),
        ('{"a": ' + "[" * 20000, "nested too deeply", 1, 1),
    ],
)
def test_where_a_text_stops_being_json(text: str, problem: str, line: int, column: int) -> None:
    with pytest.raises(Unreadable) as raised:
        read(text.encode(), 1 << 18)
    assert (raised.value.problem, raised.value.line, raised.value.column) == (problem, line, column)


def test_a_key_that_is_written_twice_in_json() -> None:
    text = '{"apiVersion": "v1", "kind": "ConfigMap",\n "metadata": {"name": "a"},\n'
    text += ' "data": {"x": "1"},\n "data": {"x": "2"}}'
    snapshot = read(text.encode(), 1 << 18)
    assert [(key.path, key.spot.line, key.spot.column) for key in snapshot.duplicate_keys] == [(("data",), 4, 2)]
    assert found(snapshot) == [("a", {"x": "2"})]


def test_bytes_that_are_no_utf8_are_replaced_as_go_does() -> None:
    snapshot = read(b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"\xff!"}}', 1 << 18)
    assert found(snapshot) == [("a", {"x": "\ufffd!"})]
