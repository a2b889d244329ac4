"""The processes that read: they share the tasks out among themselves and send back what they read.

Tasks are numbers in an unnamed file. Forked processes share its offset, so each takes the next one by reading it. The
parent reads too, then merges the snapshots of its children into its own.
"""

from __future__ import annotations

import os
import pickle
import struct
from collections.abc import Container
from dataclasses import replace
from functools import partial
from io import FileIO
from tempfile import TemporaryFile
from typing import BinaryIO

from netlint import yamltext
from netlint.forks import Child, Children, cores
from netlint.snapshot import Snapshot, extents, strings, transfer
from netlint.sources.files.tasks import Task
from netlint.sources.files.worker import ReadShare, Worker

WORTH_A_PROCESS = 2 << 20
MOST_PROCESSES = 4
_NUMBER = struct.Struct("<I")


class TornError(Exception):
    """Files were cut where they cannot be cut; ``names`` says which, ``anchored`` of which no document can be."""

    def __init__(self, names: set[str], anchored: set[str]) -> None:
        """The files by name."""
        super().__init__(", ".join(sorted(names)))
        self.names = names
        self.anchored = anchored


def read(
    tasks: list[Task], default_namespace: str, processes: int | None = None, whole: Container[str] = ()
) -> Snapshot:
    """Perform all tasks, on at most ``processes`` processes (by default one for each core, at most 4).

    ``whole``: files whose documents are not read in parts. Raises TornError for files that have to be such.
    """
    most = processes or min(MOST_PROCESSES, cores())
    count = max(1, min(most, len(tasks), sum(task.size for task in tasks) // WORTH_A_PROCESS))
    worker = partial(Worker, default_namespace, whole)
    with _queue(len(tasks)) as queue, Children() as children:
        for _ in range(count - 1):
            children.start(lambda stream: _send(_perform(tasks, queue.fileno(), worker()), stream))
        own = _perform(tasks, queue.fileno(), worker())
        shares = own.shares
        for child in children:
            shares += _receive(own.snapshot, child)
    strings.forget()
    torn = {share.file for share in shares if share.is_torn}
    if torn:
        raise TornError(torn, {share.file for share in shares if share.is_anchored})
    _count_lines_from_the_top(own.snapshot, shares)
    return own.snapshot


def _queue(count: int) -> FileIO:
    """The numbers from 0 on, to be read without a buffer; in memory where the system has such files (memfd_create)."""
    queue = _memory_file() if hasattr(os, "memfd_create") else TemporaryFile(buffering=0)  # noqa: SIM115 - the caller does
    queue.write(b"".join(map(_NUMBER.pack, range(count))))
    queue.seek(0)
    return queue


def _memory_file() -> FileIO:
    return os.fdopen(os.memfd_create("netlint-tasks"), "r+b", buffering=0)


def _perform(tasks: list[Task], queue: int, worker: Worker) -> Worker:
    while number := os.read(queue, _NUMBER.size):
        worker.perform(tasks[_NUMBER.unpack(number)[0]])
    yamltext.forget()  # before parts of snapshots are in memory twice
    strings.forget()
    worker.snapshot.pods.forget_keys()
    return worker


def _send(worker: Worker, stream: BinaryIO) -> None:
    pickle.dump(worker.shares, stream, protocol=5)
    transfer.send(worker.snapshot, stream)


def _receive(snapshot: Snapshot, child: Child) -> list[ReadShare]:
    before = extents.everything(snapshot)
    shares: list[ReadShare] = child.received()
    transfer.receive(snapshot, child)
    return [replace(share, extent=share.extent.moved(before)) for share in shares]


def _count_lines_from_the_top(snapshot: Snapshot, shares: list[ReadShare]) -> None:
    """Add to the line numbers of each share the lines of the shares before it."""
    lines: dict[str, int] = {}
    for share in sorted(shares, key=lambda share: (share.file, share.start)):
        before = lines.get(share.file, 0)
        extents.move_lines(snapshot, share.extent, before)
        lines[share.file] = before + share.lines
