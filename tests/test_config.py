"""Configuration files: where they are found, what they may say, and how their errors read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from netlint import config
from netlint.config import Config, load
from netlint.errors import ConfigError
from netlint.findings import Severity
from netlint.snapshot import Spot
from netlint.suppress import Entry

FULL = """
select: [addressing, services-without-pods]
ignore: [missing-pod-cidrs]
fail-on: never
strict: true
default-namespace: lab
severities: {services-without-pods: error}
suppress:
- {rule: duplicate-pod-ips, kind: Pod, namespace: lab-*, name: "*", reason: shared on purpose, until: 2027-03-31}
"""


def test_every_key(tmp_path: Path) -> None:
    file = tmp_path / "netlint.yaml"
    file.write_text(FULL)
    assert load(file) == Config(
        select=("addressing", "services-without-pods"),
        ignore=("missing-pod-cidrs",),
        fail_on=None,
        strict=True,
        default_namespace="lab",
        severities={"services-without-pods": Severity.ERROR},
        suppressions=(
            Entry(
                "duplicate-pod-ips",
                "Pod",
                "lab-*",
                "*",
                "shared on purpose",
                date(2027, 3, 31),
                spot=Spot(str(file)),
            ),
        ),
        file=str(file),
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("fail_on: error\n", "the configuration: unknown key 'fail_on'; did you mean 'fail-on'?"),
        ("fail-on: fatal\n", "fail-on: 'fatal' is not one of ['error', 'warning', 'note', 'never']"),
        ("suppress: [{rule: duplicate-pod-ips}]\n", "suppress[0]: 'reason' is a required property"),
        ("suppress: [{rule: x, reason: r, until: soon}]\n", "suppress[0].until: 'soon' is no date such as 2027-03-31"),
        ("suppress: [{rule: x, reason: later, until: 2026-02-31}]\n", "suppress: '2026-02-31' is no date"),
        ("severities: {overlaping-pod-cidrs: note}\n", "did you mean 'overlapping-pod-cidrs'?"),
        ("select: [adressing]\n", "there is no rule 'adressing'"),
        ("- select\n", "a configuration is a mapping of keys to values"),
        ("select: [\n", "netlint.yaml:2: "),
    ],
)
def test_what_nobody_understands_is_an_error(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "netlint.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load(file)
    assert error in str(raised.value)
    assert str(raised.value).startswith(str(file))
    assert "\n" not in str(raised.value)


def test_the_nearest_file_upward_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "project" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "netlint.yaml").write_text("strict: true\n")
    (tmp_path / "project" / "pyproject.toml").write_text("[tool.netlint]\nfail-on = 'note'\n")
    monkeypatch.chdir(inner)
    found = load(None)
    assert (found.strict, found.fail_on, found.file) == (
        False,
        Severity.NOTE,
        "../pyproject.toml",
    )


def test_a_repository_is_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netlint.yaml").write_text("strict: true\n")
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    monkeypatch.chdir(project)
    assert load(None) == Config()


def test_the_template_is_valid_and_is_the_default(tmp_path: Path) -> None:
    file = tmp_path / "netlint.yaml"
    file.write_text(config.TEMPLATE)
    assert load(file) == Config(file=str(file))


def test_the_templates_examples_are_valid(tmp_path: Path) -> None:
    """What stands behind a single # and is no sentence, taken in."""
    lines = [
        line[2:] if line.startswith(("# s", "# i", "# - ", "#   ")) else line for line in config.TEMPLATE.splitlines()
    ]
    file = tmp_path / "netlint.yaml"
    file.write_text("\n".join(lines))
    found = load(file)
    assert found.select == ("addressing", "services")
    assert found.suppressions[0].until == date(2027, 3, 31)


def test_shown(tmp_path: Path) -> None:
    file = tmp_path / "netlint.yaml"
    file.write_text(FULL)
    assert (
        config.shown(load(file))
        == f"""\
# {file}
select: ["addressing", "services-without-pods"]
ignore: ["missing-pod-cidrs"]
fail-on: "never"
strict: true
default-namespace: "lab"
severities: {{"services-without-pods": "error"}}
suppress: [{{"rule": "duplicate-pod-ips", "kind": "Pod", "namespace": "lab-*", "name": "*", \
"reason": "shared on purpose", "until": "2027-03-31"}}]
"""
    )
