"""ClusterRole and ClusterRoleBinding (rbac.authorization.k8s.io/v1).

Source: k8s.io/api/rbac/v1/types.go.
"""

from __future__ import annotations

from msgspec import Struct, field

from netlint.objects.meta import Object


class PolicyRule(Struct, gc=False):
    """One entry of ``rules``: all of its verbs on all of its resources; ``*`` stands for every one."""

    apiGroups: list[str] | None = None
    resources: list[str] | None = None
    verbs: list[str] | None = None
    resourceNames: list[str] | None = None


class AggregationRule(Struct, gc=False):
    """``aggregationRule`` of a ClusterRole."""


class ClusterRole(Object, gc=False):
    """A ClusterRole; where it has an ``aggregationRule`` a controller fills in its rules."""

    rules: list[PolicyRule] | None = None
    aggregationRule: AggregationRule | None = None


class RoleRef(Struct, gc=False):
    """``roleRef`` of a binding."""

    kind: str | None = None
    name: str | None = None


class RoleSubject(Struct, gc=False):
    """One entry of ``subjects``: a ServiceAccount, a User or a Group."""

    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class ClusterRoleBinding(Object, gc=False):
    """A ClusterRoleBinding."""

    roleRef: RoleRef = field(default_factory=RoleRef)
    subjects: list[RoleSubject] | None = None
