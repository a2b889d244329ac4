"""``netlint entrypoints``."""

from __future__ import annotations

from typing import Annotated

import typer

from netlint.cli.source_options import ReadRequest, known_format, reading, say_all

Format = Annotated[str, typer.Option("--format", "-f", metavar="text|json", help="Form of the answer.")]


@reading()
def entrypoints(request: ReadRequest, form: Format = "text") -> None:
    """List every way into the cluster, and what answers at its end.

    External IPs, load balancers, node ports, host ports, Ingresses and Gateways. Exit code: 0 none is
    known to be a dead end, 1 one is, 2 netlint could not do its job.
    """
    from netlint.cluster import Cluster
    from netlint.cluster.traffic.entrypoints import answer_at, entry_points
    from netlint.cluster.traffic.service_answers import ServiceAnswers, State
    from netlint.views import entrypoints as view
    from netlint.views import gaps, spots

    known_format(form, "text", "json")
    snapshot, locate = request.read(view.READ)
    cluster = Cluster(snapshot)
    backings = ServiceAnswers(cluster)
    followed = [(entry, answer_at(entry, backings)) for entry in entry_points(cluster)]
    render = view.json if form == "json" else view.text
    known, missing = spots(locate, view.sides(followed)), gaps(snapshot, view.KINDS, view.OPTIONAL)
    typer.echo(render(followed, cluster.view.nodes, known, missing), nl=False)
    dead = any(backing.state is State.DEAD for _, backing in followed)
    raise typer.Exit(2 if say_all(snapshot.reading.errors) else 1 if dead else 0)
