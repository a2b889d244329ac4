"""The same object met twice: equal copies merge, of differing ones the last by path is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from msgspec import structs

from netlint.objects import KIND_NAMED
from netlint.objects.meta import Object
from netlint.snapshot import ConflictingCopy, Snapshot

Same = Callable[[int, int], bool]
NameOf = Callable[[int], tuple[str, str]]
"""Namespace and name by number."""


def merge(snapshot: Snapshot) -> None:
    """Leave one copy of every object, and record which objects had differing ones."""
    pods, slices = snapshot.pods, snapshot.slices

    namespaces = list(pods.shapes.namespaces)

    def pod(row: int) -> tuple[str, str]:
        return namespaces[pods.shape[row]], pods.names[row]

    hashes = list(map(hash, zip(map(namespaces.__getitem__, pods.shape), pods.names.hashes, strict=True)))
    dropped = set(_superfluous(snapshot, "Pod", pods.origin, hashes, pod, pods.same))
    if dropped:
        pods.drop(dropped)
    origins = [endpoint_slice.origin for endpoint_slice in slices.slices]
    names = [(endpoint_slice.namespace, endpoint_slice.name) for endpoint_slice in slices.slices]
    hashes = list(map(hash, names))
    dropped = set(_superfluous(snapshot, "EndpointSlice", origins, hashes, names.__getitem__, slices.same))
    if dropped:
        slices.drop(dropped)
    for kind, objects in snapshot.objects.items():
        _merge_objects(snapshot, kind, objects)
    snapshot.conflicts.sort(key=lambda conflict: (conflict.kind, conflict.namespace, conflict.name))


def _merge_objects(snapshot: Snapshot, kind: str, objects: list[Object]) -> None:
    names = [(item.namespace, item.name) for item in objects]
    origins = [item.origin for item in objects]

    def same(number: int, other: int) -> bool:
        return bool(structs.replace(objects[number], origin=0) == structs.replace(objects[other], origin=0))

    dropped = set(_superfluous(snapshot, kind, origins, list(map(hash, names)), names.__getitem__, same))
    if dropped:
        objects[:] = [item for number, item in enumerate(objects) if number not in dropped]


def _superfluous(
    snapshot: Snapshot, kind: str, origins: Sequence[int], hashes: Sequence[int], name_of: NameOf, same: Same
) -> Iterator[int]:
    """Every copy but the last by path; differing ones are recorded as a conflict."""
    for (namespace, called), numbers in _repeated(hashes, name_of):
        numbers.sort(key=lambda number: _path(snapshot, origins[number]))
        *earlier, last = numbers
        yield from earlier
        ignored = tuple(origins[number] for number in earlier if not same(number, last))
        if ignored:
            api_version = KIND_NAMED[kind].api_version
            conflict = ConflictingCopy(api_version, kind, namespace, called, origins[last], ignored)
            snapshot.conflicts.append(conflict)


def _repeated(hashes: Sequence[int], name_of: NameOf) -> Iterator[tuple[tuple[str, str], list[int]]]:
    """Names that several have, with the numbers of these; ``hashes`` are those of all names."""
    if len(set(hashes)) == len(hashes):
        return
    repeated = {value for value, count in Counter(hashes).items() if count > 1}
    groups: dict[tuple[str, str], list[int]] = {}
    for number, value in enumerate(hashes):
        if value in repeated:
            groups.setdefault(name_of(number), []).append(number)
    yield from ((name, numbers) for name, numbers in groups.items() if len(numbers) > 1)


def _path(snapshot: Snapshot, origin: int) -> tuple[str, int, int]:
    place = snapshot.origins.of(origin)
    return (place[0].file, place[0].start, place[1]) if place else ("", 0, 0)
