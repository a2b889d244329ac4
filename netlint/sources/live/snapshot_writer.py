"""Snapshots on disk: the lists of a cluster as they were served, and a trailer that says what they are.

Whole objects, without managedFields, the environment of containers and the copy that kubectl apply keeps, as
a stream of JSON documents: one of kind ``SnapshotHeader``, typed lists, a page on each line, then one of kind
``Snapshot``, without which the file was cut off.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from threading import Lock
from typing import IO, Any, cast

import msgspec

from netlint import clock
from netlint.errors import ClusterError, SourceError
from netlint.objects import CONFIG_MAPS
from netlint.snapshot import Reason
from netlint.sources.decoding.adding import LAST_APPLIED
from netlint.sources.decoding.list_status import API_VERSION, KIND, Header, ListStatus, Trailer
from netlint.sources.live import LiveCluster
from netlint.sources.live.apiserver import ApiConnection, Page
from netlint.sources.live.lists import Listing, config_map, fetch, listings
from netlint.sources.live.namespaces import missing_namespaces, nothing_allowed
from netlint.sources.live.threads import side_by_side


def write(source: LiveCluster, kinds: Iterable[str], path: Path, tell: Callable[[str], None]) -> Trailer:
    """Write these kinds of a live cluster to a file, which is replaced as a whole or not at all.

    Raises ClusterError where the server cannot be reached, goes away or lets nothing be read, SourceError where
    the file cannot be written.
    """
    connection = source.connection
    tell(f"reading {connection.context} at {connection.server}")
    server = {"context": connection.context, "version": connection.version()}
    taken_at = clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    for missing in missing_namespaces(connection, source.namespaces):
        raise ClusterError(missing)
    try:
        with _opened(path) as stream:
            stream.write(msgspec.json.encode(Header()) + b"\n")
            lists = _write_lists(connection, set(kinds), source.namespaces, stream)
            asked = [status for status in lists if status.reason is not Reason.NOT_APPLICABLE]
            if all(status.reason is Reason.FORBIDDEN for status in asked):
                raise ClusterError(nothing_allowed(connection, asked[0].message))
            trailer = Trailer(API_VERSION, KIND, taken_at, server, lists)
            stream.write(msgspec.json.encode(trailer) + b"\n")
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror}") from error
    return trailer


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """A stream into the file; compressed where the name ends in .gz."""
    is_device = path.exists() and not path.is_file() and not path.is_dir()
    with path.open("wb") if is_device else _replacing(path) as plain:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, plain, mtime=0) as stream:
                yield cast(IO[bytes], stream)
        else:
            yield plain


@contextmanager
def _replacing(path: Path) -> Iterator[IO[bytes]]:
    """A file beside ``path`` that takes its place in the end.

    Only its owner may read it: a cluster's objects are not for everybody.
    """
    target = path.resolve()
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as plain:
        try:
            yield cast(IO[bytes], plain)
            plain.flush()
            Path(plain.name).replace(target)
        except BaseException:
            Path(plain.name).unlink(missing_ok=True)
            raise


def _write_lists(
    connection: ApiConnection, kinds: set[str], namespaces: tuple[str, ...], stream: IO[bytes]
) -> list[ListStatus]:
    """Each list goes to a file of its own first: it may have to start again, and must stay in one piece."""
    lock = Lock()

    def write_list(listing: Listing) -> ListStatus:
        kept, status = fetch(connection, listing, TemporaryFile, lambda file, *page: _write(file, listing, *page))
        with kept, lock:
            kept.seek(0)
            shutil.copyfileobj(kept, stream, 1 << 20)
        return status

    def write_config_map(place: tuple[str, str]) -> ListStatus:
        body, status = config_map(connection, *place)
        if body is not None:
            with lock:
                stream.write(msgspec.json.encode(_stripped(msgspec.json.decode(body))) + b"\n")
        return status

    return [
        *side_by_side(write_list, listings(connection, kinds, namespaces)),
        *side_by_side(write_config_map, CONFIG_MAPS if "ConfigMap" in kinds else ()),
    ]


def _write(file: IO[bytes], listing: Listing, page: Page, version: str) -> None:
    """One page as a typed list on a line of its own."""
    document = {
        "apiVersion": version,
        "kind": f"{listing.kind.kind}List",
        "metadata": {"resourceVersion": page.revision},
        "items": [_stripped(item) for item in msgspec.json.decode(page.items)],
    }
    file.write(msgspec.json.encode(document) + b"\n")


def _stripped(item: dict[str, Any]) -> dict[str, Any]:
    """The object without managedFields and the environment of containers, where secrets are put."""
    item["metadata"].pop("managedFields", None)
    (item["metadata"].get("annotations") or {}).pop(LAST_APPLIED, None)
    for pod_spec in _pod_specs(item):
        for kind in ("containers", "initContainers", "ephemeralContainers"):
            for container in pod_spec.get(kind) or ():
                container.pop("env", None)
                container.pop("envFrom", None)
    return item


def _pod_specs(item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The object's own spec, and those of the templates inside."""
    spec = item.get("spec") or {}
    while spec:
        yield spec
        inner = spec.get("template") or spec.get("jobTemplate") or {}
        spec = inner.get("spec") or {} if isinstance(inner, dict) else {}
