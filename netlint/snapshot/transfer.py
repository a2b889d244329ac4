"""A snapshot on its way from the process that read it to the one that merges it.

It goes in parts, so that neither process ever holds all of it twice. Tables are pickled, as their columns are
arrays; structs go as MessagePack, which is many times faster than their pickle.
"""

from __future__ import annotations

import pickle
from typing import BinaryIO, TypeVar

import msgspec

from netlint.forks import Child
from netlint.memory import trim
from netlint.objects import KIND_NAMED
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Object
from netlint.snapshot import PodTable, SliceTable, Snapshot
from netlint.snapshot.strings import share_texts

T = TypeVar("T", bound=Object)


def send(snapshot: Snapshot, stream: BinaryIO) -> None:
    """Write a snapshot, of which nothing is left."""
    pods, slices, objects = snapshot.pods, snapshot.slices, snapshot.objects
    snapshot.pods, snapshot.slices, snapshot.objects = PodTable(), SliceTable(), {}
    _write(snapshot, stream)
    _write(pods, stream)
    del pods
    _write(msgspec.msgpack.encode(slices.slices), stream)
    slices.slices = []
    _write(slices, stream)
    for kind in list(objects):
        _write((kind, msgspec.msgpack.encode(objects.pop(kind))), stream)


def receive(snapshot: Snapshot, child: Child) -> None:
    """Take in what a child sends, to its end. Raises as ``Child.received``."""
    first_origin = snapshot.learn(child.received())
    snapshot.pods.extend(child.received(), first_origin)
    endpoint_slices = _decoded(child.received(), EndpointSlice)
    slices: SliceTable = child.received()
    slices.slices = endpoint_slices
    snapshot.slices.extend(slices, first_origin)
    while child.has_more:
        kind, objects = child.received()
        snapshot.take(kind, _decoded(objects, KIND_NAMED[kind].struct), first_origin)  # type: ignore[arg-type]


def _write(part: object, stream: BinaryIO) -> None:
    """Write a part, and return what was freed before: whoever takes it in needs that memory meanwhile."""
    pickle.dump(part, stream, protocol=5)
    trim()


def _decoded(objects: bytes, struct: type[T]) -> list[T]:
    decoded: list[T] = msgspec.msgpack.decode(objects, type=list[struct])  # type: ignore[valid-type]
    for item in decoded:
        share_texts(item)
    return decoded
