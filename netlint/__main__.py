"""``python -m netlint``, and the entry point of the console scripts."""

from __future__ import annotations

import errno
import os
import sys

LOST = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO}
"""Why standard output takes nothing more."""
INTERRUPTED = 130  # as shells say of a program that SIGINT ended


def main() -> None:
    """Run the command line; one clear line for everything that stops it."""
    from netlint.errors import NetlintError

    name = "kubectl netlint" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "netlint"  # noqa: PTH119
    try:
        _run(name)
    except NetlintError as error:
        sys.stderr.write(f"{name}: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
        sys.exit(INTERRUPTED)
    except OSError as error:
        if error.errno not in LOST:
            raise
        if error.errno != errno.EPIPE:  # then who read has seen enough
            sys.stderr.write(f"{name}: standard output: {error.strerror}\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush to
        sys.exit(2)


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
