"""Objects as subjects of findings."""

from __future__ import annotations

from netlint.findings import Subject
from netlint.objects.meta import Object


def subject_of(item: Object) -> Subject:
    """The object as a subject."""
    return Subject(item.apiVersion, item.kind, item.namespace, item.name, item.origin)


def namespace(name: str) -> Subject:
    """A namespace, as the scope of a skip."""
    return Subject("v1", "Namespace", "", name)
