"""The tree of one document: go-yaml's values with the place of each in the text.

Keys, merges (``<<``) and aliases follow ``decode.go`` of go.yaml.in/yaml/v2. What that bounds is bounded
lower here, and keys that are equal only as text (``1`` and ``"1"``), of which kubectl takes one at random,
are refused.
"""

import math
import re
from dataclasses import dataclass, field
from typing import TypeAlias

from yaml.events import AliasEvent, CollectionStartEvent, Event, MappingStartEvent, ScalarEvent

from . import dialect
from .dialect import Scalar
from .events import Place, at, end_of, may_be_json, parse, place_of, prepare
from .outcome import Duplicate, UnknownAlias

DEEPEST = 200
"""Levels of nesting, aliases expanded; go-yaml stops at 10,000."""
_MOST_COPIES = 300_000  # go-yaml allows 396,000 values from aliases in any document
_COPIES_PER_VALUE = 50  # go-yaml: 99
_MOST_COPIED = 16 << 20  # characters

_TOO_DEEP = f"nested more than {DEEPEST} levels deep"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

Content: TypeAlias = "Scalar | list[SyntaxNode] | dict[str, SyntaxNode]"


_ALL_STRINGS: dict[str, type] = {}


class SyntaxNode:
    """A value: its content, where it starts, and where it ends.

    A mapping also has the types of those of its keys that are no strings in YAML.
    """

    __slots__ = ("content", "depth", "end", "is_alias", "key_types", "place", "size", "values")

    def __init__(self, content: Content, place: Place) -> None:
        """Make a value that counts as one; what is put into it is added by the composer."""
        self.content = content
        self.place = self.end = place
        self.is_alias = False
        self.values = 1  # in it, itself included; like size and depth, with aliases expanded
        self.size = 0  # characters of scalars and keys
        self.depth = 1
        self.key_types = _ALL_STRINGS

    def alias(self, place: Place) -> "SyntaxNode":
        """The same value as it stands at an alias."""
        copy = SyntaxNode(self.content, place)
        copy.values, copy.size, copy.depth = self.values + 1, self.size, self.depth
        copy.key_types = self.key_types
        copy.is_alias = True
        return copy


@dataclass(slots=True)
class _Key:
    text: str
    kind: type


_MERGE = _Key("<<", dict)


@dataclass(slots=True)
class _List:
    """A list that is not complete."""

    node: SyntaxNode
    items: list[SyntaxNode]

    def step(self) -> int:
        return len(self.items)


@dataclass(slots=True)
class _Mapping:
    """A mapping that is not complete, with the key that waits for its value."""

    node: SyntaxNode
    entries: dict[str, SyntaxNode]
    key: _Key | None = None
    written: set[str] = field(default_factory=set)

    def step(self) -> str:
        return self.key.text if self.key else ""

    def put(self, key: _Key, value: SyntaxNode, place: Place) -> None:
        types = self.node.key_types
        if key.text in self.entries and types.get(key.text, str) is not key.kind:
            raise at(f"two keys that differ only in type both become {key.text!r} in JSON", place)
        if key.kind is not str:
            types[key.text] = key.kind
        self.entries[key.text] = value


def _list(place: Place) -> _List:
    items: list[SyntaxNode] = []
    return _List(SyntaxNode(items, place), items)


def _mapping(place: Place) -> _Mapping:
    entries: dict[str, SyntaxNode] = {}
    node = SyntaxNode(entries, place)
    node.key_types = {}
    return _Mapping(node, entries)


def compose(document: bytes) -> tuple[SyntaxNode | None, list[Duplicate]]:
    """The root of `document` (None when it has no content) and its repeated keys.

    Raises:
        Unreadable: kubectl refuses the document, or it exceeds a limit of this module.
    """
    text = prepare(document)
    composer = _Composer(may_be_json=may_be_json(text))
    for event in parse(text):
        composer.take(event, place_of(event))
    return composer.root, composer.duplicates


class _Composer:
    """Builds the tree from events, without recursion."""

    def __init__(self, *, may_be_json: bool) -> None:
        self.root: SyntaxNode | None = None
        self.duplicates: list[Duplicate] = []
        self._may_be_json = may_be_json
        self._open: list[_List | _Mapping] = []
        self._anchors: dict[str | None, SyntaxNode] = {}
        self._values = self._copies = self._copied = 0

    def take(self, event: Event, place: Place) -> None:
        if isinstance(event, CollectionStartEvent):
            self._collection(event, place)
        elif isinstance(event, ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, AliasEvent):
            self._alias(event.anchor, place)
        else:
            node = self._open.pop().node
            node.end = end_of(event)
            self._attach(node)

    def _collection(self, event: CollectionStartEvent, place: Place) -> None:
        if self._mapping_without_key():
            raise at("a mapping or a list as a key; is this a template such as {{ ... }}?", place)
        if len(self._open) == DEEPEST:
            raise at(_TOO_DEEP, place)
        collection = _mapping(place) if isinstance(event, MappingStartEvent) else _list(place)
        self._open.append(collection)
        self._count(collection.node, event.anchor)

    def _scalar(self, event: ScalarEvent, place: Place) -> None:
        mapping = self._mapping_without_key()
        if mapping and _is_merge(event):
            mapping.key = _MERGE
            return
        node = SyntaxNode(self._value(event, place), place)
        node.end = end_of(event)
        node.size = len(event.value)
        self._count(node, event.anchor)
        self._place(node)

    def _value(self, event: ScalarEvent, place: Place) -> Scalar:
        try:
            value = _resolve(event)
        except ValueError as error:
            raise at(str(error), place) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise at("JSON has no value for infinity or not-a-number", place)
        plain_text = event.implicit[0] and isinstance(value, str)
        if self._may_be_json and plain_text and _JSON_NUMBER.fullmatch(event.value):
            raise at("a number beyond double precision, which kubectl refuses in JSON", place)
        return value

    def _alias(self, name: str | None, place: Place) -> None:
        target = self._anchors.get(name)
        if target is None:
            raise UnknownAlias(f"the alias *{name} has no anchor before it", *place)
        if any(collection.node is target for collection in self._open):
            raise at(f"the alias *{name} stands inside the value that it names", place)
        self._copies += target.values
        self._copied += target.size
        most = min(_MOST_COPIES, max(100, _COPIES_PER_VALUE * self._values))
        if self._copies > most or self._copied > _MOST_COPIED:
            raise at("the aliases expand to far more than the document itself", place)
        node = target.alias(place)
        self._count(node, None)
        self._place(node)

    def _count(self, node: SyntaxNode, anchor: str | None) -> None:
        self._values += 1
        if anchor is not None:
            self._anchors[anchor] = node

    def _mapping_without_key(self) -> _Mapping | None:
        collection = self._open[-1] if self._open else None
        return collection if isinstance(collection, _Mapping) and collection.key is None else None

    def _place(self, node: SyntaxNode) -> None:
        mapping = self._mapping_without_key()
        if mapping:
            self._set_key(mapping, node)
        else:
            self._attach(node)

    def _set_key(self, mapping: _Mapping, node: SyntaxNode) -> None:
        content = node.content
        if isinstance(content, list | dict):
            raise at("an alias of a mapping or a list as a key", node.place)
        try:
            text = dialect.key_to_text(content)
        except ValueError as error:
            raise at(str(error), node.place) from None
        if text in mapping.written:
            path = (*(collection.step() for collection in self._open[:-1]), text)
            self.duplicates.append(Duplicate(path, *node.place))
        mapping.written.add(text)
        mapping.key = _Key(text, type(content))
        mapping.node.values += node.values
        mapping.node.size += node.size

    def _attach(self, node: SyntaxNode) -> None:
        if not self._open:
            self.root = node
            return
        collection = self._open[-1]
        parent = collection.node
        parent.values += node.values
        parent.size += node.size
        parent.depth = max(parent.depth, node.depth + 1)
        if parent.depth > DEEPEST:
            raise at(_TOO_DEEP, node.place)
        if isinstance(collection, _List):
            collection.items.append(node)
        elif collection.key is _MERGE:
            self._merge(collection, node)
        elif collection.key:
            collection.put(collection.key, node, node.place)
        if isinstance(collection, _Mapping):
            collection.key = None

    def _merge(self, into: _Mapping, source: SyntaxNode) -> None:
        """What go-yaml does at ``<<``: at once and over the keys before it; of a list, the first wins."""
        sources = [source]
        if isinstance(source.content, list) and not source.is_alias:
            sources = source.content[::-1]
            self._values -= 1  # go-yaml does not count it
        for mapping in sources:
            if not isinstance(mapping.content, dict):
                raise at("'<<' wants a mapping or a list of mappings", mapping.place)
            for text, node in mapping.content.items():
                into.put(_Key(text, mapping.key_types.get(text, str)), node, source.place)


def _resolve(event: ScalarEvent) -> Scalar:
    if event.tag is not None:
        return dialect.resolve_tagged(event.tag, event.value)
    return dialect.resolve(event.value) if event.implicit[0] else event.value


def _is_merge(event: ScalarEvent) -> bool:
    return event.value == "<<" and (event.implicit[0] or event.tag == _MERGE_TAG)
