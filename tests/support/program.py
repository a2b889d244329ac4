"""Programs that tests start, netlint above all: what they print, and how they end; none of them lasts for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.days import EPOCH

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"HOME": "/nonexistent", "KUBECONFIG": "", "SOURCE_DATE_EPOCH": EPOCH, "COLUMNS": "100"}
PASSED_ON = ("PATH", "PYTHONPATH", "PYTEST_CURRENT_TEST", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
"""Where programs and modules are, and what coverage wants to know about a program that a test starts."""
LIMIT = 60  # seconds that a program may take


def netlint(*arguments: str | Path, cwd: Path = ROOT, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run it where the day is fixed, and nobody has a home."""
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | ENVIRONMENT | env
    return execute(sys.executable, "-m", "netlint", *arguments, cwd=cwd, input=stdin, env=env)


def execute(*command: str | Path, timeout: float = LIMIT, **options: Any) -> subprocess.CompletedProcess[str]:
    """What the program printed, as text, and how it ended, within the time in seconds; options are subprocess.run's."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.run(command, **streams | {"text": True, "check": False, "timeout": timeout} | options)


@contextmanager
def running(*command: str | Path, timeout: float = LIMIT, **options: Any) -> Iterator[subprocess.Popen[Any]]:
    """The program while it runs: it is killed after the time, in seconds, and at the end of the block at the latest."""
    with subprocess.Popen(command, **options) as process:
        limit = threading.Timer(timeout, process.kill)
        limit.start()
        try:
            yield process
        finally:
            limit.cancel()
            process.kill()
