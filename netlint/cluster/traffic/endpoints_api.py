"""Endpoints held against EndpointSlices: what two controllers made of the same pods, or one made of the other.

Source: k8s.io/kubernetes/pkg/controller/endpoint/endpoints_controller.go,
pkg/controller/endpointslicemirroring (endpointslicemirroring_controller.go, reconciler.go, utils.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

from netlint.cluster import Cluster
from netlint.model.services.service_ports import Port, slice_ports
from netlint.model.services.service_spec import families, has_pods
from netlint.model.slices import EndpointSlices
from netlint.model.slices.slice_keepers import MIRRORING, last_change
from netlint.objects.core import API_SERVER, Service
from netlint.objects.core_endpoints import Endpoints, EndpointsSubset
from netlint.objects.discovery import MANAGED_BY
from netlint.objects.meta import Path

SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror"
LEADER = "control-plane.alpha.kubernetes.io/leader"
OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity"
MAX_MIRRORED = 1000  # addresses of a subset, --mirroring-max-endpoints-per-subset

Ports = frozenset[Port] | tuple[None]  # (None,) where no port is named
PortAddress = tuple[Port | None, int, int]  # port, family, address: Endpoints and slices group them in other ways


@dataclass(slots=True)
class ListedAddresses:
    """Addresses with ports that Endpoints or slices list, by whether they are ready."""

    ready: set[PortAddress]
    not_ready: set[PortAddress]

    @property
    def all(self) -> set[PortAddress]:
        """The addresses in whatever state."""
        return self.ready | self.not_ready


@dataclass(frozen=True, slots=True)
class EndpointsContrast:
    """Endpoints and the slices of their Service, and what each of them lists."""

    endpoints: Endpoints
    service: Service
    in_endpoints: ListedAddresses
    in_slices: ListedAddresses

    @property
    def only_in_endpoints(self) -> set[PortAddress]:
        """What only the Endpoints list."""
        return self.in_endpoints.all - self.in_slices.all

    @property
    def only_in_slices(self) -> set[PortAddress]:
        """What only the slices list."""
        return self.in_slices.all - self.in_endpoints.all

    @property
    def differing_addresses(self) -> set[tuple[int, int]]:
        """Family and value of every address that is ready in one of them alone, or listed in one alone."""
        differing = (self.in_endpoints.ready ^ self.in_slices.ready) | (self.in_endpoints.all ^ self.in_slices.all)
        return {(family, value) for _, family, value in differing}


def ports_of(subset: EndpointsSubset) -> Ports:
    """The ports of a subset."""
    return frozenset((port.name or "", port.port, port.protocol or "TCP") for port in subset.ports or ()) or (None,)


def listed_in_endpoints(endpoints: Endpoints, of_families: Iterable[int]) -> ListedAddresses:
    """What Endpoints list in some families."""
    listed = ListedAddresses(set(), set())
    for subset in endpoints.subsets or ():
        ports = ports_of(subset)
        for family in of_families:
            listed.ready.update((port, family, value) for value in subset.ready.of(family) for port in ports)
            listed.not_ready.update((port, family, value) for value in subset.waiting.of(family) for port in ports)
    listed.not_ready -= listed.ready
    return listed


def listed_in_slices(slices: EndpointSlices, numbers: Iterable[int], of_families: Collection[int]) -> ListedAddresses:
    """What slices list in some families."""
    listed = ListedAddresses(set(), set())
    for number in numbers:
        family = slices.family(number)
        if family is None or family not in of_families:
            continue
        ports, rows = slice_ports(slices[number]) or (None,), slices.endpoints(number)
        for value, ready in zip(slices.addresses(rows, family), slices.readiness(rows), strict=True):
            (listed.ready if ready else listed.not_ready).update((port, family, value) for port in ports)
    listed.not_ready -= listed.ready
    return listed


def unlike_controller_slices(cluster: Cluster) -> Iterator[EndpointsContrast]:
    """Endpoints of Services that select pods, whose ready addresses are not those of the controller's slices.

    Where the slices are not what the pods demand, they are at fault.
    """
    inaccurate = _inaccurate_services(cluster)
    for endpoints, service in _with_services(cluster):
        if not has_pods(service) or (service.namespace, service.name) in inaccurate:
            continue
        family = families(service)[0]
        numbers = cluster.services.endpoints.slices_of(service, family)
        if not numbers or _ready_in_endpoints(endpoints, family) == _ready_in_slices(
            cluster.view.slices, numbers, family, service
        ):
            continue
        in_endpoints = listed_in_endpoints(endpoints, (family,))
        in_slices = listed_in_slices(cluster.view.slices, numbers, (family,))
        if service.spec.ports:  # pods without any of them stand in slices alone
            in_slices.ready = {pair for pair in in_slices.ready if pair[0]}
        yield from _without_tolerated(cluster, EndpointsContrast(endpoints, service, in_endpoints, in_slices))


def _ready_in_endpoints(endpoints: Endpoints, family: int) -> dict[Port | None, set[int]]:
    """The ready addresses by port: nearly always what the slices say."""
    ready: defaultdict[Port | None, set[int]] = defaultdict(set)
    for subset in endpoints.subsets or ():
        values = subset.ready.of(family) if subset.ready.size else ()
        for port in ports_of(subset) if values else ():
            ready[port].update(values)
    return ready


def _ready_in_slices(
    slices: EndpointSlices, numbers: Iterable[int], family: int, service: Service
) -> dict[Port | None, set[int]]:
    ready: defaultdict[Port | None, set[int]] = defaultdict(set)
    for number in numbers:
        ports, rows = slice_ports(slices[number]), slices.endpoints(number)
        values = [*compress(slices.addresses(rows, family), slices.readiness(rows))]
        for port in ports or (() if service.spec.ports else (None,)) if values else ():
            ready[port].update(values)
    return ready


def _inaccurate_services(cluster: Cluster) -> set[tuple[str, str]]:
    differing = (difference.service for difference in cluster.services.endpoints.differences)
    return {
        (service.namespace, service.name) for service in differing if cluster.view.is_complete("Pod", service.namespace)
    }


def _without_tolerated(cluster: Cluster, contrast: EndpointsContrast) -> Iterator[EndpointsContrast]:
    """The contrast without what Endpoints alone may list: they take pods by podIP, and of Nodes that do not exist."""
    service, pods = contrast.service, cluster.pods
    expected = set(cluster.services.endpoints.expected_rows(service))
    unexpected = [row for row in pods.having(service.namespace, service.spec.selector or {}) if row not in expected]
    tolerated = {pair for row in unexpected if pods.is_live(row) for pair in pods.addresses(row)}
    in_endpoints = ListedAddresses(
        {pair for pair in contrast.in_endpoints.ready if pair[1:] not in tolerated}, contrast.in_endpoints.not_ready
    )
    in_slices = ListedAddresses(contrast.in_slices.ready, contrast.in_slices.not_ready)
    if OVER_CAPACITY in contrast.endpoints.annotations:
        in_slices = ListedAddresses(in_slices.ready & in_endpoints.all, in_slices.not_ready)
    if in_endpoints.ready != in_slices.ready:  # pods that terminate wait in slices alone
        in_endpoints.not_ready, in_slices.not_ready = (
            in_endpoints.not_ready & in_slices.ready,
            in_slices.not_ready & in_endpoints.ready,
        )
        yield EndpointsContrast(contrast.endpoints, service, in_endpoints, in_slices)


def unlike_mirrored_slices(cluster: Cluster) -> Iterator[EndpointsContrast]:
    """Endpoints that somebody wrote for a Service without selector, and that are not what was mirrored of them."""
    copies, others = _by_service(cluster)
    for endpoints, service in _with_services(cluster):
        key = (service.namespace, service.name)
        if service.spec.selector or service.spec.type == "ExternalName" or not is_mirrored(endpoints):
            continue
        in_endpoints = listed_in_endpoints(endpoints, (4, 6))
        if not (copies[key] or endpoints.metadata.creationTimestamp):
            continue  # a manifest, of which no controller knows
        in_slices = listed_in_slices(cluster.view.slices, copies[key], (4, 6))
        in_other_slices = listed_in_slices(cluster.view.slices, others[key], (4, 6))
        in_endpoints.ready, in_endpoints.not_ready = (
            in_endpoints.ready - (in_other_slices.ready - in_slices.all),
            in_endpoints.not_ready - (in_other_slices.all - in_slices.all),
        )
        if any(subset.size > MAX_MIRRORED for subset in endpoints.subsets or ()):
            in_endpoints = ListedAddresses(in_endpoints.all & in_slices.ready, in_endpoints.all & in_slices.not_ready)
        contrast = EndpointsContrast(endpoints, service, in_endpoints, in_slices)
        if contrast.differing_addresses:
            yield contrast


def is_mirrored(endpoints: Endpoints) -> bool:
    """Whether the mirroring controller looks after it."""
    skipped = endpoints.labels.get(SKIP_MIRROR) == "true" or LEADER in endpoints.annotations
    return not skipped and (endpoints.namespace, endpoints.name) != API_SERVER


def _with_services(cluster: Cluster) -> Iterator[tuple[Endpoints, Service]]:
    """Endpoints without a Service are somebody's own business, such as an election of leaders."""
    for endpoints in cluster.view.objects("Endpoints"):
        service = cluster.view.service_named.get((endpoints.namespace, endpoints.name))
        if service is not None:
            yield endpoints, service


def _by_service(cluster: Cluster) -> tuple[defaultdict[tuple[str, str], list[int]], ...]:
    """The mirrored slices of each Service, and those that others wrote."""
    copies: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    others: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    slices = cluster.view.slices
    for number in slices.foreign:
        numbers = copies if slices[number].labels.get(MANAGED_BY) == MIRRORING else others
        numbers[slices.service(number)].append(number)
    return copies, others


def address_path(endpoints: Endpoints, family: int, value: int) -> Path:
    """The field with an address; that of all subsets where none has it."""
    for number, subset in enumerate(endpoints.subsets or ()):
        for name, packed in (("addresses", subset.ready), ("notReadyAddresses", subset.waiting)):
            values = packed.of(family)
            if value in values:
                path: Path = ("subsets", number, name)
                return path if packed.is_mixed else (*path, values.index(value), "ip")
    return ("subsets",) if endpoints.subsets else ()


def may_be_outdated(cluster: Cluster, contrast: EndpointsContrast) -> bool:
    """Whether every pod involved changed after the Endpoints did, so that the controller may be about to write them."""
    written, pods = last_change(contrast.endpoints), cluster.pods
    selected = pods.having(contrast.service.namespace, contrast.service.spec.selector or {})
    changed = {pair: pods.last_change(row) for row in selected for pair in pods.addresses(row)}
    return bool(written) and all(changed.get(value, 0) > written for value in contrast.differing_addresses)
