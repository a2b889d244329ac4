"""EndpointSlices that others than the EndpointSlice controller wrote."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.checks.wording import shortened
from netlint.cluster import Cluster
from netlint.cluster.traffic import endpoints_api
from netlint.cluster.traffic.endpoints_api import EndpointsContrast, PortAddress
from netlint.findings import Related, Undecided, Violation
from netlint.model.declared.controllers import Controller, is_disabled
from netlint.model.declared.declarations import Role
from netlint.model.services.cilium_ingress import is_stand_in
from netlint.model.services.recomputed_slices import (
    API_SERVER,
    MANAGED_BY,
    MIRRORING,
    SERVICE_NAME,
    families,
    has_pods,
    is_headless,
    protocol,
)
from netlint.model.services.service_proxy import is_of_this_proxy
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.discovery import EndpointSlice
from netlint.objects.meta import Path
from netlint.objects.problems import FAMILIES
from netlint.snapshot import Reason
from netlint.snapshot.slice_table import TARGETS_POD

SWITCHED_OFF = "the kube-controller-manager is told not to run its {}"
OTHER_READERS = (MANAGED_BY, "multicluster.kubernetes.io/service-name")
"""Labels of slices that are somebody else's business where they name no Service."""


def ignored_endpoint_slices(cluster: Cluster) -> Iterator[Violation]:
    """kube-proxy makes nothing of an EndpointSlice."""
    for number in cluster.services.foreign_slices:
        piece = cluster.view.slices.slices[number]
        service = cluster.view.service_named.get((piece.namespace, piece.labels.get(SERVICE_NAME, "")))
        if not cluster.view.slices.endpoints(number) or is_stand_in(cluster.view.slices, number):
            continue
        for path, why in _reasons(piece, service):
            yield Violation(
                subject_of(piece),
                path,
                f"kube-proxy ignores the slice: {why}",
                {"reason": why, "service": service.name if service else None},
                (Related(subject_of(service), ("spec",), "is the Service"),) if service else (),
            )
            break


def _reasons(piece: EndpointSlice, service: Service | None) -> Iterator[tuple[Path, str]]:
    if not piece.labels.get(SERVICE_NAME):
        if not any(label in piece.labels for label in OTHER_READERS):
            yield ("metadata",), f"it has no label {SERVICE_NAME}"
        return
    if piece.addressType == "FQDN":
        yield ("addressType",), "its addresses are names (FQDN)"
    if service is None or is_headless(service) or not is_of_this_proxy(service):
        return
    held = families(service)
    if piece.addressType and FAMILIES.get(piece.addressType) not in held:
        names = " and ".join(f"IPv{family}" for family in held)
        yield ("addressType",), f"its addresses are {piece.addressType}, those of {subject_of(service)} are {names}"
    yield from _port_reasons(piece, service)


def _port_reasons(piece: EndpointSlice, service: Service) -> Iterator[tuple[Path, str]]:
    wanted = [(port.name or "", protocol(port)) for port in service.spec.ports or ()]
    ports = piece.ports or []
    if not ports:
        yield (), "it has no port"
    elif all(port.port is None for port in ports):
        yield ("ports", 0), "its port has no number"
    elif not any((port.name or "", port.protocol or "TCP") in wanted for port in ports):
        found = [(port.name or "", str(port.protocol or "TCP")) for port in ports]
        yield (
            ("ports", 0, "name") if ports[0].name else ("ports", 0),
            f"it has {_ports(found)}, and {subject_of(service)} has {_ports(wanted)}",
        )


def _ports(found: list[tuple[str, str]]) -> str:
    names = [f"{how} port {name!r}" if name else f"an unnamed {how} port" for name, how in found]
    return shortened(names) or "no port"


def surplus_endpoint_addresses(cluster: Cluster) -> Iterator[Violation]:
    """An endpoint has several addresses, of which only the first is used."""
    table = cluster.view.slices
    for number in cluster.services.foreign_slices:
        rows = [row for row in table.endpoints(number) if row in table.surplus] if table.surplus else []
        if rows:
            unused = table.surplus[rows[0]]
            more = f"; so it is with {len(rows) - 1} more" if len(rows) > 1 else ""
            yield Violation(
                subject_of(table.slices[number]),
                ("endpoints", rows[0] - table.starts[number], "addresses", 1),
                f"{shortened(list(unused))} {'is' if len(unused) == 1 else 'are'} not used, as consumers read the "
                f"first address of an endpoint alone{more}",
                {"unused": [text for row in rows for text in table.surplus[row]]},
            )


def stale_mirrored_slices(cluster: Cluster) -> Iterator[Violation]:
    """A slice that was mirrored from Endpoints is left, although nothing is mirrored any longer."""
    existing = {(found.namespace, found.name) for found in cluster.view.objects("Endpoints")}
    for number in cluster.services.foreign_slices:
        piece = cluster.view.slices.slices[number]
        key = (piece.namespace, piece.labels.get(SERVICE_NAME, ""))
        service = cluster.view.service_named.get(key)
        if service is None or piece.labels.get(MANAGED_BY) != MIRRORING or not cluster.view.slices.endpoints(number):
            continue
        if has_pods(service):
            yield _left_over(cluster, number, service, ("spec", "selector"), "selects pods")
        elif key not in existing and cluster.view.is_complete("Endpoints", piece.namespace):
            yield _left_over(cluster, number, service, (), "has no Endpoints")


def _left_over(cluster: Cluster, number: int, service: Service, path: Path, why: str) -> Violation:
    piece = cluster.view.slices.slices[number]
    family = FAMILIES.get(piece.addressType or "", 4)
    rows = cluster.view.slices.endpoints(number)
    texts = [addresses.text(family, cluster.view.slices.address(row, family)) for row in rows]
    return Violation(
        subject_of(piece),
        ("metadata", "labels", MANAGED_BY),
        f"{shortened(texts)} {'was' if len(texts) == 1 else 'were'} mirrored from Endpoints, "
        f"but {subject_of(service)} {why}",
        {"addresses": texts, "service": str(subject_of(service))},
        (Related(subject_of(service), path, why),),
    )


def slices_without_services(cluster: Cluster) -> Iterator[Violation]:
    """A slice names a Service that does not exist."""
    for number, piece in enumerate(cluster.view.slices.slices):
        name = piece.labels.get(SERVICE_NAME)
        exists = (piece.namespace, name) in cluster.view.service_named or (piece.namespace, name) == API_SERVER
        if name and not exists and cluster.view.slices.endpoints(number):
            yield Violation(
                subject_of(piece),
                ("metadata", "labels", SERVICE_NAME),
                f"there is no Service {name} in namespace {piece.namespace}",
                {"service": name, "endpoints": len(cluster.view.slices.endpoints(number))},
            )


def endpoints_on_unknown_nodes(cluster: Cluster) -> Iterator[Violation]:
    """An endpoint that no controller looks after is said to be on a node that does not exist."""
    table = cluster.view.slices
    for number in cluster.services.foreign_slices:
        start = table.starts[number]
        unknown = {
            row: name
            for row in table.endpoints(number)
            if (name := table.strings.texts[table.node[row]]) and name not in cluster.view.node_named
        }
        if unknown:
            first = next(iter(unknown))
            names = list(dict.fromkeys(unknown.values()))
            yield Violation(
                subject_of(table.slices[number]),
                ("endpoints", first - start, "nodeName"),
                f"there is no Node {shortened(names)}",
                {"nodes": names, "endpoints": len(unknown)},
            )


def endpoint_addresses_without_pods(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """An endpoint outside of the EndpointSlice controller's care names a pod, or a pod address, that is not there."""
    for number in cluster.services.foreign_slices:
        dead = [(row, why) for row in cluster.view.slices.endpoints(number) if (why := _why_dead(cluster, number, row))]
        if not dead:
            continue
        piece, (first, why) = cluster.view.slices.slices[number], dead[0]
        more = len(dead) - 1
        yield Violation(
            subject_of(piece),
            ("endpoints", first - cluster.view.slices.starts[number], "addresses", 0),
            why + (f"; so it is with {more} more" if more else ""),
            {"reasons": [reason for _, reason in dead]},
            mitigated=not (cluster.view.is_complete("Pod") or _targets_pod(cluster, dead)),
        )


def conflicting_endpoints(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Endpoints of a Service that selects pods do not list what its slices list."""
    if is_disabled(Controller.ENDPOINTS, cluster.pods):
        yield Undecided(None, SWITCHED_OFF.format(Controller.ENDPOINTS.value[0]), Reason.NOT_APPLICABLE)
        return
    for found in endpoints_api.unlike_controller_slices(cluster):
        yield _conflict(found, "the EndpointSlices", endpoints_api.may_be_outdated(cluster, found))


def unmirrored_endpoints(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Endpoints that somebody wrote are not what kube-proxy reads of them."""
    if is_disabled(Controller.MIRRORING, cluster.pods):
        yield Undecided(None, SWITCHED_OFF.format(Controller.MIRRORING.value[0]), Reason.NOT_APPLICABLE)
        return
    for found in endpoints_api.unlike_mirrored_slices(cluster):
        yield _conflict(found, "the mirrored EndpointSlices")


def _conflict(found: EndpointsContrast, there: str, mitigated: bool = False) -> Violation:
    here_alone, there_alone = _values(found.only_in_endpoints), _values(found.only_in_slices)
    there = f"{there} of {subject_of(found.service)}"
    parts = {
        f"ready in {there}, but not here": _values(found.in_slices.ready & found.in_endpoints.not_ready),
        f"ready here, but not in {there}": _values(found.in_endpoints.ready & found.in_slices.not_ready),
        f"listed with other ports in {there}": here_alone & there_alone,
        f"listed in {there}, but not here": there_alone - here_alone,
        f"listed here, but not in {there}": here_alone - there_alone,
    }
    return Violation(
        subject_of(found.endpoints),
        endpoints_api.address_path(
            found.endpoints,
            *min(found.differing_addresses & _values(found.in_endpoints.all), default=min(found.differing_addresses)),
        ),
        "; ".join(f"{_said(values)} {how}" for how, values in parts.items() if values),
        {
            "addresses": [addresses.text(*value) for value in sorted(found.differing_addresses)],
            "service": found.service.name,
        },
        (Related(subject_of(found.service), ("spec",), "is the Service"),),
        mitigated=mitigated,
    )


def _values(pairs: set[PortAddress]) -> set[tuple[int, int]]:
    return {pair[1:] for pair in pairs}


def _said(values: set[tuple[int, int]]) -> str:
    texts = [addresses.text(*value) for value in sorted(values)]
    return f"{shortened(texts)} {'is' if len(texts) == 1 else 'are'}"


def _targets_pod(cluster: Cluster, dead: list[tuple[int, str]]) -> bool:
    return any(cluster.view.slices.flags[row] & TARGETS_POD for row, _ in dead)


def _why_dead(cluster: Cluster, number: int, row: int) -> str:
    """Why no live pod answers at an endpoint; empty where one may."""
    table, piece = cluster.view.slices, cluster.view.slices.slices[number]
    family = FAMILIES.get(piece.addressType or "", 0)
    address = table.address(row, family) if family else 0
    if not address:
        return ""
    text = addresses.text(family, address)
    if table.flags[row] & TARGETS_POD:
        namespace = table.strings.texts[table.target_namespace[row]] or piece.namespace
        if not cluster.view.is_complete("Pod", namespace):
            return ""
        owned = cluster.services.pod_at.get((family, address), ())
        named = any(cluster.pods.order(one) == (namespace, table.target[row]) for one in owned)
        return "" if named else f"{text} is no address of a live Pod {namespace}/{table.target[row]}"
    if (family, address) in cluster.services.pod_at or family not in cluster.pods.families:
        return ""
    held = cluster.ranges.plan.containing(family, address, Role.NODE_POD)
    return f"{text} lies in {held[0]} of {held[0].subject}, and no live pod has it" if held else ""


CHECKS = (
    conflicting_endpoints,
    endpoint_addresses_without_pods,
    endpoints_on_unknown_nodes,
    ignored_endpoint_slices,
    slices_without_services,
    stale_mirrored_slices,
    surplus_endpoint_addresses,
    unmirrored_endpoints,
)
