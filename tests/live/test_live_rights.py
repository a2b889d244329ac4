"""Users with all, some and no rights: what netlint needs, and what it says of what it may not read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from netlint import catalogue, evaluability
from tests.support.controlplane import ControlPlane, KubectlError
from tests.support.live import faults, reading
from tests.support.live.audit import AuditLog
from tests.support.live.running import Run, Skip, check, netlint

Rule = dict[str, Any]

WORKLOADS: list[Rule] = [
    {"apiGroups": [""], "resources": ["replicationcontrollers"], "verbs": ["list"]},
    {"apiGroups": ["apps"], "resources": ["*"], "verbs": ["list"]},
    {"apiGroups": ["batch"], "resources": ["*"], "verbs": ["list"]},
]
SERVICES: Rule = {"apiGroups": [""], "resources": ["services"], "verbs": ["list"]}
SLICES: Rule = {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list"]}
PODS: Rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}
CONFIG_MAPS: Rule = {
    "apiGroups": [""],
    "resources": ["configmaps"],
    "resourceNames": reading.CONFIG_MAP_NAMES,
    "verbs": ["get"],
}
NO_CLUSTER_CIDR = "nothing in the input declares the cluster's pod range"


def _forbidden(user: str, resource: str, group: str = "", namespace: str = "") -> str:
    """The API server's own words."""
    named = f"{resource}.{group}" if group else resource
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    return f'{named} is forbidden: User "{user}" cannot list resource "{resource}" in API group "{group}" {where}'


def _told(run: Run) -> object:
    """All that a report tells of the cluster."""
    return [run.report[part] for part in ("coverage", "findings", "skips", "failures", "summary")]


# The roles that netlint prints


def test_the_roles_that_netlint_prints_are_enough(faulty: ControlPlane) -> None:
    """The same report as the administrator's; nothing is skipped."""
    faulty.kubectl("apply", "-f", "-", stdin=netlint("rbac", "--user", "linter").out)

    own = check(faulty.kubeconfig("linter"), "--strict")

    assert own.findings == faults.findings()
    assert (own.skips, own.errors, own.code) == ([], [], 1)
    assert _told(own) == _told(check(faulty.kubeconfig(), "--strict"))


def test_the_roles_that_netlint_prints_allow_nothing_more(faulty: ControlPlane) -> None:
    """All that everybody may, and listing; no Secrets, no other ConfigMaps, no changes."""
    faulty.kubectl("apply", "-f", "-", stdin=netlint("rbac", "--user", "linter").out)
    faulty.kubectl("auth", "can-i", "list", "pods", "-A", user="linter")  # the roles are in effect

    for namespace in ("shop", "kube-system"):
        everybody = _rights(faulty, "stranger", namespace)
        own = [rule for rule in _rights(faulty, "linter", namespace) if rule not in everybody]
        listed = [verb for rule in own for verb in rule["verbs"]]
        assert listed == ["list"] * (len(own) - 1) + ["get"]
        assert {(group, name) for rule in own[:-1] for group in rule["apiGroups"] for name in rule["resources"]} == {
            (group, kind.plural) for kind in reading.kinds() for group in kind.groups
        }
        assert own[-1] == CONFIG_MAPS


def test_the_linters_user_is_refused_the_rest(faulty: ControlPlane) -> None:
    faulty.kubectl("apply", "-f", "-", stdin=netlint("rbac", "--user", "linter").out)

    answers = {action: _may(faulty, action) for action in ("list pods", "get configmaps/kubeadm-config", *REFUSED)}

    allowed = [action for action, may in answers.items() if may]
    assert allowed == ["list pods", "get configmaps/kubeadm-config"]


REFUSED = (
    "list secrets",
    "get secrets",
    "list configmaps",
    "get configmaps/other",
    "watch pods",
    "get pods/log",
    "create pods/exec",
    "create pods",
    "update services",
    "patch nodes",
    "delete endpointslices",
    "impersonate users",
    "escalate clusterroles",
)


def _may(plane: ControlPlane, action: str) -> bool:
    try:
        plane.kubectl("auth", "can-i", *action.split(), "-n", "kube-system", user="linter")
    except KubectlError:  # it says no, and fails
        return False
    return True


def _rights(plane: ControlPlane, user: str, namespace: str) -> list[Rule]:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": {"namespace": namespace},
    }
    path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
    status = plane.client(user).request("POST", path, review)["status"]
    assert not status["incomplete"]
    rules: list[Rule] = [*status["resourceRules"], *status["nonResourceRules"]]
    return rules


def test_roles_for_namespaces_are_enough_for_these(faulty: ControlPlane) -> None:
    """The kinds that are in no namespace are read as before, and lab is not read."""
    faulty.kubectl("apply", "-f", "-", stdin=netlint("rbac", "-n", "shop", "--user", "shopkeeper").out)

    run = check(faulty.kubeconfig("shopkeeper"), "-n", "shop", "--strict")

    missing = ("pod-cidrs-outside-cluster-cidr", "missing", [], [], NO_CLUSTER_CIDR)
    assert run.findings == _findings_without("lab/", "pod-cidrs-outside-cluster-cidr")
    orphans, *others = run.skips  # records of the cluster IPs of Services elsewhere
    assert (orphans[0], orphans[-1]) == ("orphaned-ip-addresses", "the services of other namespaces were not listed")
    assert (others, run.errors, run.code) == ([missing], [], 1)
    assert _told(run) == _told(check(faulty.kubeconfig(), "-n", "shop"))


def _findings_without(*parts: str) -> list[faults.Finding]:
    return [finding for finding in faults.findings() if not any(part in " ".join(finding) for part in parts)]


# What the server itself wrote down


@pytest.mark.parametrize(("command", "user"), [("check", "checker"), ("snapshot", "archivist")])
def test_nothing_but_reading_reaches_the_server(
    faulty: ControlPlane, audit: AuditLog, tmp_path: Path, command: str, user: str
) -> None:
    """Not even for an administrator; no Secrets, and of the ConfigMaps only those of networks."""
    run = netlint(command, "-o", tmp_path / "cluster.json", kubeconfig=faulty.kubeconfig(user))

    assert run.code == {"check": 1, "snapshot": 0}[command]
    asked = audit.requests(user)
    again = (
        reading.targets_again(("lab", "shop"), "EndpointSlice", "Node", "Pod", "Service") if command == "check" else []
    )
    assert sorted(uri for _, uri in asked) == sorted([*reading.targets(), *again])
    assert {verb for verb, _ in asked} == {"get", "list"}
    assert not [uri for _, uri in asked if "secrets" in uri or uri.endswith("/configmaps")]


# Fewer rights

OF_NODES = {
    "missing-pod-cidrs",
    "overlapping-cluster-ranges",
    "overlapping-pod-cidrs",
    "pod-cidrs-outside-cluster-cidr",
    "pod-ips-outside-node-range",
    "unused-suppressions",  # there is one, on a Node
}


def test_without_nodes(faulty: ControlPlane) -> None:
    """Rules that need them are skipped; what the others say does not depend on them here."""
    others = [
        {"apiGroups": list(kind.groups), "resources": [kind.plural], "verbs": ["list"]}
        for kind in reading.kinds()
        if kind.name != "Node"
    ]
    faulty.grant("nodeless", [*others, CONFIG_MAPS])

    run = check(faulty.kubeconfig("nodeless"))

    reason = _forbidden("nodeless", "nodes")
    assert run.findings == [finding for finding in faults.findings() if finding[0] not in OF_NODES]
    assert {(why, tuple(needs), message) for _, why, needs, _, message in run.skips} == {
        ("forbidden", ("Node",), reason)
    }
    assert {skip[0] for skip in run.skips} <= {
        name for name, rule in catalogue.rules().items() if _is_about_nodes(rule)
    }
    assert [skip for skip in run.skips if skip[0] in OF_NODES] == [
        ("missing-pod-cidrs", "forbidden", ["Node"], [], reason),
        ("overlapping-cluster-ranges", "forbidden", ["Node"], ["Node *"], reason),
        ("overlapping-pod-cidrs", "forbidden", ["Node"], [], reason),
        ("pod-cidrs-outside-cluster-cidr", "forbidden", ["Node"], [], reason),
        ("pod-ips-outside-node-range", "forbidden", ["Node"], [], reason),
    ]
    assert (run.errors, run.code) == ([], 1)


def _is_about_nodes(rule: catalogue.Rule) -> bool:
    return "Node" in evaluability.kinds((*rule.examines, *rule.needs))


def test_without_pods_in_one_of_two_namespaces(faulty: ControlPlane) -> None:
    """The rules that need pods speak of lab, and are skipped for shop."""
    faulty.grant("podless", [SERVICES, SLICES, *WORKLOADS], namespace="shop")
    faulty.grant("podless", [SERVICES, SLICES, *WORKLOADS, PODS], namespace="lab")
    rules = ["--select", "services", "--select", "duplicate-pod-ips", "--fail-on", "never"]

    run = check(faulty.kubeconfig("podless"), "-n", "shop", "-n", "lab", *rules)
    strict = check(faulty.kubeconfig("podless"), "-n", "shop", "-n", "lab", *rules, "--strict")

    assert run.findings == [finding for finding in faults.findings() if finding[2] == "Service lab/lagging"]
    assert run.skips == _skips_without_pods()
    assert (run.errors, run.code, strict.code) == ([], 0, 3)
    assert _told(strict) == _told(run)


def _skips_without_pods() -> list[Skip]:
    shop = ["Namespace shop"]
    reason = _forbidden("podless", "pods", namespace="shop")
    return [
        ("duplicate-pod-ips", "forbidden", ["Pod"], shop, reason),
        ("mismatched-endpoints", "forbidden", ["Pod"], shop, reason),
        ("missing-endpoint-addresses", "forbidden", ["Pod"], shop, reason),
        ("services-without-pods", "forbidden", ["Pod|Workload"], shop, reason),
        ("stale-endpoint-addresses", "forbidden", ["Pod"], shop, reason),
        ("unmatched-target-ports", "forbidden", ["Pod|Workload"], shop, reason),
    ]


def test_with_pods_of_one_namespace_alone(faulty: ControlPlane) -> None:
    """Nothing is wrong with what may be read: exit code 0, and 3 where that is not enough."""
    faulty.grant("trader", [PODS, SERVICES], namespace="lab")
    rules = ["--select", "duplicate-pod-ips", "--select", "missing-endpoint-addresses", "--select", "missing-pod-cidrs"]

    run = check(faulty.kubeconfig("trader"), "-n", "lab", *rules)
    strict = check(faulty.kubeconfig("trader"), "-n", "lab", *rules, "--strict")

    slices = _forbidden("trader", "endpointslices", "discovery.k8s.io", namespace="lab")
    assert run.skips == [
        ("missing-endpoint-addresses", "forbidden", ["EndpointSlice"], [], slices),
        ("missing-pod-cidrs", "forbidden", ["Node"], [], _forbidden("trader", "nodes")),
    ]
    assert (run.findings, run.errors, run.code, strict.code) == ([], [], 0, 3)
    assert _told(strict) == _told(run)


def test_who_may_read_nothing_is_told_so(faulty: ControlPlane) -> None:
    run = check(faulty.kubeconfig("stranger"), "--select", "duplicate-pod-ips", "--select", "missing-pod-cidrs")

    pods, nodes = _forbidden("stranger", "pods"), _forbidden("stranger", "nodes")
    error = f"stranger: nothing may be read, starting with: {pods}; netlint rbac prints the roles"
    assert run.skips == [
        ("duplicate-pod-ips", "forbidden", ["Pod"], [], pods),
        ("missing-pod-cidrs", "forbidden", ["Node"], [], nodes),
    ]
    assert (run.findings, run.errors, run.code) == ([], [error], 2)


# Namespaces


def test_one_namespace(faulty: ControlPlane) -> None:
    """Its own pods and Services, and what is in no namespace."""
    run = check(faulty.kubeconfig(), "-n", "lab", "--select", "services", "--select", "pods", "--select", "addressing")

    clash = next(each for each in faults.findings() if each[2] == "Pod lab/clashing")
    lagging = next(each for each in faults.findings() if each[2] == "Service lab/lagging")
    nodes = [each for each in _findings_without("pod-cidrs-outside-cluster-cidr") if each[2].startswith("Node")]
    assert run.findings == [*(each for each in nodes if each[0] != "unused-suppressions"), clash, lagging]
    assert (run.skips, run.errors, run.code) == (
        [("pod-cidrs-outside-cluster-cidr", "missing", [], [], NO_CLUSTER_CIDR)],
        [],
        1,
    )


def test_two_namespaces(faulty: ControlPlane) -> None:
    """Faults between both of them, too; a namespace that is named twice counts once."""
    run = check(faulty.kubeconfig(), "-n", "shop", "--namespace", "lab", "-n", "shop")

    assert run.findings == _findings_without("pod-cidrs-outside-cluster-cidr")
    assert run.code == 1


def test_all_namespaces(faulty: ControlPlane) -> None:
    run = check(faulty.kubeconfig(), "-A")

    assert (run.findings, run.code) == (faults.findings(), 1)


@pytest.mark.parametrize(
    ("user", "problem"),
    [
        ("admin", "there is no namespace 'shoop'"),
        ("linter", "there is nothing in namespace 'shoop', if it exists at all"),
    ],
)
def test_a_namespace_that_does_not_exist(faulty: ControlPlane, user: str, problem: str) -> None:
    """A user who may not look namespaces up is told as much as can be known."""
    faulty.kubectl("apply", "-f", "-", stdin=netlint("rbac", "--user", "linter").out)

    run = check(faulty.kubeconfig(user), "-n", "shoop", "-n", "lab", "--select", "services")

    lagging = next(each for each in faults.findings() if each[2] == "Service lab/lagging")
    assert (run.findings, run.skips, run.errors, run.code) == ([lagging], [], [f"{user}: {problem}"], 2)


# Impersonation


def test_a_user_is_impersonated(faulty: ControlPlane) -> None:
    """The administrator sees what that user sees."""
    faulty.grant("deputy", [PODS])

    own = check(faulty.kubeconfig("deputy"))
    impersonated = check(faulty.kubeconfig(), "--as", "deputy")

    assert _told(impersonated) == _told(own)
    assert own.skips != []


def test_who_may_not_impersonate_is_told_so(faulty: ControlPlane) -> None:
    run = check(faulty.kubeconfig("stranger"), "--as", "admin")

    refused = 'forbidden: User "stranger" cannot impersonate-on:user-info:get path "/version"'
    assert (run.findings, run.errors, run.code) == ([], [f"stranger at {faulty.url}: {refused}"], 2)
