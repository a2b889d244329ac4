"""``netlint map``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netlint.cli.source_options import ReadRequest, known_format, reading, say_all

if TYPE_CHECKING:
    from netlint.cluster import Cluster
    from netlint.snapshot import Locator

FORMATS = ("text", "json", "svg")
VIEWS = ("plan", "topology")
KINDS = ("Node", "Pod", "Service")

Format = Annotated[str, typer.Option("--format", "-f", metavar="|".join(FORMATS), help="Form of the map.")]
OfNode = Annotated[
    str | None, typer.Option("--node", metavar="NAME", help="Only this node: its ranges, bridges and pods.")
]
Family = Annotated[int | None, typer.Option(metavar="4|6", help="Only this address family.", show_default=False)]
View = Annotated[
    str, typer.Option(metavar="|".join(VIEWS), help="The ranges, or the nodes with what carries their packets.")
]


@reading()
def show_map(
    request: ReadRequest, form: Format = "text", node: OfNode = None, family: Family = None, view: View = "plan"
) -> None:
    """Show the address plan as a tree drawn to scale, with its use, free space and collisions.

    Exit code: 0, or 2 where netlint could not do its job.
    """
    from netlint.cluster import Cluster
    from netlint.errors import UsageError
    from netlint.objects import ADDRESS_PLAN

    known_format(form, *FORMATS)
    for option, value, known in (("--view", view, VIEWS), ("--family", family or 4, (4, 6))):
        if value not in known:
            raise UsageError(f"{option} {value!r}: choose one of {', '.join(map(str, known))}")
    snapshot, locate = request.read(ADDRESS_PLAN)
    cluster = Cluster(snapshot)
    if node is not None and node not in cluster.view.node_named:
        raise UsageError(f"there is no Node {node!r} in the input")
    shown = _topology(cluster, form, node) if view == "topology" else _plan(cluster, locate, form, node, family)
    typer.echo(shown, nl=False)
    raise typer.Exit(2 if say_all(snapshot.reading.errors) else 0)


def _plan(cluster: Cluster, locate: Locator | None, form: str, node: str | None, family: int | None) -> str:
    from netlint.cluster.address_lookup.address_owners import owners_in
    from netlint.cluster.address_lookup.range_tree import of_node, range_tree
    from netlint.outputs import colored
    from netlint.views import gaps, plansvg, spots
    from netlint.views import tree as view

    trees = {version: range_tree(cluster, version) for version in (4, 6) if family in {None, version}}
    if node is not None:
        trees = {version: of_node(roots, node) for version, roots in trees.items()}
    trees = {version: roots for version, roots in trees.items() if roots}
    declared = (declaration.range for declaration in cluster.network.node_ranges.get(node or "", []))
    residents = [
        (span.family, owner) for span in declared if span.family in trees for owner in owners_in(cluster, span)
    ]
    fabric, missing = cluster.network.sentences, gaps(cluster.view.snapshot, KINDS)
    if form == "json":
        return view.json(trees, fabric, residents, missing, spots(locate, view.sides(trees)))
    if form == "svg":
        return plansvg.draw(trees, fabric, residents)
    return view.text(trees, fabric, residents, missing, colored("auto"))


def _topology(cluster: Cluster, form: str, node: str | None) -> str:
    from netlint.cluster.traffic.topology import topology
    from netlint.views import topology as view
    from netlint.views import topologysvg

    render = {"text": view.text, "json": view.json, "svg": topologysvg.draw}[form]
    return render(topology(cluster, node))
