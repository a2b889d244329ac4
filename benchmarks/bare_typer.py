"""The least that a Typer program with two commands can be: what ``netlint --help`` is compared with."""

from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def check(target: Annotated[str, typer.Argument(help="What to check.")] = ".") -> None:
    """Check something."""
    print(target)


@app.command()
def explain(rule: Annotated[str, typer.Argument(help="What to explain.")]) -> None:
    """Explain something."""
    print(rule)


if __name__ == "__main__":
    app()
