"""Commands that print what netlint knows: rules, pages, schemas, the roles that it needs."""

from __future__ import annotations

from typing import Annotated

import typer

from netlint.cli.source_options import Namespaces

SCHEMAS = {
    "report": "report-v1.schema.json",
    "config": "config.schema.json",
    "rule": "rule.schema.json",
    "node-dump": "node-dump.schema.json",
    "ip": "ip-v1.schema.json",
    "map": "map-v1.schema.json",
    "plan": "plan-v1.schema.json",
    "service": "service-v1.schema.json",
    "entrypoints": "entrypoints-v1.schema.json",
}


def rules(
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULE|TOPIC", help="Only these; repeatable, or with commas.")
    ] = None,
    form: Annotated[str, typer.Option("--format", "-f", metavar="text|json", help="Form of the list.")] = "text",
) -> None:
    """List the rules."""
    import json

    from netlint import catalogue
    from netlint.errors import UsageError

    chosen = catalogue.selected(select or (), ())
    if form == "json":
        keys = ("name", "topic", "severity", "summary", "examines", "needs", "consults")
        typer.echo(json.dumps([{key: getattr(rule, key) for key in keys} for rule in chosen], indent=2))
        return
    if form != "text":
        raise UsageError(f"--format {form!r}: choose text or json")
    width = max(len(rule.name) for rule in chosen)
    topic = None
    for rule in chosen:
        if rule.topic != topic:
            topic = rule.topic
            typer.echo(f"\n{topic}" if rule is not chosen[0] else topic)
        typer.echo(f"  {rule.name:<{width}}  {rule.severity:<7}  {rule.summary}")


def explain(rule: Annotated[str, typer.Argument(help="Name of the rule.")]) -> None:
    """Print the page of a rule: what it checks, why, how to fix it, examples."""
    import sys

    from netlint import catalogue

    text = catalogue.page(rule)
    if not sys.stdout.isatty():
        typer.echo(text.strip())
        return
    from rich.console import Console
    from rich.markdown import Markdown

    Console().print(Markdown(text))


def schema(name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(SCHEMAS)}.")]) -> None:
    """Print a JSON Schema: of what a command writes as JSON, the configuration, a rule page, or a node dump."""
    from netlint import datafiles
    from netlint.errors import UsageError

    if name not in SCHEMAS:
        raise UsageError(f"there is no schema {name!r}: {', '.join(SCHEMAS)}")
    typer.echo((datafiles.folder("schemas") / SCHEMAS[name]).read_text(encoding="utf-8").rstrip())


def rbac(
    select: Annotated[
        list[str] | None, typer.Option(metavar="RULE|TOPIC", help="Only what these need; repeatable, or with commas.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="RULE|TOPIC", help="Without what these need; repeatable, or with commas."),
    ] = None,
    namespace: Namespaces = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Also bind the roles to this user.")] = None,
) -> None:
    """Print the least roles that netlint needs to read a live cluster, for kubectl apply -f -."""
    from netlint import catalogue, engine, roles

    chosen = catalogue.selected(select or (), ignore or ())
    typer.echo(roles.manifests(engine.kinds_read(chosen), namespace or (), user).rstrip())
