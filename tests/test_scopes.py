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


@pytest.mark.parametrize(
    ("dev", "prod", "findings"),
    [
        ((8080, 8080), (80, 80), []),
        (
            (8080, 80),
            (80, 8081),
            [unmatched("dev/front.yaml", 80, 8080), unmatched("prod/front.yaml", 8081, 80)],
        ),
    ],
    ids=["healthy", "a fault in each"],
)
def test_each_object_is_judged_by_the_copies_beside_it(
    dev: tuple[int, int], prod: tuple[int, int], findings: list[str], tmp_path: Path
) -> None:
    """``dev`` and ``prod``: the port that the Service has there, and the one that the Ingress names."""
    files = {}
    for folder, (port, wanted) in (("dev", dev), ("prod", prod)):
        files |= {f"{folder}/web.yaml": SERVICE % port, f"{folder}/front.yaml": INGRESS % wanted}
    assert found(tmp_path, files) == findings


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


def test_alternatives_of_other_names_are_each_in_one_scope(tmp_path: Path) -> None:
    files = {
        "a/one/web.yaml": SERVICE % 80,
        "a/two/web.yaml": SERVICE % 81,
        "a/two/front.yaml": INGRESS % 82,
        "b/three/other.yaml": OTHER.replace("30080", "30085"),
        "b/four/other.yaml": OTHER.replace("30080", "30086"),
    }
    assert found(tmp_path, files) == [unmatched("a/two/front.yaml", 82, 81)]
    scopes = json.loads(check(tmp_path, ".", *RULES, "-f", "json").out)["coverage"]["scopes"]
    assert [scope["path"] for scope in scopes] == ["a/one, b/four", "a/one, b/three", "a/two, b/four"]


def test_an_alternative_inside_of_another_goes_with_it(tmp_path: Path) -> None:
    """What is in a folder is not applied where its folder is not."""
    files = {
        "a/dev/web.yaml": SERVICE % 80,
        "a/prod/web.yaml": SERVICE % 81,
        "b/web.yaml": SERVICE % 82,
        "b/front.yaml": INGRESS % 82,
    }
    assert found(tmp_path, files) == []


def test_beyond_the_limit_alternatives_stay_a_conflict(tmp_path: Path) -> None:
    """None of them is left out."""
    files = {f"{number:02}/web.yaml": SERVICE % (8000 + number) for number in range(23)}
    files["22/front.yaml"] = INGRESS % 8022
    files["21/front.yaml"] = (INGRESS % 8000).replace("front", "other")
    assert found(tmp_path, files) == [
        unmatched("21/front.yaml", 8000, 8022).replace("shop/front", "shop/other"),
        "22/web.yaml:3:18: warning: conflicting-objects: Service shop/web: 19/web.yaml and 20/web.yaml and 21/web.yaml "
        "have other content for it, which is ignored",
    ]


def test_standard_input_is_read_once(tmp_path: Path) -> None:
    """And belongs to all alternatives."""
    written(tmp_path, {"dev/web.yaml": SERVICE % 8080, "prod/web.yaml": SERVICE % 80})
    run = check(tmp_path, "dev", "prod", "-", *RULES, stdin=(INGRESS % 80).encode())
    assert run.out.splitlines() == [unmatched("-", 80, 8080)]
