"""What could not be read, and what therefore may be missing."""

from __future__ import annotations

from netlint.errors import SourceError
from netlint.objects.meta import Path
from netlint.objects.placeholders import TEMPLATE, style
from netlint.snapshot import DuplicateKey, Reason, Spot, UnreadableDocument, Window
from netlint.snapshot.knowledge import ALL, ANY_KIND
from netlint.sources.decoding.duplicate_keys import repeated_keys
from netlint.sources.decoding.heads import kinds_named
from netlint.sources.decoding.sink import Sink
from netlint.yamltext import Unreadable


def unreadable(sink: Sink, text: bytes, lines: int, error: Unreadable, file: str) -> None:
    """Record a document, ``lines`` line breaks after the beginning of its file, that could not be read.

    In files that nobody named, only what looks like a Kubernetes object counts.
    """
    kinds = kinds_named(text)
    if not (kinds or sink.is_explicit):
        sink.snapshot.reading.ignored += 1
        return
    line = None if error.line is None else lines + error.line
    spot = Spot(file, line or lines + 1, error.column)
    sink.snapshot.unreadable.append(UnreadableDocument(spot, error.problem, _placeholder(text, error.line)))
    # a list shows the kinds of all its items where it can be told at all
    lose(sink, kinds - {ANY_KIND} or kinds or {ANY_KIND}, f"{file} has a document that cannot be read")


def _placeholder(text: bytes, line: int | None) -> str:
    """How what is filled in later is marked: anywhere for templates, else in the line that cannot be read."""
    if TEMPLATE.search(text):
        return "{{ ... }}"
    lines = text.splitlines()
    return style(lines[line - 1].decode(errors="replace")) if line and line <= len(lines) else ""


def broken_off(sink: Sink, text: bytes, at_end: bool, error: Unreadable, file: str) -> None:
    """Record that a file cannot be read any further.

    ``text`` is how it begins and where it broke off, ``at_end`` whether nothing comes behind that. In
    files that nobody named, only what looks like a Kubernetes object counts.
    """
    sink.lacks_trailer = False
    kinds = kinds_named(text)
    if not (kinds or file in sink.snapshot.reading.holding or sink.is_explicit):
        sink.snapshot.reading.ignored += 1
        return
    spot = Spot(file, error.line, error.column)
    sink.snapshot.unreadable.append(UnreadableDocument(spot, error.problem, _placeholder(text, None)))
    are_all = bool(kinds) and at_end and ANY_KIND not in kinds
    lose(sink, kinds if are_all else {ANY_KIND}, f"{file} cannot be read to its end")


def lost(sink: Sink, error: SourceError, file: str) -> None:
    """Record that the bytes of a file cannot be had, or not all of them; what is in them may be anything."""
    sink.lacks_trailer = False
    sink.snapshot.reading.errors.append(str(error))
    lose(sink, {ANY_KIND}, f"{file} cannot be read to its end")


def lose(sink: Sink, kinds: set[str], message: str, namespace: str = ALL) -> None:
    """Withdraw what is known of these kinds: objects of them may be missing in the namespace."""
    for kind in kinds:
        sink.snapshot.knowledge.withdraw(kind, namespace, Reason.INCOMPLETE, message)


def duplicate_key(sink: Sink, spot: Spot, path: Path, text: bytes) -> None:
    """Record that a mapping holds a key twice; in files that nobody named, only where an object is in the text."""
    if sink.is_explicit or (b"apiVersion" in text and kinds_named(text)):
        sink.snapshot.duplicate_keys.append(DuplicateKey(spot, path))


def find_duplicate_keys(sink: Sink, text: bytes, window: Window) -> None:
    """Record the keys that a JSON document holds twice."""
    for key in repeated_keys(text):
        duplicate_key(sink, Spot(window.file, window.lines + key.line, key.column), key.path, text)
