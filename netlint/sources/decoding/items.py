"""JSON items into a sink.

Items are decoded in bulk as the kind of the item before them; whatever does not fit goes item by item,
and a malformed item field by field, so that nothing that can be read is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from netlint.objects import KIND_NAMED, Kind, kind_of
from netlint.objects.makers import Maker, may_make
from netlint.objects.meta import Path
from netlint.objects.pod import Pod
from netlint.snapshot import Form, Window
from netlint.sources.decoding.adding import add, add_pods
from netlint.sources.decoding.heads import CORE_LIST, HEAD, NULL, RAW_ITEMS, Head, is_object, leaves, list_kind
from netlint.sources.decoding.malformed import ITEM_DECODERS, add_malformed, add_stray, refuse
from netlint.sources.decoding.observed import is_observed
from netlint.sources.decoding.sink import Sink
from netlint.sources.decoding.trailers import is_of_snapshot, learn

_BULK_DECODERS = {
    kind.name: msgspec.json.Decoder(list[kind.struct])  # type: ignore[name-defined]
    for kind in KIND_NAMED.values()
}
_MAKER = msgspec.json.Decoder(Maker)
_LISTS = {Form.JSON_ITEMS, Form.YAML_ITEMS}
_Leaf = tuple[Path, Head, msgspec.Raw]


def take(sink: Sink, items: bytes, window: Window | None, of_list: Kind | None = None) -> set[str]:
    """Take in a JSON array of items; gives the namespaces they are in.

    ``window`` tells where the items were read (None: not from a file), ``of_list`` which kind the
    items of a typed list have. Raises msgspec.DecodeError where ``items`` is no JSON array.
    """
    kind = of_list or sink.last_kind
    decoded = _in_bulk(items, kind, of_list) if kind is not None else None
    if kind is not None and decoded is not None:
        return _add_all(sink, kind, decoded, items, window)
    return _one_by_one(sink, RAW_ITEMS.decode(items), window, of_list)


def listed(sink: Sink, kind: Kind | None, namespaces: set[str]) -> None:
    """Take note that a list has been read to its end; ``kind``: of its items, None where it mixes kinds.

    A typed list over several namespaces was taken from all of them; an empty one says nothing
    unless the place of its file tells the namespace.
    """
    if kind is None:
        return
    knowledge = sink.snapshot.knowledge
    if len(namespaces) > 1 or not kind.namespaced:
        knowledge.completed(kind.name)
    elif sink.text is not None and sink.text.namespace:
        knowledge.completed(kind.name, sink.text.namespace)


def _in_bulk(items: bytes, kind: Kind, of_list: Kind | None) -> list[Any] | None:
    """All items as this kind; None where one of them is malformed, or of another kind."""
    try:
        decoded: list[Any] = _BULK_DECODERS[kind.name].decode(items)
    except ValueError:
        return None
    names = {(item.apiVersion, item.kind) for item in decoded}
    allowed = {(version, kind.kind) for version in kind.api_versions}
    if of_list is not None:
        allowed.add(("", ""))
    return decoded if names <= allowed else None


def _add_all(sink: Sink, kind: Kind, decoded: list[Any], items: bytes, window: Window | None) -> set[str]:
    namespaces = _added(sink, kind, decoded, items, window)
    if is_observed(kind, items):
        sink.observes(kind, namespaces)
    return namespaces


def _added(sink: Sink, kind: Kind, decoded: list[Any], items: bytes, window: Window | None) -> set[str]:
    first = sink.snapshot.origins.add_all(sink.open(window), len(decoded)) if window else 0
    origins = range(first, first + len(decoded)) if first else [0] * len(decoded)
    sink.holds_object()
    if kind.struct is not Pod:
        return _add_each(sink, kind, decoded, items, origins)
    try:
        return add_pods(sink, decoded, origins)
    except ValueError:  # one of them is malformed
        return _add_each(sink, kind, decoded, items, origins)


def _add_each(sink: Sink, kind: Kind, decoded: list[Any], items: bytes, origins: Sequence[int]) -> set[str]:
    namespaces = set()
    for ordinal, (item, origin) in enumerate(zip(decoded, origins, strict=True)):
        try:
            namespaces.add(add(sink, kind, item, origin))
        except ValueError:
            raw = RAW_ITEMS.decode(items)[ordinal]
            namespaces.add(add_malformed(sink, kind, raw, origin))
    return namespaces


def _one_by_one(sink: Sink, raws: list[msgspec.Raw], window: Window | None, of_list: Kind | None) -> set[str]:
    number, ordinal = sink.open(window), 0
    in_list = window is None or window.form in _LISTS
    namespaces = set()
    for raw in raws:
        objects = list(leaves(raw, of_list))
        is_list = not objects or bool(objects[0][0])
        parent = HEAD.decode(raw) if is_list else CORE_LIST if in_list else None
        own = _add_leaves(sink, objects, parent, number, ordinal)
        if is_list:
            listed(sink, list_kind(HEAD.decode(raw)), own)
        namespaces |= own
        ordinal += len(objects)
    return namespaces


def _add_leaves(sink: Sink, objects: list[_Leaf], parent: Head | None, window: int, first: int) -> set[str]:
    """Add the objects of one document; gives their namespaces.

    ``parent``: the list that they are in. ``first``: which object of the window the first of them is.
    """
    namespaces = set()
    for ordinal, (path, head, leaf) in enumerate(objects, first):
        is_stray = parent is not None and leaf != NULL and not is_object(head)
        kind = None if is_stray else _kind_of(sink, head, leaf)
        if not is_stray and kind is None:
            continue
        origin = sink.snapshot.origins.add(window, ordinal) if window else 0
        if kind is not None:
            namespace = _add_raw(sink, kind, head, leaf, origin)
            namespaces.add(namespace)
            if is_observed(kind, leaf):
                sink.observes(kind, {namespace})
            sink.last_kind = kind
        elif parent is not None:
            add_stray(sink, parent, path, leaf, origin)
    return namespaces


def _kind_of(sink: Sink, head: Head, leaf: msgspec.Raw) -> Kind | None:
    """The kind of an object that netlint reads; None for anything else, which is counted."""
    if not is_object(head):
        sink.snapshot.reading.ignored += 1
        return None
    sink.holds_object()
    if is_of_snapshot(head):
        learn(sink, head, leaf)
        return None
    kind = kind_of(head.apiVersion, head.kind)
    if kind is None:
        sink.snapshot.reading.other_kinds[head.kind] += 1
        if may_make(head.apiVersion, head.kind):
            _note_maker(sink, leaf)
    return kind


def _note_maker(sink: Sink, leaf: msgspec.Raw) -> None:
    try:
        maker = _MAKER.decode(leaf)
    except ValueError:  # malformed, of a kind that netlint does not read
        return
    sink.snapshot.reading.makers.add((maker.kind, maker.target or sink.default_namespace, maker.metadata.name or ""))


def _add_raw(sink: Sink, kind: Kind, head: Head, raw: msgspec.Raw, origin: int) -> str:
    if head.apiVersion not in kind.api_versions:
        return refuse(sink, kind, raw, origin, head.apiVersion)
    try:
        return add(sink, kind, ITEM_DECODERS[kind.name].decode(raw), origin)
    except ValueError:
        return add_malformed(sink, kind, raw, origin)
