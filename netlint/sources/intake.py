"""From JSON items to a snapshot: every reader hands its objects in here.

Items are decoded in bulk as the kind of the item before them; whatever does not fit goes item by item,
and a malformed item field by field, so that nothing that can be read is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec

from netlint.errors import SourceError
from netlint.objects import KIND_NAMED, Kind, kind_of
from netlint.objects.discovery import EndpointSlice
from netlint.objects.endpoints import Endpoints
from netlint.objects.meta import Object, Path
from netlint.objects.pod import Pod, StrictPod
from netlint.objects.problems import IN_BULK, problems
from netlint.snapshot import (
    DuplicateKey,
    Form,
    MalformedField,
    Reason,
    Snapshot,
    Spot,
    UnreadableDocument,
    Window,
)
from netlint.snapshot.knowledge import ALL, ANY_KIND
from netlint.snapshot.strings import share_texts
from netlint.sources import known
from netlint.sources.documents import (
    CORE_LIST,
    HEAD,
    NULL,
    RAW_ITEMS,
    Head,
    is_list,
    is_object,
    kinds_named,
    leaves,
    list_kind,
)
from netlint.sources.inputs import Input
from netlint.sources.leniency import without_problems, wrong_type
from netlint.sources.repeats import repeated_keys
from netlint.yamltext import Unreadable

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"  # a copy of the object
_ITEMS = {kind.name: msgspec.json.Decoder(list[kind.struct]) for kind in KIND_NAMED.values()}  # type: ignore[name-defined]
_ITEM = {kind.name: msgspec.json.Decoder(kind.struct) for kind in KIND_NAMED.values()}


class Intake:
    """Fills one snapshot."""

    def __init__(self, snapshot: Snapshot, default_namespace: str = "default") -> None:
        """``default_namespace`` is where namespaced objects without a namespace are."""
        self.snapshot = snapshot
        self.default_namespace = default_namespace
        self.source: Input | None = None  # what is being read; None for a live cluster
        self._last: Kind | None = None
        self._lacks_trailer = False  # of the snapshot that is being read

    def take(self, items: bytes, window: Window | None, of_list: Kind | None = None) -> set[str]:
        """Take in a JSON array of items; gives the namespaces they are in.

        ``window`` tells where the items were read (None: not from a file), ``of_list`` which kind the
        items of a typed list have. Raises msgspec.DecodeError where ``items`` is no JSON array.
        """
        kind = of_list or self._last
        decoded = self._in_bulk(items, kind, of_list) if kind is not None else None
        if kind is not None and decoded is not None:
            return self._add_all(kind, decoded, items, window)
        return self._one_by_one(RAW_ITEMS.decode(items), window, of_list)

    def listed(self, kind: Kind | None, namespaces: set[str]) -> None:
        """A list has been read to its end; ``kind``: of its items, None where it mixes kinds.

        A typed list over several namespaces was taken from all of them; an empty one says nothing
        unless the place of its file tells the namespace.
        """
        if kind is None:
            return
        knowledge = self.snapshot.knowledge
        if len(namespaces) > 1 or not kind.namespaced:
            knowledge.completed(kind.name)
        elif self.source is not None and self.source.namespace:
            knowledge.completed(kind.name, self.source.namespace)

    def unreadable(self, text: bytes, lines: int, error: Unreadable, file: str) -> None:
        """A document, ``lines`` line breaks after the beginning of its file, could not be read.

        In files that nobody named, only what looks like a Kubernetes object counts.
        """
        kinds = kinds_named(text)
        if not (kinds or self.source is None or self.source.explicit):
            self.snapshot.reading.ignored += 1
            return
        line = None if error.line is None else lines + error.line
        spot = Spot(file, line or lines + 1, error.column)
        self.snapshot.unreadable.append(UnreadableDocument(spot, error.problem))
        # a list shows the kinds of all its items where it can be told at all
        self._lose(kinds - {ANY_KIND} or kinds or {ANY_KIND}, f"{file} has a document that cannot be read")

    def broken_off(self, text: bytes, at_end: bool, error: Unreadable, file: str) -> None:
        """A file cannot be read any further.

        ``text`` is how it begins and where it broke off, ``at_end`` whether nothing comes behind that. In
        files that nobody named, only what looks like a Kubernetes object counts.
        """
        self._lacks_trailer = False
        kinds = kinds_named(text)
        holding = file in self.snapshot.reading.holding
        if not (kinds or holding or self.source is None or self.source.explicit):
            self.snapshot.reading.ignored += 1
            return
        self.snapshot.unreadable.append(UnreadableDocument(Spot(file, error.line, error.column), error.problem))
        known = bool(kinds) and at_end and ANY_KIND not in kinds
        self._lose(kinds if known else {ANY_KIND}, f"{file} cannot be read to its end")

    def lost(self, error: SourceError, file: str) -> None:
        """The bytes of a file cannot be had, or not all of them; what is in them may be anything."""
        self._lacks_trailer = False
        self.snapshot.reading.errors.append(str(error))
        self._lose({ANY_KIND}, f"{file} cannot be read to its end")

    def _lose(self, kinds: set[str], message: str) -> None:
        for kind in kinds:
            self.snapshot.knowledge.withdraw(kind, ALL, Reason.INCOMPLETE, message)

    def duplicate_key(self, spot: Spot, path: Path) -> None:
        """A mapping holds a key twice."""
        self.snapshot.duplicate_keys.append(DuplicateKey(spot, path))

    def find_duplicate_keys(self, text: bytes, window: Window) -> None:
        """Record the keys that a JSON document holds twice."""
        for repeated in repeated_keys(text):
            self.duplicate_key(Spot(window.file, window.lines + repeated.line, repeated.column), repeated.path)

    def _in_bulk(self, items: bytes, kind: Kind, of_list: Kind | None) -> list[Any] | None:
        try:
            decoded: list[Any] = _ITEMS[kind.name].decode(items)
        except ValueError:
            return None
        names = {(item.apiVersion, item.kind) for item in decoded}
        allowed = {(version, kind.kind) for version in kind.api_versions}
        if of_list is not None:
            allowed.add(("", ""))
        return decoded if names <= allowed else None

    def _add_all(self, kind: Kind, decoded: list[Any], items: bytes, window: Window | None) -> set[str]:
        first = self.snapshot.origins.add_all(self._open(window), len(decoded)) if window else 0
        origins = range(first, first + len(decoded)) if first else [0] * len(decoded)
        self._holding()
        if kind.struct is Pod:
            try:
                return self._add_pods(decoded, origins)
            except ValueError:  # one of them is malformed
                pass
        namespaces = set()
        for ordinal, (item, origin) in enumerate(zip(decoded, origins, strict=True)):
            try:
                namespaces.add(self._add(kind, item, origin))
            except ValueError:
                raw = RAW_ITEMS.decode(items)[ordinal]
                namespaces.add(self._add_malformed(kind, raw, origin))
        return namespaces

    def _one_by_one(self, raws: list[msgspec.Raw], window: Window | None, of_list: Kind | None) -> set[str]:
        number = self._open(window)
        in_list = window is None or window.form in {Form.JSON_ITEMS, Form.YAML_ITEMS}
        ordinals = count()
        namespaces = set()
        for raw in raws:
            found, is_list = set(), True
            for path, head, leaf in leaves(raw, of_list):
                is_list = bool(path)
                ordinal = next(ordinals)
                if (is_list or in_list) and leaf != NULL and not is_object(head):
                    origin = self.snapshot.origins.add(number, ordinal) if number else 0
                    self._add_stray(HEAD.decode(raw) if is_list else CORE_LIST, path, leaf, origin)
                    continue
                kind = self._kind_of(head, leaf)
                if kind is not None:
                    origin = self.snapshot.origins.add(number, ordinal) if number else 0
                    found.add(self._add_raw(kind, head, leaf, origin))
                    self._last = kind
            if is_list:
                self.listed(list_kind(HEAD.decode(raw)), found)
            namespaces |= found
        return namespaces

    def _add_stray(self, of: Head, path: Path, leaf: msgspec.Raw, origin: int) -> None:
        """Something in a list that is no object.

        In files that nobody named, only what certainly is a list of objects counts.
        """
        if not (is_list(of) or self.source is None or self.source.explicit):
            self.snapshot.reading.ignored += 1
            return
        self._holding()
        value: object = msgspec.json.decode(leaf)
        problem = wrong_type("a list" if path[-1:] == ("items",) else "an object", value)
        if path[-1:] != ("items",) and isinstance(value, dict):
            problem = "an item of a list needs apiVersion and kind"
        self.snapshot.malformed.append(
            MalformedField(str(of.apiVersion or ""), str(of.kind), "", "", origin, ("items",), problem)
        )
        kind = list_kind(of)
        self._lose({kind.name if kind else ANY_KIND}, f"a {of.kind} has items that are no objects")

    def _kind_of(self, head: Head, leaf: msgspec.Raw) -> Kind | None:
        if not is_object(head):
            self.snapshot.reading.ignored += 1
            return None
        kind = kind_of(head.apiVersion, head.kind)
        self._holding()
        if head.apiVersion == known.API_VERSION and head.kind in {known.HEADER_KIND, known.KIND}:
            self._learn(head, leaf)
            return None
        if kind is None:
            self.snapshot.reading.other_kinds[head.kind] += 1
        return kind

    def _learn(self, head: Head, trailer: msgspec.Raw) -> None:
        """What a snapshot says of the lists that it holds."""
        file = self.source.name if self.source else ""
        if head.kind == known.HEADER_KIND:
            self._lacks_trailer = True
            return
        self._lacks_trailer = False
        try:
            found = msgspec.json.decode(trailer, type=known.Trailer)
        except msgspec.ValidationError as error:
            self.lost(SourceError(f"{file}: the {known.KIND} in it cannot be read: {error}"), file)
            return
        self.snapshot.reading.server = {**found.server, "takenAt": found.taken_at}
        for one in found.lists:
            one.teach(self.snapshot.knowledge)

    def finish(self, file: str) -> None:
        """A file has been read to its end: a snapshot without its trailer lacks lists that nobody can name."""
        if self._lacks_trailer:
            self.lost(SourceError(f"{file}: the snapshot was cut off; take it again"), file)

    def _holding(self) -> None:
        if self.source is not None:
            self.snapshot.reading.holding.add(self.source.name)

    def _open(self, window: Window | None) -> int:
        return self.snapshot.origins.open(window) if window is not None else 0

    def _add_raw(self, kind: Kind, head: Head, raw: msgspec.Raw, origin: int) -> str:
        if head.apiVersion not in kind.api_versions:
            return self._refuse(kind, raw, origin, head.apiVersion)
        try:
            return self._add(kind, _ITEM[kind.name].decode(raw), origin)
        except ValueError:
            return self._add_malformed(kind, raw, origin)

    def _add(self, kind: Kind, item: Any, origin: int) -> str:
        """Add a decoded item; ValueError where a field is malformed. Gives its namespace."""
        namespace = (item.metadata.namespace or self.default_namespace) if kind.namespaced else ""
        if not item.metadata.name:
            raise ValueError("an object without a name")
        if isinstance(item, Pod):
            self.snapshot.pods.add([item], [namespace], [origin])
            return namespace
        finder = IN_BULK.get(type(item), problems)
        for _, problem in finder(item):
            raise ValueError(problem)
        self._add_object(kind, item, namespace, origin)
        return namespace

    def _add_pods(self, pods: list[Pod], origins: Sequence[int]) -> set[str]:
        """Add decoded pods, or none of them and ValueError; gives their namespaces."""
        namespaces = [pod.metadata.namespace or self.default_namespace for pod in pods]
        if not all(pod.metadata.name for pod in pods):
            raise ValueError("an object without a name")
        self.snapshot.pods.add(pods, namespaces, origins)
        return set(namespaces)

    def _add_object(self, kind: Kind, item: Object, namespace: str, origin: int) -> None:
        item.apiVersion, item.kind = item.apiVersion or kind.api_version, kind.name
        item.metadata.namespace, item.origin = namespace, origin
        if item.metadata.annotations:
            item.metadata.annotations.pop(LAST_APPLIED, None)
        share_texts(item)
        if isinstance(item, Endpoints):
            for subset in item.subsets or ():
                subset.pack()
        if isinstance(item, EndpointSlice):
            self.snapshot.slices.add(item)
        else:
            self.snapshot.objects.setdefault(kind.name, []).append(item)

    def _add_malformed(self, kind: Kind, raw: msgspec.Raw, origin: int) -> str:
        """Add an item without the fields that are malformed, and say which these are."""
        struct = StrictPod if kind.name == "Pod" else kind.struct
        cleaned, found = without_problems(raw, struct)
        item = _ITEM[kind.name].decode(cleaned)
        meta = item.metadata
        at = {path for path, _ in found}
        if not (meta.name or at & {(), ("metadata",), ("metadata", "name")}):
            found = [*found, (("metadata", "name"), "the object has no name")]
        somewhere = bool(kind.namespaced and at & {(), ("metadata",), ("metadata", "namespace")})
        namespace = (meta.namespace or self.default_namespace) if kind.namespaced and not somewhere else ""
        for path, problem in found:
            self.snapshot.malformed.append(
                MalformedField(
                    item.apiVersion or kind.api_version,
                    kind.name,
                    namespace,
                    meta.name or "",
                    origin,
                    path,
                    problem,
                )
            )
        if found:
            self._withdraw(kind, namespace, f"{kind.name} {meta.name or 'without a name'} is malformed")
        if meta.name and not somewhere:
            self._add(kind, item, origin)
        return namespace

    def _refuse(self, kind: Kind, raw: msgspec.Raw, origin: int, version: str) -> str:
        """An object in a version whose fields netlint does not know."""
        try:
            head = _UNVERSIONED.decode(raw)
            namespace = (head.metadata.namespace or self.default_namespace) if kind.namespaced else ""
        except msgspec.ValidationError:  # without a name, in a namespace that nobody knows
            head, namespace = Unversioned(), ""
        known = " or ".join(kind.api_versions)
        problem = f"{version!r} is no version of {kind.name} that netlint reads: {known}"
        self.snapshot.malformed.append(
            MalformedField(version, kind.name, namespace, head.metadata.name, origin, ("apiVersion",), problem)
        )
        self._withdraw(kind, namespace, f"{kind.name} {head.metadata.name} has the version {version}")
        return namespace

    def _withdraw(self, kind: Kind, namespace: str, message: str) -> None:
        where = namespace or ALL
        self.snapshot.knowledge.withdraw(kind.name, where, Reason.INCOMPLETE, message)


class UnversionedMeta(msgspec.Struct):
    """Name and namespace, which no version writes elsewhere."""

    name: str = ""
    namespace: str = ""


class Unversioned(msgspec.Struct):
    """What every version of every kind has."""

    metadata: UnversionedMeta = msgspec.field(default_factory=UnversionedMeta)


_UNVERSIONED = msgspec.json.Decoder(Unversioned)
