"""A live cluster: each list is read into a snapshot of its own, then they are merged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from netlint.errors import ClusterError
from netlint.objects import CONFIG_MAPS, KIND_NAMED, Kind
from netlint.snapshot import Reason, Snapshot
from netlint.snapshot.knowledge import ALL
from netlint.sources.apiserver import EXPIRED, Connection, Page, RequestError
from netlint.sources.intake import Intake
from netlint.sources.known import Known

IN_FLIGHT = 4
RESTARTS = 3
FORBIDDEN = {401, 403}
NOT_FOUND = 404
NOT_SERVED = {NOT_FOUND, 405}
LONG_LISTS = ("EndpointSlice", "Pod")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to read; ``namespace`` None: of all namespaces, or not namespaced."""

    kind: Kind
    namespace: str | None

    def known(self, version: str = "", reason: Reason | None = None, message: str = "") -> Known:
        """What is known of it."""
        return Known(self.kind.name, self.namespace or ALL, version, reason, message)


def read(connection: Connection, kinds: set[str], namespaces: tuple[str, ...]) -> Snapshot:
    """List these kinds, in these namespaces only where there are any.

    A kind that is forbidden, not served, or breaks off is a gap in the snapshot's knowledge. Raises
    ClusterError where the server cannot be reached at all.
    """
    snapshot = Snapshot()
    snapshot.reading.server = {"context": connection.context, "version": connection.version()}
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        parts = list(pool.map(lambda listing: _part(connection, listing), listings(kinds, namespaces)))
        if "ConfigMap" in kinds:
            parts += pool.map(lambda place: _config_map(connection, *place), CONFIG_MAPS)
    for part in parts:
        snapshot.merge(part)
    return snapshot


def listings(kinds: Iterable[str], namespaces: tuple[str, ...]) -> list[Listing]:
    """The lists to read, the longest first; ConfigMaps are never listed."""
    names = sorted(set(kinds) - {"ConfigMap"}, key=lambda name: (name not in LONG_LISTS, name))
    return [
        Listing(kind, namespace)
        for kind in (KIND_NAMED[name] for name in names)
        for namespace in (namespaces if kind.namespaced and namespaces else (None,))
    ]


def _part(connection: Connection, listing: Listing) -> Snapshot:
    def take(intake: Intake, page: Page, _: str) -> None:
        intake.take(bytes(page.items), None, listing.kind)

    try:
        intake, known = fetch(connection, listing, lambda: Intake(Snapshot()), take)
    except ClusterError as error:
        intake = Intake(Snapshot())
        intake.snapshot.reading.errors.append(str(error))
        known = listing.known("", Reason.INCOMPLETE, f"the list of {listing.kind.plural} broke off")
    known.teach(intake.snapshot.knowledge)
    return intake.snapshot


def fetch(
    connection: Connection, listing: Listing, start: Callable[[], T], consume: Callable[[T, Page, str], None]
) -> tuple[T, Known]:
    """Read a list into a sink: every page is consumed with the version of its API.

    When the server has forgotten where the list was (410), it starts again with a new sink. Raises
    ClusterError where the server goes away.
    """
    for _ in range(RESTARTS):
        sink = start()
        try:
            return sink, _fetch(connection, listing, lambda page, version: consume(sink, page, version))  # noqa: B023
        except _ExpiredError:
            continue
    message = f"the list of {listing.kind.plural} expired {RESTARTS} times while it was read"
    return start(), listing.known("", Reason.INCOMPLETE, message)


class _ExpiredError(Exception):
    """The server has forgotten where a list was."""


def _fetch(connection: Connection, listing: Listing, consume: Callable[[Page, str], None]) -> Known:
    revision = ""
    for version in listing.kind.versions:
        try:
            for page in connection.pages(listing.kind, version, listing.namespace):
                revision = page.metadata.resourceVersion
                consume(page, version)
        except RequestError as error:
            if error.status == EXPIRED:
                raise _ExpiredError from error
            if error.status in NOT_SERVED:
                continue
            return listing.known("", *_gap(listing, error))
        return listing.known(revision)
    return listing.known("", Reason.NOT_APPLICABLE, f"the server does not serve {listing.kind.resource}")


def _gap(listing: Listing, error: RequestError) -> tuple[Reason, str]:
    if error.status in FORBIDDEN:
        return Reason.FORBIDDEN, error.message
    return Reason.INCOMPLETE, f"the list of {listing.kind.plural} broke off: {error.message}"


def _config_map(connection: Connection, namespace: str, name: str) -> Snapshot:
    snapshot = Snapshot()
    body, known = config_map(connection, namespace, name)
    if body is not None:
        Intake(snapshot).take(b"[" + body + b"]", None)
    known.teach(snapshot.knowledge)
    return snapshot


def config_map(connection: Connection, namespace: str, name: str) -> tuple[bytes | None, Known]:
    """A ConfigMap as JSON (None where it cannot be had), and what is known of it.

    It is got by name, so that a role can allow it without all others.
    """
    try:
        body = connection.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
    except RequestError as error:
        if error.status == NOT_FOUND:
            return None, Known("ConfigMap", namespace)
        reason = Reason.FORBIDDEN if error.status in FORBIDDEN else Reason.INCOMPLETE
        return None, Known("ConfigMap", namespace, "", reason, error.message)
    except ClusterError as error:
        return None, Known("ConfigMap", namespace, "", Reason.INCOMPLETE, str(error))
    return body, Known("ConfigMap", namespace)


def without_objects(connection: Connection, snapshot: Snapshot, namespaces: tuple[str, ...]) -> Iterator[str]:
    """What to say where nothing could be read, or where a namespace does not exist."""
    for namespace in namespaces:
        try:
            connection.get(f"/api/v1/namespaces/{namespace}")
        except RequestError as error:
            if error.status == NOT_FOUND:
                yield f"{connection.context}: there is no namespace {namespace!r}"
        except ClusterError as error:
            yield str(error)
    if not any(map(snapshot.count, KIND_NAMED)) and not snapshot.reading.errors:
        reasons = [gap.message for gap in snapshot.knowledge.gaps.values() if gap.reason is Reason.FORBIDDEN]
        yield (
            f"{connection.context}: nothing may be read, starting with: {reasons[0]}; netlint rbac prints the roles"
            if reasons
            else f"{connection.context}: there is no object to check"
        )
