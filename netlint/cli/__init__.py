"""The command line: arguments and exit codes, nothing else.

Command modules import what they call only when they are called, so that ``--help`` stays quick.
"""

from __future__ import annotations

from typing import Annotated

import typer

from netlint import __version__
from netlint.cli.check import check
from netlint.cli.configuration import config_app
from netlint.cli.dev import dev_app
from netlint.cli.entrypoints import entrypoints
from netlint.cli.ip import ip
from netlint.cli.map import show_map
from netlint.cli.plan import plan
from netlint.cli.reference import explain, rbac, rules, schema
from netlint.cli.service import service
from netlint.cli.shell import answer_shells, completion
from netlint.cli.snapshot import snapshot

__all__ = ["answer_shells", "app"]

app = typer.Typer(
    name="netlint",
    help="Check that the Kubernetes network model really holds: in manifests, exports and live clusters.",
    epilog="Examples:  netlint check manifests/  ·  netlint check  ·  "
    "kubectl get nodes,pods,services,endpointslices -A -o json | netlint check -",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"netlint {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Check that the Kubernetes network model really holds."""


app.command()(check)
app.command()(service)
app.command()(entrypoints)
app.command()(ip)
app.command("map")(show_map)
app.command()(plan)
app.command()(rules)
app.command()(explain)
app.command()(snapshot)
app.command()(rbac)
app.add_typer(config_app, name="config")
app.command()(schema)
app.command()(completion)
app.add_typer(dev_app, name="dev", hidden=True)
