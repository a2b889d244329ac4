"""From the names that the user gives to inputs: files, folders, globs, archives and ``-``."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from netlint.errors import SourceError
from netlint.snapshot import Snapshot
from netlint.sources.finding.archives import as_archive
from netlint.sources.finding.folders import Walk
from netlint.sources.finding.gitignore import Ignored, around
from netlint.sources.finding.input_files import InputFile, from_file, from_standard_input, printable, reason
from netlint.sources.finding.surveys import surveyed
from netlint.sources.finding.targets import Targets, below

STANDARD_INPUT = "-"


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
    errors = [*targets.errors, *snapshot.reading.errors]
    for name in targets.names:
        if name in targets.again:
            continue
        prefix = below(name)
        is_explained = any(error.startswith((name + ":", prefix)) for error in errors)
        if name not in files and not any(file.startswith(prefix) for file in files) and not is_explained:
            yield f"{name}: no Kubernetes object in it"


def _add(targets: Targets, path: Path, name: str) -> None:
    if path.is_dir():
        folder = path.resolve()
        Walk(targets).folder(str(folder), name, _ignored_around(folder, targets))
        return
    absolute = str(path.parent.resolve() / path.name)
    if not targets.is_new(absolute, explicit=True):
        return
    _add_from(targets, absolute, lambda: from_file(str(path), name))


def _ignored_around(folder: Path, targets: Targets) -> Ignored | None:
    """What is ignored around a folder, unless the folder is itself: who names an ignored one wants it read."""
    try:
        above = around(folder)
    except OSError as error:
        targets.errors.append(f"{printable(error.filename)}: {reason(error)}")
        return None
    return None if above is not None and above.covers(str(folder), is_folder=True) else above


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
        targets.archives.append(surveyed(archive, targets))
