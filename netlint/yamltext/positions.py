"""Where in a document a value stands."""

from functools import lru_cache
from typing import NamedTuple

from .syntax_tree import Content, SyntaxNode, compose


class Position(NamedTuple):
    """Where a value starts, 1-based, and the column behind it; None where it goes on below its first line."""

    line: int
    column: int
    end: int | None


def locate(document: bytes, path: tuple[str | int, ...]) -> Position | None:
    """The position of the value at `path` (keys as in the JSON, indexes from 0) in one document.

    For a path that leads nowhere it is the value of its longest prefix that exists; None for a document
    without content. Of a repeated key it is the value that counts.

    Raises:
        Unreadable: As `exact.to_json`.
    """
    node = _root(document)
    if node is None:
        return None
    for step in path:
        child = _child(node.content, step)
        if child is None:
            break
        node = child
    line, column = node.place
    last_line, behind = node.end
    return Position(line, column, behind if last_line == line else None)


@lru_cache(maxsize=1)  # whoever asks for one field of a document often asks for the next
def _root(document: bytes) -> SyntaxNode | None:
    return compose(document)[0]


def _child(content: Content, step: str | int) -> SyntaxNode | None:
    if isinstance(content, dict) and isinstance(step, str):
        return content.get(step)
    if isinstance(content, list) and isinstance(step, int) and 0 <= step < len(content):
        return content[step]
    return None
