"""``netlint completion``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

VARIABLE = "_NETLINT_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


def completion(
    shell: Annotated[str, typer.Argument(metavar="bash|zsh|fish", help="The shell.")],
) -> None:
    """Print the completion script of a shell; for bash: source <(netlint completion bash)."""
    from typer import completion as shells

    from netlint.errors import UsageError

    if shell not in SHELLS:
        raise UsageError(f"{shell!r} is no shell that is known here: {', '.join(SHELLS)}")
    script = shells.get_completion_script(prog_name="netlint", complete_var=VARIABLE, shell=shell)  # type: ignore[attr-defined]
    typer.echo(script)


def answer_shells() -> None:
    """Let the program answer a shell that asks for completions, as the printed script makes it."""
    if VARIABLE in os.environ:
        from typer import completion as shells

        shells.completion_init()  # type: ignore[attr-defined]
