"""``netlint plan``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netlint.cli.source_options import ReadRequest, known_format, reading, say, say_all

if TYPE_CHECKING:
    from netlint.model.ranges.proposal import Avoided

PODS_FOR_A_SERVICE = 10
FEWEST, MOST = 100, 500_000  # Services where nobody says how many

Nodes = Annotated[int, typer.Option("--nodes", metavar="N", min=1, help="How many nodes there are to be.")]
PodsPerNode = Annotated[int, typer.Option(metavar="P", min=1, help="Most pods on one node.")]
Services = Annotated[
    int | None,
    typer.Option(
        metavar="S", min=1, help="How many Services (default: one for ten pods, at least 100).", show_default=False
    ),
]
Avoid = Annotated[list[str] | None, typer.Option(metavar="CIDR", help="Keep this range free; repeatable.")]
DualStack = Annotated[bool, typer.Option("--dual-stack", help="Propose IPv6 ranges as well.")]
Against = Annotated[
    list[str] | None,
    typer.Option(
        "--against",
        metavar="INPUT",
        help="Keep all ranges of this cluster free: files, folders, globs, archives or -; repeatable, also for other "
        "clusters. A live cluster is named by the options below.",
    ),
]
Format = Annotated[str, typer.Option("--format", "-f", metavar="text|json", help="Form of the proposal.")]


@reading(inputs=Against)
def plan(
    request: ReadRequest,
    nodes: Nodes,
    pods_per_node: PodsPerNode,
    services: Services = None,
    avoid: Avoid = None,
    dual_stack: DualStack = False,
    form: Format = "text",
) -> None:
    """Propose pod, Service and per-node ranges that collide with nothing, and print them as configuration.

    Exit code: 0 there is a plan, 1 nothing fits, 2 netlint could not do its job.
    """
    from netlint.model.ranges.proposal import Demand, NothingFitsError, propose
    from netlint.views import plan as view

    known_format(form, "text", "json")
    supposed = min(MOST, max(FEWEST, nodes * pods_per_node // PODS_FOR_A_SERVICE))
    demand = Demand(nodes, pods_per_node, services or supposed, (4, 6) if dual_stack else (4,))
    avoided = [_avoided(text) for text in avoid or ()]
    declared, failed = _declared(request)
    try:
        proposal = propose(demand, [*avoided, *declared])
    except NothingFitsError as error:
        if form == "json":
            typer.echo(view.refusal(demand, str(error)), nl=False)
        say(f"nothing fits: {error}")
        raise typer.Exit(2 if failed else 1) from error
    typer.echo((view.json if form == "json" else view.text)(proposal), nl=False)
    raise typer.Exit(2 if failed else 0)


def _avoided(text: str) -> Avoided:
    from netlint.cli.source_options import range_argument
    from netlint.model.ranges.proposal import Avoided

    return Avoided(range_argument(text), "--avoid")


def _declared(request: ReadRequest) -> tuple[list[Avoided], bool]:
    """The ranges of the clusters that are named, and whether any of it could not be read.

    Each input by itself: those of several clusters have objects of the same names.
    """
    from netlint.cluster import Cluster
    from netlint.model.ranges.proposal import ranges_to_avoid
    from netlint.objects import ADDRESS_PLAN

    declarations, errors = [], []
    for request_of_one in request.apart if request.is_named else ():
        snapshot, _ = request_of_one.read(ADDRESS_PLAN)
        declarations += Cluster(snapshot).ranges.plan.declarations
        errors += snapshot.reading.errors
    return list(ranges_to_avoid(declarations)), say_all(errors)
