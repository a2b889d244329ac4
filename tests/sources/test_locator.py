"""Where a field stands, whatever the text looks like and however it was cut: held against marks of the writer."""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint import sources
from netlint.objects.meta import Path as FieldPath
from netlint.snapshot import Place
from netlint.sources.files import cursor, tasks, worker
from netlint.sources.locating import locator

Marks = dict[FieldPath, tuple[int, int, int | None]]  # line, column, column behind; None: on another line

TRICKY = ["", "a: b", "- a", "'", '"', "},{", '},{"a":', "\\", "# a", "é", "\U0001f600", "x" * 90, "a\nb\n", "List"]
keys = st.text("abcdé/.-", min_size=1, max_size=4)  # none that YAML takes for something else than text
plain_keys = st.text("abcd/.-", min_size=1, max_size=4)
scalars = (
    st.none() | st.booleans() | st.integers(-999, 999) | st.text("ab:- \n'\"é", max_size=6) | st.sampled_from(TRICKY)
)


def trees(key: st.SearchStrategy[str], leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(key, inner, max_size=3), max_leaves=6
    )


@st.composite
def config_maps(draw: st.DrawFn, key=keys, leaf=scalars, least: int = 1) -> list[dict[str, Any]]:
    """Objects whose keys stand in any order, with a field ``x`` that may hold anything."""
    found = []
    for number, tree in enumerate(draw(st.lists(trees(key, leaf), min_size=least, max_size=6))):
        members = [
            ("apiVersion", "v1"),
            ("kind", "ConfigMap"),
            ("metadata", {"name": f"c{number}", "namespace": "shop"}),
            ("x", tree),
        ]
        found.append(dict(draw(st.permutations(members))))
    return found


def paths(value: Any, at: FieldPath = ()) -> Iterator[FieldPath]:
    """The path of every value inside."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield (*at, key)
        yield from paths(held, (*at, key))


def located(text: str, name: str, objects: list[dict[str, Any]], **patches: int) -> list[dict[FieldPath, Place | None]]:
    """What netlint says of every field of every object; ``patches``: other sizes for what is read at once."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for module in (cursor, worker):
            patch.setattr(module, "STEP", patches.get("step", cursor.STEP))
        patch.setattr(tasks, "LARGE", patches.get("large", tasks.LARGE))
        patch.setattr(locator, "LEAD", patches.get("lead", locator.LEAD))
        patch.setattr(locator, "CHUNK", patches.get("chunk", locator.CHUNK))
        patch.chdir(folder)
        content = text.encode()
        Path(name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        snapshot, locate = sources.read(sources.Files((name,)), (), "default")
        assert (snapshot.unreadable, snapshot.malformed, snapshot.reading.errors) == ([], [], [])
        read = {item.name: item.origin for item in snapshot.objects["ConfigMap"]}
        assert set(read) == {item["metadata"]["name"] for item in objects}
        wanted = [(read[item["metadata"]["name"]], path) for item in objects for path in paths(item)]
        assert locate is not None
        answers = iter(locate.fields(wanted))
        return [{path: next(answers) for path in paths(item)} for item in objects]


def spots(found: list[dict[FieldPath, Place | None]]) -> list[dict[FieldPath, tuple[int | None, int | None]]]:
    return [{path: (place.spot.line, place.spot.column) for path, place in of.items() if place} for of in found]


def starts(marks: list[Marks]) -> list[dict[FieldPath, tuple[int, int]]]:
    return [{path: mark[:2] for path, mark in of.items()} for of in marks]


@dataclass
class Writer:
    """Writes JSON in some layout and remembers where each value stands."""

    item: str = ","
    colon: str = ":"
    indent: str | None = None
    ascii: bool = False
    text: str = ""
    ranges: dict[FieldPath, tuple[int, int]] = field(default_factory=dict)

    def write(self, value: Any, at: FieldPath, depth: int = 0) -> None:
        start = len(self.text)
        if isinstance(value, dict) and value:
            self._collection(
                "{}", [(key, json.dumps(key, ensure_ascii=self.ascii) + self.colon) for key in value], value, at, depth
            )
        elif isinstance(value, list) and value:
            self._collection("[]", [(index, "") for index in range(len(value))], value, at, depth)
        else:
            self.text += json.dumps(value, ensure_ascii=self.ascii)
        self.ranges[at] = start, len(self.text)

    def _collection(self, braces: str, named: list[tuple[Any, str]], value: Any, at: FieldPath, depth: int) -> None:
        self.text += braces[0]
        for number, (key, written) in enumerate(named):
            self.text += (self.item if number else "") + self._line(depth + 1) + written
            self.write(value[key], (*at, key), depth + 1)
        self.text += self._line(depth) + braces[1]

    def _line(self, depth: int) -> str:
        return "" if self.indent is None else "\n" + self.indent * depth

    def marks(self, prefix: FieldPath) -> Marks:
        """The marks of everything below a path."""
        return {
            path[len(prefix) :]: self._mark(*found)
            for path, found in self.ranges.items()
            if path[: len(prefix)] == prefix and path != prefix
        }

    def _mark(self, start: int, end: int) -> tuple[int, int, int | None]:
        line = self.text.rfind("\n", 0, start) + 1
        behind = None if "\n" in self.text[start:end] else end - line + 1
        return self.text.count("\n", 0, start) + 1, start - line + 1, behind


json_layouts = st.builds(
    Writer,
    item=st.sampled_from([",", ", ", " ,"]),
    colon=st.sampled_from([":", ": ", " :\t"]),
    indent=st.sampled_from([None, "", " ", "    ", "\t", "\r"]),
    ascii=st.booleans(),
)


def wrapped(form: str, objects: list[dict[str, Any]]) -> tuple[Any, list[FieldPath]]:
    """Objects as one document, and the paths at which they are in it."""
    head = {"apiVersion": "v1", "kind": "List"}
    inside: list[FieldPath] = [("items", number) for number in range(len(objects))]
    if form == "typed list":
        items = [{key: value for key, value in item.items() if key not in {"apiVersion", "kind"}} for item in objects]
        return {
            "kind": "ConfigMapList",
            "apiVersion": "v1",
            "metadata": {"resourceVersion": "7"},
            "items": items,
        }, inside
    if form == "list in a list":
        inner = {**head, "items": objects}
        return {**head, "items": [inner]}, [("items", 0, *path) for path in inside]
    if form == "kind behind the items":
        return {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}, inside
    return {**head, "items": objects}, inside


FORMS = st.sampled_from(["list", "kind behind the items", "typed list", "list in a list", "documents"])
batches = st.lists(st.tuples(FORMS, st.integers(1, 6)), min_size=1, max_size=3)


def shared_out(objects: list[dict[str, Any]], shape: list[tuple[str, int]]) -> Iterator[tuple[Any, list[FieldPath]]]:
    """Documents that hold all objects, in these forms and with so many in each; what is left stands alone."""
    rest = objects
    for form, size in shape:
        batch, rest = rest[:size], rest[size:]
        if form == "documents":
            yield from ((item, [()]) for item in batch)
        elif batch:
            yield wrapped(form, batch)
    yield from ((item, [()]) for item in rest)


def write_json(writer: Writer, objects: list[dict[str, Any]], shape: list[tuple[str, int]]) -> list[Marks]:
    marks: list[FieldPath] = []
    for number, (document, inside) in enumerate(shared_out(objects, shape)):
        writer.write(document, (number,))
        writer.text += "\n"
        marks += [(number, *path) for path in inside]
    return [
        {path: mark for path, mark in writer.marks(prefix).items() if path in set(paths(item))}
        for prefix, item in zip(marks, objects, strict=True)
    ]


def without_type(objects: list[dict[str, Any]], marks: list[Marks]) -> list[dict[str, Any]]:
    """The objects with only the fields that were written: a typed list names no kind in its items."""
    return [
        {key: value for key, value in item.items() if (key,) in of} for item, of in zip(objects, marks, strict=True)
    ]


@settings(max_examples=100, deadline=None)
@given(config_maps(), json_layouts, batches, st.integers(16, 3000), st.sampled_from(["x.json", "x.json.gz"]))
def test_json(objects, writer, shape, step, name) -> None:
    marks = write_json(writer, objects, shape)
    written = without_type(objects, marks)
    found = located(writer.text, name, written, step=step)
    assert spots(found) == starts(marks)
    ends = [{path: place.end for path, place in of.items() if place and place.lines} for of in found]
    assert ends == [{path: of[path][2] for path in shown} for of, shown in zip(marks, ends, strict=True)]


def yaml_marks(text: str) -> Iterator[yaml.Node]:
    """The roots of all documents, with marks from the beginning of the text: PyYAML, written in Python."""
    yield from yaml.compose_all(text, yaml.SafeLoader)


def mark_of(node: yaml.Node, path: FieldPath) -> tuple[int, int, int | None]:
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = next(value for key, value in node.value if key.value == step)
        else:
            node = node.value[step]
    start, end = node.start_mark, node.end_mark
    return start.line + 1, start.column + 1, end.column + 1 if end.line == start.line else None


yaml_styles = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([False, None, True]),
        "default_style": st.sampled_from([None, None, '"', "'", "|"]),
        "indent": st.sampled_from([2, 4]),
        "width": st.sampled_from([20, 80, 1000]),
        "allow_unicode": st.booleans(),
    }
)
separators = st.sampled_from(["---\n", "--- # next\n", "---\n# only this\n---\n", "\n---\n\n"])


def write_yaml(objects, style, shape, separator) -> tuple[str, list[Marks]]:
    documents = list(shared_out(objects, shape))
    text = separator.join(yaml.safe_dump(document, sort_keys=False, **style) for document, _ in documents)
    roots = [root for root in yaml_marks(text) if not isinstance(root, yaml.ScalarNode)]
    marks = []
    for root, (document, inside) in zip(roots, documents, strict=True):
        for prefix in inside:
            held = document
            for step in prefix:
                held = held[step]
            marks.append({path: mark_of(root, (*prefix, *path)) for path in paths(held)})
    return text, marks


@settings(max_examples=100, deadline=None)
@given(config_maps(), yaml_styles, batches, separators, st.integers(16, 3000), st.sampled_from(["x.yaml", "x.yaml.gz"]))
def test_yaml(objects, style, shape, separator, step, name) -> None:
    text, marks = write_yaml(objects, style, shape, separator)
    written = without_type(objects, marks)
    if text.startswith('{"'):  # only what is small enough is looked at twice
        step = cursor.STEP
    assert spots(located(text, name, written, step=step)) == starts(marks)


@settings(max_examples=100, deadline=None)
@given(config_maps(plain_keys, st.text("ab:- ", max_size=5), least=3), json_layouts, FORMS, st.data())
def test_json_in_shares(objects, writer, form, data) -> None:
    """Each share of a large file counts its own lines; of a long line, only the end of what is before is read."""
    marks = write_json(writer, objects, [(form, len(objects))])
    sizes = {"step": (16, 300), "lead": (0, 40), "chunk": (1, 40), "large": (1, 999)}
    drawn = {name: data.draw(st.integers(*between), label=name) for name, between in sizes.items()}
    assert spots(located(writer.text, "x.json", without_type(objects, marks), **drawn)) == starts(marks)


@settings(max_examples=100, deadline=None)
@given(config_maps(least=3), yaml_styles, batches, separators, st.integers(16, 300), st.integers(1, 999))
def test_yaml_in_shares(objects, style, shape, separator, step, large) -> None:
    text, marks = write_yaml(objects, {**style, "default_flow_style": False}, shape, separator)
    found = located(text, "x.yaml", without_type(objects, marks), step=step, large=large)
    assert spots(found) == starts(marks)
