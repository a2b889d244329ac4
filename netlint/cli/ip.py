"""``netlint ip``."""

from __future__ import annotations

from typing import Annotated

import typer

from netlint.cli.source_options import ReadRequest, known_format, range_argument, reading, say_all

COPIED = {"Job", "ReplicaSet"}
"""Kinds that repeat what other objects say."""
Address = Annotated[
    str,
    typer.Argument(metavar="ADDRESS|CIDR", help="An address, or a range such as 10.244.1.0/24.", show_default=False),
]
Format = Annotated[str, typer.Option("--format", "-f", metavar="text|json", help="Form of the answer.")]


@reading()
def ip(request: ReadRequest, address: Address, form: Format = "text") -> None:
    """Say what an address is: whose, on which node, in which ranges, and what mentions it.

    Exit code: 0 it is known, 1 it is unknown, 2 netlint could not do its job.
    """
    from netlint.cluster import Cluster
    from netlint.cluster.address_lookup.lookup import look_up
    from netlint.objects import KIND_NAMED
    from netlint.views import gaps, spots
    from netlint.views import ip as view

    known_format(form, "text", "json")
    span = range_argument(address)
    snapshot, locate = request.read({*KIND_NAMED} - COPIED)
    answer = look_up(Cluster(snapshot), span)
    render = view.json if form == "json" else view.text
    typer.echo(render(answer, spots(locate, view.sides(answer)), gaps(snapshot, view.KINDS)), nl=False)
    raise typer.Exit(2 if say_all(snapshot.reading.errors) else 0 if answer.is_known else 1)
