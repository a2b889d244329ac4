"""Items that are not what the API demands: as much of them as can be read, and what is wrong with the rest."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import msgspec

from netlint.objects import KIND_NAMED, Kind
from netlint.objects.meta import Path
from netlint.objects.placeholders import style
from netlint.objects.pod import StrictPod
from netlint.snapshot import MalformedField
from netlint.snapshot.knowledge import ALL, ANY_KIND
from netlint.sources.decoding.adding import add
from netlint.sources.decoding.heads import Head, is_list, list_kind
from netlint.sources.decoding.losses import lose
from netlint.sources.decoding.salvage import without_problems, wrong_type
from netlint.sources.decoding.sink import Sink

ITEM_DECODERS = {kind.name: msgspec.json.Decoder(kind.struct) for kind in KIND_NAMED.values()}
Malformed = tuple[Path, str, str]
"""A field, what is wrong with it, and how it is marked as filled in later."""
_NAME: Path = ("metadata", "name")
_NAMELESS: set[Path] = {(), ("metadata",), _NAME}
"""Where a problem tells already that there is no name."""
_NOWHERE: set[Path] = {(), ("metadata",), ("metadata", "namespace")}
"""Where a problem leaves open in which namespace the object is."""


class UnversionedMeta(msgspec.Struct):
    """Name and namespace, which no version writes elsewhere; ``generateName`` begins a name that is made."""

    name: str = ""
    generateName: str = ""
    namespace: str = ""


class Unversioned(msgspec.Struct):
    """What every version of every kind has."""

    metadata: UnversionedMeta = msgspec.field(default_factory=UnversionedMeta)


_ANYTHING = msgspec.json.Decoder(float_hook=float)
_UNVERSIONED = msgspec.json.Decoder(Unversioned)


def add_malformed(sink: Sink, kind: Kind, raw: msgspec.Raw, origin: int) -> str:
    """Add an item without the fields that are malformed, and say which these are; gives its namespace."""
    cleaned, malformed = without_problems(raw, StrictPod if kind.name == "Pod" else kind.struct)
    item = ITEM_DECODERS[kind.name].decode(cleaned)
    item.metadata.name = item.metadata.name or _generated_name(raw)
    name = item.metadata.name or ""
    paths = {path for path, _ in malformed}
    if not (name or paths & _NAMELESS):
        malformed = [*malformed, (_NAME, "the object has no name")]
    is_nowhere = kind.namespaced and not paths.isdisjoint(_NOWHERE)
    namespace = "" if is_nowhere else sink.namespace_of(kind, item.metadata.namespace)
    fields = [(path, problem, _placeholder(raw, path)) for path, problem in malformed]
    _record(sink, kind, (item.apiVersion or kind.api_version, namespace, name), origin, fields)
    if malformed:
        lose(sink, {kind.name}, f"{kind.name} {name or 'without a name'} is malformed", namespace or ALL)
    if name and not is_nowhere:
        add(sink, kind, item, origin)
    return namespace


def _generated_name(raw: msgspec.Raw) -> str:
    """A name for an object that asks the API server for one; empty where it does not. Equal objects get the same."""
    try:
        prefix = _UNVERSIONED.decode(raw).metadata.generateName
    except msgspec.ValidationError:
        return ""
    return f"{prefix}{sha256(raw).hexdigest()[:5]}" if prefix else ""


def refuse(sink: Sink, kind: Kind, raw: msgspec.Raw, origin: int, version: str) -> str:
    """Say that netlint does not know the fields of an object in this version; gives its namespace."""
    try:
        meta = _UNVERSIONED.decode(raw).metadata
        namespace = sink.namespace_of(kind, meta.namespace)
    except msgspec.ValidationError:  # without a name, in a namespace that nobody knows
        meta, namespace = UnversionedMeta(), ""
    problem = f"{version!r} is no version of {kind.name} that netlint reads: {' or '.join(kind.api_versions)}"
    _record(sink, kind, (version, namespace, meta.name), origin, [(("apiVersion",), problem, "")])
    lose(sink, {kind.name}, f"{kind.name} {meta.name} has the version {version}", namespace or ALL)
    return namespace


def _record(sink: Sink, kind: Kind, called: tuple[str, str, str], origin: int, malformed: Iterable[Malformed]) -> None:
    """``called``: API version, namespace and name."""
    version, namespace, name = called
    sink.snapshot.malformed += [
        MalformedField(version, kind.name, namespace, name, origin, path, problem, placeholder)
        for path, problem, placeholder in malformed
    ]


def _placeholder(raw: msgspec.Raw, path: Path) -> str:
    """How the value at the path, or the key that leads there, is marked as filled in later."""
    value: Any = _ANYTHING.decode(bytes(raw).decode("utf-8", "replace"))
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):  # what is lacking
            return ""
    return style(value) or (style(path[-1]) if path else "")


def add_stray(sink: Sink, parent: Head, path: Path, leaf: msgspec.Raw, origin: int) -> None:
    """Record something in a list (``parent``, at ``path`` in it) that is no object.

    In files that nobody named, only what certainly is a list of objects counts.
    """
    if not (is_list(parent) or sink.is_explicit):
        sink.snapshot.reading.ignored += 1
        return
    sink.holds_object()
    value: object = msgspec.json.decode(leaf)
    problem = wrong_type("a list" if path[-1:] == ("items",) else "an object", value)
    if path[-1:] != ("items",) and isinstance(value, dict):
        problem = "an item of a list needs apiVersion and kind"
    sink.snapshot.malformed.append(
        MalformedField(str(parent.apiVersion or ""), str(parent.kind), "", "", origin, ("items",), problem)
    )
    kind = list_kind(parent)
    lose(sink, {kind.name if kind else ANY_KIND}, f"a {parent.kind} has items that are no objects")
