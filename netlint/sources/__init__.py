"""Readers: whatever the user names becomes one snapshot.

Files go through three stages: they are found (``finding``), read and decoded (``files``, ``decoding``), and located
again for what is reported (``locating``). A live cluster (``live``) hands its lists to the same decoder; node dumps
(``dumps``) are what hosts say of themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from netlint.errors import ClusterError, SourceError
from netlint.memory import uncollected
from netlint.snapshot import Locator, Snapshot
from netlint.sources.live import LiveCluster

if TYPE_CHECKING:
    from netlint.sources.finding.targets import Targets

__all__ = ["Files", "LiveCluster", "Source", "read", "read_again"]

Tell = Callable[[str], None]
"""Takes a message for the person at the terminal."""


@dataclass(frozen=True)
class Files:
    """Files, folders, globs, archives, and ``-`` for standard input.

    ``left_out``: those of ``whole`` that are not read.
    """

    names: tuple[str, ...]
    whole: Files | None = None
    left_out: frozenset[str] = frozenset()

    @cached_property
    def targets(self) -> Targets:
        """What is there, looked for once: standard input and pipes can be read only once."""
        from netlint.sources.finding import search

        if self.whole is None:
            return search.find(list(self.names))
        inputs = [text for text in self.whole.targets.inputs if text.name not in self.left_out]
        return replace(self.whole.targets, inputs=inputs)

    def without(self, files: frozenset[str]) -> Files:
        """All but these files."""
        return Files(self.names, self, files)


Source = Files | LiveCluster


def read(
    source: Source,
    kinds: Iterable[str],
    default_namespace: str,
    tell: Tell | None = None,
    node_dumps: str | None = None,
) -> tuple[Snapshot, Locator | None]:
    """Read a source: of a live cluster only these kinds; gives also what finds places in its files.

    ``node_dumps``: a folder or tar archive with a folder for each node. What cannot be read is recorded in
    the snapshot. Raises UsageError where nothing is named and there is no cluster that kubectl would use.
    """
    snapshot: Snapshot
    locator: Locator | None
    if isinstance(source, LiveCluster):
        snapshot, locator = _read_cluster(source, kinds, tell), None
    else:
        snapshot, locator = _read_files(source, default_namespace, tell)
    if node_dumps is not None:
        _read_node_dumps(node_dumps, snapshot)
    return snapshot, locator


def read_again(source: LiveCluster, places: Mapping[str, Collection[str]]) -> Snapshot:
    """Read these kinds of a live cluster once more, each in its namespaces only.

    The snapshot's knowledge says of which lists nothing came of it.
    """
    from netlint.sources.live import reading

    return reading.read_again(source.connection, places, source.namespaces)


def _read_cluster(source: LiveCluster, kinds: Iterable[str], tell: Tell | None) -> Snapshot:
    from netlint.sources import deduplication
    from netlint.sources.live import namespaces, reading

    try:
        connection = source.connection
    except ClusterError as error:
        return reading.unread(error)
    if tell is not None:
        tell(f"reading {connection.context} at {connection.server}")
    snapshot = reading.read(connection, set(kinds), source.namespaces)
    snapshot.reading.sources = [connection.context]
    deduplication.merge(snapshot)
    if snapshot.reading.server:
        snapshot.reading.errors += namespaces.without_objects(connection, snapshot, source.namespaces)
    return snapshot


@uncollected()
def _read_files(source: Files, default_namespace: str, tell: Tell | None) -> tuple[Snapshot, Locator]:
    from netlint.sources import completeness, deduplication
    from netlint.sources.files import processes, tasks
    from netlint.sources.finding import search, targets
    from netlint.sources.locating import locator

    named = source.targets
    if tell is not None:
        tell(f"reading {len(named.inputs) + len(named.archives)} files")
    try:
        snapshot = processes.read(tasks.plan(named), default_namespace)
    except processes.TornError as torn:
        snapshot = processes.read(tasks.plan(named, unshared=torn.names), default_namespace, whole=torn.anchored)
    reading = snapshot.reading
    reading.sources = list(source.names)
    reading.ignored += named.ignored
    snapshot.charts += named.charts
    deduplication.merge(snapshot)
    completeness.conclude(snapshot)
    if named.dumps:
        for kind in targets.NEVER_DUMPED:
            snapshot.knowledge.never.setdefault(kind, f"kubectl cluster-info dump never contains a {kind}")
    reading.errors = sorted({*reading.errors, *named.errors, *search.without_objects(named, snapshot)})
    return snapshot, locator.FileLocator(named, snapshot.origins)


def _read_node_dumps(named: str, snapshot: Snapshot) -> None:
    from netlint.sources import dumps

    try:
        dumps.read(named, snapshot)
    except SourceError as error:
        snapshot.reading.errors.append(str(error))
