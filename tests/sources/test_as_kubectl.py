"""Texts that kubectl reads although they look odd, and files that are none of its."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from tests.support.runs import check

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: wéb, namespace: shop}
spec: {type: ExternalName, externalName: 10.0.0.1}
"""
FOUND = "Service shop/wéb spec.externalName: 10.0.0.1 is an address, and DNS has an alias only for names\n"
RULE = ("--select", "unresolvable-external-names,input")


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
@pytest.mark.parametrize("way", ["file", "folder", "standard input"])
def test_utf_16(mark: bytes, encoding: str, way: str, tmp_path: Path) -> None:
    content = mark + SERVICE.encode(encoding)
    (tmp_path / "web.yaml").write_bytes(content)
    target, name = {"file": ("web.yaml",) * 2, "folder": (".", "web.yaml"), "standard input": ("-", "-")}[way]
    run = check(tmp_path, target, *RULE, stdin=content)
    assert run == (1, f"{name}:4:42: error: unresolvable-external-names: {FOUND}", "")


def test_addresses_that_end_in_colons_in_a_list(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
    (tmp_path / "web.yaml").write_text(f"{text}spec: {{clusterIPs: [fd00::10, fd00::, x], ports: [{{port: 80}}]}}\n")
    assert check(tmp_path, ".", *RULE) == (
        1,
        "web.yaml:4:39: error: malformed-objects: Service shop/web spec.clusterIPs[2]: 'x' is no IP address\n"
        "-: skip: unresolvable-external-names: Service web is malformed (Namespace shop)\n",
        "",
    )


def test_files_that_are_no_manifests_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(SERVICE)
    (tmp_path / "values.yaml").write_text("a: 1\na: 2\n")
    (tmp_path / "topology.json").write_text('[\n  {"kind": "Lab", "name": "one", "name": "two"}\n]\n')
    assert check(tmp_path, ".", *RULE).out == f"web.yaml:4:42: error: unresolvable-external-names: {FOUND}"


def test_a_name_that_the_server_makes(tmp_path: Path) -> None:
    job = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-}\nspec: {template: {spec: {%s}}}\n"
    (tmp_path / "jobs.yaml").write_text("---\n".join(job % f"containers: [{{name: {name}}}]" for name in "ab"))
    assert check(tmp_path, ".", "--select", "input") == (0, "", "")


@pytest.mark.parametrize(
    ("field", "problem"),
    [
        ("type", ""),
        ("sessionAffinity", ""),
        ("externalTrafficPolicy", ""),
        ("internalTrafficPolicy", "invalid enum value ''"),
        ("ipFamilyPolicy", "invalid enum value ''"),
    ],
)
def test_the_empty_text(field: str, problem: str, tmp_path: Path) -> None:
    """It is nothing where the API server says so, and refused elsewhere."""
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec:\n"
    (tmp_path / "web.yaml").write_text(f'{text}  {field}: ""\n  ports: [{{port: 80, protocol: ""}}]\n')
    said = f"web.yaml:5:{len(field) + 5}: error: malformed-objects: Service shop/web spec.{field}: {problem}\n"
    assert check(tmp_path, ".", "--select", "input") == (1 if problem else 0, said if problem else "", "")
