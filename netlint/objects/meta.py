"""What every Kubernetes object has: its type, its metadata, and where netlint read it.

Field names are spelt as the API spells them, so a field's path in a finding is the attribute path.
Every field may be ``null`` or absent: Go's decoder leaves the zero value in both cases.
Source: k8s.io/apimachinery/pkg/apis/meta/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, field

Path = tuple[str | int, ...]
Protocol = Literal["TCP", "UDP", "SCTP"]


class OwnerReference(Struct, gc=False):
    """Who owns this object."""

    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class ObjectMeta(Struct, gc=False):
    """The metadata that netlint reads of the less numerous kinds."""

    name: str | None = None
    namespace: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    deletionTimestamp: str | None = None


class DatedMeta(ObjectMeta, gc=False):
    """The metadata of kinds whose age matters."""

    creationTimestamp: str | None = None


class Object(Struct, gc=False):
    """One object; ``origin`` numbers the place where it was read (see ``netlint.snapshot.Origins``)."""

    apiVersion: str = ""
    kind: str = ""
    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    origin: int = field(default=0, name="~origin")

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return self.metadata.name or ""

    @property
    def namespace(self) -> str:
        """``metadata.namespace``; empty for cluster-scoped objects."""
        return self.metadata.namespace or ""

    @property
    def labels(self) -> dict[str, str]:
        """``metadata.labels``."""
        return self.metadata.labels or {}

    @property
    def annotations(self) -> dict[str, str]:
        """``metadata.annotations``."""
        return self.metadata.annotations or {}


class Requirement(Struct, gc=False):
    """One entry of ``matchExpressions`` or ``matchFields``."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None


class LabelSelector(Struct, gc=False):
    """Which labels are meant; an empty one means all of them."""

    matchLabels: dict[str, str] | None = None
    matchExpressions: list[Requirement] | None = None


class Condition(Struct, gc=False):
    """One entry of ``status.conditions``."""

    type: str | None = None
    status: Literal["True", "False", "Unknown"] | None = None


def condition_status(conditions: Sequence[Condition] | None, kind: str) -> str | None:
    """The status (``True``, ``False``, ``Unknown``) of the condition of this type, None without one."""
    for condition in conditions or ():
        if condition.type == kind:
            return condition.status
    return None


def group_of(api_version: str) -> str:
    """The API group in an ``apiVersion``; empty for the core group."""
    return api_version.rpartition("/")[0]
