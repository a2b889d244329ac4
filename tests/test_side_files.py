"""Files beside what is checked that nobody may wait for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from netlint import side_files
from tests.support.runs import check

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: ExternalName, externalName: 10.0.0.1}
"""


@pytest.mark.parametrize("name", ["kustomization.yaml", "Kustomization", ".gitignore", ".git/info/exclude"])
@pytest.mark.parametrize("kind", ["pipe", "endless", "large"])
def test_a_side_file_that_is_none_is_named_and_stops_nothing(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "endless":
        path.symlink_to("/dev/zero")
    else:
        path.write_bytes(b"#" * (side_files.LARGEST + 1))
    (tmp_path / "web.yaml").write_text(SERVICE)
    problem = "more than 1,024 KiB, which no such file has" if kind == "large" else "neither a file nor a link to one"
    assert check(tmp_path, ".", "--select", "unresolvable-external-names") == (
        2,
        "web.yaml:4:42: error: unresolvable-external-names: Service shop/web spec.externalName: "
        "10.0.0.1 is an address, and DNS has an alias only for names\n"
        f"-: error: {name}: {problem}\n",
        "",
    )


@pytest.mark.parametrize("name", ["netlint.yaml", "pyproject.toml"])
def test_a_configuration_that_is_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    (tmp_path / "web.yaml").write_text(SERVICE)
    run = check(tmp_path, "web.yaml", "--config", name)
    assert (run.code, run.out, run.error) == (2, "", f"netlint: {name}: neither a file nor a link to one\n")
