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
    gateways = {(item.namespace, item.name): item for item in cluster.view.objects("Gateway")}
    admission = RouteAdmission(cluster.view.objects("Namespace"))
    for route in (route for kind in ROUTES for route in cluster.view.objects(kind)):
        for path, key in gateways_of(route):
            gateway, parent = gateways.get(key), (route.spec.parentRefs or [])[int(path[-1])]
            listeners = _meant(gateway, parent) if gateway else []
            if gateway is None or not listeners or accepted_status(route, gateway) == "True":
                continue
            reasons = {number: admission.refusal(route, gateway, listener) for number, listener in listeners}
            if all(reasons.values()):
                yield _refused(route, path, gateway, parent, reasons)


def _meant(gateway: Gateway, parent: ParentRef) -> list[tuple[int, Listener]]:
    """The listeners that a route names, by their positions."""
    return [found for found in enumerate(gateway.spec.listeners or ()) if selects_listener(parent, found[1])]


def _refused(
    route: GatewayRoute, path: Path, gateway: Gateway, parent: ParentRef, reasons: dict[int, str]
) -> Violation:
    listeners, subject = gateway.spec.listeners or [], subject_of(gateway)
    said = [f"listener {listeners[number].name} {reason}" for number, reason in reasons.items()]
    return Violation(
        subject_of(route),
        (*path, "name"),
        f"{subject} does not take it: {'; '.join(said)}",
        {"gateway": str(subject), "reasons": said},
        tuple(Related(subject, ("spec", "listeners", number), f"{reason}") for number, reason in reasons.items()),
        key=f"{gateway.namespace}/{gateway.name}/{parent.sectionName or ''}",
    )


CHECKS = (unattachable_routes,)
