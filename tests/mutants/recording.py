"""The pytest plugin of the run that shows which tests execute a line: coverage's contexts are the tests."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage

PASSED = "NETLINT_MUTANTS_PASSED"
"""The environment variable that names the file for the tests that passed, with the seconds that each took."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Attribute what a test executes in this process; its programs read PYTEST_CURRENT_TEST."""
    measurement = Coverage.current()
    if measurement is None:  # the process that distributes the tests
        return (yield)
    measurement.switch_context(item.nodeid)
    try:
        return (yield)
    finally:
        measurement.switch_context("")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes())


class _Outcomes:
    """How each test ended, and how long it took."""

    def __init__(self) -> None:
        self._seconds: Counter[str] = Counter()
        self._judging: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration
        if report.when == "call" and report.passed:
            self._judging.add(report.nodeid)
        elif report.failed:
            self._judging.discard(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        passed = {test: seconds for test, seconds in self._seconds.items() if test in self._judging}
        Path(os.environ[PASSED]).write_text(json.dumps(passed))
