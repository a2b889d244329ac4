"""The report of branch coverage: rooms of the model and packages beside it, then modules that lack something."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.support.program import ROOT, execute

MEASURED = {  # lines and branches that there are, and that are executed
    "netlint/model/nodes/identities.py": (60, 40, 60, 40),
    "netlint/model/nodes/__init__.py": (0, 0, 0, 0),
    "netlint/model/nodes/node_ips.py": (60, 40, 60, 34),
    "netlint/model/hostnames.py": (10, 0, 10, 0),
    "netlint/views/text/tables.py": (10, 10, 5, 0),
    "netlint/errors.py": (3, 0, 3, 0),
}
NAMES = ("num_statements", "num_branches", "covered_lines", "covered_branches")
OUTPUT = """\
100.0 %  netlint
100.0 %  netlint/model
 97.0 %  netlint/model/nodes
 25.0 %  netlint/views

less than 95 %:
 94.0 %  netlint/model/nodes/node_ips.py
 25.0 %  netlint/views/text/tables.py
"""


def test_rooms_and_modules(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    files = {file: {"summary": dict(zip(NAMES, counts, strict=True))} for file, counts in MEASURED.items()}
    report.write_text(json.dumps({"files": files}))
    run = execute(sys.executable, "-m", "tests.support.branch_coverage", report, cwd=ROOT)
    assert (run.stdout, run.stderr, run.returncode) == (OUTPUT, "", 0)
