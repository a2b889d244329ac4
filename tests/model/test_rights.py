"""Where it cannot be told whether the service proxy may read what it programs, and why."""

from __future__ import annotations

import pytest

from netlint.checks.proxy import unwatchable_services
from netlint.cluster import Cluster
from netlint.findings import Undecided
from netlint.model.declared.rights import Account
from netlint.objects.rbac import RoleSubject
from tests.support.model.controller import Object
from tests.support.model.healthy import config_map, meta, workload
from tests.support.model.reading import snapshot

GROUP = "rbac.authorization.k8s.io"
TOKEN = "users: [{user: {tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token}}]"
PROXY = Account("kube-system", "kube-proxy")


def proxy() -> Object:
    found = workload("DaemonSet", "kube-proxy", "kube-system", {"k8s-app": "kube-proxy"}, {"name": "kube-proxy"})
    found["spec"]["template"]["spec"]["serviceAccountName"] = "kube-proxy"
    return found


def agent(*flags: str) -> Object:
    container = {"name": "kube-router", "args": [*flags]}
    return workload("DaemonSet", "kube-router", "kube-system", {"k8s-app": "kube-router"}, container)


def signs_in() -> Object:
    return config_map("kube-proxy", "kube-system", **{"kubeconfig.conf": TOKEN})


def binding(role: str, name: str = "kube-proxy", namespace: str = "kube-system") -> Object:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": meta(f"{role}-{name}"),
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "namespace": namespace, "name": name}],
    }


def role(name: str, **more: object) -> Object:
    return {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRole", "metadata": meta(name), "rules": [], **more}


def api_server(*flags: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta("kube-apiserver-node1", "kube-system"),
        "spec": {"containers": [{"name": "kube-apiserver", "command": ["kube-apiserver", *flags]}]},
        "status": {"phase": "Running"},
    }


NO_ROLES = "Pod kube-system/kube-apiserver-node1 does not allow requests by roles alone"
CASES = {
    "no proxy": ([binding("view")], "no DaemonSet of a service proxy whose rights are known"),
    "a kubeconfig of the host": (
        [proxy(), binding("own"), role("own")],
        "the input does not show a kubeconfig that names its token",
    ),
    "a role of the API server": (
        [proxy(), signs_in(), binding("system:node-proxier")],
        "ClusterRole system:node-proxier is not in the input",
    ),
    "an aggregated role": (
        [proxy(), signs_in(), binding("own"), role("own", aggregationRule={"clusterRoleSelectors": []})],
        "ClusterRole own is aggregated, and its rules are not filled in",
    ),
    "a binding of somebody else": (
        [proxy(), signs_in(), binding("view", "web", "shop")],
        "no ClusterRoleBinding names its ServiceAccount, and those of the API server are not in the input",
    ),
    "no binding, and no API server": (
        [proxy(), signs_in(), {**binding("view", "admin"), "metadata": meta("cluster-admin")}, role("cluster-admin")],
        "no ClusterRoleBinding names its ServiceAccount, and the input does not show how API servers authorize",
    ),
    "an agent with a kubeconfig": ([agent("--kubeconfig=/etc/kr.conf"), binding("own")], "it is given kubeconfig"),
    "every request is allowed": ([proxy(), signs_in(), binding("own"), role("own"), api_server()], NO_ROLES),
    "a webhook": (
        [proxy(), signs_in(), binding("own"), role("own"), api_server("--authorization-mode=Node,RBAC,Webhook")],
        NO_ROLES,
    ),
    "a file": (
        [proxy(), signs_in(), binding("own"), role("own"), api_server("--authorization-config=/etc/authz.yaml")],
        "Pod kube-system/kube-apiserver-node1 reads its authorizers from a file",
    ),
}


@pytest.mark.parametrize(("objects", "message"), CASES.values(), ids=CASES)
def test_it_cannot_be_told(objects: list[Object], message: str) -> None:
    found = list(unwatchable_services(Cluster(snapshot(objects))))
    assert [one.message for one in found if isinstance(one, Undecided)] == [message]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("kind", "name", "namespace"),
    [
        ("ServiceAccount", "kube-proxy", "kube-system"),
        ("User", "system:serviceaccount:kube-system:kube-proxy", None),
        ("Group", "system:serviceaccounts:kube-system", None),
        ("Group", "system:serviceaccounts", None),
        ("Group", "system:authenticated", None),
    ],
)
def test_subjects_that_are_the_account(kind: str, name: str, namespace: str | None) -> None:
    assert PROXY.is_named_by(RoleSubject(kind, name, namespace))


@pytest.mark.parametrize(
    ("kind", "name", "namespace"),
    [
        ("ServiceAccount", "kube-proxy", "default"),
        ("User", "system:kube-proxy", None),
        ("User", "kube-proxy", "kube-system"),
        ("Group", "system:serviceaccounts:default", None),
        ("Group", "system:nodes", None),
    ],
)
def test_subjects_that_are_not(kind: str, name: str, namespace: str | None) -> None:
    assert not PROXY.is_named_by(RoleSubject(kind, name, namespace))
