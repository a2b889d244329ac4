"""``python -m netlint``, and the entry point of the console scripts."""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from typing import NoReturn

LOST = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO}
"""Why standard output takes nothing more."""
INTERRUPTED = 130  # as shells say of a program that SIGINT ended


def main() -> None:
    """Run the command line; one clear line for everything that stops it."""
    from netlint.errors import NetlintError

    name = "kubectl netlint" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "netlint"  # noqa: PTH119
    try:
        _look_for_streams()
        _run(name)
    except NetlintError as error:
        _stop(name, str(error))
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
        sys.exit(INTERRUPTED)
    except MemoryError:
        _stop(name, "there is not enough memory; check parts of the input by themselves")
    except Exception as error:
        if isinstance(error, OSError) and error.errno in LOST:
            _without_standard_output(name, error)
        if _is_traced():
            traceback.print_exc()
        _stop(name, f"unexpected: {_in_one_line(error)}{'' if _is_traced() else '; -vv shows where'}")


def _look_for_streams() -> None:
    """Whoever started the program may have closed some; NetlintError where nobody would see what it says."""
    from netlint.errors import NetlintError

    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="ascii")  # noqa: PTH123, SIM115 - to the end of the process
    if sys.stdout is None:
        raise NetlintError("standard output is closed")


def _stop(name: str, problem: str) -> NoReturn:
    sys.stderr.write(f"{name}: {problem}\n")
    sys.exit(2)


def _without_standard_output(name: str, error: OSError) -> NoReturn:
    if error.errno != errno.EPIPE:  # then who read has seen enough
        sys.stderr.write(f"{name}: standard output: {error.strerror}\n")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush to
    sys.exit(2)


def _is_traced() -> bool:
    """Whether ``-vv`` asks for tracebacks; whatever went wrong may have done so before options were read."""
    return sum(len(word) - 1 for word in sys.argv if re.fullmatch("-v+", word)) + sys.argv.count("--verbose") > 1


def _in_one_line(error: Exception) -> str:
    from netlint.reports import printable

    return printable(f"{type(error).__name__}: {error}".rstrip(": "))


def _run(name: str) -> None:
    from netlint.cli import answer_shells, app

    answer_shells()
    try:
        app(prog_name=name)
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # which Typer made of a KeyboardInterrupt
            raise KeyboardInterrupt from None
        raise


if __name__ == "__main__":
    main()
