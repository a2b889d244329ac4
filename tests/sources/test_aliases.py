"""Aliases from one item of a list to another, as PyYAML writes them: read alike in every container and size."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.support.runs import check

ITEM = """\
- apiVersion: v1
  kind: Service
  metadata: {name: %s, namespace: shop}
  spec:
    type: ExternalName
    externalName: %s
"""
FOUND = "spec.externalName: 10.0.0.1 is an address, and DNS has an alias only for names"


def written(more: int) -> str:
    filling = "".join(
        f"- {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{number}}}, data: {{a: {'x' * 200}}}}}\n"
        for number in range(more)
    )
    items = ITEM % ("first", "&address 10.0.0.1") + filling + ITEM % ("second", "*address")
    return f"apiVersion: v1\nkind: List\nitems:\n{items}"


@pytest.mark.parametrize("container", ["file", "folder", "tar", "tar.gz", "zip", "standard input"])
@pytest.mark.parametrize("more", [0, 2000, 45_000], ids=["small", "beyond a window", "shared by processes"])
def test_an_alias_in_another_item(container: str, more: int, tmp_path: Path) -> None:
    text = written(more)
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "list.yaml"
    path.write_text(text)
    target = {"file": "in/list.yaml", "folder": "in", "standard input": "-"}.get(container, f"in.{container}")
    if container.startswith("tar"):
        with tarfile.open(tmp_path / target, "w:gz" if container == "tar.gz" else "w") as tar:
            tar.add(path, "list.yaml")
    if container == "zip":
        with zipfile.ZipFile(tmp_path / target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "list.yaml")
    name = {"file": "in/list.yaml", "folder": "in/list.yaml", "standard input": "-"}.get(
        container, f"{target}/list.yaml"
    )
    run = check(tmp_path, target, "--select", "unresolvable-external-names,input", stdin=text.encode())
    last = 3 + 6 + more + 6
    assert (run.code, run.out.splitlines()) == (
        1,
        [
            f"{name}:9:19: error: unresolvable-external-names: Service shop/first {FOUND}",
            f"{name}:{last}:19: error: unresolvable-external-names: Service shop/second {FOUND}",
        ],
    )


def test_an_alias_without_an_anchor(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text(written(0).replace("&address ", ""))
    run = check(tmp_path, "list.yaml", "--select", "input")
    assert run == (
        1,
        "list.yaml:15:19: error: unreadable-documents: File list.yaml: the alias *address has no anchor before it\n",
        "",
    )
