"""Settings that live in text: command lines, and YAML or JSON inside ConfigMaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from netlint import yamltext


def flags(words: Sequence[str]) -> dict[str, tuple[str, int]]:
    """The flags of a command line with the position of each: ``--k=v`` and ``--k v``; the last one wins.

    A flag without a value is ``true``. Source: github.com/spf13/pflag.
    """
    found: dict[str, tuple[str, int]] = {}
    for number, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        following = words[number + 1] if number + 1 < len(words) else "--"
        found[name] = (value if equals else "true" if following.startswith("-") else following), number
    return found


def document(text: str) -> dict[str, Any]:
    """A YAML or JSON mapping; empty where the text is something else or cannot be read."""
    try:
        found = msgspec.json.decode(yamltext.to_json(text.encode()).json)
    except (yamltext.Unreadable, msgspec.DecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def at(settings: Mapping[str, Any], *path: str) -> Any:
    """The value at a path of keys; None where it leads nowhere."""
    found: Any = settings
    for key in path:
        if not isinstance(found, Mapping):
            return None
        found = found.get(key)
    return found


def words(value: Any) -> list[str]:
    """The parts of a text that are separated by commas, as flags and kubeadm write several ranges."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else []
