"""Archives, by the names of what is in them."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from netlint import side_files
from netlint.errors import SourceError
from netlint.snapshot import Spot, UnrenderedChart
from netlint.sources.finding import kustomizations
from netlint.sources.finding.archives import Archive
from netlint.sources.finding.input_files import read_exactly
from netlint.sources.finding.targets import DUMPED, DUMPED_NODES, SUFFIXES, Targets


def surveyed(archive: Archive, targets: Targets) -> Archive:
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
            if last in kustomizations.KUSTOMIZATIONS:
                for path in kustomizations.patches_in(read_exactly(stream, side_files.LARGEST)):
                    patches.add(posixpath.normpath(posixpath.join(folder, path)))
    except SourceError:
        pass  # whoever reads it says what is wrong
    return names, patches
