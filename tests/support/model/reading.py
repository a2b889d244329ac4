"""Objects as a program would export them, read by netlint's own readers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from netlint import sources
from netlint.cluster import Cluster
from netlint.snapshot import Snapshot

Object = dict[str, Any]


def exported(objects: Iterable[Object]) -> str:
    """The objects as ``kubectl get -o json`` prints several of them."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def snapshot(objects: Iterable[Object], dumps: Mapping[str, Any] | None = None) -> Snapshot:
    """What netlint reads of the objects and of the files of node dumps; every one of them can be read."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "cluster.json")
        file.write_text(exported(objects))
        for name, content in (dumps or {}).items():
            Path(folder, "nodes", name).parent.mkdir(parents=True, exist_ok=True)
            Path(folder, "nodes", name).write_text(json.dumps(content))
        found, _ = sources.read(
            sources.Files((str(file),)), (), "default", node_dumps=f"{folder}/nodes" if dumps else None
        )
    assert found.malformed == []
    assert found.conflicts == []
    assert found.unreadable == []
    return found


def cluster(objects: Iterable[Object]) -> Cluster:
    """The objects with meaning."""
    return Cluster(snapshot(objects))
