"""Skips, failures, suppressions, order and exit codes, through the same functions as the command line's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from netlint import catalogue, engine, sources
from netlint.checks import CHECKS
from netlint.config import Config, load
from netlint.engine import Result
from netlint.findings import Severity, field_name, fingerprint
from tests.support.days import TODAY

NODES = """
apiVersion: v1
kind: Node
metadata: {name: node1%s}
spec: {podCIDRs: [10.244.1.0/24]}
---
apiVersion: v1
kind: Node
metadata: {name: node2%s}
spec: {podCIDRs: [10.244.1.0/24]}
"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: %s}
spec: {selector: {app: web}, ports: [{port: 80}]}
"""
POD = """
apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: %s}
spec: {nodeName: n1, containers: [{name: web}]}
"""


def run(folder: Path, *select: str, config: Config | None = None, **files: str) -> Result:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    rules = catalogue.selected(select, ())
    snapshot, locate = sources.read(sources.Files((str(folder),)), engine.kinds_read(rules), "default")
    return engine.run(snapshot, rules, config or Config(), TODAY, locate)


def findings(result: Result) -> list[tuple[str, str, str, bool]]:
    return [
        (finding.rule.name, finding.severity, str(finding.violation.subject), finding.suppression is not None)
        for finding in result.findings
    ]


def skips(result: Result) -> list[tuple[str, str, tuple[str, ...], list[str], str]]:
    return [
        (skip.rule, skip.reason, skip.needs, [str(subject) for subject in skip.scope], skip.message)
        for skip in result.skips
    ]


def test_a_kind_that_is_not_in_the_input_skips_the_rule(tmp_path: Path) -> None:
    result = run(tmp_path, "services-without-pods", "duplicate-pod-ips", a=SERVICE % "shop")
    missing = "no Pod in the input"
    assert skips(result) == [
        ("duplicate-pod-ips", "missing", ("Pod",), [], missing),
        ("services-without-pods", "missing", ("Pod|Workload",), [], missing),
    ]
    assert findings(result) == []


def test_a_kind_is_known_only_where_an_object_of_it_is(tmp_path: Path) -> None:
    result = run(tmp_path, "services-without-pods", a=SERVICE % "shop", b=SERVICE % "lab", c=POD % ("api-0", "shop"))
    assert findings(result) == [("services-without-pods", "warning", "Service shop/web", False)]
    assert skips(result) == [
        ("services-without-pods", "missing", ("Pod|Workload",), ["Namespace lab"], "no Pod in the input")
    ]


def test_the_api_servers_own_service_asks_for_nothing(tmp_path: Path) -> None:
    service = "{apiVersion: v1, kind: Service, metadata: {name: kubernetes, namespace: default}}"
    result = run(tmp_path, "services-without-pods", a=service, b=SERVICE % "shop", c=POD % ("api-0", "shop"))
    assert skips(result) == []


def test_an_unreadable_document_withdraws_what_it_may_have_held(tmp_path: Path) -> None:
    broken = "apiVersion: v1\nkind: Pod\nmetadata: {name: x\n"
    files = {"a": SERVICE % "shop", "c": POD % ("api-0", "shop"), "z": broken}
    result = run(tmp_path, "services-without-pods", "duplicate-pod-ips", "unreadable-documents", **files)
    assert findings(result) == [("unreadable-documents", "error", f"File {tmp_path}/z.yaml", False)]
    message = f"{tmp_path}/z.yaml has a document that cannot be read"
    assert skips(result) == [
        ("duplicate-pod-ips", "incomplete", ("Pod",), ["Pod *"], message),
        ("services-without-pods", "incomplete", ("Pod|Workload",), [], message),
    ]


def test_a_malformed_object_silences_only_its_own_namespace(tmp_path: Path) -> None:
    malformed = "{apiVersion: v1, kind: Pod, metadata: {name: bad, namespace: lab, labels: {app: 5}}}"
    files = {name: SERVICE % name for name in ("shop", "lab")}
    result = run(
        tmp_path, "services-without-pods", "malformed-objects", p=POD % ("api-0", "shop"), q=malformed, **files
    )
    assert findings(result) == [
        ("malformed-objects", "error", "Pod lab/bad", False),
        ("services-without-pods", "warning", "Service shop/web", False),
    ]
    message = "Pod bad is malformed"
    assert skips(result) == [("services-without-pods", "incomplete", ("Pod|Workload",), ["Namespace lab"], message)]


def test_faults_among_what_is_known_are_found_although_something_is_not(tmp_path: Path) -> None:
    broken = "apiVersion: v1\nkind: Node\nmetadata: {name: x\n"
    result = run(tmp_path, "overlapping-pod-cidrs", a=NODES % ("", ""), z=broken)
    assert findings(result) == [("overlapping-pod-cidrs", "error", "Node node1", False)]
    message = f"{tmp_path}/z.yaml has a document that cannot be read"
    assert skips(result) == [("overlapping-pod-cidrs", "incomplete", ("Node",), ["Node *"], message)]


def test_a_crash_is_a_failure_and_the_others_still_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: object) -> Iterator[None]:
        raise KeyError("node1")
        yield

    monkeypatch.setitem(CHECKS, "missing-pod-cidrs", crash)
    result = run(tmp_path, "overlapping-pod-cidrs", "missing-pod-cidrs", a=NODES % ("", ""))
    assert [(failure.rule, failure.message) for failure in result.failures] == [
        ("missing-pod-cidrs", "KeyError: 'node1'")
    ]
    assert findings(result) == [("overlapping-pod-cidrs", "error", "Node node1", False)]
    assert engine.exit_code(result, Severity.ERROR, strict=True) == 2


@pytest.mark.parametrize("side", [0, 1])
def test_an_annotation_on_any_side_suppresses(tmp_path: Path, side: int) -> None:
    annotated = ', annotations: {ignore.netlint.dev/overlapping-pod-cidrs: "lab; until=2026-01-05"}'
    notes = [annotated if number == side else "" for number in range(2)]
    result = run(tmp_path, a=NODES % tuple(notes))
    assert findings(result) == [("overlapping-pod-cidrs", "error", "Node node1", True)]
    suppression = result.findings[0].suppression
    assert suppression is not None
    assert (suppression.by, suppression.reason, suppression.until) == (f"Node node{side + 1}", "lab", "2026-01-05")
    assert engine.exit_code(result, Severity.NOTE, strict=False) == 0


def test_suppressions_in_the_configuration(tmp_path: Path) -> None:
    config = tmp_path / "netlint.yaml"
    config.write_text(
        """
suppress:
- {rule: overlapping-*, kind: Node, name: "*2", reason: lab}
- {rule: duplicate-pod-ips, reason: never needed}
- {rule: missing-pod-cidrs, reason: was needed, until: 2025-12-31}
"""
    )
    (tmp_path / "in").mkdir()
    result = run(tmp_path / "in", config=load(config), a=NODES % ("", ""), b=POD % ("web-0", "shop"))
    assert findings(result) == [
        ("overlapping-pod-cidrs", "error", "Node node1", True),
        ("expired-suppressions", "warning", "File netlint.yaml", False),
        ("unused-suppressions", "warning", "File netlint.yaml", False),
    ]


def test_an_unevaluated_rule_does_not_make_its_suppression_unused(tmp_path: Path) -> None:
    annotated = ', annotations: {ignore.netlint.dev/services-without-pods: "later"}'
    service = (SERVICE % "shop").replace("shop}", f"shop{annotated}}}")
    assert findings(run(tmp_path, a=service)) == []


def test_another_severity_from_the_configuration(tmp_path: Path) -> None:
    config = Config(severities={"overlapping-pod-cidrs": Severity.NOTE})
    result = run(tmp_path, "overlapping-pod-cidrs", config=config, a=NODES % ("", ""))
    assert findings(result) == [("overlapping-pod-cidrs", "note", "Node node1", False)]


@pytest.mark.parametrize(
    ("fail_on", "strict", "code"),
    [
        (Severity.ERROR, False, 0),
        (Severity.WARNING, False, 1),
        (Severity.NOTE, True, 1),
        (None, False, 0),
        (None, True, 3),
        (Severity.ERROR, True, 3),
    ],
)
def test_exit_codes(tmp_path: Path, fail_on: Severity | None, strict: bool, code: int) -> None:
    """A warning, and a rule that was not evaluated everywhere."""
    files = {"a": SERVICE % "shop", "b": SERVICE % "lab", "c": POD % ("api-0", "shop")}
    result = run(tmp_path, "services-without-pods", **files)
    assert engine.exit_code(result, fail_on, strict) == code


def test_what_is_not_applicable_is_not_incomplete(tmp_path: Path) -> None:
    nodes = "{apiVersion: v1, kind: Node, metadata: {name: a, annotations: {k8s.ovn.org/zone-name: a}}}"
    result = run(tmp_path, "pod-ips-outside-node-range", a=nodes, b=POD % ("api-0", "shop"))
    assert skips(result) == [
        (
            "pod-ips-outside-node-range",
            "not-applicable",
            (),
            [],
            "ovn-kubernetes does not allocate from spec.podCIDRs",
        )
    ]
    assert engine.exit_code(result, Severity.ERROR, strict=True) == 0


def test_fingerprints_ignore_what_an_edit_elsewhere_changes(tmp_path: Path) -> None:
    for number, text in enumerate([NODES % ("", ""), "# moved\n\n" + NODES % (", uid: x", "")]):
        (tmp_path / str(number)).mkdir()
        result = run(tmp_path / str(number), "overlapping-pod-cidrs", a=text)
        finding = result.findings[0]
        assert finding.fingerprint == fingerprint("overlapping-pod-cidrs", finding.violation.subject, "IPv4")
        assert finding.fingerprint == "c64efb80e175fdf08a328664e6e62701"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ((), ""),
        (("spec", "podCIDRs", 0), "spec.podCIDRs[0]"),
        (("metadata", "labels", "app.kubernetes.io/name"), "metadata.labels[app.kubernetes.io/name]"),
        (("data", "net-conf.json"), "data[net-conf.json]"),
        (("metadata", "labels", "pod-template-hash"), "metadata.labels.pod-template-hash"),
    ],
)
def test_field_names(path: tuple[str | int, ...], name: str) -> None:
    assert field_name(path) == name
