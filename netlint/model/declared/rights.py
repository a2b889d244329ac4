"""What a program may do in the whole cluster, by the roles that its ServiceAccount is bound to.

Source: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac (rbac.go, bootstrappolicy/policy.go),
k8s.io/apiserver/pkg/authentication/serviceaccount (util.go: the groups of an account).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netlint.model import settings
from netlint.model.declared.control_plane import command_lines
from netlint.model.declared.declarations import Authority
from netlint.model.pods import Pods
from netlint.objects.rbac import ClusterRole, ClusterRoleBinding, PolicyRule, RoleSubject

ANY = "*"
BOOTSTRAPPED = "cluster-admin"  # API servers make this role and its binding, so that lists without them are not whole
DEFAULT_ACCOUNT = "default"  # of pods that name none
NODE_AND_RBAC = {"Node", "RBAC"}
VERBS = ("list", "watch")

Resource = tuple[str, str]  # group and plural


@dataclass(frozen=True, slots=True)
class Account:
    """A ServiceAccount; ``other_groups``: groups of what else it signs in with."""

    namespace: str
    name: str
    other_groups: frozenset[str] = frozenset()

    @property
    def user(self) -> str:
        """The name under which it signs in."""
        return f"system:serviceaccount:{self.namespace}:{self.name}"

    @property
    def groups(self) -> set[str]:
        """The groups that it belongs to."""
        return {"system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{self.namespace}"}

    def is_named_by(self, subject: RoleSubject) -> bool:
        """Whether a subject of a binding is the account, or a group with it."""
        if subject.kind == "ServiceAccount":
            return (subject.namespace, subject.name) == (self.namespace, self.name)
        return (subject.kind == "User" and subject.name == self.user) or (
            subject.kind == "Group" and subject.name in self.groups | self.other_groups
        )

    def is_one_of_many(self, subject: RoleSubject) -> bool:
        """Whether the subject is a group of which others are members as well."""
        return subject.kind == "Group" and subject.name not in self.other_groups

    def __str__(self) -> str:
        """``ServiceAccount kube-system/kube-proxy``."""
        return f"ServiceAccount {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class AccountBinding:
    """A binding of an account or of one of its groups, and its role where that exists."""

    binding: ClusterRoleBinding
    role: ClusterRole | None
    by_group: bool


class Rights:
    """Roles and bindings for the whole cluster."""

    def __init__(self, roles: Iterable[ClusterRole], bindings: list[ClusterRoleBinding]) -> None:
        """All that are known."""
        self._roles = {role.name: role for role in roles}
        self._bindings = bindings

    @property
    def are_complete(self) -> bool:
        """Whether the bindings of the API servers are among those that were read, and so all others."""
        return any(binding.name == BOOTSTRAPPED for binding in self._bindings)

    def bindings_of(self, account: Account) -> list[AccountBinding]:
        """The bindings that name the account or one of its groups."""
        return [
            AccountBinding(
                binding, self._roles.get(binding.roleRef.name or ""), all(map(account.is_one_of_many, naming))
            )
            for binding in self._bindings
            if (naming := [subject for subject in binding.subjects or () if account.is_named_by(subject)])
        ]

    def unknown_role(self, bound: Iterable[AccountBinding]) -> str:
        """A role of which it is not known what it allows; empty where all are known."""
        for binding in bound:
            name = binding.binding.roleRef.name or ""
            if binding.role is None and BOOTSTRAPPED not in self._roles:
                return f"ClusterRole {name} is not in the input"
            if binding.role is not None and binding.role.aggregationRule is not None and not binding.role.rules:
                return f"ClusterRole {name} is aggregated, and its rules are not filled in"
        return ""


def missing_verbs(bound: Iterable[AccountBinding], wanted: Iterable[Resource]) -> dict[Resource, tuple[str, ...]]:
    """The verbs that are allowed on none of the objects, by resource; resources that lack none are left out."""
    rules = [rule for binding in bound if binding.role for rule in binding.role.rules or () if not rule.resourceNames]
    missing = {resource: tuple(verb for verb in VERBS if not _is_allowed(rules, resource, verb)) for resource in wanted}
    return {resource: verbs for resource, verbs in missing.items() if verbs}


def _is_allowed(rules: Iterable[PolicyRule], resource: Resource, verb: str) -> bool:
    group, plural = resource
    return any(
        {group, ANY}.intersection(rule.apiGroups or ())
        and {plural, ANY}.intersection(rule.resources or ())
        and {verb, ANY}.intersection(rule.verbs or ())
        for rule in rules
    )


def shows_api_server(pods: Pods) -> bool:
    """Whether the input has an API server's pod, whose flags name what allows requests."""
    return any(command_lines(pods, Authority.API_SERVER))


def other_authorizers(pods: Pods) -> str:
    """What else than roles allows requests, as a clause; empty where nothing shows that something does."""
    return next(_other_authorizers(pods), "")


def _other_authorizers(pods: Pods) -> Iterator[str]:
    for subject, line in command_lines(pods, Authority.API_SERVER):
        flags = settings.flags(line.words)
        if "authorization-config" in flags:
            yield f"{subject} reads its authorizers from a file"
        elif "authorization-mode" not in flags or not NODE_AND_RBAC.issuperset(
            settings.words(flags["authorization-mode"].value)
        ):
            yield f"{subject} does not allow requests by roles alone"
