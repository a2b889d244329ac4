"""The least rights that netlint needs: list what the rules read, get some ConfigMaps by name, no Secrets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from netlint.objects import CONFIG_MAPS, KIND_NAMED

NAME = "netlint"
API = "rbac.authorization.k8s.io/v1"

Manifest = dict[str, Any]


def manifests(kinds: Iterable[str], namespaces: Sequence[str], user: str | None) -> str:
    """A ClusterRole, for what only some namespaces are read of a Role in each of them, and their bindings.

    YAML; ``user``: bind the roles to this user.
    """
    import yaml

    roles = list(_roles(set(kinds), namespaces))
    if user is not None:
        roles += [_binding(role, user) for role in roles]
    return yaml.safe_dump_all(roles, sort_keys=False)


def _roles(kinds: set[str], namespaces: Sequence[str]) -> Iterator[Manifest]:
    """The ConfigMaps are in the ClusterRole: their namespaces need not exist, and a Role would need them to."""
    listed = kinds - {"ConfigMap"}
    wide = {kind for kind in listed if not (namespaces and KIND_NAMED[kind].namespaced)}
    cluster_wide = _rules(wide) + ([_config_maps()] if "ConfigMap" in kinds else [])
    if cluster_wide:
        yield _role("ClusterRole", None, cluster_wide)
    narrow = _rules(listed - wide)
    yield from (_role("Role", namespace, narrow) for namespace in namespaces if narrow)


def _rules(kinds: Iterable[str]) -> list[Manifest]:
    by_group: defaultdict[str, list[str]] = defaultdict(list)
    for kind in sorted(kinds):
        for group in KIND_NAMED[kind].groups:
            by_group[group].append(KIND_NAMED[kind].plural)
    return [
        {"apiGroups": [group], "resources": sorted(plurals), "verbs": ["list"]}
        for group, plurals in sorted(by_group.items())
    ]


def _config_maps() -> Manifest:
    names = sorted({name for _, name in CONFIG_MAPS})
    return {"apiGroups": [""], "resources": ["configmaps"], "resourceNames": names, "verbs": ["get"]}


def _role(kind: str, namespace: str | None, rules: list[Manifest]) -> Manifest:
    metadata = {"name": NAME, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "rules": rules}


def _binding(role: Manifest, user: str) -> Manifest:
    return {
        "apiVersion": API,
        "kind": f"{role['kind']}Binding",
        "metadata": dict(role["metadata"]),
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": role["kind"],
            "name": role["metadata"]["name"],
        },
        "subjects": [{"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}],
    }
