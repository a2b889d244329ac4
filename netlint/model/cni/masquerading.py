"""Masquerading by configuration: whose addresses are hidden from whom, and by what."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range
from netlint.findings import Subject
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.node_objects import node_addresses
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.objects.meta import Path


class Whom(StrEnum):
    """From whom the addresses of pods are hidden."""

    PODS = "pods"
    NODES = "other nodes"
    BACKENDS = "pods behind Services"
    OUTSIDE = "hosts outside of the VPC"


@dataclass(frozen=True, slots=True)
class Masquerade:
    """A configuration that makes pods go by the address of their node.

    ``hidden``: the ranges of these pods; empty for all. ``toward``: where ``whom`` is, as far as that is
    known. ``spared``: the ranges that it takes for the pods'. ``mild``: it concerns only a network that pods
    have beside their own.
    """

    whom: Whom
    why: str
    subject: Subject
    path: Path
    hidden: tuple[Declaration, ...] = ()
    toward: tuple[Declaration, ...] = ()
    spared: tuple[Range, ...] = ()
    mild: bool = False


class UnknownMasquerade(NamedTuple):
    """A clause that says why the input does not tell whether addresses are hidden from ``whom``."""

    whom: Whom
    why: str


def beyond(
    spared: Iterable[Range], declared: Sequence[Declaration], families: Container[int]
) -> tuple[Declaration, ...]:
    """The declarations of these families that lie not wholly in what is spared."""
    judged = [declaration for declaration in declared if declaration.range.family in families]
    return tuple(judged[number] for number in addresses.uncovered([own.range for own in judged], spared))


def nodes_beyond(spared: Iterable[Range], view: SnapshotView, families: Container[int]) -> tuple[Declaration, ...]:
    """The addresses of nodes outside of what is spared; none where no node has another one beside it."""
    if len(view.nodes) < 2:
        return ()
    internal = [address for node in view.nodes for address in node_addresses(node, ("InternalIP",))]
    return beyond(spared, internal, families)
