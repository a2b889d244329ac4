"""Trials of mutations: the tests that execute the line run in a copy of the tree in which only it differs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.mutants.executions import PYTEST, environment
from tests.mutants.mutations import Mutation

_NEVER_COPIED = shutil.ignore_patterns(".git", ".venv", ".*_cache", ".hypothesis", ".coverage*")


def copy_tree(root: Path, copy: Path) -> None:
    """Copy what tests need; compiled modules are valid in the copy, too."""
    shutil.copytree(root, copy, symlinks=True, ignore=_NEVER_COPIED)


def is_killed(mutation: Mutation, tree: Path, tests: Iterable[str], limit: float) -> bool:
    """Whether one of the tests fails, or does not end within the seconds."""
    with TemporaryDirectory() as folder:
        copy = Path(folder, "tree")
        copy_tree(tree, copy)
        Path(copy, mutation.file).write_text(mutation.mutated)
        arguments = Path(folder, "tests")
        arguments.write_text("\n".join(tests))
        command = (*PYTEST, "--exitfirst", f"@{arguments}")
        with subprocess.Popen(
            command,
            cwd=copy,
            env=environment(copy),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                return process.wait(limit) != 0
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                return True
