"""Which part of a snapshot came from one share of a file, whose lines are counted from its own beginning."""

from __future__ import annotations

from dataclasses import dataclass, replace

from netlint.snapshot import Snapshot, Spot


@dataclass(frozen=True, slots=True)
class Extent:
    """What was added: positions in the snapshot's lists of windows, unreadable documents and duplicate keys."""

    windows: range
    unreadable: range
    duplicate_keys: range

    def moved(self, first: Extent) -> Extent:
        """The same part in a snapshot into which it was taken behind ``first``."""
        return Extent(
            _moved(self.windows, first.windows.stop),
            _moved(self.unreadable, first.unreadable.stop),
            _moved(self.duplicate_keys, first.duplicate_keys.stop),
        )


def everything(snapshot: Snapshot) -> Extent:
    """All that is in it now."""
    lists = snapshot.origins.windows, snapshot.unreadable, snapshot.duplicate_keys
    windows, unreadable, duplicate_keys = (range(len(entries)) for entries in lists)
    return Extent(windows, unreadable, duplicate_keys)


def added(snapshot: Snapshot, before: Extent) -> Extent:
    """What was added since ``before`` was everything."""
    now = everything(snapshot)
    return Extent(
        now.windows[before.windows.stop :],
        now.unreadable[before.unreadable.stop :],
        now.duplicate_keys[before.duplicate_keys.stop :],
    )


def move_lines(snapshot: Snapshot, extent: Extent, lines: int) -> None:
    """Add to every line number in a part the lines that stand before the share that it came from."""
    windows = snapshot.origins.windows
    for number in extent.windows:
        window = windows[number]
        windows[number] = window and replace(window, lines=window.lines + lines)
    for number in extent.unreadable:
        document = snapshot.unreadable[number]
        snapshot.unreadable[number] = replace(document, spot=_below(document.spot, lines))
    for number in extent.duplicate_keys:
        key = snapshot.duplicate_keys[number]
        snapshot.duplicate_keys[number] = replace(key, spot=_below(key.spot, lines))


def _moved(numbers: range, by: int) -> range:
    return range(numbers.start + by, numbers.stop + by)


def _below(spot: Spot, lines: int) -> Spot:
    return replace(spot, line=None if spot.line is None else spot.line + lines)
