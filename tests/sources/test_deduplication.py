"""The same object met twice: equal copies are one, of differing ones the last by path counts, and both are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.runs import check

NODE = "apiVersion: v1\nkind: Node\nmetadata: {name: %s}\nspec: {podCIDRs: [%s]}\n"
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web%s}\nspec: {ports: [{port: %d}]}\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web%s}\nspec: {nodeName: node1}\nstatus: {podIP: %s}\n"
SLICE = (
    "apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web%s}\n"
    "addressType: IPv4\nendpoints: [{addresses: [%s]}]\n"
)
RULES = "conflicting-objects,overlapping-pod-cidrs,duplicate-pod-ips"


def found(folder: Path, files: dict[str, str], *arguments: str) -> tuple[int, str]:
    for name, text in files.items():
        (folder / name).write_text(text)
    run = check(folder, *(arguments or (".",)), "--select", RULES)
    told = [line for line in run.out.splitlines(keepends=True) if not line.startswith("-: skip: ")]
    return run.code, "".join(told)


def conflict(used: str, subject: str, ignored: str, *, column: int = 18) -> str:
    return (
        f"{used}:3:{column}: warning: conflicting-objects: {subject}: {ignored} has other content for it, "
        "which is ignored\n"
    )


@pytest.mark.parametrize(
    ("one", "other", "subject"),
    [
        (NODE % ("node1", "10.1.0.0/24"), NODE % ("node1", "10.2.0.0/24"), "Node node1"),
        (SERVICE % ("", 80), SERVICE % ("", 81), "Service default/web"),
        (POD % ("", "10.1.0.5"), POD % ("", "10.1.0.6"), "Pod default/web"),
        (SLICE % ("", "10.1.0.5"), SLICE % ("", "10.1.0.6"), "EndpointSlice default/web"),
    ],
)
def test_equal_copies_merge_and_differing_ones_are_one_warning(one, other, subject, tmp_path) -> None:
    assert found(tmp_path, {"a.yaml": one, "b.yaml": one}) == (0, "")
    assert found(tmp_path, {"a.yaml": one, "b.yaml": other}) == (0, conflict("b.yaml", subject, "a.yaml"))


def test_both_places_are_named(tmp_path) -> None:
    for name, port in (("a.yaml", 80), ("b.yaml", 81)):
        (tmp_path / name).write_text(SERVICE % ("", port))
    assert check(tmp_path, ".", "-f", "text", "--color", "never", "--select", "conflicting-objects").out == (
        "warning[conflicting-objects]: a.yaml has other content for it, which is ignored\n"
        "  --> b.yaml:3:18  Service default/web\n"
        "  1 | apiVersion: v1\n"
        "  2 | kind: Service\n"
        "  3 | metadata: {name: web}\n"
        "    |                  ^^^\n"
        "  4 | spec: {ports: [{port: 81}]}\n"
        "   = also: a.yaml:3:18  Service default/web: ignored\n"
        "   = fix: Delete one copy. To check several environments of a repository, check each folder by itself.\n"
        "   = why: netlint explain conflicting-objects\n"
        "\n"
        "read: 1 object of 2 files (1 Service)\n"
        "rules: 1 of 1 evaluated\n"
        "\n"
        "1 warning\n"
    )


@pytest.mark.parametrize("order", [("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")])
def test_the_last_by_path_counts_whatever_was_named_first(order, tmp_path) -> None:
    files = {
        "a.yaml": NODE % ("node1", "10.1.0.0/24"),
        "b.yaml": NODE % ("node1", "10.2.0.0/24"),
        "c.yaml": NODE % ("node2", "10.2.0.0/24"),
    }
    assert found(tmp_path, files, *order, "c.yaml") == (
        1,
        "b.yaml:4:19: error: overlapping-pod-cidrs: Node node1 spec.podCIDRs[0]: "
        "10.2.0.0/24 of Node node1 overlaps 10.2.0.0/24 of Node node2\n" + conflict("b.yaml", "Node node1", "a.yaml"),
    )


def test_the_last_in_one_file_counts(tmp_path) -> None:
    text = NODE % ("node1", "10.1.0.0/24") + "---\n" + NODE % ("node1", "10.2.0.0/24")
    assert found(tmp_path, {"a.yaml": text}) == (
        0,
        "a.yaml:8:18: warning: conflicting-objects: Node node1: a.yaml has other content for it, which is ignored\n",
    )


def test_one_warning_names_all_that_differ(tmp_path) -> None:
    files = {f"{name}.yaml": SERVICE % ("", port) for name, port in (("a", 80), ("b", 81), ("c", 82), ("d", 82))}
    assert found(tmp_path, files) == (
        0,
        "d.yaml:3:18: warning: conflicting-objects: Service default/web: a.yaml and b.yaml have other content for it, "
        "which is ignored\n",
    )


def test_an_object_never_conflicts_with_itself(tmp_path) -> None:
    files = {
        "a.yaml": NODE % ("node1", "10.1.0.0/24") + "---\n" + POD % ("", "10.1.0.5"),
        "b.yaml": NODE % ("node1", "10.1.0.0/24") + "---\n" + POD % ("", "10.1.0.5"),
    }
    assert found(tmp_path, files) == (0, "")


def test_copies_that_differ_in_what_netlint_does_not_read_are_equal(tmp_path) -> None:
    renewed = (SERVICE % ("", 80)).replace("{name: web}", '{name: web, resourceVersion: "7"}')
    assert found(tmp_path, {"a.yaml": SERVICE % ("", 80), "b.yaml": renewed}) == (0, "")


@pytest.mark.parametrize("text", [SERVICE % ("%s", 80), POD % ("%s", "10.1.0.5"), SLICE % ("%s", "10.1.0.5")])
def test_without_a_namespace_an_object_is_in_the_default_one(text, tmp_path) -> None:
    other = text.replace("80", "81").replace("10.1.0.5", "10.1.0.9")
    kind = text.split("kind: ")[1].split("\n")[0]
    files = {"a.yaml": text % "", "b.yaml": other % ", namespace: default"}
    assert found(tmp_path, files) == (0, conflict("b.yaml", f"{kind} default/web", "a.yaml"))
    shop = {"a.yaml": text % "", "b.yaml": other % ", namespace: shop"}
    assert found(tmp_path, shop)[1] == ""
    assert found(tmp_path, shop, ".", "--default-namespace", "shop") == (
        0,
        conflict("b.yaml", f"{kind} shop/web", "a.yaml"),
    )
