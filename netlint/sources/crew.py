"""The processes that read: they share the tasks out among themselves and send back what they found.

Tasks are numbers in a pipe, from which each process takes the next one. The parent reads too, then
merges the snapshots of its children into its own.
"""

from __future__ import annotations

import os
import pickle
import struct
from dataclasses import replace
from typing import BinaryIO, TypeVar

import msgspec

from netlint import yamltext
from netlint.forks import Child, Children, cores
from netlint.objects import KIND_NAMED
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Object
from netlint.snapshot import DuplicateKey, PodTable, SliceTable, Snapshot, Spot, UnreadableDocument, strings
from netlint.sources.tasks import Task
from netlint.sources.worker import Done, Worker

WORTH_A_PROCESS = 2 << 20
MOST_PROCESSES = 4
_NUMBER = struct.Struct("<H")
T = TypeVar("T", bound=Object)


class TornError(Exception):
    """Files were cut where they cannot be cut; ``names`` says which."""

    def __init__(self, names: set[str]) -> None:
        """The files by name."""
        super().__init__(", ".join(sorted(names)))
        self.names = names


def read(tasks: list[Task], default_namespace: str, processes: int | None = None) -> Snapshot:
    """Perform all tasks, on at most ``processes`` processes (by default one for each core, at most 4).

    Raises TornError where a share turns out to be none.
    """
    most = processes or min(MOST_PROCESSES, cores())
    count = max(1, min(most, len(tasks), sum(task.size for task in tasks) // WORTH_A_PROCESS))
    queue, writer = os.pipe()
    for number in range(len(tasks)):
        os.write(writer, _NUMBER.pack(number))
    os.close(writer)
    try:
        with Children() as children:
            for _ in range(count - 1):
                children.start(lambda stream: _send(_perform(tasks, queue, default_namespace), stream))
            worker = _perform(tasks, queue, default_namespace)
            done = worker.done
            for child in children:
                done += _take_in(worker.snapshot, child)
    finally:
        os.close(queue)
    yamltext.forget()
    strings.forget()
    worker.snapshot.pods.forget_keys()
    torn = {share.file for share in done if share.is_torn}
    if torn:
        raise TornError(torn)
    _count_lines_from_the_top(worker.snapshot, done)
    return worker.snapshot


def _perform(tasks: list[Task], queue: int, default_namespace: str) -> Worker:
    worker = Worker(default_namespace)
    while number := os.read(queue, _NUMBER.size):
        worker.perform(tasks[_NUMBER.unpack(number)[0]])
    return worker


def _send(worker: Worker, stream: BinaryIO) -> None:
    """Everything piece by piece, so that no process ever holds all of it twice.

    Structs go as MessagePack, which is many times faster than their pickle.
    """
    snapshot = worker.snapshot
    pods, slices, objects = snapshot.pods, snapshot.slices, snapshot.objects
    snapshot.pods, snapshot.slices, snapshot.objects = PodTable(), SliceTable(), {}
    pickle.dump((snapshot, worker.done), stream, protocol=5)
    pickle.dump(pods, stream, protocol=5)
    pickle.dump(msgspec.msgpack.encode(slices.slices), stream, protocol=5)
    slices.slices = []
    pickle.dump(slices, stream, protocol=5)
    for name in list(objects):
        pickle.dump((name, msgspec.msgpack.encode(objects.pop(name))), stream, protocol=5)


def _take_in(snapshot: Snapshot, child: Child) -> list[Done]:
    windows = len(snapshot.origins.windows)
    unreadable, duplicates = len(snapshot.unreadable), len(snapshot.duplicate_keys)
    part, done = child.received()
    first_origin = snapshot.learn(part)
    snapshot.pods.extend(child.received(), first_origin)
    pieces = _decoded(child.received(), EndpointSlice)
    slices = child.received()
    slices.slices = pieces
    snapshot.slices.extend(slices, first_origin)
    while child.has_more:
        name, objects = child.received()
        snapshot.take(name, _decoded(objects, KIND_NAMED[name].struct), first_origin)  # type: ignore[arg-type]
    return [
        replace(
            share,
            windows=_shifted(share.windows, windows),
            unreadable=_shifted(share.unreadable, unreadable),
            duplicate_keys=_shifted(share.duplicate_keys, duplicates),
        )
        for share in done
    ]


def _decoded(objects: bytes, struct: type[T]) -> list[T]:
    found: list[T] = msgspec.msgpack.decode(objects, type=list[struct])  # type: ignore[valid-type]
    for item in found:
        strings.share_texts(item)
    return found


def _shifted(numbers: range, by: int) -> range:
    return range(numbers.start + by, numbers.stop + by)


def _count_lines_from_the_top(snapshot: Snapshot, done: list[Done]) -> None:
    """Add to the line numbers of each share the lines of the shares before it."""
    lines: dict[str, int] = {}
    for share in sorted(done, key=lambda share: (share.file, share.start)):
        before = lines.get(share.file, 0)
        windows = snapshot.origins.windows
        for number in share.windows:
            window = windows[number]
            windows[number] = window and replace(window, lines=window.lines + before)
        for number in share.unreadable:
            document = snapshot.unreadable[number]
            snapshot.unreadable[number] = UnreadableDocument(_moved(document.spot, before), document.problem)
        for number in share.duplicate_keys:
            key = snapshot.duplicate_keys[number]
            snapshot.duplicate_keys[number] = DuplicateKey(_moved(key.spot, before), key.path)
        lines[share.file] = before + share.lines


def _moved(spot: Spot, lines: int) -> Spot:
    return replace(spot, line=None if spot.line is None else spot.line + lines)
