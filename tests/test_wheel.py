"""The built wheel in an environment of its own: it must carry the rules and the schemas."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path

import pytest

from netlint import catalogue
from tests.support.program import ROOT, execute


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the programs of an environment that has the wheel made from the source distribution."""
    folder = tmp_path_factory.mktemp("wheel")
    execute(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=True)
    pip = [folder / "env" / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    execute(*pip, "--require-hashes", "-r", ROOT / "requirements.lock", check=True, timeout=300)
    execute(*pip, "--no-deps", wheel, check=True)
    return folder / "env" / "bin"


def test_the_wheel_has_the_rules(installed: Path, tmp_path: Path) -> None:
    listed = execute(installed / "netlint", "rules", "-f", "json", cwd=tmp_path, check=True)
    assert [rule["name"] for rule in json.loads(listed.stdout)] == list(catalogue.rules())


def test_the_wheel_explains(installed: Path, tmp_path: Path) -> None:
    run = execute(installed / "netlint", "explain", "duplicate-pod-ips", cwd=tmp_path, check=True)
    assert run.stdout == catalogue.page("duplicate-pod-ips").strip() + "\n"


def test_the_wheel_checks(installed: Path, tmp_path: Path) -> None:
    def check(program: list[str | Path]) -> str:
        command = [*program, "check", ROOT / "examples" / "broken-cluster", "-f", "concise"]
        run = execute(*command, cwd=tmp_path)
        assert (run.returncode, run.stderr) == (1, "")
        return run.stdout

    assert check([installed / "netlint"]) == check([sys.executable, "-m", "netlint"])


def test_the_wheel_validates_a_configuration(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "netlint.yaml").write_text("fail-on: note\n")
    run = execute(installed / "netlint", "config", "validate", cwd=tmp_path, check=True)
    assert run.stderr == "netlint: netlint.yaml is valid\n"
