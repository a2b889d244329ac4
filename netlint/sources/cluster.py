"""A live cluster: each list is read into a snapshot of its own, then they are merged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

from netlint.errors import ClusterError
from netlint.objects import CONFIG_MAPS, KIND_NAMED, Kind
from netlint.objects.meta import group_of
from netlint.snapshot import Reason, Snapshot
from netlint.snapshot.knowledge import ALL, ANY_KIND, Knowledge
from netlint.sources.apiserver import EXPIRED, Connection, Page, RequestError
from netlint.sources.intake import Intake
from netlint.sources.known import Known

IN_FLIGHT = 4
RESTARTS = 3
FORBIDDEN = 403
NOT_FOUND = 404
NOT_SERVED = {NOT_FOUND, 405}
LONG_LISTS = ("EndpointSlice", "Pod")
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to read; ``namespace`` None: of all namespaces, or not namespaced.

    ``versions`` of its API are asked for, the first that is served.
    """

    kind: Kind
    namespace: str | None
    versions: tuple[str, ...]

    def known(self, version: str = "", reason: Reason | None = None, message: str = "") -> Known:
        """What is known of it."""
        return Known(self.kind.name, self.namespace or ALL, version, reason, message)


def unread(error: ClusterError) -> Snapshot:
    """A cluster that cannot be reached at all."""
    snapshot = Snapshot()
    snapshot.reading.errors.append(str(error))
    snapshot.knowledge.withdraw(ANY_KIND, ALL, Reason.INCOMPLETE, "the cluster could not be read")
    return snapshot


def read(connection: Connection, kinds: set[str], namespaces: tuple[str, ...]) -> Snapshot:
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


def read_again(connection: Connection, places: Mapping[str, Collection[str]], namespaces: tuple[str, ...]) -> Snapshot:
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


def side_by_side(function: Callable[[S], T], items: Sequence[S]) -> list[T]:
    """What the function gives for each item, ``IN_FLIGHT`` of them at a time; an error is raised.

    The threads keep nobody waiting: an interrupted run ends although a server does not answer.
    """
    futures: list[Future[T]] = [Future() for _ in items]
    todo = deque(zip(futures, items, strict=True))

    def work() -> None:
        while todo:
            try:
                future, item = todo.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                future.set_result(function(item))
            except BaseException as error:
                future.set_exception(error)

    for _ in range(min(IN_FLIGHT, len(items))):
        Thread(target=work, daemon=True).start()
    try:
        return [future.result() for future in futures]
    finally:
        todo.clear()


def listings(connection: Connection, kinds: Iterable[str], namespaces: tuple[str, ...]) -> list[Listing]:
    """The lists to read, the longest first; ConfigMaps are never listed.

    Groups that the server does not have are not asked for; where it does not tell, they are. Raises
    ClusterError where it does not answer.
    """
    names = sorted(set(kinds) - {"ConfigMap"}, key=lambda name: (name not in LONG_LISTS, name))
    wanted = [KIND_NAMED[name] for name in names]
    grouped = any(group for kind in wanted for group in kind.groups)
    served = connection.group_versions() if grouped else None
    return [
        Listing(kind, namespace, _worth_asking(kind, served))
        for kind in wanted
        for namespace in (namespaces if kind.namespaced and namespaces else (None,))
    ]


def _worth_asking(kind: Kind, served: Collection[str] | None) -> tuple[str, ...]:
    return tuple(each for each in kind.api_versions if served is None or not group_of(each) or each in served)


def _part(connection: Connection, listing: Listing) -> Snapshot:
    started: list[Intake] = []

    def start() -> Intake:
        started.append(Intake(Snapshot()))
        return started[-1]

    def take(intake: Intake, page: Page, _: str) -> None:
        intake.take(bytes(page.items), None, listing.kind)

    try:
        intake, known = fetch(connection, listing, start, take)
    except ClusterError as error:
        intake = started[-1]
        intake.snapshot.reading.errors.append(str(error))
        known = listing.known("", Reason.INCOMPLETE, f"the list of {listing.kind.plural} broke off")
    known.teach(intake.snapshot.knowledge)
    return intake.snapshot


def fetch(
    connection: Connection, listing: Listing, start: Callable[[], T], consume: Callable[[T, Page, str], None]
) -> tuple[T, Known]:
    """Read a list into a sink: every page is consumed with the version of its API.

    When the server has forgotten where the list was (410), it starts again with a new sink. Raises
    ClusterError where the list breaks off.
    """
    for _ in range(RESTARTS):
        sink = start()
        try:
            return sink, _fetch(connection, listing, lambda page, version: consume(sink, page, version))  # noqa: B023
        except _ExpiredError:
            continue
    raise connection.failure(f"the list of {listing.kind.plural} expired {RESTARTS} times while it was read")


class _ExpiredError(Exception):
    """The server has forgotten where a list was."""


def _fetch(connection: Connection, listing: Listing, consume: Callable[[Page, str], None]) -> Known:
    revision = ""
    for version in listing.versions:
        try:
            for page in connection.pages(listing.kind, version, listing.namespace):
                revision = page.metadata.resourceVersion
                consume(page, version)
        except RequestError as error:
            if error.status == EXPIRED:
                raise _ExpiredError from error
            if error.status in NOT_SERVED:
                continue
            if error.status == FORBIDDEN:
                return listing.known("", Reason.FORBIDDEN, error.message)
            raise connection.failure(f"the list of {listing.kind.plural} broke off: {error.message}") from error
        return listing.known(revision)
    return listing.known("", Reason.NOT_APPLICABLE, f"the server does not serve {listing.kind.resource}")


def _config_map(connection: Connection, namespace: str, name: str) -> Snapshot:
    snapshot = Snapshot()
    try:
        body, known = config_map(connection, namespace, name)
    except ClusterError as error:
        snapshot.reading.errors.append(str(error))
        body, known = None, Known("ConfigMap", namespace, "", Reason.INCOMPLETE, f"{name} could not be read")
    if body is not None:
        Intake(snapshot).take(b"[" + body + b"]", None)
    known.teach(snapshot.knowledge)
    return snapshot


def config_map(connection: Connection, namespace: str, name: str) -> tuple[bytes | None, Known]:
    """A ConfigMap as JSON (None where it cannot be had), and what is known of it.

    It is got by name, so that a role can allow it without all others. Raises ClusterError where the server
    does not give it for another reason than rights.
    """
    try:
        body = connection.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
    except RequestError as error:
        if error.status == NOT_FOUND:
            return None, Known("ConfigMap", namespace)
        if error.status == FORBIDDEN:
            return None, Known("ConfigMap", namespace, "", Reason.FORBIDDEN, error.message)
        raise connection.failure(f"ConfigMap {namespace}/{name}: {error.message}") from error
    return body, Known("ConfigMap", namespace)


def _may_hold_something(snapshot: Snapshot, namespace: str) -> bool:
    """Whether something was read of the namespace, or could not be read."""
    gaps = any(where == namespace for _, where in snapshot.knowledge.gaps)
    return gaps or namespace in {
        *snapshot.pods.shapes.namespaces,
        *(piece.namespace for piece in snapshot.slices.slices),
        *(item.namespace for found in snapshot.objects.values() for item in found),
    }


def without_objects(connection: Connection, snapshot: Snapshot, namespaces: tuple[str, ...]) -> Iterator[str]:
    """What to say where nothing could be read, or where a namespace does not exist."""
    yield from missing_namespaces(connection, namespaces, lambda namespace: _may_hold_something(snapshot, namespace))
    if not any(map(snapshot.count, KIND_NAMED)) and not snapshot.reading.errors:
        reasons = [gap.message for gap in snapshot.knowledge.gaps.values() if gap.reason is Reason.FORBIDDEN]
        nothing = f"{connection.context}: there is no object to check"
        yield nothing_allowed(connection, reasons[0]) if reasons else nothing


def missing_namespaces(
    connection: Connection, namespaces: tuple[str, ...], is_there: Callable[[str], bool] = lambda _: True
) -> Iterator[str]:
    """What to say of namespaces that do not exist; ``is_there``: whether they seem to, for who may not ask."""
    for namespace in namespaces:
        try:
            connection.get(f"/api/v1/namespaces/{namespace}")
        except RequestError as error:
            if error.status == NOT_FOUND:
                yield f"{connection.context}: there is no namespace {namespace!r}"
            elif not is_there(namespace):
                yield f"{connection.context}: there is nothing in namespace {namespace!r}, if it exists at all"
        except ClusterError as error:
            yield str(error)


def nothing_allowed(connection: Connection, reason: str) -> str:
    """What to say to whom the server shows nothing."""
    return f"{connection.context}: nothing may be read, starting with: {reason}; netlint rbac prints the roles"
