"""The release of Kubernetes that the control plane runs, as far as the input shows it.

Source: kubernetes.io/releases/version-skew-policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from netlint.findings import Subject
from netlint.model.declared.control_plane import command_lines
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.subjects import subject_of
from netlint.objects.meta import Path

CONTROLLER_MANAGER = "kube-controller-manager"
_VERSION = re.compile(r"v?(\d+)\.(\d+)(?:\.|$)")
_TAG = re.compile(r":([^:/@]+)(?:@|$)")


class Release(NamedTuple):
    """A release of Kubernetes, and who shows it.

    ``number``: major and minor. ``witness``: a noun for people. ``is_of_control_plane``: and not of a kubelet, which
    may be older, but never newer.
    """

    number: tuple[int, int]
    version: str
    witness: str
    subject: Subject | None = None
    path: Path = ()
    is_of_control_plane: bool = True


def release(view: SnapshotView) -> Release | None:
    """The newest release that the API server shows, else images of the control plane, else kubelets; None if none."""
    for witnesses in (_of_server(view), _of_images(view), _of_kubelets(view)):
        newest = max(witnesses, key=lambda shown: shown.number, default=None)
        if newest is not None:
            return newest
    return None


def _of_server(view: SnapshotView) -> Iterator[Release]:
    version = view.snapshot.reading.server.get("version", "")
    yield from _releases(version, "the API server")


def _of_images(view: SnapshotView) -> Iterator[Release]:
    for subject, line in command_lines(view.pods, CONTROLLER_MANAGER):
        tag = _TAG.search(line.image)
        path: Path = ("spec", "containers", 0, "image")
        yield from _releases(tag[1] if tag else "", CONTROLLER_MANAGER, subject, path)


def _of_kubelets(view: SnapshotView) -> Iterator[Release]:
    for node in view.nodes:
        version = (node.status.nodeInfo.kubeletVersion if node.status.nodeInfo else None) or ""
        path: Path = ("status", "nodeInfo", "kubeletVersion")
        yield from _releases(version, "the newest kubelet", subject_of(node), path, is_of_control_plane=False)


def _releases(
    version_text: str,
    witness: str,
    subject: Subject | None = None,
    path: Path = (),
    *,
    is_of_control_plane: bool = True,
) -> Iterator[Release]:
    version = _VERSION.match(version_text)
    if version:
        yield Release((int(version[1]), int(version[2])), version_text, witness, subject, path, is_of_control_plane)
