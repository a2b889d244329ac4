"""What ``netlint dev`` writes into a checkout: it passes every test of rules as it is, and reads as if made by hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from netlint import scaffold
from tests.support.program import ROOT, execute

TESTS_OF_RULES = [f"tests/test_{name}.py" for name in ("catalogue", "indexes", "needs", "rules")]

INDEXES = ["rules/README.md", "docs/faults.md"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a new rule touches, and of the tests."""
    for name in ("docs", "netlint", "rules", "schemas", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def python(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module with the checkout's own netlint, whichever one is installed."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(checkout), "HOME": str(checkout)}
    return execute(sys.executable, "-m", *arguments, cwd=checkout, env=env)


def changed(checkout: Path) -> list[str]:
    """The files in which a checkout differs from the repository, and those that are new."""
    return sorted(
        str(path.relative_to(checkout))
        for folder in ("docs", "netlint", "rules")
        for path in (checkout / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
        if not (ROOT / path.relative_to(checkout)).is_file()
        or path.read_bytes() != (ROOT / path.relative_to(checkout)).read_bytes()
    )


@pytest.mark.parametrize("topic", ["services", "pods", "input"])
def test_a_new_rule_passes_the_tests_of_rules(checkout: Path, topic: str) -> None:
    made = python(checkout, "netlint", "dev", "new-rule", topic, "orphaned-things")
    page, module = f"rules/{topic}/orphaned-things.md", f"netlint/checks/{topic}.py"
    files = [page, module, *INDEXES]
    assert (made.returncode, made.stdout) == (0, scaffold.STEPS.format(topic=topic, name="orphaned-things"))
    assert made.stderr.splitlines() == [f"netlint: {checkout / file} written" for file in files]
    assert changed(checkout) == sorted(files)
    explained = python(checkout, "netlint", "explain", "orphaned-things")
    assert explained.stdout.startswith("# orphaned-things\n\n## What it checks\n")
    assert outcomes(checkout, "orphaned-things") == passed("orphaned-things")
    assert is_clean(checkout, module)


def outcomes(checkout: Path, *rules: str) -> set[str]:
    """How the tests of these rules and those of all rules together end, by name."""
    selected = " or ".join([*rules, "every_rule", "mitigated", "unique", "are_current"])
    command = ("pytest", "-v", "-p", "no:cacheprovider", *TESTS_OF_RULES, "-k", selected)
    return {
        line.rpartition("::")[2].rpartition(" [")[0].rstrip()
        for line in python(checkout, *command).stdout.splitlines()
        if line.startswith("tests/")
    }


def passed(*rules: str) -> set[str]:
    of_all = ("every_rule_has_a_check_and_every_check_a_rule", "mitigated_severities_are_shown_by_an_example")
    of_one = (
        "front_matter_follows_the_schema[{}]",
        "headings_stand_in_order[{}]",
        "kinds_exist[{}]",
        "declared_kinds_are_the_kinds_read[{}]",
        "example[{}:Bad: the smallest input that shows the fault]",
        "example[{}:Good: the healthy twin]",
    )
    names = [*of_all, "summaries_are_unique", "the_indexes_are_current"]
    return {f"test_{name} PASSED" for name in [*names, *(name.format(rule) for rule in rules for name in of_one)]}


def is_clean(checkout: Path, module: str) -> bool:
    linted = python(checkout, "ruff", "check", "--no-cache", "--quiet", module)
    formatted = python(checkout, "ruff", "format", "--no-cache", "--check", "--quiet", module)
    assert linted.stdout + formatted.stdout == ""
    return linted.returncode == formatted.returncode == 0


def test_a_new_topic(checkout: Path) -> None:
    made = python(checkout, "netlint", "dev", "new-rule", "routing", "lost-routes")
    assert made.returncode == 0
    assert changed(checkout) == sorted(["netlint/checks/routing.py", "rules/routing/lost-routes.md", *INDEXES])
    assert python(checkout, "netlint", "dev", "new-rule", "routing", "broken-routes").returncode == 0
    assert outcomes(checkout, "lost-routes", "broken-routes") == passed("lost-routes", "broken-routes")
    assert is_clean(checkout, "netlint/checks/routing.py")


def test_the_indexes_are_those_of_the_checkout(checkout: Path) -> None:
    (checkout / "rules" / "services" / "services-without-pods.md").unlink()
    assert python(checkout, "netlint", "dev", "index").returncode == 0
    texts = [((ROOT / file).read_text().splitlines(), (checkout / file).read_text().splitlines()) for file in INDEXES]
    assert [[line for line in before if line not in after] for before, after in texts] == [
        [
            "| [services-without-pods](services/services-without-pods.md) | warning, note | "
            "a Service's selector selects no pod |"
        ],
        [
            "- A selector selects nothing: [services-without-pods]",
            "[services-without-pods]: ../rules/services/services-without-pods.md",
        ],
    ]
    assert [[line for line in after if line not in before] for before, after in texts] == [[], []]


@pytest.mark.parametrize(
    ("topic", "name", "message"),
    [
        ("services", "orphans", "'orphans' is no name for a rule: several lower-case words with dashes"),
        ("services", "Lost-Routes", "'Lost-Routes' is no name for a rule: several lower-case words with dashes"),
        ("services", "3-routes", "'3-routes' is no name for a rule: several lower-case words with dashes"),
        ("services", "lost-routes\n", "'lost-routes\\n' is no name for a rule: several lower-case words with dashes"),
        ("../x", "lost-routes", "'../x' is no name for a topic: one lower-case word"),
        ("net-work", "lost-routes", "'net-work' is no name for a topic: one lower-case word"),
        ("pods", "services-without-pods", "{root}/rules/services/services-without-pods.md is there already"),
    ],
)
def test_names_that_no_rule_can_have(checkout: Path, topic: str, name: str, message: str) -> None:
    made = python(checkout, "netlint", "dev", "new-rule", topic, name)
    assert (made.returncode, made.stderr) == (2, f"netlint: {message.format(root=checkout)}\n")
    assert changed(checkout) == []


def test_only_in_a_checkout(tmp_path: Path) -> None:
    made = python(tmp_path, "netlint", "dev", "new-rule", "services", "lost-routes")
    assert (made.returncode, made.stderr) == (2, "netlint: netlint dev works in the root of a checkout\n")
    assert list(tmp_path.iterdir()) == []
