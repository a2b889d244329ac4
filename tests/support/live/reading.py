"""What netlint has to read of a cluster that serves no more than Kubernetes itself does."""

from __future__ import annotations

from collections.abc import Sequence

from netlint import catalogue, engine
from netlint.objects import CONFIG_MAPS, KIND_NAMED, Kind

BUILT_IN = (
    "v1",
    "apps/v1",
    "batch/v1",
    "discovery.k8s.io/v1",
    "networking.k8s.io/v1",
    "rbac.authorization.k8s.io/v1",
)
CONFIG_MAP_NAMES = sorted({name for _, name in CONFIG_MAPS})
CONFIG_MAP_PATHS = [f"/api/v1/namespaces/{within}/configmaps/{name}" for within, name in CONFIG_MAPS]


def kinds(*rules: str) -> list[Kind]:
    """What is listed for these rules (for all where none is named): first the long lists, then by name."""
    names = engine.kinds_read(catalogue.selected(rules, ())) - {"ConfigMap"}
    return [KIND_NAMED[name] for name in sorted(names, key=lambda name: (name not in ("EndpointSlice", "Pod"), name))]


def served(*rules: str) -> list[Kind]:
    """Those of them that the server has."""
    return [kind for kind in kinds(*rules) if kind.api_version in BUILT_IN]


def path(kind: Kind, within: str | None = None) -> str:
    """Where the list is."""
    root = "/apis" if "/" in kind.api_version else "/api"
    inner = f"/namespaces/{within}" if within and kind.namespaced else ""
    return f"{root}/{kind.api_version}{inner}/{kind.plural}"


def targets(*rules: str, namespaces: Sequence[str] = ()) -> list[str]:
    """All that is asked for where each list is one page, sorted; nothing of what the server does not have."""
    lists = {path(kind, within) for kind in served(*rules) for within in (namespaces or (None,))}
    return sorted(["/apis", "/version", *(f"{each}?limit=500" for each in lists), *CONFIG_MAP_PATHS])


def targets_again(namespaces: Sequence[str], *names: str) -> list[str]:
    """What is asked for a second time, sorted: these kinds where something was found."""
    return sorted({f"{path(KIND_NAMED[name], within)}?limit=500" for name in names for within in namespaces})
