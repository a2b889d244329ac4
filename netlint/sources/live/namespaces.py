"""What to say where a namespace does not exist, or where nothing may be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netlint.errors import ClusterError
from netlint.objects import KIND_NAMED
from netlint.snapshot import Reason, Snapshot
from netlint.sources.live.apiserver import NOT_FOUND, ApiConnection, RequestError


def without_objects(connection: ApiConnection, snapshot: Snapshot, namespaces: tuple[str, ...]) -> Iterator[str]:
    """What to say where nothing could be read, or where a namespace does not exist."""
    yield from missing_namespaces(connection, namespaces, lambda namespace: _may_hold_something(snapshot, namespace))
    if not any(map(snapshot.count, KIND_NAMED)) and not snapshot.reading.errors:
        reasons = [gap.message for gap in snapshot.knowledge.gaps.values() if gap.reason is Reason.FORBIDDEN]
        nothing = f"{connection.context}: there is no object to check"
        yield nothing_allowed(connection, reasons[0]) if reasons else nothing


def _may_hold_something(snapshot: Snapshot, namespace: str) -> bool:
    """Whether something was read of the namespace, or could not be read."""
    gaps = any(where == namespace for _, where in snapshot.knowledge.gaps)
    return gaps or any(where == namespace for _, where in snapshot.inhabited())


def missing_namespaces(
    connection: ApiConnection, namespaces: tuple[str, ...], is_there: Callable[[str], bool] = lambda _: True
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


def nothing_allowed(connection: ApiConnection, reason: str) -> str:
    """What to say to whom the server shows nothing."""
    return f"{connection.context}: nothing may be read, starting with: {reason}; netlint rbac prints the roles"
