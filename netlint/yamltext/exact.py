"""The exact reader: any YAML document, read as kubectl reads it.

It is slow (3 MB/s); `reader` asks it only about documents that the fast reader leaves.
"""

import msgspec

from . import dialect
from .outcome import Duplicate, Exact, Unreadable
from .syntax_tree import SyntaxNode, compose

__all__ = ["Duplicate", "Exact", "Unreadable", "to_json"]


def to_json(document: bytes) -> Exact:
    """JSON of one document (as `documents.split` cuts them) and its repeated keys.

    Raises:
        Unreadable: kubectl refuses the document, or it is beyond a limit of `syntax_tree`.
    """
    root, duplicates = compose(document)
    return Exact(msgspec.json.encode(root, enc_hook=_content), tuple(duplicates))


def _content(node: SyntaxNode) -> object:
    if isinstance(node.content, int | float):
        return msgspec.Raw(dialect.to_json(node.content).encode())
    return node.content
