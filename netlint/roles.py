"""The least rights that netlint needs: list what the rules read, get some ConfigMaps by name, no Secrets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from netlint.objects import CONFIG_MAPS, KIND_NAMED

NAME = "netlint"
API = "rbac.authorization.k8s.io/v1"

Manifest = dict[str, Any]


def manifests(kinds: Iterable[str], namespaces: Sequence[str], user: str | None) -> str:
    """A ClusterRole (Roles where only some namespaces are read), Roles for ConfigMaps, and their bindings.

    YAML; ``user``: bind the roles to this user.
    """
    import yaml

    found = [*_listing(set(kinds) - {"ConfigMap"}, namespaces)]
    if "ConfigMap" in kinds:
        found += _config_maps()
    if user is not None:
        found += [_binding(role, user) for role in found]
    return yaml.safe_dump_all(found, sort_keys=False)


def _listing(kinds: set[str], namespaces: Sequence[str]) -> list[Manifest]:
    wide = {kind for kind in kinds if not (namespaces and KIND_NAMED[kind].namespaced)}
    found = [_role("ClusterRole", None, _rules(wide))] if wide else []
    narrow = _rules(kinds - wide)
    return found + [_role("Role", namespace, narrow) for namespace in namespaces if narrow]


def _rules(kinds: Iterable[str]) -> list[Manifest]:
    by_group: defaultdict[str, list[str]] = defaultdict(list)
    for kind in sorted(kinds):
        by_group[KIND_NAMED[kind].group].append(KIND_NAMED[kind].plural)
    return [
        {"apiGroups": [group], "resources": sorted(plurals), "verbs": ["list"]}
        for group, plurals in sorted(by_group.items())
    ]


def _config_maps() -> list[Manifest]:
    by_namespace: defaultdict[str, list[str]] = defaultdict(list)
    for namespace, name in CONFIG_MAPS:
        by_namespace[namespace].append(name)
    return [
        _role(
            "Role",
            namespace,
            [{"apiGroups": [""], "resources": ["configmaps"], "resourceNames": names, "verbs": ["get"]}],
            f"{NAME}-configmaps",
        )
        for namespace, names in by_namespace.items()
    ]


def _role(kind: str, namespace: str | None, rules: list[Manifest], name: str = NAME) -> Manifest:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
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
