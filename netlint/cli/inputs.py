"""The options that say what to read; they mean the same for every command that reads something."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netlint.config import Config
    from netlint.findings import Rule
    from netlint.sources import Source

SOURCE = "What to read"

Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="INPUT",
        help="Files, folders, globs, archives or - for standard input. Without any: the cluster that kubectl "
        "would use.",
        show_default=False,
    ),
]
Kubeconfig = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Read the live cluster of this kubeconfig.", rich_help_panel=SOURCE),
]
Context = Annotated[str | None, typer.Option(metavar="NAME", help="Context of the kubeconfig.", rich_help_panel=SOURCE)]
As = Annotated[str | None, typer.Option("--as", metavar="USER", help="User to impersonate.", rich_help_panel=SOURCE)]
Namespaces = Annotated[
    list[str] | None,
    typer.Option(
        "--namespace",
        "-n",
        metavar="NS",
        help="Only this namespace of a live cluster; repeatable.",
        rich_help_panel=SOURCE,
    ),
]
AllNamespaces = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="All namespaces; the default.", rich_help_panel=SOURCE)
]
RequestTimeout = Annotated[
    float,
    typer.Option(metavar="SECONDS", min=0.1, help="Longest time for one request.", rich_help_panel=SOURCE),
]
DefaultNamespace = Annotated[
    str | None,
    typer.Option(
        metavar="NS",
        help="Where namespaced objects without a namespace are (default: default).",
        rich_help_panel=SOURCE,
    ),
]
NodeDumps = Annotated[
    str | None,
    typer.Option(
        metavar="DIR|TAR",
        help="What the nodes say of themselves: a folder for each node, with ip-addr.json and the like.",
        rich_help_panel=SOURCE,
    ),
]


def source(
    inputs: list[str] | None,
    kubeconfig: Path | None,
    context: str | None,
    user: str | None,
    namespaces: list[str] | None,
    request_timeout: float,
) -> Source:
    """What the options name. Raises UsageError where they contradict each other."""
    from netlint.errors import UsageError
    from netlint.sources import Files, LiveCluster

    live = [("--kubeconfig", kubeconfig), ("--context", context), ("--as", user), ("-n", namespaces)]
    given = [name for name, value in live if value]
    if inputs:
        if given:
            raise UsageError(f"{given[0]} reads a live cluster; leave it out to read {inputs[0]}")
        return Files(tuple(inputs))
    return LiveCluster(kubeconfig, context, user, tuple(namespaces or ()), request_timeout)


def say(message: str) -> None:
    """A message for the person at the terminal: on standard error, so that data stay clean."""
    sys.stderr.write(f"netlint: {message}\n")


def chosen_rules(config: Config, select: Iterable[str], ignore: Iterable[str]) -> list[Rule]:
    """The rules that options or configuration select; an option replaces the entry of the configuration."""
    from netlint import catalogue

    return catalogue.selected(tuple(select) or config.select, tuple(ignore) or config.ignore)
