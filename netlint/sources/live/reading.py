"""A live cluster as a snapshot: each list is read into one of its own, then they are merged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from netlint.errors import ClusterError
from netlint.objects import CONFIG_MAPS, KIND_NAMED, Kind
from netlint.snapshot import Reason, Snapshot
from netlint.snapshot.knowledge import ALL, ANY_KIND, Knowledge
from netlint.sources.decoding.items import take
from netlint.sources.decoding.list_status import ListStatus
from netlint.sources.decoding.sink import Sink
from netlint.sources.live.apiserver import ApiConnection, Page
from netlint.sources.live.lists import Listing, config_map, fetch, listings
from netlint.sources.live.threads import side_by_side


def unread(error: ClusterError) -> Snapshot:
    """A cluster that cannot be reached at all."""
    snapshot = Snapshot()
    snapshot.reading.errors.append(str(error))
    snapshot.knowledge.withdraw(ANY_KIND, ALL, Reason.INCOMPLETE, "the cluster could not be read")
    return snapshot


def read(connection: ApiConnection, kinds: set[str], namespaces: tuple[str, ...]) -> Snapshot:
    """List these kinds, in these namespaces only where there are any.

    A kind that is forbidden, not served, or breaks off is a gap in the snapshot's knowledge; where the server
    cannot be reached at all, every kind is.
    """
    snapshot = Snapshot()
    try:
        snapshot.reading.server = {"context": connection.context, "version": connection.version()}
        wanted = listings(connection, kinds, namespaces)
    except ClusterError as error:
        return unread(error)
    parts = side_by_side(lambda listing: _part(connection, listing), wanted)
    if "ConfigMap" in kinds:
        parts += side_by_side(lambda place: _config_map(connection, *place), CONFIG_MAPS)
    for part in parts:
        snapshot.merge(part)
    snapshot.reading.errors = sorted(set(snapshot.reading.errors))
    _tell_what_was_left_out(snapshot.knowledge, kinds)
    return snapshot


def _tell_what_was_left_out(knowledge: Knowledge, kinds: set[str]) -> None:
    """Kinds that nobody asked for."""
    for name in KIND_NAMED.keys() - kinds:
        knowledge.withdraw(name, ALL, Reason.NOT_APPLICABLE, "it was not listed, as nothing selected reads it")


def read_again(
    connection: ApiConnection, places: Mapping[str, Collection[str]], namespaces: tuple[str, ...]
) -> Snapshot:
    """List these kinds, each in its namespaces: ``ALL`` stands for those that were read before.

    Of a list that is denied or breaks off, only the gap is in the snapshot.
    """
    wanted = [
        Listing(kind, namespace, kind.api_versions)
        for kind in map(KIND_NAMED.__getitem__, sorted(places))
        for namespace in _namespaces_again(kind, places[kind.name], namespaces)
    ]
    snapshot = Snapshot()
    for part in side_by_side(lambda listing: _part(connection, listing), wanted):
        if part.knowledge.gaps:
            snapshot.knowledge.merge(part.knowledge)
        else:
            snapshot.merge(part)
    return snapshot


def _namespaces_again(kind: Kind, asked: Collection[str], before: tuple[str, ...]) -> Sequence[str | None]:
    if ALL not in asked:
        return sorted(asked)
    if not kind.namespaced:
        return [None]
    return before or [None]


def _part(connection: ApiConnection, listing: Listing) -> Snapshot:
    started: list[Sink] = []

    def start() -> Sink:
        started.append(Sink(Snapshot()))
        return started[-1]

    def take_page(sink: Sink, page: Page, _: str) -> None:
        take(sink, bytes(page.items), None, listing.kind)

    try:
        sink, status = fetch(connection, listing, start, take_page)
    except ClusterError as error:
        sink = started[-1]
        sink.snapshot.reading.errors.append(str(error))
        status = listing.status("", Reason.INCOMPLETE, f"the list of {listing.kind.plural} broke off")
    status.teach(sink.snapshot.knowledge)
    return sink.snapshot


def _config_map(connection: ApiConnection, namespace: str, name: str) -> Snapshot:
    snapshot = Snapshot()
    try:
        body, status = config_map(connection, namespace, name)
    except ClusterError as error:
        snapshot.reading.errors.append(str(error))
        body, status = None, ListStatus("ConfigMap", namespace, "", Reason.INCOMPLETE, f"{name} could not be read")
    if body is not None:
        take(Sink(snapshot), b"[" + body + b"]", None)
    status.teach(snapshot.knowledge)
    return snapshot
