"""What is known completely in files: only that may be missed, and what is broken silences what depends on it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.objects import WORKLOADS
from tests.support.model import healthy
from tests.support.runs import check

Object = dict[str, Any]

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: %s}\nspec: {selector: {app: web}}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: %s, labels: {app: other}}\nspec: {nodeName: n1}\n"
NOBODY = "app=web selects no pod in namespace %s\n"
PODS = '{"apiVersion":"v1","kind":"PodList","items":%s}'
SELECT = ("--select", "services-without-pods,input")


def found(folder: Path, files: dict[str, str], *arguments: str) -> tuple[int, str]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    run = check(folder, *(arguments or (".", *SELECT)))
    return run.code, run.out


def without_pods(file: str, namespace: str) -> str:
    return f"{file}:4:18: warning: services-without-pods: Service {namespace}/web spec.selector: " + NOBODY % namespace


def typed(kind: str, *items: str, version: str = "v1") -> str:
    return json.dumps({"apiVersion": version, "kind": kind, "items": [yaml.safe_load(item) for item in items]})


def test_a_namespace_that_shows_one_pod_shows_all(tmp_path) -> None:
    files = {"shop.yaml": SERVICE % "shop", "edge.yaml": SERVICE % "edge", "pods.yaml": POD % ("db", "shop")}
    assert found(tmp_path, files) == (
        0,
        without_pods("shop.yaml", "shop") + "-: skip: services-without-pods: no Pod in the input (Namespace edge)\n",
    )


def test_without_any_pod_the_rule_is_skipped(tmp_path) -> None:
    assert found(tmp_path, {"shop.yaml": SERVICE % "shop"}) == (
        0,
        "-: skip: services-without-pods: no Pod in the input\n",
    )


def test_a_typed_list_over_several_namespaces_knows_all_of_them(tmp_path) -> None:
    pods = typed("PodList", POD % ("db", "shop"), POD % ("dns", "kube-system"))
    files = {"edge.yaml": SERVICE % "edge", "pods.json": pods}
    assert found(tmp_path, files) == (0, without_pods("edge.yaml", "edge"))


def test_a_typed_list_of_one_namespace_knows_that_one(tmp_path) -> None:
    files = {"edge.yaml": SERVICE % "edge", "pods.json": typed("PodList", POD % ("db", "shop"))}
    assert found(tmp_path, files) == (0, "-: skip: services-without-pods: no Pod in the input\n")


@pytest.mark.parametrize("items", ["null", "[]"])
def test_an_empty_list_tells_no_namespace(items, tmp_path) -> None:
    files = {"edge.yaml": SERVICE % "edge", "pods.json": PODS % items}
    assert found(tmp_path, files) == (0, "-: skip: services-without-pods: no Pod in the input\n")


LOST = "-: skip: services-without-pods: b.yaml has a document that cannot be read\n"
BROKEN_AT = "b.yaml:%d:%d: error: unreadable-documents: File b.yaml: did not find expected ',' or '}'\n"


@pytest.mark.parametrize(
    ("broken", "line", "column", "skip"),
    [
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: web\n", 4, 1, LOST),
        ("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web\n", 4, 1, LOST),
        ("apiVersion: v1\nkind: List\nitems: [{a: b\n", 4, 1, LOST),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web\n", 4, 1, None),
    ],
)
def test_a_broken_document_may_have_been_what_it_looks_like(broken, line, column, skip, tmp_path) -> None:
    files = {"a.yaml": SERVICE % "shop", "b.yaml": broken, "c.yaml": POD % ("db", "shop")}
    told = BROKEN_AT % (line, column)
    silenced = without_pods("a.yaml", "shop") if skip is None else ""
    assert found(tmp_path, files) == (1, told + silenced + (skip or ""))


def test_a_malformed_pod_is_missed_in_its_namespace_only(tmp_path) -> None:
    pods = [POD % ("db", "shop"), POD % ("db", "edge")]
    pods[0] = pods[0].replace("{app: other}", "[app]")
    files = {"edge.yaml": SERVICE % "edge", "pods.yaml": "---\n".join(pods), "shop.yaml": SERVICE % "shop"}
    assert found(tmp_path, files) == (
        1,
        "pods.yaml:3:47: error: malformed-objects: Pod shop/db metadata.labels: expected a mapping, found a list\n"
        + without_pods("edge.yaml", "edge")
        + "-: skip: services-without-pods: Pod db is malformed (Namespace shop)\n",
    )


def test_a_pod_whose_namespace_is_malformed_may_be_anywhere(tmp_path) -> None:
    pods = [POD % ("db", "[shop]"), POD % ("db", "edge"), POD % ("db", "shop")]
    files = {"edge.yaml": SERVICE % "edge", "pods.yaml": "---\n".join(pods)}
    assert found(tmp_path, files) == (
        1,
        "pods.yaml:3:33: error: malformed-objects: Pod db metadata.namespace: expected text, found a list\n"
        "-: skip: services-without-pods: Pod db is malformed\n",
    )


@pytest.mark.parametrize(("items", "what"), [("{}", "a mapping"), ('"all"', "text"), ("5", "a whole number")])
def test_a_list_whose_items_are_none_knows_nothing(items, what, tmp_path) -> None:
    pods = PODS % items
    files = {"a.yaml": SERVICE % "shop", "b.json": pods, "c.yaml": POD % ("db", "shop")}
    assert found(tmp_path, files) == (
        1,
        f"b.json:1:45: error: malformed-objects: PodList items: expected a list, found {what}\n"
        "-: skip: services-without-pods: a PodList has items that are no objects\n",
    )


NODES = typed("NodeList", "{metadata: {name: node1}}")
CONTROLLERS = '{"apiVersion":"v1","kind":"ReplicationControllerList","items":[]}'
DUMP = {
    "dump/nodes.json": NODES,
    "dump/shop/replication-controllers.json": CONTROLLERS,
    "dump/shop/pods.json": PODS % "[]",
    "dump/shop/services.json": typed("ServiceList", SERVICE % "shop"),
}


def test_a_dump_knows_its_namespaces_and_what_it_never_contains(tmp_path) -> None:
    select = ("--select", "services-without-pods,missing-endpoint-addresses,overlapping-cluster-ranges")
    column = DUMP["dump/shop/services.json"].index('{"app"') + 1
    assert found(tmp_path, DUMP, "dump", *select) == (
        0,
        f"dump/shop/services.json:1:{column}: warning: services-without-pods: Service shop/web spec.selector: "
        + NOBODY % "shop"
        + "-: skip: missing-endpoint-addresses: kubectl cluster-info dump never contains a EndpointSlice\n",
    )


CLUSTER = healthy.cluster(healthy.flannel())


def grouped(objects: list[Object]) -> dict[str, list[Object]]:
    """A file for each kind and namespace, the workloads of a namespace together: any of them stands for all."""
    files: dict[str, list[Object]] = {}
    for item in objects:
        kind = "Workload" if item["kind"] in WORKLOADS else item["kind"]
        files.setdefault(f"{kind}-{item['metadata'].get('namespace', '')}.yaml", []).append(item)
    return files


FILES = grouped(CLUSTER)


def rules_found(files: dict[str, str]) -> set[str]:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text)
        run = check(Path(folder), ".")
        lines = [line for line in run.out.splitlines() if not line.startswith("-: skip: ")]
        assert (run.code in {0, 1}, run.error) == (True, "")
        return {line.split(": ")[2] for line in lines}


def written(files: dict[str, list[Object]]) -> dict[str, str]:
    return {name: "---\n".join(json.dumps(item) + "\n" for item in items) for name, items in files.items()}


WRITTEN = written(FILES)


def test_the_whole_set_is_healthy() -> None:
    assert rules_found(WRITTEN) == set()


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(sorted(FILES)), min_size=1))
def test_what_is_left_of_a_healthy_set_has_no_fault(names) -> None:
    assert rules_found({name: WRITTEN[name] for name in names}) == set()


objects = st.sampled_from([(name, number) for name, items in FILES.items() for number in range(len(items))])


@settings(max_examples=30, deadline=None)
@given(objects, st.floats(0, 1))
def test_a_document_that_is_cut_off_is_the_only_fault(at, share) -> None:
    name, number = at
    documents = [json.dumps(item, indent=1) for item in FILES[name]]
    kind = documents[number].index('"metadata"')
    cut = kind + int((len(documents[number]) - 2 - kind) * share)
    documents[number] = documents[number][:cut]
    assert rules_found(WRITTEN | {name: "\n---\n".join(["# YAML", *documents])}) == {"unreadable-documents"}


def fields(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield (*at, key)
        yield from fields(held, (*at, key))


def changed(item: Object, path: tuple[str | int, ...], value: Any) -> Object:
    copy: Any = json.loads(json.dumps(item))
    at = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return copy


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_malformed_field_is_the_only_fault(data) -> None:
    name, number = data.draw(objects)
    item = FILES[name][number]
    paths = [path for path in fields(item) if path not in {("apiVersion",), ("kind",)}]
    path = data.draw(st.sampled_from(paths))
    wrong = changed(item, path, data.draw(st.sampled_from([[[1]], 1.5])))
    items = [*FILES[name][:number], wrong, *FILES[name][number + 1 :]]
    text = written({name: items})
    assert rules_found(WRITTEN | text) <= {"malformed-objects"}


@pytest.mark.parametrize("wrong", [[[1]], 1.5])
def test_a_pod_with_a_malformed_command_is_there_once(wrong) -> None:
    name = "Pod-kube-system.yaml"
    items = [changed(item, ("spec", "containers", 0, "command"), wrong) for item in FILES[name] if has_command(item)]
    assert items
    others = [item for item in FILES[name] if not has_command(item)]
    assert rules_found(WRITTEN | written({name: [*items, *others]})) == {"malformed-objects"}


def has_command(item: Object) -> bool:
    return "command" in item["spec"]["containers"][0]
