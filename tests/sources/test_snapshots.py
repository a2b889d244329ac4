"""Snapshots of a cluster, whole and cut off."""

from __future__ import annotations

import gzip
import json
import tarfile
from pathlib import Path

import pytest

from netlint import sources

HEADER = {"apiVersion": "netlint.dev/v1", "kind": "SnapshotHeader"}
NODES = {"apiVersion": "v1", "kind": "NodeList", "metadata": {}, "items": [{"metadata": {"name": "n1"}}]}
PODS = {"apiVersion": "v1", "kind": "PodList", "metadata": {}, "items": []}
TRAILER = {
    "apiVersion": "netlint.dev/v1",
    "kind": "Snapshot",
    "takenAt": "2026-11-23T09:00:00Z",
    "server": {"version": "v1.36.3"},
    "lists": [{"kind": "Node", "namespace": "*"}, {"kind": "Pod", "namespace": "*"}],
}
WHOLE = [HEADER, NODES, PODS, TRAILER]


def lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def read(*files: Path) -> tuple[list[str], bool]:
    """What could not be read, and whether all Nodes are known."""
    snapshot, _ = sources.read(sources.Files(tuple(map(str, files))), (), "default")
    return snapshot.reading.errors, snapshot.knowledge.gap("Node", "*") is None


@pytest.mark.parametrize("left", [1, 2, 3])
def test_a_snapshot_without_its_trailer_is_told(tmp_path: Path, left: int) -> None:
    """Of the file that lacks it, whatever else is read."""
    cut, whole = tmp_path / "a.json", tmp_path / "b.json"
    cut.write_bytes(lines(*WHOLE[:left]))
    whole.write_bytes(lines(*WHOLE))

    assert read(cut, whole) == ([f"{cut}: the snapshot was cut off; take it again"], False)
    assert read(whole) == ([], True)


def test_snapshots_one_after_the_other_in_one_file(tmp_path: Path) -> None:
    both = tmp_path / "both.json"
    both.write_bytes(lines(*WHOLE, *WHOLE))

    assert read(both) == ([], True)


def test_a_snapshot_that_is_cut_within_a_line_is_told_once(tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_bytes(lines(*WHOLE)[:-9])

    assert read(cut) == ([], False)  # the rule about unreadable documents tells of it


def test_compressed_and_archived_snapshots(tmp_path: Path) -> None:
    packed, archive = tmp_path / "cut.json.gz", tmp_path / "all.tar"
    packed.write_bytes(gzip.compress(lines(*WHOLE[:-1])))
    with tarfile.open(archive, "w") as tar:
        tar.add(packed, "cut.json.gz")

    assert read(packed) == ([f"{packed}: the snapshot was cut off; take it again"], False)
    assert read(archive) == ([f"{archive}/cut.json.gz: the snapshot was cut off; take it again"], False)
