"""EndpointSlices that others than the EndpointSlice controller wrote."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES, FAMILY_NUMBERS
from netlint.cluster import Cluster
from netlint.cluster.traffic import endpoints_api
from netlint.cluster.traffic.endpoints_api import EndpointsContrast, PortAddress
from netlint.findings import Related, Undecided, Violation
from netlint.model.declared.controllers import Controller, is_disabled
from netlint.model.declared.declarations import Role
from netlint.model.services.ingress_proxies import is_stand_in
from netlint.model.services.service_ports import protocol
from netlint.model.services.service_proxy import is_of_this_proxy
from netlint.model.services.service_spec import families, has_pods, is_headless
from netlint.model.slices.slice_keepers import MIRRORING, is_of_another_cluster
from netlint.model.subjects import subject_of
from netlint.objects.core import API_SERVER, Service
from netlint.objects.discovery import MANAGED_BY, SERVICE_NAME, EndpointSlice
from netlint.objects.meta import Path
from netlint.phrases import inflected, likewise, shortened
from netlint.snapshot import Reason

SWITCHED_OFF = "the kube-controller-manager is told not to run its {}"
OTHER_READERS = (MANAGED_BY, "multicluster.kubernetes.io/service-name")
"""Labels of slices that are somebody else's business where they name no Service."""


def ignored_endpoint_slices(cluster: Cluster) -> Iterator[Violation]:
    """kube-proxy makes nothing of an EndpointSlice."""
    for number in cluster.view.slices.foreign:
        slices = cluster.view.slices
        service = cluster.view.service_named.get(slices.service(number))
        if not slices.endpoints(number) or is_stand_in(slices, number):
            continue
        for path, why in _reasons(slices[number], service):
            yield Violation(
                slices.subject(number),
                path,
                f"kube-proxy ignores the slice: {why}",
                {"reason": why, "service": service.name if service else None},
                (Related(subject_of(service), ("spec",), "is the Service"),) if service else (),
            )
            break


def _reasons(slice_: EndpointSlice, service: Service | None) -> Iterator[tuple[Path, str]]:
    if not slice_.labels.get(SERVICE_NAME):
        if not any(label in slice_.labels for label in OTHER_READERS):
            yield ("metadata",), f"it has no label {SERVICE_NAME}"
        return
    if slice_.addressType == "FQDN":
        yield ("addressType",), "its addresses are names (FQDN)"
    if service is None or is_headless(service) or not is_of_this_proxy(service):
        return
    service_families = families(service)
    if slice_.addressType and FAMILY_NUMBERS.get(slice_.addressType) not in service_families:
        names = " and ".join(FAMILY_NAMES[family] for family in service_families)
        yield ("addressType",), f"its addresses are {slice_.addressType}, those of {subject_of(service)} are {names}"
    yield from _port_reasons(slice_, service)


def _port_reasons(slice_: EndpointSlice, service: Service) -> Iterator[tuple[Path, str]]:
    service_ports = [(port.name or "", protocol(port)) for port in service.spec.ports or ()]
    ports = slice_.ports or []
    if not ports:
        yield (), "it has no port"
    elif all(port.port is None for port in ports):
        yield ("ports", 0), "its port has no number"
    elif not any((port.name or "", port.protocol or "TCP") in service_ports for port in ports):
        slice_ports = [(port.name or "", str(port.protocol or "TCP")) for port in ports]
        yield (
            ("ports", 0, "name") if ports[0].name else ("ports", 0),
            f"it has {_port_names(slice_ports)}, and {subject_of(service)} has {_port_names(service_ports)}",
        )


def _port_names(ports: list[tuple[str, str]]) -> str:
    names = [f"{transport} port {name!r}" if name else f"an unnamed {transport} port" for name, transport in ports]
    return shortened(names) or "no port"


def surplus_endpoint_addresses(cluster: Cluster) -> Iterator[Violation]:
    """An endpoint has several addresses, of which only the first is used."""
    slices = cluster.view.slices
    for number in slices.foreign if slices.have_surplus else ():
        rows = list(filter(slices.surplus, slices.endpoints(number)))
        if rows:
            unused = slices.surplus(rows[0])
            yield Violation(
                slices.subject(number),
                slices.address_path(number, rows[0], 1),
                f"{shortened(unused)} {inflected(len(unused), 'is', 'are')} not used, as consumers read the "
                f"first address of an endpoint alone{likewise(len(rows) - 1)}",
                {"unused": [text for row in rows for text in slices.surplus(row)]},
            )


def stale_mirrored_slices(cluster: Cluster) -> Iterator[Violation]:
    """A slice that was mirrored from Endpoints is left, although nothing is mirrored any longer."""
    existing = {(endpoints.namespace, endpoints.name) for endpoints in cluster.view.objects("Endpoints")}
    slices = cluster.view.slices
    for number in slices.foreign:
        key = slices.service(number)
        service = cluster.view.service_named.get(key)
        if service is None or slices[number].labels.get(MANAGED_BY) != MIRRORING or not slices.endpoints(number):
            continue
        if has_pods(service):
            yield _leftover(cluster, number, service, ("spec", "selector"), "selects pods")
        elif key not in existing and cluster.view.is_complete("Endpoints", service.namespace):
            yield _leftover(cluster, number, service, (), "has no Endpoints")


def _leftover(cluster: Cluster, number: int, service: Service, path: Path, why: str) -> Violation:
    slices = cluster.view.slices
    family = slices.family(number) or 4
    texts = [addresses.text(family, address) for address in slices.addresses(slices.endpoints(number), family)]
    return Violation(
        slices.subject(number),
        ("metadata", "labels", MANAGED_BY),
        f"{shortened(texts)} {inflected(len(texts), 'was', 'were')} mirrored from Endpoints, "
        f"but {subject_of(service)} {why}",
        {"addresses": texts, "service": str(subject_of(service))},
        (Related(subject_of(service), path, why),),
    )


def slices_without_services(cluster: Cluster) -> Iterator[Violation]:
    """A slice names a Service that does not exist."""
    slices = cluster.view.slices
    for number in range(len(slices)):
        namespace, name = slices.service(number)
        exists = (namespace, name) in cluster.view.service_named or (namespace, name) == API_SERVER
        if name and not exists and slices.endpoints(number):
            yield Violation(
                slices.subject(number),
                ("metadata", "labels", SERVICE_NAME),
                f"there is no Service {name} in namespace {namespace}",
                {"service": name, "endpoints": len(slices.endpoints(number))},
            )


def endpoints_on_unknown_nodes(cluster: Cluster) -> Iterator[Violation]:
    """An endpoint that no controller looks after is said to be on a node that does not exist."""
    slices = cluster.view.slices
    for number in slices.foreign:
        if is_of_another_cluster(slices[number]):
            continue
        unknown = {
            row: name
            for row in slices.endpoints(number)
            if (name := slices.node(row)) and name not in cluster.view.node_named
        }
        if unknown:
            first = next(iter(unknown))
            names = list(dict.fromkeys(unknown.values()))
            yield Violation(
                slices.subject(number),
                (*slices.endpoint_path(number, first), "nodeName"),
                f"there is no Node {shortened(names)}",
                {"nodes": names, "endpoints": len(unknown)},
            )


def endpoint_addresses_without_pods(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """An endpoint outside of the EndpointSlice controller's care names a pod, or a pod address, that is not there."""
    slices = cluster.view.slices
    for number in slices.foreign:
        dead = [(row, why) for row in slices.endpoints(number) if (why := _why_dead(cluster, number, row))]
        if not dead:
            continue
        first, why = dead[0]
        yield Violation(
            slices.subject(number),
            slices.address_path(number, first),
            why + likewise(len(dead) - 1),
            {"reasons": [reason for _, reason in dead]},
            mitigated=not (cluster.view.is_complete("Pod") or any(slices.targets_pod(row) for row, _ in dead)),
        )


def conflicting_endpoints(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Endpoints of a Service that selects pods do not list what its slices list."""
    if is_disabled(Controller.ENDPOINTS, cluster.pods):
        yield Undecided(None, SWITCHED_OFF.format(Controller.ENDPOINTS.value[0]), Reason.NOT_APPLICABLE)
        return
    for contrast in endpoints_api.unlike_controller_slices(cluster):
        yield _conflict(contrast, "the EndpointSlices", endpoints_api.may_be_outdated(cluster, contrast))


def unmirrored_endpoints(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Endpoints that somebody wrote are not what kube-proxy reads of them."""
    if is_disabled(Controller.MIRRORING, cluster.pods):
        yield Undecided(None, SWITCHED_OFF.format(Controller.MIRRORING.value[0]), Reason.NOT_APPLICABLE)
        return
    for contrast in endpoints_api.unlike_mirrored_slices(cluster):
        yield _conflict(contrast, "the mirrored EndpointSlices")


def _conflict(contrast: EndpointsContrast, slices: str, mitigated: bool = False) -> Violation:
    listed_here = contrast.differing_addresses & _values(contrast.in_endpoints.all)
    first = min(listed_here or contrast.differing_addresses)
    differing = [addresses.text(*address) for address in sorted(contrast.differing_addresses)]
    return Violation(
        subject_of(contrast.endpoints),
        endpoints_api.address_path(contrast.endpoints, *first),
        "; ".join(_differences(contrast, f"{slices} of {subject_of(contrast.service)}")),
        {"addresses": differing, "service": contrast.service.name},
        (Related(subject_of(contrast.service), ("spec",), "is the Service"),),
        mitigated=mitigated,
    )


def _differences(contrast: EndpointsContrast, slices: str) -> Iterator[str]:
    endpoints_alone, slices_alone = _values(contrast.only_in_endpoints), _values(contrast.only_in_slices)
    differences = {
        f"ready in {slices}, but not here": _values(contrast.in_slices.ready & contrast.in_endpoints.not_ready),
        f"ready here, but not in {slices}": _values(contrast.in_endpoints.ready & contrast.in_slices.not_ready),
        f"listed with other ports in {slices}": endpoints_alone & slices_alone,
        f"listed in {slices}, but not here": slices_alone - endpoints_alone,
        f"listed here, but not in {slices}": endpoints_alone - slices_alone,
    }
    for difference, values in differences.items():
        if values:
            texts = [addresses.text(*value) for value in sorted(values)]
            yield f"{shortened(texts)} {inflected(len(texts), 'is', 'are')} {difference}"


def _values(pairs: set[PortAddress]) -> set[tuple[int, int]]:
    return {pair[1:] for pair in pairs}


def _why_dead(cluster: Cluster, number: int, row: int) -> str:
    """Why no live pod answers at an endpoint; empty where one may."""
    slices = cluster.view.slices
    family = slices.family(number)
    address = slices.address(row, family) if family else 0
    if not (family and address):
        return ""
    text = addresses.text(family, address)
    if slices.targets_pod(row):
        namespace, name = slices.target_namespace(row) or slices[number].namespace, slices.target(row)
        if not cluster.view.is_complete("Pod", namespace):
            return ""
        holders = cluster.services.pod_at.get((family, address), ())
        is_holder = any(cluster.pods.order(pod) == (namespace, name) for pod in holders)
        return "" if is_holder else f"{text} is no address of a live Pod {namespace}/{name}"
    if (family, address) in cluster.services.pod_at or family not in cluster.pods.families:
        return ""
    ranges = cluster.ranges.plan.containing(family, address, Role.NODE_POD)
    return f"{text} lies in {ranges[0]} of {ranges[0].subject}, and no live pod has it" if ranges else ""


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
