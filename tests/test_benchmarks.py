"""The benchmark's generator: its own check finds nothing wrong with what it writes, and netlint what was planted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GENERATOR = ROOT / "benchmarks" / "generate.py"


@pytest.mark.parametrize("options", [[], ["--variety"], ["--variety", "--dual-stack"]], ids=" ".join)
def test_a_generated_cluster_holds_what_it_says(options: list[str], tmp_path: Path) -> None:
    generate = [sys.executable, str(GENERATOR), "cluster", "--scale", "0.001", "--formats", "api,yaml", "--faults"]
    generated = subprocess.run(
        [*generate, "--verify", "--out", str(tmp_path), *options], capture_output=True, text=True, check=False
    )
    assert (generated.returncode, generated.stdout.rpartition(", ")[2]) == (0, "0 problems\n"), generated

    expected = {_named(finding) for finding in json.loads((tmp_path / "expected.json").read_text())}
    for name in ("cluster.api.json", "cluster.yaml"):
        check = [sys.executable, "-m", "netlint", "check", str(tmp_path / name), "--format", "json"]
        report = json.loads(subprocess.run(check, cwd=ROOT, capture_output=True, check=False).stdout)
        shown = [finding for finding in report["findings"] if finding["severity"] in {"error", "warning"}]
        assert {_named(finding) for finding in shown} == expected


def _named(finding: dict[str, dict[str, str]]) -> tuple[object, ...]:
    subject = finding["subject"]
    return (finding["rule"], *(subject.get(part, "") for part in ("kind", "namespace", "name")))
