"""Settings that live in text: command lines, and YAML or JSON inside ConfigMaps and annotations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from netlint import yamltext


class Flag(NamedTuple):
    """One flag of a command line: its values in the order of their positions, of which the last one counts."""

    values: tuple[str, ...]
    positions: tuple[int, ...]

    @property
    def value(self) -> str:
        """The value that counts."""
        return self.values[-1]

    @property
    def position(self) -> int:
        """The position of the value that counts."""
        return self.positions[-1]


def flags(words: Sequence[str]) -> dict[str, Flag]:
    """The flags of a command line with the position of each value: ``--k=v`` and ``--k v``; the last one wins.

    A flag without a value is ``true``. Source: github.com/spf13/pflag.
    """
    flags_by_name: dict[str, Flag] = {}
    for number, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word[2:].partition("=")
        following = words[number + 1] if number + 1 < len(words) else "--"
        setting = value if equals else "true" if following.startswith("-") else following
        position = number if equals or following.startswith("-") else number + 1
        earlier = flags_by_name.get(name, Flag((), ()))
        flags_by_name[name] = Flag((*earlier.values, setting), (*earlier.positions, position))
    return flags_by_name


def document(text: str) -> dict[str, Any]:
    """A YAML or JSON mapping; empty for an empty text.

    Raises ValueError for text that is something else or cannot be read.
    """
    try:
        mapping = msgspec.json.decode(yamltext.to_json(text.encode()).json)
    except yamltext.Unreadable as error:
        where = f" in its line {error.line}" if error.line else ""
        raise ValueError(f"the text is neither YAML nor JSON{where}: {error.problem}") from error
    if mapping is None:
        return {}
    if not isinstance(mapping, dict):
        raise ValueError("the text is no mapping")
    return mapping


def at(settings: Mapping[str, Any], *path: str) -> Any:
    """The value at a path of keys; None where it leads nowhere."""
    value: Any = settings
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def words(value: Any) -> list[str]:
    """The parts of a text that are separated by commas, as flags and kubeadm write several ranges."""
    if not isinstance(value, str):
        return texts(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def texts(value: Any) -> list[str]:
    """The entries of a list as text; what is no list is its only entry, so that whoever reads it can object."""
    if value is None:
        return []
    return [str(entry) for entry in value] if isinstance(value, list) else [str(value)]
