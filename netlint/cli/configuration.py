"""``netlint config``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netlint.cli.source_options import say

config_app = typer.Typer(help="Write, show or validate the configuration.", no_args_is_help=True)

File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Default: the nearest one upward.", show_default=False)
]


@config_app.command()
def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE]", help="Where to write it.")] = Path("netlint.yaml"),
) -> None:
    """Write a configuration with every key explained."""
    from netlint import config, outputs
    from netlint.errors import UsageError

    if file.exists():
        raise UsageError(f"{file} is there already; it is not overwritten")
    outputs.write(file, config.TEMPLATE)
    say(f"{file} written")


@config_app.command()
def show(file: File = None) -> None:
    """Print the effective configuration and where it comes from."""
    from netlint import config

    typer.echo(config.shown(config.load(file)).rstrip())


@config_app.command()
def validate(file: File = None) -> None:
    """Say whether a configuration can be used; exit with 2 where it cannot."""
    from netlint import config

    settings = config.load(file)
    say(f"{settings.file} is valid" if settings.file else "there is no configuration; the defaults hold")
