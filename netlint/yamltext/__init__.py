"""YAML documents as JSON bytes, with exactly the values that kubectl would read."""

from typing import TYPE_CHECKING

from .documents import split
from .outcome import Duplicate, Exact, UnknownAlias, Unreadable
from .reader import to_json

if TYPE_CHECKING:
    from .positions import Position

__all__ = ["Duplicate", "Exact", "UnknownAlias", "Unreadable", "forget", "locate", "split", "to_json"]


def forget() -> None:
    """Free what only helps to read the next document faster."""
    from . import fast

    fast.forget()


def locate(document: bytes, path: tuple[str | int, ...]) -> "Position | None":
    """Where a value stands; see `positions.locate`."""
    from . import positions  # libyaml is loaded when something is reported

    return positions.locate(document, path)
