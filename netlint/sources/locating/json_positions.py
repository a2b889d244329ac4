"""Where in a JSON document a value stands."""

from __future__ import annotations

import json
from json.decoder import scanstring  # type: ignore[attr-defined]

from netlint.objects.meta import Path

_DECODER = json.JSONDecoder(parse_int=str)  # Python refuses numbers of thousands of digits


def locate(document: bytes, path: Path) -> tuple[int, int, int | None]:
    """Line, column (both from 1) and the column behind the value at a path, or of the deepest on the way to it."""
    text = document.decode("utf-8", "replace")
    at = _skip_space(text, 0)
    for step in path:
        start = _member(text, at, step)
        if start is None:
            break
        at = start
    _, behind = _DECODER.raw_decode(text, at)
    first = text.rfind("\n", 0, at)
    return text.count("\n", 0, at) + 1, at - first, None if "\n" in text[at:behind] else behind - first


def _member(text: str, at: int, step: str | int) -> int | None:
    """Where the value of a key (the last one wins) or an index of the collection at ``at`` begins."""
    start = None
    if text[at] != ("[" if isinstance(step, int) else "{"):
        return None
    at, index = _skip_space(text, at + 1), 0
    while text[at] not in "]}":
        key: str | int = index
        if isinstance(step, str):
            key, at = scanstring(text, at + 1)
            at = _skip_space(text, _skip_space(text, at) + 1)
        if key == step:
            start = at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip_space(text, at)
        if text[at] == ",":
            at = _skip_space(text, at + 1)
        index += 1
    return start


def _skip_space(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
