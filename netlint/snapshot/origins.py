"""Where every object was read: a window of a file, and which object in it."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from enum import Enum


class Form(Enum):
    """How the bytes of a window become objects."""

    JSON_ITEMS = "items of a JSON array, separated by commas"
    JSON_LINES = "JSON documents, one after the other"
    YAML = "YAML documents"
    YAML_ITEMS = "items of a YAML sequence"


@dataclass(frozen=True, slots=True)
class Window:
    """Bytes ``start`` to ``end`` of a file, ``lines`` line breaks after its beginning."""

    file: str
    start: int
    end: int
    lines: int
    form: Form


class Origins:
    """Every object's origin; number 0 is "not from a file"."""

    def __init__(self) -> None:
        """Only number 0."""
        self.windows: list[Window | None] = [None]
        self.window = array("I", [0])
        self.ordinal = array("I", [0])

    def open(self, window: Window) -> int:
        """Register a window; gives its number."""
        self.windows.append(window)
        return len(self.windows) - 1

    def add(self, window: int, ordinal: int) -> int:
        """The origin of the ``ordinal``-th object of a window."""
        self.window.append(window)
        self.ordinal.append(ordinal)
        return len(self.window) - 1

    def add_all(self, window: int, count: int) -> int:
        """Origins of the first ``count`` objects of a window, one after the other; gives the first."""
        self.window.extend(array("I", [window]) * count)
        self.ordinal.extend(range(count))
        return len(self.window) - count

    def of(self, origin: int) -> tuple[Window, int] | None:
        """Window and ordinal; None where the object is not from a file."""
        window = self.windows[self.window[origin]]
        return None if window is None else (window, self.ordinal[origin])

    def file(self, origin: int) -> str:
        """The file it was read from; empty where it is not from a file."""
        window = self.windows[self.window[origin]]
        return "" if window is None else window.file

    def extend(self, other: Origins) -> int:
        """Append another table; gives what its origins have to be increased by."""
        first, windows = len(self.window), len(self.windows)
        self.windows += other.windows
        self.window.extend(array("I", [windows + window for window in other.window]))
        self.ordinal.extend(other.ordinal)
        return first
