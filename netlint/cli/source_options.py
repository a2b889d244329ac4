"""The options that say what to read; they mean the same for every command that reads something."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial, wraps
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from datetime import date

    from netlint.addresses import Range
    from netlint.config import Config
    from netlint.engine import Result
    from netlint.findings import Finding, Rule
    from netlint.snapshot import Locator, Snapshot
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
RunTimeout = Annotated[
    float,
    typer.Option(
        "--timeout", metavar="SECONDS", min=0.1, help="Longest time for all requests.", rich_help_panel=SOURCE
    ),
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
Verbose = Annotated[
    int,
    typer.Option(
        "--verbose",
        "-v",
        count=True,
        metavar="",
        show_default=False,
        help="Say what is read; -vv: and where in the program something went wrong.",
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
    timeout: float,
) -> Source:
    """The source that the options name. Raises UsageError where they contradict each other."""
    from netlint.errors import UsageError
    from netlint.sources import Files, LiveCluster

    for name, seconds in (("--request-timeout", request_timeout), ("--timeout", timeout)):
        if not isfinite(seconds):
            raise UsageError(f"{name} {seconds}: give a number of seconds")
    live = [("--kubeconfig", kubeconfig), ("--context", context), ("--as", user), ("-n", namespaces)]
    live_options = [name for name, value in live if value]
    if inputs:
        if live_options:
            raise UsageError(f"{live_options[0]} reads a live cluster; leave it out to read {inputs[0]}")
        return Files(tuple(inputs))
    return LiveCluster(kubeconfig, context, user, tuple(namespaces or ()), request_timeout, timeout)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """The source that a command is to read, and how."""

    source: Source
    default_namespace: str | None
    node_dumps: str | None
    verbose: int = 0

    @property
    def is_named(self) -> bool:
        """Whether any option names it; else it is the cluster that kubectl would use."""
        from netlint.sources import LiveCluster

        if self.node_dumps or not isinstance(self.source, LiveCluster):
            return True
        return bool(self.source.kubeconfig or self.source.context or self.source.user or self.source.namespaces)

    @property
    def is_live(self) -> bool:
        """Whether it is a live cluster."""
        from netlint.sources import LiveCluster

        return isinstance(self.source, LiveCluster)

    @property
    def apart(self) -> list[ReadRequest]:
        """A request for each input by itself."""
        from netlint.sources import LiveCluster

        if isinstance(self.source, LiveCluster):
            return [self]
        return [replace(self, source=replace(self.source, names=(name,))) for name in self.source.names]

    def without(self, files: frozenset[str]) -> ReadRequest:
        """The request for all but these files."""
        from netlint.sources import Files

        assert isinstance(self.source, Files)
        return replace(self, source=self.source.without(files))

    def within(self, namespace: str) -> ReadRequest:
        """The request for only this namespace of the live cluster."""
        from netlint.sources import LiveCluster

        assert isinstance(self.source, LiveCluster)
        return replace(self, source=replace(self.source, namespaces=(namespace,)))

    def read(self, kinds: Iterable[str], *, default_namespace: str = "default") -> tuple[Snapshot, Locator | None]:
        """The snapshot, of a live cluster of these kinds only, and what finds places in files.

        A live cluster is announced to the person at the terminal.
        """
        from netlint import sources

        tell = say if self.verbose or isinstance(self.source, sources.LiveCluster) else None
        return sources.read(self.source, kinds, self.default_namespace or default_namespace, tell, self.node_dumps)

    def confirm(self, result: Result, suspects: Iterable[Finding], config: Config, today: date) -> bool:
        """Look once more at what may be wrong in a live cluster for a moment only; whether it did."""
        from netlint import confirmation, sources

        source, doubted = self.source, [finding for finding in suspects if finding.rule.rereads]
        if not (doubted and isinstance(source, sources.LiveCluster)):
            return False
        look = partial(sources.read_again, source)
        for reason in confirmation.confirm(result, doubted, config, today, look):
            say(f"could not look again, what was found stays: {reason}")
        return True


def _requested(  # noqa: PLR0913, PLR0917 - the options
    inputs: Inputs = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    user: As = None,
    namespace: Namespaces = None,
    all_namespaces: AllNamespaces = False,
    request_timeout: RequestTimeout = 60.0,
    timeout: RunTimeout = 1800.0,
    default_namespace: DefaultNamespace = None,
    node_dumps: NodeDumps = None,
    verbose: Verbose = 0,
) -> ReadRequest:
    namespaces = None if all_namespaces else namespace  # -A wins, as in kubectl
    named = source(inputs, kubeconfig, context, user, namespaces, request_timeout, timeout)
    return ReadRequest(named, default_namespace, node_dumps, verbose)


Command = Callable[..., None]


def reading(*, inputs: object = Inputs, namespaces: bool = True) -> Callable[[Command], Command]:
    """A decorator: gives a command the options that say what to read, as its first argument, a ``ReadRequest``.

    ``inputs``: how the command calls what is to be read, where it is no argument. ``namespaces``: whether it
    can be told to read only some; else ``-n`` is free to mean something else.
    """
    options = dict(inspect.signature(_requested, eval_str=True).parameters)
    options["inputs"] = options["inputs"].replace(annotation=inputs)
    if not namespaces:
        del options["namespace"], options["all_namespaces"]

    def decorated(command: Command) -> Command:
        _, *own = inspect.signature(command, eval_str=True).parameters.values()
        required = [parameter for parameter in own if parameter.default is parameter.empty]
        optional = [parameter for parameter in own if parameter.default is not parameter.empty]
        parameters = [*required, *options.values(), *optional]

        @wraps(command)
        def called(**arguments: object) -> None:
            request = _requested(**{name: arguments.pop(name) for name in options})  # type: ignore[arg-type]
            command(request, **arguments)

        called.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
        )
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return decorated


def range_argument(text: str) -> Range:
    """An address or a CIDR that an option names. Raises UsageError for anything else."""
    from netlint import addresses
    from netlint.errors import UsageError

    try:
        if "/" in text:
            return addresses.parse_cidr(text).range
        family, value = addresses.parse(text)
    except ValueError as error:
        raise UsageError(str(error)) from error
    return addresses.Range(family, value, value)


def say(message: str) -> None:
    """A message for the person at the terminal: on standard error, so that data stay clean."""
    from netlint.reports import printable

    sys.stderr.write(f"netlint: {printable(message)}\n")


def say_all(messages: Iterable[str]) -> bool:
    """Say all messages; whether there are any."""
    listed = list(messages)
    for message in listed:
        say(message)
    return bool(listed)


def known_format(form: str, *known: str) -> None:
    """Raises UsageError for a format that the command does not have."""
    from netlint.errors import UsageError

    if form not in known:
        raise UsageError(f"--format {form!r}: choose one of {', '.join(known)}")


def chosen_rules(config: Config, select: Iterable[str], ignore: Iterable[str]) -> list[Rule]:
    """The rules that options or configuration select; an option replaces the entry of the configuration."""
    from netlint import catalogue

    return catalogue.selected(tuple(select) or config.select, tuple(ignore) or config.ignore)
