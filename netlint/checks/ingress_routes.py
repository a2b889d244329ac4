"""Routes and the listeners that are to take them."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.cluster.traffic.gateways import RouteAdmission, accepted_status, selects_listener
from netlint.cluster.traffic.references import gateways_of
from netlint.findings import Related, Violation
from netlint.model.subjects import subject_of
from netlint.objects import ROUTES
from netlint.objects.gateway import Gateway, GatewayRoute, Listener, ParentRef
from netlint.objects.meta import Path


def unattachable_routes(cluster: Cluster) -> Iterator[Violation]:
    """No listener of a Gateway takes a route that names it."""
    gateways = {(gateway.namespace, gateway.name): gateway for gateway in cluster.view.objects("Gateway")}
    admission = RouteAdmission(cluster.view.objects("Namespace"))
    for route in (route for kind in ROUTES for route in cluster.view.objects(kind)):
        for path, key in gateways_of(route):
            gateway, parent = gateways.get(key), (route.spec.parentRefs or [])[int(path[-1])]
            listeners = _named_listeners(gateway, parent) if gateway else []
            if gateway is None or not listeners or accepted_status(route, gateway) == "True":
                continue
            reasons = {number: admission.refusal(route, gateway, listener) for number, listener in listeners}
            if all(reasons.values()):
                yield _refused(route, path, gateway, parent, reasons)


def _named_listeners(gateway: Gateway, parent: ParentRef) -> list[tuple[int, Listener]]:
    """The listeners that a route names, by their positions."""
    listeners = enumerate(gateway.spec.listeners or ())
    return [(position, listener) for position, listener in listeners if selects_listener(parent, listener)]


def _refused(
    route: GatewayRoute, path: Path, gateway: Gateway, parent: ParentRef, reasons: dict[int, str]
) -> Violation:
    listeners, subject = gateway.spec.listeners or [], subject_of(gateway)
    refusals = [f"listener {listeners[number].name} {reason}" for number, reason in reasons.items()]
    return Violation(
        subject_of(route),
        (*path, "name"),
        f"{subject} does not take it: {'; '.join(refusals)}",
        {"gateway": str(subject), "reasons": refusals},
        tuple(Related(subject, ("spec", "listeners", number), f"{reason}") for number, reason in reasons.items()),
        key=f"{gateway.namespace}/{gateway.name}/{parent.sectionName or ''}",
    )


CHECKS = (unattachable_routes,)
