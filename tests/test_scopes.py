"""Alternatives: folders with differing copies of one object, which are not applied together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.runs import check

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: NodePort, selector: {app: web}, ports: [{port: %s, nodePort: 30080}]}
"""
INGRESS = """\
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: front, namespace: shop}
spec:
  rules:
  - http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: %s}}}}]}
"""
RULES = ("--select", "unmatched-backend-ports,missing-backend-services,conflicting-node-ports,conflicting-objects")


def test_paths_from_the_root(tmp_path: Path) -> None:
    files = {"dev/web.yaml": SERVICE % 8080, "dev/front.yaml": INGRESS % 8080, "prod/web.yaml": SERVICE % 80}
    written(tmp_path, files)
    run = check(Path("/"), str(tmp_path), *RULES)
    assert (run.code, run.out) == (0, "")


def written(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def found(folder: Path, files: dict[str, str], *options: str) -> list[str]:
    written(folder, files)
    run = check(folder, ".", *RULES, *options)
    assert run.error == ""
    return run.out.splitlines()


def unmatched(file: str, port: int, has: int) -> str:
    return (
        f"{file}:6:94: error: unmatched-backend-ports: Ingress shop/front "
        f"spec.rules[0].http.paths[0].backend.service.port.number: Service shop/web has no port {port}; it has {has}"
    )


def test_each_object_is_judged_by_the_copies_beside_it(tmp_path: Path) -> None:
    files = {
        "dev/web.yaml": SERVICE % 8080,
        "dev/front.yaml": INGRESS % 8080,
        "prod/web.yaml": SERVICE % 80,
        "prod/front.yaml": INGRESS % 80,
    }
    assert found(tmp_path, files) == []


def test_a_fault_in_one_alternative_is_found_there(tmp_path: Path) -> None:
    files = {
        "dev/web.yaml": SERVICE % 8080,
        "dev/front.yaml": INGRESS % 80,
        "prod/web.yaml": SERVICE % 80,
        "prod/front.yaml": INGRESS % 8081,
    }
    assert found(tmp_path, files) == [unmatched("dev/front.yaml", 80, 8080), unmatched("prod/front.yaml", 8081, 80)]


def test_files_in_no_alternative_belong_to_all_of_them(tmp_path: Path) -> None:
    files = {
        "overlays/dev/web.yaml": SERVICE % 8080,
        "overlays/prod/web.yaml": SERVICE % 80,
        "base/front.yaml": INGRESS % 80,
    }
    assert found(tmp_path, files) == [unmatched("base/front.yaml", 80, 8080)]
    run = check(tmp_path, ".", *RULES, "-f", "json")
    report = json.loads(run.out)
    assert [finding.get("appliedWith") for finding in report["findings"]] == ["overlays/dev"]
    assert report["coverage"]["scopes"] == [{"path": "overlays/dev"}, {"path": "overlays/prod"}]
    text = check(tmp_path, ".", *RULES, "-f", "text", "--color", "never").out
    assert "   = applied with: overlays/dev\n" in text
    assert "not applied together: overlays/dev; overlays/prod (--one-scope: they are)\n" in text


OTHER = (SERVICE % 80).replace("name: web", "name: other")
TAKEN = "Service shop/other spec.ports[0].nodePort: node port 30080 is also claimed by Service shop/web"


def test_alternatives_of_one_application_do_not_part_the_others(tmp_path: Path) -> None:
    """Both are held against what is applied with each of them."""
    files = {"web/dev/a.yaml": SERVICE % 8080, "web/prod/a.yaml": SERVICE % 80, "other/a.yaml": OTHER}
    assert found(tmp_path, files) == [f"other/a.yaml:4:75: error: conflicting-node-ports: {TAKEN}"]


def test_alternatives_with_one_name_belong_together(tmp_path: Path) -> None:
    files = {
        "web/dev/a.yaml": SERVICE % 8080,
        "web/prod/a.yaml": (SERVICE % 80).replace("30080", "30081"),
        "other/dev/a.yaml": OTHER.replace("30080", "30081"),
        "other/prod/a.yaml": OTHER.replace("30080", "30082"),
    }
    assert found(tmp_path, files) == []


def test_one_scope_holds_them_against_each_other(tmp_path: Path) -> None:
    files = {"dev/web.yaml": SERVICE % 8080, "prod/web.yaml": SERVICE % 80}
    assert found(tmp_path, files, "--one-scope") == [
        "prod/web.yaml:3:18: warning: conflicting-objects: Service shop/web: dev/web.yaml has other content for it, "
        "which is ignored"
    ]


@pytest.mark.parametrize("names", [("a.yaml", "b.yaml"), ("a.yaml", "sub/b.yaml")])
def test_copies_in_one_folder_stay_a_conflict(names: tuple[str, str], tmp_path: Path) -> None:
    first, second = names
    assert found(tmp_path, {first: SERVICE % 8080, second: SERVICE % 80}) == [
        f"{second}:3:18: warning: conflicting-objects: Service shop/web: {first} has other content for it, "
        "which is ignored"
    ]
