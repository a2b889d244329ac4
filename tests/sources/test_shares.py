"""A file cut into shares says what the same file says when it is read from the beginning to the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from netlint import sources
from netlint.sources.files import cursor, tasks, worker
from netlint.sources.finding import input_files


def pod(name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def listed(items: list[dict[str, Any]], kind: str = "List") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "items": items}


def untyped(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in item.items() if key not in ("apiVersion", "kind")} for item in items]


PODS = [pod(f"pod-{number}", containers=[{"name": "main", "image": "x"}]) for number in range(20)]
SERVICES = [
    {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"service-{number}", "namespace": "shop"}, "spec": {}}
    for number in range(20)
]
LIKE_ITEMS = [pod(f"pod-{number}", containers=[{"apiVersion": "v1"}, {"apiVersion": "v1"}]) for number in range(20)]

DOCUMENTS: dict[str, list[dict[str, Any]]] = {
    "a list": [listed(PODS)],
    "a typed list whose items have no kind": [listed(untyped(PODS), "PodList")],
    "two lists of two kinds": [listed(PODS), listed(SERVICES)],
    "two typed lists of two kinds": [listed(untyped(PODS), "PodList"), listed(untyped(SERVICES), "ServiceList")],
    "a list, then an object": [listed(PODS), SERVICES[0]],
    "a list of lists": [listed([listed(PODS), listed(SERVICES)])],
    "items that hold what looks like items": [listed(LIKE_ITEMS)],
}
LAYOUTS = {
    "compact.json": lambda documents: "\n".join(json.dumps(one, separators=(",", ":")) for one in documents),
    "indented.json": lambda documents: "\n".join(json.dumps(one, indent=4) for one in documents),
    "one-line.json": lambda documents: "".join(json.dumps(one, separators=(",", ":")) for one in documents),
    "sorted.yaml": lambda documents: yaml.safe_dump_all(documents),
    "plain.yaml": lambda documents: yaml.safe_dump_all(documents, sort_keys=False),
}


def read(path: Path, large: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Everything that was read, with the places of its names, and how many shares it took."""
    with monkeypatch.context() as patch:
        for module in (cursor, worker):
            patch.setattr(module, "STEP", 256)
        patch.setattr(tasks, "LARGE", large)
        patch.setattr(tasks, "SHARE", 500)
        snapshot, locate = sources.read(sources.Files((str(path),)), (), "default")
    assert locate is not None
    found = [
        (kind, item.name, item.origin) for kind in ("Service", "ConfigMap") for item in snapshot.objects.get(kind, [])
    ]
    found += [("Pod", snapshot.pods.names[row], snapshot.pods.origin[row]) for row in range(len(snapshot.pods))]
    fields = locate.fields([(origin, ("metadata", "name")) for _, _, origin in found])
    named = sorted(
        (kind, name, place and (place.spot, place.end)) for (kind, name, _), place in zip(found, fields, strict=True)
    )
    faults = snapshot.reading.errors, snapshot.unreadable, snapshot.malformed, snapshot.duplicate_keys
    return named, faults, snapshot.knowledge, snapshot.reading.files


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("documents", DOCUMENTS)
def test_shares_say_what_the_whole_says(documents, layout, tmp_path, monkeypatch) -> None:
    path = tmp_path / layout
    path.write_text(LAYOUTS[layout](DOCUMENTS[documents]))
    whole = read(path, 1 << 30, monkeypatch)
    assert len(whole[0]) >= 20
    assert read(path, 1, monkeypatch) == whole


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("at", [0.3, 0.5, 0.9, 1.0])
def test_what_is_broken_is_told_the_same(layout, at, tmp_path, monkeypatch) -> None:
    text = LAYOUTS[layout]([listed(PODS)])
    cut = int(len(text) * at)
    path = tmp_path / layout
    path.write_text(text[:cut] + "\x01" + text[cut:])
    assert read(path, 1, monkeypatch) == read(path, 1 << 30, monkeypatch)


@pytest.mark.parametrize("size", [1, 2, 5, 7, 64])
def test_the_next_place_of_a_text(size, tmp_path, monkeypatch) -> None:
    """However the pieces that are read cut it."""
    monkeypatch.setattr(input_files, "_CHUNK", size)
    file = tmp_path / "text"
    file.write_bytes(b"a: 1\n--\n---\nb: 2\n\n---")
    source = input_files.from_file(str(file), "text")
    found = [input_files.next_place(source, start, b"\n---") for start in range(24)]
    assert found == [file.read_bytes().find(b"\n---", start) for start in range(24)]
