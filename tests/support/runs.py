"""``netlint check`` as its users run it, in this process: the same functions, streams and exit codes."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from netlint.__main__ import main
from tests.support.days import EPOCH


class Run(NamedTuple):
    code: int
    out: str
    error: str


def check(folder: Path, *arguments: str, stdin: bytes = b"") -> Run:
    """Run it in a folder; without any other format the report is concise, with what was not evaluated."""
    form = () if {"-f", "-q"} & set(arguments) else ("-f", "concise", "--show-skipped")
    out, error = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(error):
        patch.chdir(folder)
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        patch.setattr(sys, "argv", ["netlint", "check", *arguments, *form])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        with pytest.raises(SystemExit) as ended:
            main()
    return Run(int(ended.value.code or 0), out.getvalue(), error.getvalue())
