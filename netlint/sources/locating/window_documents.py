"""Which part of a window's text holds which of its objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from netlint import yamltext
from netlint.objects.meta import Path
from netlint.snapshot import Form, Window
from netlint.sources.decoding.heads import RAW_ITEMS, leaves
from netlint.sources.files.yamlstream import item_ranges

BETWEEN_ITEMS = b" \t\r\n,"


@dataclass(frozen=True, slots=True)
class Document:
    """Text that holds an object: its range in the window, and the path from its root to the object."""

    start: int
    end: int
    prefix: Path


def documents_of(window: Window, text: bytes, ordinals: set[int]) -> dict[int, Document]:
    """The documents that hold these objects of a window, by ordinal."""
    documents = {}
    ordinal = 0
    for start, end in _ranges(window, text):
        if b"List" not in text[start:end]:  # then it is one object, whatever it says
            if ordinal in ordinals:
                documents[ordinal] = Document(start, end, (0,) if window.form is Form.YAML_ITEMS else ())
            ordinal += 1
            continue
        for prefix in _prefixes(window.form, text[start:end]):
            if ordinal in ordinals:
                documents[ordinal] = Document(start, end, prefix)
            ordinal += 1
    return documents


def _ranges(window: Window, text: bytes) -> Iterator[tuple[int, int]]:
    if window.form is Form.YAML:
        yield from yamltext.split(text)
    elif window.form is Form.YAML_ITEMS:
        indent = len(text) - len(text.lstrip(b" "))
        yield from item_ranges(text, b"\n" + b" " * indent + b"- ")
    elif window.form is Form.JSON_ITEMS:
        yield from _consecutive(text, RAW_ITEMS.decode(b"[" + text + b"]"))
    else:
        lines = [line for line in text.split(b"\n") if line.strip()]
        try:
            documents = RAW_ITEMS.decode(b"[" + b",".join(lines) + b"]")
        except msgspec.DecodeError:
            documents = [msgspec.Raw(text)]
        yield from _consecutive(text, documents)


def _consecutive(text: bytes, items: list[msgspec.Raw]) -> Iterator[tuple[int, int]]:
    at = 0
    for item in items:
        while text[at] in BETWEEN_ITEMS:
            at += 1
        start, at = at, at + len(bytes(item))
        yield start, at


def _prefixes(form: Form, document: bytes) -> list[Path]:
    """The paths to the objects in a document that may be a list."""
    if form in {Form.YAML, Form.YAML_ITEMS}:
        try:
            document = yamltext.to_json(document).json
        except yamltext.Unreadable:
            return [()]
    start: Path = ()
    if form is Form.YAML_ITEMS:
        document, start = document[1:-1], (0,)
    return [(*start, *path) for path, _, _ in leaves(msgspec.Raw(document))]
