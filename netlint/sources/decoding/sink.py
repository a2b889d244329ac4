"""Where items go: the snapshot that is being filled, and the text that is being read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from netlint.objects import Kind
from netlint.snapshot import Snapshot, Window
from netlint.snapshot.knowledge import ALL


class SourceText(Protocol):
    """What decoding has to know of a text."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def explicit(self) -> bool:
        """Whether the user named it, so that every document in it is meant for netlint."""

    @property
    def namespace(self) -> str | None:
        """What its place in a dump says about the objects in it."""


@dataclass(slots=True)
class Sink:
    """One snapshot, with what is remembered from one array of items to the next.

    ``default_namespace`` is where namespaced objects without a namespace are, ``text`` what is being read: None for
    a live cluster. ``last_kind``: of the item that was taken in last; ``lacks_trailer``: whether the snapshot file
    that is being read has begun and not ended.
    """

    snapshot: Snapshot
    default_namespace: str = "default"
    text: SourceText | None = None
    last_kind: Kind | None = None
    lacks_trailer: bool = False

    @property
    def is_explicit(self) -> bool:
        """Whether everything that is read is meant for netlint; else only what looks like a Kubernetes object."""
        return self.text is None or self.text.explicit

    def holds_object(self) -> None:
        """Note that the text holds at least one Kubernetes object."""
        if self.text is not None:
            self.snapshot.reading.holding.add(self.text.name)

    def observes(self, kind: Kind, namespaces: set[str]) -> None:
        """Note that objects of the kind come from a cluster; an empty namespace is that of a cluster-scoped kind."""
        self.snapshot.knowledge.observed.update((kind.name, namespace or ALL) for namespace in namespaces)

    def open(self, window: Window | None) -> int:
        """The number of a window in the snapshot's origins; 0 for what is not from a file."""
        return self.snapshot.origins.open(window) if window is not None else 0

    def namespace_of(self, kind: Kind, written: str | None) -> str:
        """The namespace of an object that has this one in its metadata; empty for a cluster-scoped kind."""
        return (written or self.default_namespace) if kind.namespaced else ""
