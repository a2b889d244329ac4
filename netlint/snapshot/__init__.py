"""Everything read in one run: typed objects, where each came from, and what is known completely.

A snapshot holds facts without meaning; ``netlint.model`` gives them theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from netlint.objects.host import NodeDump
from netlint.objects.meta import Object, Path
from netlint.snapshot.knowledge import ALL, Gap, Knowledge, Reason
from netlint.snapshot.origins import Form, Origins, Window
from netlint.snapshot.pod_table import PodTable
from netlint.snapshot.slice_table import SliceTable

__all__ = [
    "ConflictingCopy",
    "DuplicateKey",
    "Form",
    "Gap",
    "Knowledge",
    "Locator",
    "MalformedField",
    "Origins",
    "Place",
    "PodTable",
    "Reading",
    "Reason",
    "SliceTable",
    "Snapshot",
    "Spot",
    "UnreadableDocument",
    "UnrenderedChart",
    "Window",
]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a file; line and column count from 1."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A spot with the lines around it.

    ``first`` is the number of the first of them, ``end`` the column behind what the spot points at, None
    where that goes on below.
    """

    spot: Spot
    lines: tuple[str, ...] = ()
    first: int = 0
    end: int | None = None


class Locator(Protocol):
    """Finds places in what was read."""

    def fields(self, wanted: Sequence[tuple[int, Path]]) -> list[Place | None]:
        """The places of fields, each named by the origin of its object and its path; None for what is in no file."""

    def around(self, spot: Spot) -> Place:
        """A spot with the lines around it."""


@dataclass(frozen=True, slots=True)
class UnreadableDocument:
    """A document that no reader understands, although it may hold an object.

    ``placeholder``: how what is filled in later is marked in it (``{{ ... }}``); empty where it is no template.
    """

    spot: Spot
    problem: str
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """A mapping key that is written twice; the last one wins, as in kubectl."""

    spot: Spot
    path: Path


@dataclass(frozen=True, slots=True)
class MalformedField:
    """A field that does not have the type or the form that the API demands.

    ``placeholder``: how the value is marked that is filled in later (``${...}``); empty where it is none.
    """

    api_version: str
    kind: str
    namespace: str
    name: str
    origin: int
    path: Path
    problem: str
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class ConflictingCopy:
    """An object met again with other content: the copy at ``used`` counts, those at ``ignored`` do not."""

    api_version: str
    kind: str
    namespace: str
    name: str
    used: int
    ignored: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnrenderedChart:
    """A Helm chart whose templates were not read because nobody rendered them."""

    spot: Spot
    templates: int


@dataclass(slots=True)
class Reading:
    """What was read, for the report's footer and coverage."""

    sources: list[str] = field(default_factory=list)
    files: int = 0
    documents: int = 0
    ignored: int = 0  # documents that are no Kubernetes objects
    other_kinds: Counter[str] = field(default_factory=Counter)  # kinds that netlint does not read
    holding: set[str] = field(default_factory=set)  # files with at least one Kubernetes object
    makers: set[tuple[str, str, str]] = field(default_factory=set)  # kind, target namespace, name: what makes objects
    errors: list[str] = field(default_factory=list)  # sources that could not be read
    server: dict[str, str] = field(default_factory=dict)  # of a live cluster: context, version, time

    def merge(self, other: Reading) -> None:
        """Take in what another reader of the same input counted."""
        self.files += other.files
        self.documents += other.documents
        self.ignored += other.ignored
        self.other_kinds.update(other.other_kinds)
        self.holding |= other.holding
        self.makers |= other.makers
        self.server = self.server or other.server
        self.errors += other.errors


@dataclass(slots=True)
class Snapshot:
    """The input of the model."""

    pods: PodTable = field(default_factory=PodTable)
    slices: SliceTable = field(default_factory=SliceTable)
    objects: dict[str, list[Object]] = field(default_factory=dict)  # by the kind's name
    origins: Origins = field(default_factory=Origins)
    knowledge: Knowledge = field(default_factory=Knowledge)
    reading: Reading = field(default_factory=Reading)
    unreadable: list[UnreadableDocument] = field(default_factory=list)
    duplicate_keys: list[DuplicateKey] = field(default_factory=list)
    malformed: list[MalformedField] = field(default_factory=list)
    conflicts: list[ConflictingCopy] = field(default_factory=list)
    charts: list[UnrenderedChart] = field(default_factory=list)
    dumps: list[NodeDump] = field(default_factory=list)

    def count(self, kind: str) -> int:
        """How many objects of a kind."""
        if kind == "Pod":
            return len(self.pods)
        return len(self.slices) if kind == "EndpointSlice" else len(self.objects.get(kind, ()))

    def inhabited(self) -> set[tuple[str, str]]:
        """Every kind that has an object, with the namespace of each; ``ALL`` for one without."""
        objects = {(kind, item.namespace or ALL) for kind, items in self.objects.items() for item in items}
        slices = {("EndpointSlice", item.namespace) for item in self.slices.slices}
        return objects | slices | {("Pod", namespace) for namespace in self.pods.shapes.namespaces}

    def merge(self, part: Snapshot) -> None:
        """Take in what another reader of the same input found."""
        first_origin = self.learn(part)
        self.pods.extend(part.pods, first_origin)
        self.slices.extend(part.slices, first_origin)
        for kind, objects in part.objects.items():
            self.take(kind, objects, first_origin)

    def renew(self, later: Snapshot) -> None:
        """Put what another reader found later in the place of what is here: all of each list that it completed."""
        places: dict[str, set[str]] = {}
        for kind, namespace in later.knowledge.complete:
            places.setdefault(kind, set()).add(namespace)
        for kind, namespaces in places.items():
            self._forget(kind, namespaces)
        self.merge(replace(later, knowledge=Knowledge(), reading=Reading()))

    def _forget(self, kind: str, namespaces: set[str]) -> None:
        def is_kept(namespace: str) -> bool:
            return not namespaces & {namespace, ALL}

        if kind == "Pod":
            shapes = [*map(is_kept, self.pods.shapes.namespaces)]
            self.pods.drop({row for row, shape in enumerate(self.pods.shape) if not shapes[shape]})
        elif kind == "EndpointSlice":
            slices = enumerate(self.slices.slices)
            self.slices.drop({number for number, item in slices if not is_kept(item.namespace)})
        else:
            self.objects[kind] = [item for item in self.objects.get(kind, ()) if is_kept(item.namespace)]
        self.malformed = [entry for entry in self.malformed if entry.kind != kind or is_kept(entry.namespace)]

    def learn(self, part: Snapshot) -> int:
        """Take in everything that another reader found but its objects.

        Gives what the origins of those have to be increased by.
        """
        first_origin = self.origins.extend(part.origins)
        self.knowledge.merge(part.knowledge)
        self.reading.merge(part.reading)
        self.unreadable += part.unreadable
        self.duplicate_keys += part.duplicate_keys
        self.malformed += [replace(entry, origin=entry.origin + first_origin) for entry in part.malformed]
        return first_origin

    def take(self, kind: str, objects: list[Object], first_origin: int) -> None:
        """Take in another reader's objects of a kind that is kept in no table."""
        for item in objects:
            item.origin += first_origin
        self.objects.setdefault(kind, []).extend(objects)
