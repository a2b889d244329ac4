"""What reading a document ends in: JSON, or the reason why there is none."""

from typing import NamedTuple


class Duplicate(NamedTuple):
    """A key that its mapping has already; the last one's value is the one that counts."""

    path: tuple[str | int, ...]
    """Keys and indexes from the document's root to the value of the key, the key included."""
    line: int
    """1-based line of the repeated key within the document."""
    column: int
    """1-based column of the repeated key, in characters."""


class Exact(NamedTuple):
    """A document as kubectl reads it."""

    json: bytes
    """One JSON value in UTF-8; ``null`` for a document without content."""
    duplicates: tuple[Duplicate, ...]
    """Every repeated key, in the order of the text."""


class Unreadable(Exception):
    """A document that is not read: kubectl refuses it too, or what it makes of it is not worth guessing."""

    def __init__(self, problem: str, line: int | None, column: int | None) -> None:
        """Take the problem (one line for the user) and where in the document it is (1-based), if known."""
        super().__init__(problem, line, column)
        self.problem = problem
        self.line = line
        self.column = column


class UnknownAlias(Unreadable):
    """A document with an alias whose anchor is not in it; it may be in the text around it."""
