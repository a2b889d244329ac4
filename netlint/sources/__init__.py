"""Readers: whatever the user names becomes one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from netlint.errors import ClusterError, SourceError
from netlint.memory import uncollected
from netlint.snapshot import Locator, Snapshot
from netlint.snapshot.knowledge import ALL

if TYPE_CHECKING:
    from netlint.sources.apiserver import Connection

Tell = Callable[[str], None]
"""Takes a message for the person at the terminal."""


@dataclass(frozen=True, slots=True)
class Files:
    """Files, folders, globs, archives, and ``-`` for standard input."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class LiveCluster:
    """The API server that kubectl would talk to with these options.

    ``namespaces``: only these; empty: all. ``request_timeout`` in seconds.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    user: str | None = None
    namespaces: tuple[str, ...] = ()
    request_timeout: float = 60.0

    @cached_property
    def connection(self) -> Connection:
        """Made when it is first asked for. Raises as ``apiserver.connect``."""
        from netlint.sources import apiserver

        return apiserver.connect(self.kubeconfig, self.context, self.user, self.request_timeout)


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


def _read_node_dumps(named: str, snapshot: Snapshot) -> None:
    from netlint.sources import nodedumps

    try:
        nodedumps.read(named, snapshot)
    except SourceError as error:
        snapshot.reading.errors.append(str(error))


def _read_cluster(source: LiveCluster, kinds: Iterable[str], tell: Tell | None) -> Snapshot:
    from netlint.sources import cluster, copies

    try:
        connection = source.connection
    except ClusterError as error:
        return cluster.unread(error)
    if tell is not None:
        tell(f"reading {connection.context} at {connection.server}")
    snapshot = cluster.read(connection, set(kinds), source.namespaces)
    snapshot.reading.sources = [connection.context]
    copies.merge(snapshot)
    if snapshot.reading.server:
        snapshot.reading.errors += cluster.without_objects(connection, snapshot, source.namespaces)
    return snapshot


def read_again(source: LiveCluster, places: Mapping[str, Collection[str]]) -> Snapshot:
    """Read these kinds of a live cluster once more, each in its namespaces only.

    The snapshot's knowledge says of which lists nothing came of it.
    """
    from netlint.sources import cluster

    return cluster.read_again(source.connection, places, source.namespaces)


@uncollected()
def _read_files(source: Files, default_namespace: str, tell: Tell | None) -> tuple[Snapshot, Locator]:
    from netlint.sources import copies, crew, places, targets, tasks

    found = targets.find(list(source.names))
    if tell is not None:
        tell(f"reading {len(found.inputs) + len(found.archives)} files")
    try:
        snapshot = crew.read(tasks.plan(found), default_namespace)
    except crew.TornError as torn:
        snapshot = crew.read(tasks.plan(found, unshared=torn.names), default_namespace)
    reading = snapshot.reading
    reading.sources = list(source.names)
    reading.ignored += found.ignored
    snapshot.charts += found.charts
    copies.merge(snapshot)
    _complete_what_was_seen(snapshot)
    if found.dumps:
        for kind in targets.NEVER_DUMPED:
            snapshot.knowledge.never.setdefault(kind, f"kubectl cluster-info dump never contains a {kind}")
    reading.errors = sorted({*reading.errors, *found.errors, *targets.without_objects(found, snapshot)})
    return snapshot, places.Places(found, snapshot.origins)


def _complete_what_was_seen(snapshot: Snapshot) -> None:
    """In files a kind is known completely wherever one object of it is: an export has all of them or none."""
    knowledge = snapshot.knowledge
    for kind, found in snapshot.objects.items():
        for item in found:
            knowledge.completed(kind, item.namespace or ALL)
    for piece in snapshot.slices.slices:
        knowledge.completed("EndpointSlice", piece.namespace)
    for namespace in set(snapshot.pods.shapes.namespaces):
        knowledge.completed("Pod", namespace)
