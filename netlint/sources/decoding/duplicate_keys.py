"""Keys that a JSON document holds twice; only a hand writes such documents."""

from __future__ import annotations

import json

from netlint import yamltext

LARGEST_BY_HAND = 2 << 20  # bytes


def repeated_keys(text: bytes) -> tuple[yamltext.Duplicate, ...]:
    """Where the text of one document repeats a key."""
    return _duplicate_keys(text) if len(text) <= LARGEST_BY_HAND and _has_duplicate_keys(text) else ()


def _has_duplicate_keys(text: bytes) -> bool:
    is_repeated = False

    def pairs(members: list[tuple[str, object]]) -> None:
        nonlocal is_repeated
        is_repeated = is_repeated or len(dict(members)) < len(members)

    json.loads(text.decode("utf-8", "replace"), object_pairs_hook=pairs)
    return is_repeated


def _duplicate_keys(text: bytes) -> tuple[yamltext.Duplicate, ...]:
    """JSON read as YAML, whose reader knows where a key is written twice."""
    try:
        return yamltext.to_json(text).duplicates
    except yamltext.Unreadable:  # the few JSON texts that are no YAML: a tab that indents, an escaped slash
        return (yamltext.Duplicate((), 1, 1),)
