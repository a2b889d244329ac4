"""What a plugin does for Services: in kube-proxy's place, with a proxy of its own, and towards routers outside."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from netlint.findings import Subject
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.objects.meta import Path


def _nothing_else(_: SnapshotView) -> Iterable[str]:
    return ()


@dataclass(frozen=True, slots=True)
class ServiceProxyReplacement:
    """How a plugin takes kube-proxy's place.

    ``title``: how people call it. ``is_active``: whether it is told to. ``agent``: the DaemonSet that programs
    Services. ``groups``: those of certificates with which the agent may sign in beside its account. ``credentials``:
    what settings beside the DaemonSet's give the agent to sign in with in place of its account's token.
    """

    title: str
    agent: str
    is_active: Callable[[SnapshotView], bool]
    groups: frozenset[str] = frozenset()
    credentials: Callable[[SnapshotView], Iterable[str]] = _nothing_else


@dataclass(frozen=True, slots=True)
class IngressProxy:
    """A proxy on every node that answers for Services without a selector, whatever their endpoints are.

    ``labels``: those of Services that are made for Ingresses and Gateways. ``placeholder``: family and value of the
    address of their only endpoint, which nothing ever reaches.
    """

    labels: frozenset[str]
    placeholder: tuple[int, int]


class Advertisement(NamedTuple):
    """Cluster IPs of which routers outside of the cluster are told.

    ``title``: how people call the program that tells them. ``cluster_ips``: which ones, as a noun phrase.
    ``evidence``: by which setting. ``key``: what distinguishes it from others of the same object.
    """

    subject: Subject
    path: Path
    title: str
    cluster_ips: str
    evidence: dict[str, object]
    key: str = ""


def advertised_by(title: str, subject: Subject, path: Path, scope: str) -> Advertisement:
    """One of several that an object may ask for; ``scope``: whose cluster IPs, as a clause."""
    return Advertisement(subject, path, title, f"cluster IPs {scope}", {"by": title}, scope)
