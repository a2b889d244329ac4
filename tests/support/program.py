"""netlint as a program of its own: what it prints, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.days import EPOCH

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"HOME": "/nonexistent", "KUBECONFIG": "", "SOURCE_DATE_EPOCH": EPOCH, "COLUMNS": "100"}


def netlint(*arguments: str | Path, cwd: Path = ROOT, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run it where the day is fixed, and nobody has a home."""
    return subprocess.run(
        [sys.executable, "-m", "netlint", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], **ENVIRONMENT, **env},
        check=False,
    )
