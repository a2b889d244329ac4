"""Folders that the user named, with everything in them that is read."""

from __future__ import annotations

import os
from pathlib import Path

from netlint.errors import SourceError
from netlint.snapshot import Spot, UnrenderedChart
from netlint.sources.finding import kustomizations
from netlint.sources.finding.gitignore import FILES as PATTERNS
from netlint.sources.finding.gitignore import Ignored
from netlint.sources.finding.input_files import from_file, printable, reason
from netlint.sources.finding.targets import COMPRESSED, DUMPED, DUMPED_NODES, SUFFIXES, Targets, below


class Walk:
    """One folder that the user named, with everything in it; paths are absolute."""

    def __init__(self, targets: Targets) -> None:
        """``targets`` takes what is found."""
        self._targets = targets
        self._patches: set[str] = set()

    def folder(self, folder: str, named: str, ignored: Ignored | None, in_dump: bool = False) -> None:
        """``named``: as reports call the folder, below what the user wrote; ``ignored``: what holds around it."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._targets.errors.append(f"{named}: {reason(error)}")
            return
        names = {entry.name for entry in entries}
        dumped = _is_dump(folder, names)
        if dumped:
            self._targets.dumps.append(named)
        prefix = below(named)
        self._leave_out_patches(folder, prefix, names)
        if not names.isdisjoint(PATTERNS):
            ignored = self._ignored(folder, prefix, ignored)
        for entry in entries:
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name == ".git" or (ignored is not None and ignored.covers(entry.path, is_folder)):
                continue
            shown = prefix + printable(entry.name)
            if not is_folder:
                self._file(entry, shown, os.path.basename(folder) if in_dump else None)
            elif entry.name == "templates" and "Chart.yaml" in names:
                self._chart(entry.path, prefix + "Chart.yaml")
            else:
                self.folder(entry.path, shown, ignored, dumped)

    def _leave_out_patches(self, folder: str, prefix: str, names: set[str]) -> None:
        for name in sorted(names.intersection(kustomizations.KUSTOMIZATIONS)):
            try:
                self._patches.update(kustomizations.patches(folder, name))
            except OSError as error:
                self._targets.errors.append(f"{prefix}{name}: {reason(error)}")

    def _ignored(self, folder: str, prefix: str, above: Ignored | None) -> Ignored | None:
        """What holds in a folder with patterns of its own; what holds around it where these cannot be read."""
        try:
            return Ignored(folder, above)
        except OSError as error:
            name = os.path.relpath(error.filename, folder)
            self._targets.errors.append(f"{prefix}{printable(name)}: {reason(error)}")
            return above

    def _file(self, entry: os.DirEntry[str], named: str, namespace: str | None) -> None:
        if not entry.name.endswith(SUFFIXES + COMPRESSED) or _is_special(entry):
            return
        if entry.path in self._patches:
            self._targets.ignored += 1
            return
        if not self._targets.is_new(entry.path):
            return
        try:
            file = from_file(entry.path, named, explicit=False, namespace=namespace)
        except SourceError as error:
            self._targets.errors.append(str(error))
        else:
            self._targets.add(entry.path, file)

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


def _is_dump(folder: str, names: set[str]) -> bool:
    """Whether ``kubectl cluster-info dump --output-directory`` wrote this folder.

    Source: k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go.
    """
    if not names & DUMPED_NODES:
        return False
    return any(Path(folder, name, file).exists() for name in names for file in DUMPED)
