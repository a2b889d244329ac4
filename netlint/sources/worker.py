"""Reading tasks into one snapshot; whatever goes wrong is recorded in it and stops nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from netlint.errors import SourceError
from netlint.snapshot import Snapshot
from netlint.sources import jsontext, yamlstream
from netlint.sources.archives import Archive
from netlint.sources.cursor import Cursor
from netlint.sources.inputs import Input, Stream
from netlint.sources.intake import Intake
from netlint.sources.targets import COMPRESSED, SUFFIXES
from netlint.sources.tasks import Share, Task
from netlint.yamltext import Unreadable


@dataclass(frozen=True, slots=True)
class Done:
    """A share that was read: what it added to the snapshot, as counts before and after.

    Its lines were counted from its own beginning; see ``netlint.sources.crew``.
    """

    file: str
    start: int
    lines: int
    windows: range
    unreadable: range
    duplicate_keys: range


class Worker:
    """Reads tasks one after the other."""

    def __init__(self, default_namespace: str) -> None:
        """With an empty snapshot."""
        self.snapshot = Snapshot()
        self.done: list[Done] = []
        self._intake = Intake(self.snapshot, default_namespace)

    def perform(self, task: Task) -> None:
        """Read one task."""
        for source in task.inputs:
            self._guarded(source, self._whole)
        if task.archive is not None:
            self._members(task.archive)
        if task.share is not None:
            share = task.share
            self._guarded(share.source, lambda _: self._share(share))

    def _guarded(self, source: Input, read: Callable[[Input], None]) -> None:
        self._intake.source = source
        try:
            read(source)
        except SourceError as error:
            self.snapshot.reading.errors.append(str(error))

    def _whole(self, source: Input) -> None:
        with source.open() as stream:
            self._text(source, stream)

    def _members(self, archive: Archive) -> None:
        try:
            for name, stream in archive.members():
                if name.endswith(SUFFIXES + COMPRESSED):
                    self._guarded(archive.member(name), lambda source: self._text(source, stream))  # noqa: B023
        except SourceError as error:
            self.snapshot.reading.errors.append(str(error))

    def _text(self, source: Input, stream: Stream) -> None:
        self.snapshot.reading.files += 1
        cursor = Cursor(source, stream)
        cursor.fill()
        read = jsontext.read if jsontext.is_json(cursor.text) else yamlstream.read
        self._readable(cursor, lambda: read(cursor, self._intake))

    def _share(self, share: Share) -> None:
        before = self._counts()
        self.snapshot.reading.files += share.end is None
        with share.source.open(share.start) as stream:
            cursor = Cursor(share.source, stream, share.start, share.end)
            self._readable(cursor, lambda: self._part(cursor, share))
        added = [range(first, last) for first, last in zip(before, self._counts(), strict=True)]
        self.done.append(Done(share.source.name, share.start, cursor.lines, *added))

    def _part(self, cursor: Cursor, share: Share) -> None:
        if isinstance(share.layout, jsontext.Layout):
            jsontext.read_items(cursor, self._intake, share.layout, last=share.end is None)
            jsontext.read(cursor, self._intake)
            return
        if share.layout is not None:
            yamlstream.read_items(cursor, self._intake, share.layout)
        yamlstream.read(cursor, self._intake)

    def _readable(self, cursor: Cursor, read: Callable[[], None]) -> None:
        try:
            read()
        except Unreadable as error:
            self._intake.unreadable(cursor.text, 0, error, cursor.source.name)
        except (msgspec.DecodeError, RecursionError) as error:
            problem = Unreadable(str(error), cursor.lines + 1, 1)
            self._intake.unreadable(cursor.text, 0, problem, cursor.source.name)

    def _counts(self) -> tuple[int, int, int]:
        read = self.snapshot
        return len(read.origins.windows), len(read.unreadable), len(read.duplicate_keys)
