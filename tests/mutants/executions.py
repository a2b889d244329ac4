"""Which tests execute a line: one run of them all with coverage, whose result is cached by what the tree contains."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from coverage import Coverage, CoverageData

from tests.mutants import recording
from tests.support.program import execute

PYTEST = (sys.executable, "-m", "pytest", "-q", "--hypothesis-seed=0", "-p", "no:cacheprovider")
_PHASE = re.compile(r" \((setup|call|teardown)\)$")
_CONFIGURATION = """\
[run]
source = {root}
data_file = {data}
parallel = true
context = ${{PYTEST_CURRENT_TEST-}}
disable_warnings = no-data-collected
"""
_LIMIT = 3600  # seconds for all tests
_RAN = (0, 1)  # pytest's exit codes where all tests passed, and where some failed


class Executions:
    """The tests of one state of the tree, and the lines that they execute."""

    def __init__(self, folder: Path) -> None:
        """Read what `_record` wrote into a folder."""
        self.seconds: dict[str, float] = json.loads((folder / "passed.json").read_text())
        self._root = (folder / "root").read_text()
        data = CoverageData(str(folder / "coverage"))
        data.read()
        self._contexts = cache(data.contexts_by_lineno)

    def tests(self, file: str, line: int, statement: int) -> list[str]:
        """The tests that execute a line, the quickest first; where it runs at import, all that use the module."""
        by_line = self._contexts(f"{self._root}/{file}")
        contexts = by_line.get(line) or by_line.get(statement, [])
        if "" in contexts:
            contexts = [context for each in by_line.values() for context in each]
        tests = {_PHASE.sub("", context) for context in contexts}
        return sorted(tests & self.seconds.keys(), key=lambda test: (self.seconds[test], test))

    def limit(self, tests: Iterable[str]) -> float:
        """The seconds after which these tests are in an endless loop, on a busy machine, too."""
        return 60 + 5 * sum(self.seconds[test] for test in tests)


def executions(copy: Path) -> Executions:
    """Those of a copy of the tree, recorded now unless another copy of the same content was."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "netlint", "mutants", _digest(copy))
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder.parent) as recorded:
            _record(copy, Path(recorded))
            Path(recorded).rename(folder)
    return Executions(folder)


def environment(copy: Path, *more: Path) -> dict[str, str]:
    """The environment in which the copy's modules are imported, whatever is installed, measured or tested by now."""
    outer = ("COVERAGE_", "PYTEST_CURRENT_TEST")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(outer)}
    return inherited | {"PYTHONPATH": os.pathsep.join(map(str, (copy, *more)))}


def _digest(copy: Path) -> str:
    digest = sha256()
    for file in sorted(path for path in copy.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(f"{file.relative_to(copy)}\0".encode() + sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _record(copy: Path, folder: Path) -> None:
    """Run all tests but those of a live cluster. Raises RuntimeError where pytest could not run them."""
    with TemporaryDirectory() as data:
        configuration = Path(data, "configuration")
        configuration.write_text(_CONFIGURATION.format(root=copy, data=Path(data, "coverage")))
        env = environment(copy, Path(recording.__file__).parent) | {
            "COVERAGE_PROCESS_START": str(configuration),
            recording.PASSED: str(folder / "passed.json"),
        }
        command = (*PYTEST, "-n", "2", "-p", "recording", "--ignore=tests/live")
        run = execute(*command, cwd=copy, env=env, timeout=_LIMIT)
        if run.returncode not in _RAN:
            raise RuntimeError(f"the tests do not run:\n{run.stdout}{run.stderr}")
        measurement = Coverage(data_file=folder / "coverage", config_file=False)
        measurement.combine([data])
        measurement.save()
    (folder / "root").write_text(str(copy))
