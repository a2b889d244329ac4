"""What identifies a finding, and what must not: where it was read, in which order, who wrote it when."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint import catalogue, engine, sources
from netlint.config import Config
from netlint.findings import Severity, Subject, fingerprint
from netlint.reports import Report
from netlint.reports.json import document
from tests.support.days import TODAY
from tests.support.model.controller import endpoint_slices
from tests.support.model.healthy import NETWORKS, cluster, container, node, pod, service, service_port
from tests.support.model.reading import Object
from tests.support.program import ROOT
from tests.support.rulepages import Example, examples

BROKEN = ROOT / "examples" / "broken-cluster"
EXAMPLES = [example for example in examples() if example.is_bad]


def objects_of(folder: Path) -> list[Object]:
    return [item for file in sorted(folder.glob("*.yaml")) for item in yaml.safe_load(file.read_text())["items"]]


def run(folder: Path, config: Config | None = None) -> list[Any]:
    """The findings of all rules as JSON."""
    rules = list(catalogue.rules().values())
    snapshot, locate = sources.read(sources.Files((str(folder),)), engine.kinds_read(rules), "default")
    result = engine.run(snapshot, rules, config or Config(), TODAY, locate)
    return document(Report(result, "", None, 0, "error", False))["findings"]


def written(folder: Path, *documents: Iterable[Object], as_yaml: bool = False) -> Path:
    """The objects in as many files as there are documents."""
    folder.mkdir(parents=True)
    for number, objects in enumerate(documents):
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        text = yaml.safe_dump(listed) if as_yaml else json.dumps(listed)
        (folder / f"{number}.{'yaml' if as_yaml else 'json'}").write_text(text)
    return folder


def without_places(value: Any) -> Any:
    """All that findings say but for where it was read."""
    if isinstance(value, dict):
        return {key: without_places(found) for key, found in value.items() if key != "location"}
    return [without_places(found) for found in value] if isinstance(value, list) else value


def faulty() -> list[Object]:
    """The broken example, and what else can be told in another order: several control planes, plugins, pods, ports."""
    other = cluster(NETWORKS["flannel"]())
    kcm = next(item for item in other if item["metadata"]["name"] == "kube-controller-manager-node1")
    planes = []
    for number in range(4):
        plane = json.loads(json.dumps(kcm).replace("node1", f"plane{number}").replace("10.244.0.0/16", "10.244.0.0/23"))
        plane["status"] = {"phase": "Running"}
        planes.append(plane)
    agents = [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"kube-flannel-ds-{number}",
                "namespace": "kube-flannel",
                "labels": {"revision": str(number % 2)},
                "ownerReferences": [{"kind": "DaemonSet", "name": "kube-flannel-ds", "controller": True}],
            },
            "spec": {
                "containers": [{"name": "c", "ports": [{"containerPort": 9, "hostPort": 9999}]}],
                "nodeName": "node1",
            },
        }
        for number in range(6)
    ]
    nodes = [node(f"more{number}", ["10.244.1.0/25"], [f"192.168.11.{number}"]) for number in range(4)]
    found = [
        item
        for item in objects_of(BROKEN)
        if item["kind"] != "ConfigMap" and item["metadata"]["name"] != "kube-controller-manager-node1"
    ]
    for item in found:
        if item["kind"] == "Node":  # so that only pods show the plugin
            item["metadata"].pop("annotations", None)
    return [*found, *planes, *agents, *nodes, *_badly_served()]


def _badly_served() -> list[Object]:
    """A Service of many pods and slices, most of whose endpoints are wrong in one way or another."""
    selecting = service("many", "shop", {"app": "many"}, [service_port(80)], clusterIP="10.96.3.3", ipFamilies=["IPv4"])
    pods = [
        pod(f"many-{number}", "shop", "node1", [f"10.244.0.{100 + number}"], {"app": "many"}, [container("c")])
        for number in range(20)
    ]
    slices = endpoint_slices(selecting, pods, None, largest=3)
    for number, end in enumerate(end for piece in slices for end in piece["endpoints"]):
        if number % 3 == 0:
            end["addresses"] = [f"10.244.0.{200 + number}"]
        elif number % 3 == 1:
            end["nodeName"] = "elsewhere"
    return [selecting, *pods, *slices]


FAULTY = faulty()


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    return without_places(run(written(tmp_path_factory.mktemp("faulty") / "in", FAULTY)))


@pytest.mark.parametrize("seed", range(12))
def test_the_order_of_the_input_changes_nothing(seed: int, reference: list[Any], tmp_path: Path) -> None:
    shuffled = list(FAULTY)
    chance = random.Random(seed)
    chance.shuffle(shuffled)
    cut = chance.randrange(len(shuffled))
    assert without_places(run(written(tmp_path / "in", shuffled[:cut], shuffled[cut:]))) == reference


def test_files_lines_and_formats_change_nothing(reference: list[Any], tmp_path: Path) -> None:
    each = written(tmp_path / "each", *([item] for item in FAULTY))
    assert without_places(run(each)) == reference
    as_yaml = written(tmp_path / "yaml", FAULTY[:30], FAULTY[30:], as_yaml=True)
    found = run(as_yaml)
    assert without_places(found) == reference
    for file in as_yaml.iterdir():
        file.write_text("# moved down\n\n" + file.read_text())
        file.rename(file.with_name("renamed-" + file.name))
    moved = run(as_yaml)
    assert without_places(moved) == reference
    assert moved != found


def test_what_a_new_export_changes_is_not_in_fingerprints(reference: list[Any], tmp_path: Path) -> None:
    """Objects that were made again have other UIDs and versions; other objects come and go."""
    text = json.dumps(FAULTY)
    text = re.sub(r'("uid": ")', r"\1again-", text)
    text = re.sub(r'("resourceVersion": ")', r"\g<1>9", text)
    others = [pod(f"other-{number}", "elsewhere", "", [], {"app": "other"}, [container("c")]) for number in range(3)]
    found = run(written(tmp_path / "in", others, json.loads(text)))
    assert fingerprints(found) == fingerprints(reference)


def fingerprints(found: list[Any]) -> list[str]:
    return [finding["fingerprint"] for finding in found]


def test_severities_are_not_in_fingerprints(reference: list[Any], tmp_path: Path) -> None:
    config = Config(severities=dict.fromkeys(catalogue.rules(), Severity.NOTE))
    found = run(written(tmp_path / "in", FAULTY), config)
    assert {finding["severity"] for finding in found} == {"note"}
    assert fingerprints(found) == fingerprints(reference)


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4)


@given(st.tuples(text, text, text, text, text, text), st.tuples(text, text, text, text, text, text), st.integers(0, 9))
@settings(max_examples=300)
def test_a_fingerprint_is_made_of_rule_group_kind_namespace_name_and_key(
    one: tuple[str, ...], other: tuple[str, ...], origin: int
) -> None:
    def of(rule: str, group: str, kind: str, namespace: str, name: str, key: str) -> str:
        return fingerprint(rule, Subject(f"{group}/v1", kind, namespace, name, origin), key)

    assert (of(*one) == of(*other)) is (one == other)
    rule, group, kind, namespace, name, key = one
    again = fingerprint(rule, Subject(f"{group}/v1beta1", kind, namespace, name), key)
    assert again == of(*one)


SYMMETRIC = {"conflicting-host-ports", "duplicate-pod-ips", "overlapping-cluster-ranges", "overlapping-pod-cidrs"}


def order(subject: dict[str, str]) -> tuple[str, str, str]:
    return subject["kind"], subject["namespace"], subject["name"]


@pytest.mark.parametrize("seed", range(12))
def test_a_symmetric_conflict_is_reported_on_its_first_side(seed: int, tmp_path: Path) -> None:
    """By kind, namespace and name, whatever these are and in whichever order they were read."""
    chance = random.Random(seed)
    names = [f"{letter}{number}" for letter in "abcxyz" for number in range(10)]
    chance.shuffle(names)

    def some_pod(**more: Any) -> Object:
        namespace = chance.choice(["shop", "lab", "edge"])
        ports = container("c", {"containerPort": 80, "hostPort": 8080})
        return pod(names.pop(), namespace, "n", [more.pop("address", "10.1.0.1")], {}, [ports])

    objects = [
        *(some_pod() for _ in range(3)),
        *(some_pod(address=f"10.1.0.{number}") for number in (7, 7, 8, 8)),
        *(node(names.pop(), ["10.2.0.0/24"], ["10.2.0.9"]) for _ in range(3)),
        node("n", ["10.3.0.0/24"], ["10.3.0.9"]),
        {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": names.pop()}}
        | {"spec": {"cidrs": ["10.2.0.0/16"]}},
    ]
    chance.shuffle(objects)
    found = [finding for finding in run(written(tmp_path / "in", objects)) if finding["rule"] in SYMMETRIC]
    assert {finding["rule"] for finding in found} == SYMMETRIC
    for finding in found:
        sides = [finding["subject"], *finding["related"]]
        assert order(finding["subject"]) == min(map(order, sides))


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e.rule}:{e.title}" for e in EXAMPLES])
def test_no_two_findings_of_a_report_are_the_same(example: Example, tmp_path: Path) -> None:
    for name, content in example.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    found = Counter(fingerprints(run(tmp_path)))
    assert [identity for identity, count in found.items() if count > 1] == []


def test_no_two_findings_of_the_faulty_cluster_are_the_same(reference: list[Any]) -> None:
    assert len(set(fingerprints(reference))) == len(reference)
    assert {finding["rule"] for finding in reference} >= SYMMETRIC - {"overlapping-cluster-ranges"}
