"""What a document says it is, before anything else of it is decoded: an object, or a list of some."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from netlint.objects import Kind, kind_of
from netlint.objects.meta import Path
from netlint.snapshot.knowledge import ANY_KIND

RAW_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
NO_ITEMS = msgspec.Raw(b"")
NULL = msgspec.Raw(b"null")
LIST = "List"


class Head(msgspec.Struct, gc=False):
    """What tells which kind an item has; of another type than text it is no Kubernetes object."""

    apiVersion: Any = None
    kind: Any = None
    items: msgspec.Raw = NO_ITEMS


HEAD = msgspec.json.Decoder(Head)
CORE_LIST = Head("v1", LIST)
_KIND_NAMED = re.compile(rb"(?:^[ ]*+(?:- )?|[{,][ ]*+)[\"']?kind[\"']?[ ]*+:[ ]*+[\"']?([A-Z][A-Za-z]*)", re.MULTILINE)


def leaves(document: msgspec.Raw, default: Kind | None = None) -> Iterator[tuple[Path, Head, msgspec.Raw]]:
    """The objects in one document: itself, or the items of the list that it is, at any depth.

    Items of a typed list (``PodList``) take their kind from it where they name none. Items that are no list
    are a leaf without a kind.
    """
    try:
        head = HEAD.decode(document)
    except msgspec.ValidationError:  # a scalar or a sequence
        yield (), Head(default.api_version, default.kind) if default and document != NULL else Head(), document
        return
    if default is not None and not head.kind:
        head = Head(default.api_version, default.kind)
    if not (is_list(head) or (str(head.kind).endswith("List") and head.items != NO_ITEMS)):
        yield (), head, document
        return
    try:
        items = [] if head.items in (NO_ITEMS, NULL) else RAW_ITEMS.decode(head.items)
    except msgspec.ValidationError:
        yield ("items",), Head(), head.items
        return
    of_list = list_kind(head)
    for index, item in enumerate(items):
        for path, item_head, leaf in leaves(item, of_list):
            yield ("items", index, *path), item_head, leaf


def kinds_named(text: bytes) -> set[str]:
    """The kinds of the objects in a text that cannot be read; ``ANY_KIND`` for a list of whatever kinds."""
    named = {name.decode() for name in _KIND_NAMED.findall(text.replace(b"\0", b""))}  # UTF-16 has these
    return {name.removesuffix("List") or ANY_KIND for name in named}


def list_kind(head: Head) -> Kind | None:
    """The kind of a typed list's items; None for ``kind: List``, which mixes kinds."""
    name = str(head.kind).removesuffix("List")
    return kind_of(str(head.apiVersion or ""), name) if name else None


def is_list(head: Head) -> bool:
    """Whether it is a list of objects for certain: other kinds may end in "List" too."""
    return (head.apiVersion, head.kind) == ("v1", LIST) or (str(head.kind).endswith(LIST) and bool(list_kind(head)))


def is_object(head: Head) -> bool:
    """Whether it says that it is one."""
    return isinstance(head.kind, str) and isinstance(head.apiVersion, str)
