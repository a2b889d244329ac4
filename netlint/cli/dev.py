"""``netlint dev``: for contributors, in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlint.cli.source_options import say

dev_app = typer.Typer(help="For contributors, in the root of a checkout.", no_args_is_help=True)


@dev_app.command()
def new_rule(
    topic: Annotated[str, typer.Argument(help="Folder of the page and module of the check.")],
    name: Annotated[str, typer.Argument(help="Names the fault; reads well after 'allow'.")],
) -> None:
    """Write the skeleton of a rule, its page and its check, renew the indexes, and name the steps that are left."""
    from netlint import scaffold

    for path in scaffold.new_rule(_root(), topic, name):
        say(f"{path} written")
    typer.echo(scaffold.STEPS.format(topic=topic, name=name), nl=False)


@dev_app.command()
def index() -> None:
    """Write the indexes of the rule pages: of all rules, and of all faults."""
    from netlint import indexes

    for path in indexes.write_indexes(_root()):
        say(f"{path} written")


def _root() -> Path:
    from netlint.errors import UsageError

    root = Path.cwd()
    if not (root / "netlint" / "checks").is_dir():
        raise UsageError("netlint dev works in the root of a checkout")
    return root
