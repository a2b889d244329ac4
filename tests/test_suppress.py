"""Accepted findings: what an annotation and an entry of the configuration say, and which findings they cover."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from netlint import catalogue, engine, sources
from netlint.checks import CHECKS
from netlint.config import Config
from netlint.findings import Finding, Subject, Suppression, Violation
from netlint.snapshot import Snapshot, Spot
from netlint.suppress import PREFIX, Entry, Suppressions, in_annotations
from tests.support.days import TODAY
from tests.support.model.reading import Object, snapshot
from tests.support.rulepages import Example, examples

NODE = Subject("v1", "Node", "", "a")
CONFIGURATION = Spot("netlint.yaml")


def annotated(value: str, rule: str = "some-rule") -> Entry:
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a", "annotations": {PREFIX + rule: value}}}
    (found,) = in_annotations(snapshot([node]))
    return found


@pytest.mark.parametrize(
    ("value", "reason", "until", "problem"),
    [
        ("", "", None, ""),
        ("moving", "moving", None, ""),
        (" moving ; ", "moving", None, ""),
        ("moving; until=2026-02-01", "moving", date(2026, 2, 1), ""),
        ("moving until=2026-02-01 ", "moving", date(2026, 2, 1), ""),
        ("moving;until=2026-02-01", "moving", date(2026, 2, 1), ""),
        ("until=2026-02-01", "", date(2026, 2, 1), ""),
        ("first until=2026-01-01; then until=2026-02-01", "first until=2026-01-01; then", date(2026, 2, 1), ""),
        ("valid until=2026-02-01 or so", "valid until=2026-02-01 or so", None, ""),
        ("moving; until=", "moving", None, "''"),
        ("moving; until=soon", "moving", None, "'soon'"),
        ("moving; until=2026-02-30", "moving", None, "'2026-02-30'"),
        ("moving; until=2026-2-1", "moving", None, "'2026-2-1'"),
        ("moving; until=20260201", "moving", None, "'20260201'"),
        ("moving; until=2026-W05-7", "moving", None, "'2026-W05-7'"),
    ],
)
def test_what_an_annotation_says(value: str, reason: str, until: date | None, problem: str) -> None:
    told = f"{problem} is no date of the form YYYY-MM-DD" if problem else ""
    assert annotated(value) == Entry("some-rule", "Node", "", "a", reason, until, NODE, problem=told)
    assert annotated(value).path == ("metadata", "annotations", "ignore.netlint.dev/some-rule")


def test_annotations_are_read_on_every_kind() -> None:
    containers = {"containers": [{"name": "c"}]}
    specs: dict[tuple[str, str, str], Object] = {
        ("apps/v1", "Deployment", "shop"): {"spec": {"template": {"spec": containers}}},
        ("batch/v1", "CronJob", "shop"): {"spec": {"jobTemplate": {"spec": {"template": {"spec": containers}}}}},
        ("discovery.k8s.io/v1", "EndpointSlice", "shop"): {"addressType": "IPv4", "endpoints": []},
        ("networking.k8s.io/v1", "ServiceCIDR", ""): {"spec": {"cidrs": ["10.96.0.0/12"]}},
        ("v1", "ConfigMap", "shop"): {},
        ("v1", "Namespace", ""): {},
        ("v1", "Node", ""): {},
        ("v1", "Pod", "shop"): {"spec": containers},
        ("v1", "Service", "shop"): {"spec": {}},
    }
    annotations = {
        PREFIX + "some-rule": "why",
        "other.example/" + PREFIX + "x": "no",
        PREFIX + "other": "until=2026-02-01",
    }
    objects = [
        {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": where, "annotations": annotations}}
        | spec
        for (version, kind, where), spec in specs.items()
    ]
    plain = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b", "namespace": "shop"}, "spec": containers}
    found = list(in_annotations(snapshot([plain, *objects])))
    expected = []
    for version, kind, where in specs:
        subject = Subject(version, kind, where, "a")
        expected.append(Entry("some-rule", kind, where, "a", "why", None, subject))
        expected.append(Entry("other", kind, where, "a", "", date(2026, 2, 1), subject))
    assert sorted(found, key=str) == sorted(expected, key=str)


def entry(rule: str = "*", kind: str = "*", namespace: str = "*", name: str = "*", **more: Any) -> Entry:
    return Entry(rule, kind, namespace, name, "why", more.pop("until", None), spot=CONFIGURATION, **more)


@pytest.mark.parametrize(
    ("found", "covered"),
    [
        (entry(), True),
        (entry("duplicate-*", "Pod", "sh?p", "web-*"), True),
        (entry("duplicate-pod-ips", "Pod", "shop", "web-0"), True),
        (entry(rule="overlapping-*"), False),
        (entry(rule="duplicate"), False),
        (entry(kind="pod"), False),
        (entry(namespace="sho"), False),
        (entry(namespace=""), False),
        (entry(name="web"), False),
        (entry(name="*-1"), False),
    ],
)
def test_an_entry_of_the_configuration_covers_by_globs(found: Entry, covered: bool) -> None:
    subject = Subject("v1", "Pod", "shop", "web-0")
    assert found.covers("duplicate-pod-ips", subject) is covered
    accepted = Suppression("netlint.yaml", "why") if covered else None
    assert Suppressions([found], TODAY).of("duplicate-pod-ips", Violation(subject, (), "")) == accepted


@pytest.mark.parametrize(
    ("until", "expired"),
    [(None, False), (date(2026, 1, 4), True), (date(2026, 1, 5), False), (date(2026, 1, 6), False)],
)
def test_the_last_day_is_included(until: date | None, expired: bool) -> None:
    found = entry(until=until)
    assert found.has_expired(TODAY) is expired
    suppressions = Suppressions([found], TODAY)
    assert suppressions.unused() == ([] if expired else [found])
    suppression = suppressions.of("some-rule", Violation(NODE, (), ""))
    accepted = Suppression("netlint.yaml", "why", until.isoformat() if until else None)
    assert suppression == (None if expired else accepted)
    assert suppressions.unused() == []


def test_an_entry_with_a_problem_accepts_nothing_and_is_not_unused() -> None:
    suppressions = Suppressions([annotated("why; until=soon")], TODAY)
    assert suppressions.of("some-rule", Violation(NODE, (), "")) is None
    assert suppressions.unused() == []


def test_annotations_come_first_and_every_entry_that_covers_is_of_use() -> None:
    by_glob, other, annotation = entry("some-*"), entry("other"), annotated("here")
    suppressions = Suppressions([by_glob, other, annotation], TODAY)
    assert suppressions.of("some-rule", Violation(NODE, (), "")) == Suppression("Node a", "here")
    assert suppressions.unused() == [other]


def test_both_sides_may_be_annotated() -> None:
    """Neither annotation is called unused: without it, the other one might be deleted first."""
    nodes = [
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "annotations": {PREFIX + "overlapping-pod-cidrs": f"of {name}"}},
            "spec": {"podCIDRs": ["10.244.0.0/24"]},
        }
        for name in ("a", "b")
    ]
    result = engine.run(snapshot(nodes), list(catalogue.rules().values()), Config(), TODAY)
    assert [(found.rule.name, found.suppression) for found in result.findings] == [
        ("overlapping-pod-cidrs", Suppression("Node a", "of a"))
    ]


BAD = [example for example in examples() if example.is_bad and example.rule in CHECKS]


def read(example: Example, folder: Path) -> Snapshot:
    for name, content in example.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    found, _ = sources.read(sources.Files((str(folder),)), (), "default")
    return found


def findings(example: Example, found: Snapshot, entries: Iterable[Entry] = ()) -> list[Finding]:
    config = Config(suppressions=tuple(entries))
    return engine.run(found, [catalogue.named(example.rule)], config, TODAY).findings


@pytest.mark.parametrize("example", BAD, ids=[f"{e.rule}:{e.title}" for e in BAD])
def test_a_suppression_of_any_object_named_counts(example: Example, tmp_path: Path) -> None:
    """Every finding of every page, by each object that it names, and by no other one."""
    known = read(example, tmp_path)
    for number, bad in enumerate(findings(example, known)):
        named = [bad.violation.subject, *(side.subject for side in bad.violation.related)]
        for subject in named:
            own = Entry(example.rule, subject.kind, subject.namespace, subject.name, "why", None, subject)
            accepted = findings(example, known, [own])[number]
            assert accepted.suppression == Suppression(str(subject), "why")
            assert accepted.fingerprint == bad.fingerprint
            elsewhere = Subject(subject.api_version, subject.kind, "elsewhere", subject.name)
            others = [
                Entry("another-rule", subject.kind, subject.namespace, subject.name, "why", None, subject),
                Entry(example.rule, subject.kind, "elsewhere", subject.name, "why", None, elsewhere),
            ]
            assert findings(example, known, others)[number].suppression is None
