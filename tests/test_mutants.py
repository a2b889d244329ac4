"""The mutation probe: what it says of a package of which it is known which mutants survive."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.mutants.mutations import Mutation, sample
from tests.mutants.trials import is_killed
from tests.support.program import LIMIT, ROOT, execute

SOURCE = """\
def is_below(value: int, limit: int) -> bool:
    return value < limit


def doubled(value: int) -> int:
    return value * 2


def negated(value: int) -> int:
    return -value
"""
TESTS = """\
import subprocess, sys
from tiny import is_below

def test_is_below():
    assert is_below(1, 2) and not is_below(3, 2)

def test_doubled_in_a_process_of_its_own():
    command = [sys.executable, "-c", "import tiny; print(tiny.doubled(3))"]
    assert subprocess.run(command, capture_output=True, text=True).stdout == "6\\n"

def test_that_fails_and_judges_nothing():
    assert is_below(2, 2)
"""
OUTPUT = """\
tiny/__init__.py:2: return value < limit → return value <= limit
tiny/__init__.py:10: return -value → return +value (no test executes it)
score: 1/3 (33%) seed 1
"""
ENDLESS = "while True:\n    pass\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, text in {"tiny/__init__.py": SOURCE, "tests/test_tiny.py": TESTS}.items():
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return tmp_path / "tree"


def test_survivors_and_the_score(tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = (sys.executable, "-m", "tests.mutants", "--seed", "1", "--sample", "3", "--root", tree, "tiny")

    run = execute(*command, cwd=ROOT, timeout=300)

    assert (run.stdout, run.stderr, run.returncode) == (OUTPUT, ".", 0)
    left = {str(path.relative_to(tree)): path.read_text() for path in tree.rglob("*") if path.is_file()}
    assert left == {"tiny/__init__.py": SOURCE, "tests/test_tiny.py": TESTS}


@pytest.mark.parametrize("mutated", ["raise ValueError\n", ENDLESS])
def test_what_cannot_be_imported_and_what_does_not_end_is_killed(tree: Path, mutated: str) -> None:
    mutation = Mutation("tiny/__init__.py", 1, 1, SOURCE, mutated)
    assert is_killed(mutation, tree, ["tests/test_tiny.py::test_is_below"], limit=10)


def test_nothing_is_killed_where_nothing_changes(tree: Path) -> None:
    unchanged = Mutation("tiny/__init__.py", 1, 1, SOURCE, SOURCE)
    assert not is_killed(unchanged, tree, ["tests/test_tiny.py::test_is_below"], limit=LIMIT)


def test_the_seed_decides_what_the_sample_takes(tree: Path) -> None:
    lines = {seed: [mutant.line for mutant in sample(tree, ["tiny"], 2, seed)] for seed in (1, 2, 3)}
    assert lines == {1: [2, 6], 2: [2, 10], 3: [10, 6]}
    assert [mutant.line for mutant in sample(tree, ["tiny"], 9, 1)] == [2, 6, 10]
