"""Which controllers the kube-controller-manager is told to run.

Source: k8s.io/kubernetes/cmd/kube-controller-manager/names, k8s.io/controller-manager/app/helper.go.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum

from netlint.model import settings
from netlint.model.declared.control_plane import command_lines
from netlint.model.pods import Pods

PROGRAM = "kube-controller-manager"
ALL = "*"


class Controller(Enum):
    """A controller, by its name and the one that it had before Kubernetes 1.28."""

    ENDPOINTS = ("endpoints-controller", "endpoint")
    SLICES = ("endpointslice-controller", "endpointslice")
    MIRRORING = ("endpointslice-mirroring-controller", "endpointslicemirroring")
    NODE_RANGES = ("node-ipam-controller", "nodeipam")


def is_disabled(controller: Controller, pods: Pods) -> bool:
    """Whether every kube-controller-manager that the input shows is told not to run it; not where it shows none."""
    flags = [settings.flags(line.words).get("controllers") for _, line in command_lines(pods, PROGRAM)]
    lists = [settings.words(flag.value) if flag else [ALL] for flag in flags]
    return bool(lists) and not any(_runs(controller.value, words) for words in lists)


def _runs(names: Collection[str], words: list[str]) -> bool:
    """The first word that names it counts, else the asterisk."""
    for word in words:
        if word.removeprefix("-") in names:
            return not word.startswith("-")
    return ALL in words
