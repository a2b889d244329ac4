"""Writes a stream of API objects in the four formats in which clusters are exported."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import msgspec
import yaml_text

Tree = dict[str, Any]

FILE_NAMES = {
    "api": "cluster.api.json",
    "kubectl": "cluster.kubectl.json",
    "yaml": "cluster.yaml",
    "yamllist": "cluster.list.yaml",
}
_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def write(format_: str, objects: Iterable[Tree], path: Path) -> int:
    """The number of objects written."""
    with path.open("w", encoding="utf-8", newline="\n", buffering=1 << 20) as file:
        return _WRITERS[format_](objects, file)


def _api(objects: Iterable[Tree], file: TextIO) -> int:
    """One compact JSON document, members in the order of the API's own types."""
    file.write('{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"901734117"},"items":[')
    number = 0
    for number, tree in enumerate(objects, 1):
        text = json.dumps(tree, separators=(",", ":"), ensure_ascii=False)
        file.write(("," if number > 1 else "") + text.translate(_HTML))
    file.write("]}\n")
    return number


def _kubectl(objects: Iterable[Tree], file: TextIO) -> int:
    """``kubectl get -o json``: indented by four, members sorted, no managedFields."""
    file.write('{\n    "apiVersion": "v1",\n    "items": [')
    number = 0
    for number, tree in enumerate(objects, 1):
        lines = kubectl_json(without_managed_fields(tree)).replace("\n", "\n        ")
        file.write((",\n        " if number > 1 else "\n        ") + lines)
    file.write('\n    ],\n    "kind": "List",\n    "metadata": {\n        "resourceVersion": ""\n    }\n}\n')
    return number


def kubectl_json(tree: Tree) -> str:
    text = json.dumps(tree, sort_keys=True, ensure_ascii=False).translate(_HTML)
    return msgspec.json.format(text, indent=4)


def _yaml(objects: Iterable[Tree], file: TextIO) -> int:
    """One document for each object."""
    number = 0
    for number, tree in enumerate(objects, 1):
        file.write(("---\n" if number > 1 else "") + yaml_text.document(without_managed_fields(tree)))
    return number


def _yaml_list(objects: Iterable[Tree], file: TextIO) -> int:
    """``kubectl get -o yaml``: one List."""
    file.write("apiVersion: v1\nitems:\n")
    number = 0
    for tree in objects:
        number += 1
        file.write(yaml_text.item(without_managed_fields(tree)))
    file.write('kind: List\nmetadata:\n  resourceVersion: ""\n')
    return number


def without_managed_fields(tree: Tree) -> Tree:
    metadata = {key: value for key, value in tree["metadata"].items() if key != "managedFields"}
    return tree | {"metadata": metadata}


_WRITERS = {"api": _api, "kubectl": _kubectl, "yaml": _yaml, "yamllist": _yaml_list}
