"""The lists of a live cluster, page by page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import TypeVar

from netlint.objects import KIND_NAMED, Kind
from netlint.objects.meta import group_of
from netlint.snapshot import Reason
from netlint.snapshot.knowledge import ALL
from netlint.sources.decoding.list_status import ListStatus
from netlint.sources.live.apiserver import EXPIRED, FORBIDDEN, NOT_FOUND, ApiConnection, Page, RequestError

RESTARTS = 3
NOT_SERVED = {NOT_FOUND, 405}
LONG_LISTS = ("EndpointSlice", "Pod")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to read; ``namespace`` None: of all namespaces, or not namespaced.

    ``versions`` of its API are asked for, the first that is served.
    """

    kind: Kind
    namespace: str | None
    versions: tuple[str, ...]

    def status(self, version: str = "", reason: Reason | None = None, message: str = "") -> ListStatus:
        """What is known of it."""
        return ListStatus(self.kind.name, self.namespace or ALL, version, reason, message)


def listings(connection: ApiConnection, kinds: Iterable[str], namespaces: tuple[str, ...]) -> list[Listing]:
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
    return tuple(
        version for version in kind.api_versions if served is None or not group_of(version) or version in served
    )


def fetch(
    connection: ApiConnection, listing: Listing, start: Callable[[], T], consume: Callable[[T, Page, str], None]
) -> tuple[T, ListStatus]:
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


def _fetch(connection: ApiConnection, listing: Listing, consume: Callable[[Page, str], None]) -> ListStatus:
    for version in listing.versions:
        revision, has_begun = "", False
        try:
            for page in connection.pages(listing.kind, version, listing.namespace):
                revision, has_begun = page.revision, True
                consume(page, version)
        except RequestError as error:
            if error.status == EXPIRED:
                raise _ExpiredError from error
            if error.status in NOT_SERVED and not has_begun:
                continue
            if error.status == FORBIDDEN and not has_begun:
                return listing.status("", Reason.FORBIDDEN, error.message)
            raise connection.failure(f"the list of {listing.kind.plural} broke off: {error.message}") from error
        return listing.status(revision)
    return listing.status("", Reason.NOT_APPLICABLE, f"the server does not serve {listing.kind.resource}")


def config_map(connection: ApiConnection, namespace: str, name: str) -> tuple[bytes | None, ListStatus]:
    """A ConfigMap as JSON (None where it cannot be had), and what is known of it.

    It is got by name, so that a role can allow it without all others. Raises ClusterError where the server
    does not give it for another reason than rights.
    """
    try:
        body = connection.get(f"/api/v1/namespaces/{namespace}/configmaps/{name}")
    except RequestError as error:
        if error.status == NOT_FOUND:
            return None, ListStatus("ConfigMap", namespace)
        if error.status == FORBIDDEN:
            return None, ListStatus("ConfigMap", namespace, "", Reason.FORBIDDEN, error.message)
        raise connection.failure(f"ConfigMap {namespace}/{name}: {error.message}") from error
    return body, ListStatus("ConfigMap", namespace)
