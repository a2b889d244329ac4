"""``netlint service``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from netlint.cli.source_options import ReadRequest, chosen_rules, known_format, reading, say, say_all

if TYPE_CHECKING:
    from netlint.cluster import Cluster
    from netlint.cluster.traffic.service_chain import ServiceChain
    from netlint.objects.core import Service
    from netlint.snapshot import Snapshot

Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The Service: web, shop/web, or svc/web as in kubectl.", show_default=False),
]
Namespace = Annotated[
    str | None,
    typer.Option("--namespace", "-n", metavar="NS", help="The namespace of the Service.", show_default=False),
]
Format = Annotated[str, typer.Option("--format", "-f", metavar="text|json", help="Form of the answer.")]
RESOURCE = {"service", "services", "svc"}


@reading(namespaces=False)
def service(request: ReadRequest, name: Name, namespace: Namespace = None, form: Format = "text") -> None:
    """Follow a Service end to end: addresses, selector, pods, slices, proxies, ways in, and what is wrong.

    Exit code: 0 no error concerns it, 1 one does, 2 netlint could not do its job.
    """
    from netlint import clock, config, engine
    from netlint.findings import Severity
    from netlint.snapshot import Reason
    from netlint.views import gaps, spots
    from netlint.views import service as view

    known_format(form, "text", "json")
    namespace, name = _named(name, namespace)
    settings = config.load(None)
    rules = chosen_rules(settings, (), ())
    kinds = {*engine.kinds_read(rules), *view.READ}
    snapshot, locate = request.read(kinds, default_namespace=settings.default_namespace)
    gap = snapshot.knowledge.withdrawn("Service")
    if namespace and gap and gap.reason is Reason.FORBIDDEN and request.is_live:
        request = request.within(namespace)  # who may not read all may still read this one
        snapshot, locate = request.read(kinds, default_namespace=settings.default_namespace)
    failed = say_all(snapshot.reading.errors)
    today = clock.now().date()
    followed = _followed(snapshot, name, namespace)
    result = engine.run(snapshot, rules, settings, today, locate)
    if request.confirm(result, [finding for _, finding in followed.breaks(result.open)], settings, today):
        followed = _followed(snapshot, name, namespace)
    broken = followed.breaks(result.open)
    render = view.json if form == "json" else view.text
    known, missing = spots(locate, view.sides(followed)), gaps(snapshot, view.KINDS, view.OPTIONAL)
    typer.echo(render(followed, broken, known, missing), nl=False)
    for failure in result.failures:
        say(f"{failure.rule} crashed: {failure.message}")
    bad = any(finding.severity is Severity.ERROR for _, finding in broken)
    raise typer.Exit(2 if failed or result.failures else 1 if bad else 0)


def _named(text: str, namespace: str | None) -> tuple[str | None, str]:
    """Namespace and name. Raises UsageError where two namespaces are given."""
    from netlint.errors import UsageError

    before, slash, name = text.rpartition("/")
    if not slash or before in RESOURCE:
        return namespace, name
    if namespace not in {None, before}:
        raise UsageError(f"{text} is in namespace {before}, and -n says {namespace}")
    return before, name


def _followed(snapshot: Snapshot, name: str, namespace: str | None) -> ServiceChain:
    from netlint.cluster import Cluster
    from netlint.cluster.traffic.service_chain import service_chain

    cluster = Cluster(snapshot)
    return service_chain(cluster, _only_service(cluster, name, namespace))


def _only_service(cluster: Cluster, name: str, namespace: str | None) -> Service:
    """The Service of this name. Raises UsageError, with the similar_services names, unless there is exactly one."""
    from netlint.cluster.traffic.service_chain import services_named, similar_services
    from netlint.errors import UsageError
    from netlint.snapshot.knowledge import ALL

    services = services_named(cluster, name, namespace)
    if len(services) == 1:
        return services[0]
    if services:
        listed = ", ".join(f"{service.namespace}/{service.name}" for service in services)
        raise UsageError(f"several Services have the name {name}: {listed}; choose one with -n")
    full_name = f"{namespace}/{name}" if namespace else name
    near = similar_services(cluster, name, namespace)
    gap = cluster.view.snapshot.knowledge.withdrawn("Service", namespace or ALL)
    if gap and not near:
        hint = "" if namespace else "; -n reads its namespace only"
        raise UsageError(f"no Service {full_name} is known, and not all could be read: {gap.message}{hint}")
    raise UsageError(f"there is no Service {full_name}" + (f"; did you mean {' or '.join(near)}?" if near else ""))
