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
from netlint.sources.gitignore import FILES as PATTERNS
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
        paths = [name] if os.path.lexists(name) else sorted(glob.glob(name, recursive=True))
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
        prefix = below(name)
        said = any(error.startswith((name + ":", prefix)) for error in (*targets.errors, *snapshot.reading.errors))
        if name not in files and not any(file.startswith(prefix) for file in files) and not said:
            yield f"{name}: no Kubernetes object in it"


def _add(targets: Targets, path: Path, name: str) -> None:
    if path.is_dir():
        folder = path.absolute()
        above = around(folder)
        if above is not None and above.covers(str(folder), is_folder=True):
            above = None  # who names an ignored folder wants it read
        _Walk(targets).folder(str(folder), name, Ignored(str(folder), above))
        return
    archive = as_archive(path, name) if path.is_file() else None
    if archive is not None:
        targets.archives.append(archive)
        return
    try:
        targets.inputs.append(from_file(str(path), name))
    except SourceError as error:
        targets.errors.append(str(error))


class _Walk:
    """One folder that the user named, with everything in it; paths are absolute."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets
        self._patches: set[str] = set()

    def folder(self, folder: str, named: str, ignored: Ignored, in_dump: bool = False) -> None:
        """``named``: as reports call the folder, which is below what the user wrote."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._targets.errors.append(f"{named}: {reason(error)}")
            return
        names = {entry.name for entry in entries}
        dumped = _is_dump(folder, names)
        if dumped:
            self._targets.dumps.append(named)
        self._patches.update(_patches(folder, names))
        if not names.isdisjoint(PATTERNS):
            ignored = Ignored(folder, ignored)
        prefix = below(named)
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or ignored.covers(entry.path, is_folder):
                continue
            if not is_folder:
                self._file(entry, prefix + entry.name, os.path.basename(folder) if in_dump else None)
            elif entry.name == "templates" and "Chart.yaml" in names:
                self._chart(entry.path, prefix + "Chart.yaml")
            else:
                self.folder(entry.path, prefix + entry.name, ignored, dumped)

    def _file(self, entry: os.DirEntry[str], named: str, namespace: str | None) -> None:
        if not entry.name.endswith(SUFFIXES + COMPRESSED) or entry.is_dir() or _is_special(entry):
            return
        if entry.path in self._patches:
            self._targets.ignored += 1
            return
        try:
            found = from_file(entry.path, named, explicit=False, namespace=namespace)
        except SourceError as error:
            self._targets.errors.append(str(error))
        else:
            self._targets.inputs.append(found)

    def _chart(self, templates: str, chart: str) -> None:
        count = sum(1 for path in Path(templates).rglob("*") if path.name.endswith(SUFFIXES))
        self._targets.charts.append(UnrenderedChart(Spot(chart), count))


def _is_special(entry: os.DirEntry[str]) -> bool:
    """Whether it is a socket, a device or a pipe, which would be waited for; a link to nothing is an error."""
    return not (entry.is_file() or entry.is_symlink())


def below(folder: str) -> str:
    """What the names of files in this folder begin with; nothing for the current one."""
    return "" if folder in {".", "./"} else folder.rstrip("/") + "/"


def _is_dump(folder: str, names: set[str]) -> bool:
    """Whether ``kubectl cluster-info dump --output-directory`` wrote this folder.

    Source: k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go.
    """
    if not names & {"nodes.json", "nodes.yaml"}:
        return False
    listed = [f"replication-controllers.{form}" for form in ("json", "yaml")]
    return any(Path(folder, name, file).exists() for name in names for file in listed)


def _patches(folder: str, names: set[str]) -> Iterator[str]:
    """Files that a kustomization applies as patches: parts of objects, not objects."""
    for name in names.intersection(KUSTOMIZATIONS):
        try:
            found = msgspec.json.decode(yamltext.to_json(Path(folder, name).read_bytes()).json)
        except (OSError, yamltext.Unreadable):
            continue
        if not isinstance(found, dict):
            continue
        listed = [found.get(key) or [] for key in ("patches", "patchesStrategicMerge", "patchesJson6902")]
        for patch in (patch for patches in listed if isinstance(patches, list) for patch in patches):
            path: Any = patch.get("path") if isinstance(patch, dict) else patch
            if isinstance(path, str) and "\n" not in path:
                yield os.path.normpath(os.path.join(folder, path))
