"""``netlint check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netlint.cli.source_options import ReadRequest, chosen_rules, reading, say, say_all

if TYPE_CHECKING:
    from netlint.config import Config
    from netlint.engine import Result
    from netlint.findings import Rule
    from netlint.reports import Report
    from netlint.snapshot import Locator, Snapshot

REPORT = "Report"
RULES = "Rules"

Select = Annotated[
    list[str] | None,
    typer.Option(metavar="RULE|TOPIC", help="Evaluate only these; repeatable, or with commas.", rich_help_panel=RULES),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(metavar="RULE|TOPIC", help="Leave these out; repeatable, or with commas.", rich_help_panel=RULES),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration (default: the nearest netlint.yaml or pyproject.toml upward).",
        rich_help_panel=RULES,
    ),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="error|warning|note|never",
        help="Exit with 1 for findings of this severity or worse (default: error).",
        rich_help_panel=RULES,
    ),
]
Strict = Annotated[
    bool | None,
    typer.Option(
        "--strict",
        help="Exit with 3 when a rule could not be evaluated.",
        rich_help_panel=RULES,
        show_default=False,
    ),
]
OneScope = Annotated[
    bool,
    typer.Option("--one-scope", help="Hold all files against each other, alternatives too.", rich_help_panel=RULES),
]
Format = Annotated[
    str,
    typer.Option("--format", "-f", metavar="text|concise|json", help="Form of the report.", rich_help_panel=REPORT),
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="[FORMAT=]PATH",
        help="Write a report to a file as well; repeatable.",
        rich_help_panel=REPORT,
    ),
]
ShowAll = Annotated[bool, typer.Option("--show-all", help="Do not collapse repeats.", rich_help_panel=REPORT)]
ShowSkipped = Annotated[
    bool,
    typer.Option("--show-skipped", help="Name each rule that was not evaluated, and why.", rich_help_panel=REPORT),
]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Count the findings of each rule.", rich_help_panel=REPORT)
]
Color = Annotated[
    str, typer.Option(metavar="auto|always|never", help="Colour the text report.", rich_help_panel=REPORT)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No report on the terminal.", rich_help_panel=REPORT)]


@reading()
def check(  # noqa: PLR0913, PLR0917 - the command's options
    request: ReadRequest,
    select: Select = None,
    ignore: Ignore = None,
    config_file: ConfigFile = None,
    fail_on: FailOn = None,
    strict: Strict = None,
    one_scope: OneScope = False,
    form: Format = "text",
    output: Output = None,
    show_all: ShowAll = False,
    show_skipped: ShowSkipped = False,
    statistics: Statistics = False,
    color: Color = "auto",
    quiet: Quiet = False,
) -> None:
    """Check manifests, exports or a live cluster.

    Of a live cluster, what may be wrong for a moment only (endpoints that differ from pods, a Service
    without pods yet) is read once more after two seconds, and what persists is reported.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 netlint could not do its job, 3 incomplete
    under --strict, 130 interrupted.
    """
    from netlint import config, outputs
    from netlint.reports import Detail

    settings = _effective(config.load(config_file), fail_on, strict)
    rules = chosen_rules(settings, select or (), ignore or ())
    detail = Detail(show_all, show_skipped, statistics)
    targets = outputs.plan(form, output or [], detail, quiet=quiet, color=color)
    report = _evaluated(request, rules, settings, one_scope)
    outputs.publish(report, targets)
    if not outputs.tells_people(targets):
        say_all(report.result.snapshot.reading.errors)
        say_all(f"{failure.rule} crashed: {failure.message}" for failure in report.result.failures)
    if request.verbose > 1:
        for failure in report.result.failures:
            say(f"{failure.rule} crashed:\n{failure.trace}")
    raise typer.Exit(report.exit_code)


def _effective(settings: Config, fail_on: str | None, strict: bool | None) -> Config:
    """The configuration with what the command line says in its place."""
    from dataclasses import replace

    from netlint.config import NEVER, severity_named

    if fail_on is not None:
        settings = replace(settings, fail_on=None if fail_on == NEVER else severity_named(fail_on))
    if strict:
        settings = replace(settings, strict=True)
    return settings


def _evaluated(request: ReadRequest, rules: list[Rule], settings: Config, one_scope: bool) -> Report:
    from time import monotonic

    from netlint import clock, engine, scopes
    from netlint.config import NEVER
    from netlint.reports import Report

    begun, started = monotonic(), clock.now()
    kinds = engine.kinds_read(rules)

    def evaluate(snapshot: Snapshot, locate: Locator | None) -> Result:
        return engine.run(snapshot, rules, settings, started.date(), locate)

    def read(part: ReadRequest) -> tuple[Snapshot, Locator | None]:
        return part.read(kinds, default_namespace=settings.default_namespace)

    snapshot, locate = read(request)
    alternatives = [] if request.is_live or one_scope else scopes.scopes(snapshot)
    evaluated = [(scope, evaluate(*read(request.without(scope.left_out)))) for scope in alternatives]
    result = scopes.merged(snapshot, evaluated) if evaluated else evaluate(snapshot, locate)
    request.confirm(result, result.open, settings, started.date())
    return Report(
        result,
        started=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        seconds=None if clock.is_pinned() else round(monotonic() - begun, 3),
        exit_code=engine.exit_code(result, settings.fail_on, settings.strict),
        fail_on=settings.fail_on or NEVER,
        strict=settings.strict,
    )
