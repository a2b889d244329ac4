"""What the user names, as inputs: files, folders, globs, archives and ``-``."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from netlint import yamltext
from netlint.errors import SourceError
from netlint.snapshot import Snapshot, Spot, UnrenderedChart
from netlint.sources.archives import Archive, as_archive
from netlint.sources.gitignore import Ignored, around
from netlint.sources.inputs import Input, from_file, from_standard_input, reason

SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
COMPRESSED = tuple(suffix + ".gz" for suffix in SUFFIXES)
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
STANDARD_INPUT = "-"
NEVER_DUMPED = ("ConfigMap", "EndpointSlice", "ServiceCIDR", "StatefulSet", "Job", "CronJob")


@dataclass
class Targets:
    """Everything found, in the order in which it was named; folders are walked in sorted order."""

    inputs: list[Input] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    charts: list[UnrenderedChart] = field(default_factory=list)
    ignored: int = 0
    names: list[str] = field(default_factory=list)  # the targets as they were named, globs expanded
    errors: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)  # folders that kubectl cluster-info dump wrote


def find(names: list[str]) -> Targets:
    """Look at each target; what cannot be read is an error of its own and stops nothing."""
    targets = Targets()
    for name in names:
        if name == STANDARD_INPUT:
            targets.names.append(name)
            targets.inputs.append(from_standard_input())
            continue
        paths = [name] if os.path.lexists(name) else sorted(glob.glob(name, recursive=True))  # noqa: PTH207
        if not paths:
            targets.errors.append(f"{name}: no such file or folder")
        for path in paths:
            targets.names.append(path)
            _add(targets, Path(path), path)
    return targets


def without_objects(targets: Targets, snapshot: Snapshot) -> Iterator[str]:
    """What to say of each target that was read but holds no Kubernetes object at all."""
    reported = {document.spot.file for document in snapshot.unreadable}
    reported |= {chart.spot.file for chart in snapshot.charts}
    files = snapshot.reading.holding | reported
    for name in targets.names:
        prefix = "" if name in {".", "./"} else name.rstrip("/") + "/"
        said = any(error.startswith((name + ":", prefix)) for error in (*targets.errors, *snapshot.reading.errors))
        if name not in files and not any(file.startswith(prefix) for file in files) and not said:
            yield f"{name}: no Kubernetes object in it"


def _add(targets: Targets, path: Path, name: str) -> None:
    if path.is_dir():
        folder = path.absolute()
        above = around(folder)
        if above is not None and above.covers(folder, is_folder=True):
            above = None  # who names an ignored folder wants it read
        _Walk(targets, path, name).folder(path, Ignored(folder, above))
        return
    archive = as_archive(path, name) if path.is_file() else None
    if archive is not None:
        targets.archives.append(archive)
        return
    try:
        targets.inputs.append(from_file(path, name))
    except SourceError as error:
        targets.errors.append(str(error))


class _Walk:
    """One folder that the user named, with everything in it."""

    def __init__(self, targets: Targets, top: Path, name: str) -> None:
        self._targets = targets
        self._top = top
        self._name = name
        self._patches: set[Path] = set()

    def folder(self, folder: Path, ignored: Ignored) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._targets.errors.append(f"{self._named(folder)}: {reason(error)}")
            return
        names = {entry.name for entry in entries}
        dumped = _is_dump(folder, names)
        if dumped:
            self._targets.dumps.append(self._named(folder))
        self._patches.update(_patches(folder, names))
        for entry in entries:
            path = folder / entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or ignored.covers(path.absolute(), is_folder):
                continue
            if not is_folder:
                self._file(path, folder.name if self._in_dump(folder) else None)
            elif entry.name == "templates" and "Chart.yaml" in names:
                self._chart(folder, path)
            else:
                self.folder(path, Ignored(path.absolute(), ignored))

    def _in_dump(self, folder: Path) -> bool:
        return bool(self._targets.dumps) and self._targets.dumps[-1] == self._named(folder.parent)

    def _file(self, path: Path, namespace: str | None) -> None:
        if not path.name.endswith(SUFFIXES + COMPRESSED) or path.is_dir():
            return
        if path.absolute() in self._patches:
            self._targets.ignored += 1
            return
        try:
            found = from_file(path, self._named(path), explicit=False, namespace=namespace)
        except SourceError as error:
            self._targets.errors.append(str(error))
        else:
            self._targets.inputs.append(found)

    def _chart(self, folder: Path, templates: Path) -> None:
        count = sum(1 for path in templates.rglob("*") if path.name.endswith(SUFFIXES))
        self._targets.charts.append(UnrenderedChart(Spot(self._named(folder / "Chart.yaml")), count))

    def _named(self, path: Path) -> str:
        """As the user would name it: below the folder as it was written."""
        relative = path.relative_to(self._top).as_posix()
        prefix = "" if self._name in {".", "./"} else self._name.rstrip("/") + "/"
        return (prefix + relative).removesuffix("/.") if relative != "." else self._name


def _is_dump(folder: Path, names: set[str]) -> bool:
    """Whether ``kubectl cluster-info dump --output-directory`` wrote this folder.

    Source: k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go.
    """
    if not names & {"nodes.json", "nodes.yaml"}:
        return False
    return any((folder / name / "replication-controllers.json").exists() for name in names) or any(
        (folder / name / "replication-controllers.yaml").exists() for name in names
    )


def _patches(folder: Path, names: set[str]) -> Iterator[Path]:
    """Files that a kustomization applies as patches: parts of objects, not objects."""
    for name in names.intersection(KUSTOMIZATIONS):
        try:
            found = msgspec.json.decode(yamltext.to_json((folder / name).read_bytes()).json)
        except (OSError, yamltext.Unreadable):
            continue
        if not isinstance(found, dict):
            continue
        listed = [found.get(key) or [] for key in ("patches", "patchesStrategicMerge", "patchesJson6902")]
        for patch in (patch for patches in listed if isinstance(patches, list) for patch in patches):
            path: Any = patch.get("path") if isinstance(patch, dict) else patch
            if isinstance(path, str) and "\n" not in path:
                yield Path(os.path.normpath((folder / path).absolute()))
