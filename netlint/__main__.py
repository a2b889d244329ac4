"""``python -m netlint``, and the entry point of the console scripts."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; one clear line for everything that stops it."""
    from netlint.cli import answer_shells, app
    from netlint.errors import NetlintError

    name = "kubectl netlint" if os.path.basename(sys.argv[0]).startswith("kubectl-") else "netlint"  # noqa: PTH119
    answer_shells()
    try:
        app(prog_name=name)
    except NetlintError as error:
        sys.stderr.write(f"{name}: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write(f"{name}: interrupted\n")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush to
        sys.exit(2)


if __name__ == "__main__":
    main()
