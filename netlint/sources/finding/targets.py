"""What the user names, as inputs: files, folders, globs, archives and ``-``."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from netlint import yamltext
from netlint.errors import SourceError
from netlint.snapshot import Snapshot, Spot, UnrenderedChart
from netlint.sources.finding.archives import Archive, as_archive
from netlint.sources.finding.gitignore import FILES as PATTERNS
from netlint.sources.finding.gitignore import Ignored, around
from netlint.sources.finding.input_files import (
    InputFile,
    from_file,
    from_standard_input,
    printable,
    read_exactly,
    reason,
)

SUFFIXES = (".yaml", ".yml", ".json", ".jsonl", ".ndjson")
COMPRESSED = tuple(suffix + ".gz" for suffix in SUFFIXES)
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
STANDARD_INPUT = "-"
NEVER_DUMPED = ("ConfigMap", "EndpointSlice", "Namespace", "ServiceCIDR", "StatefulSet", "Job", "CronJob")
DUMPED_NODES = {"nodes.json", "nodes.yaml"}
DUMPED = {"replication-controllers.json", "replication-controllers.yaml"}  # in each namespace
LARGEST_KUSTOMIZATION = 1 << 20


@dataclass
class Targets:
    """Everything found, in the order in which it was named; folders are walked in sorted order."""

    inputs: list[InputFile] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    charts: list[UnrenderedChart] = field(default_factory=list)
    ignored: int = 0
    names: list[str] = field(default_factory=list)  # the targets as they were named, globs expanded
    errors: list[str] = field(default_factory=list)
    dumps: list[str] = field(default_factory=list)  # folders that kubectl cluster-info dump wrote
    met: dict[str, int | None] = field(default_factory=dict)  # absolute paths, and which input each is
    again: set[str] = field(default_factory=set)  # targets with a file that another one had already

    def is_new(self, path: str, explicit: bool = False) -> bool:
        """Whether a file is met for the first time; who names one that a folder had means all of it."""
        if path not in self.met:
            return True
        number = self.met[path]
        if explicit and number is not None:
            self.inputs[number] = replace(self.inputs[number], explicit=True)
        self.again.add(self.names[-1])
        return False

    def add(self, path: str, source: InputFile) -> None:
        """One input more."""
        self.met[path] = len(self.inputs)
        self.inputs.append(source)


def find(names: list[str]) -> Targets:
    """Look at each target; what cannot be read is an error of its own and stops nothing."""
    targets = Targets()
    for name in names:
        if name == STANDARD_INPUT:
            targets.names.append(name)
            _add_from(targets, name, from_standard_input)
            continue
        paths = [name] if os.path.lexists(name) else sorted(glob.glob(name, recursive=True))
        if not paths:
            targets.errors.append(f"{printable(name)}: no such file or folder")
        for path in paths:
            targets.names.append(printable(path))
            _add(targets, Path(path), targets.names[-1])
    return targets


def without_objects(targets: Targets, snapshot: Snapshot) -> Iterator[str]:
    """What to say of each target that was read but holds no Kubernetes object at all."""
    reported = {document.spot.file for document in snapshot.unreadable}
    reported |= {chart.spot.file for chart in snapshot.charts}
    files = snapshot.reading.holding | reported
    for name in targets.names:
        if name in targets.again:
            continue
        prefix = below(name)
        said = any(error.startswith((name + ":", prefix)) for error in (*targets.errors, *snapshot.reading.errors))
        if name not in files and not any(file.startswith(prefix) for file in files) and not said:
            yield f"{name}: no Kubernetes object in it"


def _add(targets: Targets, path: Path, name: str) -> None:
    if path.is_dir():
        folder = path.resolve()
        above = around(folder)
        if above is not None and above.covers(str(folder), is_folder=True):
            above = None  # who names an ignored folder wants it read
        _Walk(targets).folder(str(folder), name, Ignored(str(folder), above))
        return
    absolute = str(path.parent.resolve() / path.name)
    if not targets.is_new(absolute, explicit=True):
        return
    _add_from(targets, absolute, lambda: from_file(str(path), name))


def _add_from(targets: Targets, path: str, opened: Callable[[], InputFile]) -> None:
    try:
        source = opened()
        archive = as_archive(source)
    except SourceError as error:
        targets.errors.append(str(error))
        return
    if archive is None:
        targets.add(path, source)
    else:
        targets.met[path] = None
        targets.archives.append(_surveyed(archive, targets))


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
            shown = prefix + printable(entry.name)
            if not is_folder:
                self._file(entry, shown, os.path.basename(folder) if in_dump else None)
            elif entry.name == "templates" and "Chart.yaml" in names:
                self._chart(entry.path, prefix + "Chart.yaml")
            else:
                self.folder(entry.path, shown, ignored, dumped)

    def _file(self, entry: os.DirEntry[str], named: str, namespace: str | None) -> None:
        if not entry.name.endswith(SUFFIXES + COMPRESSED) or _is_special(entry):
            return
        if entry.path in self._patches:
            self._targets.ignored += 1
            return
        if not self._targets.is_new(entry.path):
            return
        try:
            found = from_file(entry.path, named, explicit=False, namespace=namespace)
        except SourceError as error:
            self._targets.errors.append(str(error))
        else:
            self._targets.add(entry.path, found)

    def _chart(self, templates: str, chart: str) -> None:
        count = sum(1 for path in Path(templates).rglob("*") if path.name.endswith(SUFFIXES))
        self._targets.charts.append(UnrenderedChart(Spot(chart), count))


def _is_special(entry: os.DirEntry[str]) -> bool:
    """Whether it is no file: a link to a folder, or a socket, a device or a pipe, which would be waited for.

    A link to nothing or to itself is an error, which whoever opens it gets.
    """
    try:
        return not entry.is_file() and os.path.exists(entry.path)
    except OSError:
        return False


def _surveyed(archive: Archive, targets: Targets) -> Archive:
    """The archive with what the names in it say, so that it is read as the folder that it was."""
    names, patches = _names_in(archive)
    left_out = names & patches
    targets.ignored += len(left_out)
    for chart in sorted(name for name in names if posixpath.basename(name) == "Chart.yaml"):
        templates = {name for name in names if name.startswith(chart.removesuffix("Chart.yaml") + "templates/")}
        if templates:
            count = sum(name.endswith(SUFFIXES) for name in templates)
            targets.charts.append(UnrenderedChart(Spot(f"{archive.name}/{chart}"), count))
            left_out |= templates
    folders = {name: posixpath.split(posixpath.dirname(name)) for name in names}
    listed = {folders[name][0] for name in names if posixpath.basename(name) in DUMPED}
    dumps = listed & {posixpath.dirname(name) for name in names if posixpath.basename(name) in DUMPED_NODES}
    targets.dumps += [archive.name for _ in dumps]
    namespaces = {name: last for name, (above, last) in folders.items() if above in dumps and last}
    return replace(archive, left_out=frozenset(left_out), namespaces=namespaces)


def _names_in(archive: Archive) -> tuple[set[str], set[str]]:
    """The members of an archive, and the paths that kustomizations in it apply as patches."""
    names, patches = set(), set()
    try:
        for name, stream in archive.members():
            names.add(name)
            folder, last = posixpath.split(name)
            if last in KUSTOMIZATIONS:
                for path in _patches_in(read_exactly(stream, LARGEST_KUSTOMIZATION)):
                    patches.add(posixpath.normpath(posixpath.join(folder, path)))
    except SourceError:
        pass  # whoever reads it says what is wrong
    return names, patches


def below(folder: str) -> str:
    """What the names of files in this folder begin with; nothing for the current one."""
    return "" if folder in {".", "./"} else folder.rstrip("/") + "/"


def _is_dump(folder: str, names: set[str]) -> bool:
    """Whether ``kubectl cluster-info dump --output-directory`` wrote this folder.

    Source: k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go.
    """
    if not names & DUMPED_NODES:
        return False
    return any(Path(folder, name, file).exists() for name in names for file in DUMPED)


def _patches(folder: str, names: set[str]) -> Iterator[str]:
    """Files that a kustomization applies as patches: parts of objects, not objects."""
    for name in names.intersection(KUSTOMIZATIONS):
        with suppress(OSError):
            for path in _patches_in(Path(folder, name).read_bytes()):
                yield os.path.normpath(os.path.join(folder, path))


def _patches_in(kustomization: bytes) -> Iterator[str]:
    try:
        found = msgspec.json.decode(yamltext.to_json(kustomization).json)
    except yamltext.Unreadable:
        return
    if not isinstance(found, dict):
        return
    listed = [found.get(key) or [] for key in ("patches", "patchesStrategicMerge", "patchesJson6902")]
    for patch in (patch for patches in listed if isinstance(patches, list) for patch in patches):
        path: Any = patch.get("path") if isinstance(patch, dict) else patch
        if isinstance(path, str) and "\n" not in path:
            yield path
