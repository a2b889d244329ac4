"""What there is to read, cut into tasks: small files in batches, large ones in shares."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from netlint.errors import SourceError
from netlint.sources.files import jsonstream, yamlstream
from netlint.sources.files.cursor import STEP
from netlint.sources.finding.archives import Archive
from netlint.sources.finding.input_files import InputFile
from netlint.sources.finding.targets import Targets

LARGE = 8 << 20  # a file from this size on is shared out
SHARE = 16 << 20
BATCH = 1 << 20
BATCHES = 1000
_PACKED = 16  # so many times larger than it is stored may be what has been compressed


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a large file, from ``start`` to ``end`` (None: to its end)."""

    source: InputFile
    start: int
    end: int | None
    layout: jsonstream.JsonLayout | yamlstream.YamlLayout | None


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to read: whole inputs, an archive, or a share; ``size`` in bytes."""

    size: int
    inputs: tuple[InputFile, ...] = ()
    archive: Archive | None = None
    share: Share | None = None


def plan(targets: Targets, unshared: Container[str] = ()) -> list[Task]:
    """The tasks, the largest first, at most some thousands of them; files named in ``unshared`` stay whole."""
    small, tasks = [], []
    for source in targets.inputs:
        if source.size is None or source.size < LARGE or source.name in unshared:
            small.append(source)
        else:
            tasks += _shares(source, source.size)
    tasks += [Task(archive.source.stored, archive=archive) for archive in targets.archives]
    tasks += _batches(small)
    return sorted(tasks, key=lambda task: -task.size)


def _batches(inputs: list[InputFile]) -> Iterator[Task]:
    wanted = max(BATCH, sum(map(_size, inputs)) // BATCHES)
    batch: list[InputFile] = []
    size = 0
    for source in inputs:
        batch.append(source)
        size += _size(source)
        if size >= wanted or len(batch) * BATCHES > len(inputs) + BATCHES:
            yield Task(size, tuple(batch))
            batch, size = [], 0
    if batch:
        yield Task(size, tuple(batch))


def _size(source: InputFile) -> int:
    """In bytes, guessed where only reading to the end would tell it."""
    return source.stored * _PACKED if source.size is None else source.size


def _shares(source: InputFile, size: int) -> list[Task]:
    try:
        shares = list(_shares_of(source, size))
    except SourceError:
        shares = []  # whoever reads it says what is wrong
    return [Task((share.end or size) - share.start, share=share) for share in shares] or [Task(size, (source,))]


def _shares_of(source: InputFile, size: int) -> Iterator[Share]:
    """The shares of a file; none where it has to be read from the beginning to the end.

    The cuts are likely ones: whoever reads the shares finds out whether one of them tore something apart.
    """
    with source.open() as stream:
        start = stream.read(STEP)
    readers = max(2, size // SHARE)
    layout: jsonstream.JsonLayout | yamlstream.YamlLayout | None
    if jsonstream.is_json(start):
        layout = jsonstream.layout_of(start, source.tail)
        if layout is None:
            return
        ranges = jsonstream.shares(source, layout, readers)
    else:
        layout = yamlstream.layout_of(start, source.tail)
        ranges = yamlstream.shares(source, layout, readers)
    for first, last in ranges:
        yield Share(source, first, last, layout)
