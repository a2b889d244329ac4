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
MOST_MIRRORED = 1000  # addresses of a subset, --mirroring-max-endpoints-per-subset

Ports = frozenset[Port] | tuple[None]  # (None,) where no port is named
Pair = tuple[Port | None, int, int]  # port, family, address: Endpoints and slices group them in other ways


@dataclass(slots=True)
class Listed:
    """What a Service's Endpoints list, or its slices."""

    ready: set[Pair]
    waiting: set[Pair]

    @property
    def all(self) -> set[Pair]:
        """In whatever state."""
        return self.ready | self.waiting


@dataclass(frozen=True, slots=True)
class Contrast:
    """How Endpoints differ from the slices of their Service."""

    endpoints: Endpoints
    service: Service
    here: Listed
    there: Listed

    @property
    def here_alone(self) -> set[Pair]:
        """What only the Endpoints list."""
        return self.here.all - self.there.all

    @property
    def there_alone(self) -> set[Pair]:
        """What only the slices list."""
        return self.there.all - self.here.all

    @property
    def values(self) -> set[tuple[int, int]]:
        """Family and value of every address that is ready in one of them alone, or listed in one alone."""
        differing = (self.here.ready ^ self.there.ready) | (self.here.all ^ self.there.all)
        return {(family, value) for _, family, value in differing}


def ports_of(subset: EndpointsSubset) -> Ports:
    """The ports of a subset."""
    return frozenset((port.name or "", port.port, port.protocol or "TCP") for port in subset.ports or ()) or (None,)


def of_endpoints(found: Endpoints, of_families: Iterable[int]) -> Listed:
    """What Endpoints list in some families."""
    listed = Listed(set(), set())
    for subset in found.subsets or ():
        ports = ports_of(subset)
        for family in of_families:
            listed.ready.update((port, family, value) for value in subset.ready.of(family) for port in ports)
            listed.waiting.update((port, family, value) for value in subset.waiting.of(family) for port in ports)
    listed.waiting -= listed.ready
    return listed


def of_slices(slices: EndpointSlices, numbers: Iterable[int], of_families: Collection[int]) -> Listed:
    """What slices list in some families."""
    listed = Listed(set(), set())
    for number in numbers:
        family = slices.family(number)
        if family is None or family not in of_families:
            continue
        ports, rows = slice_ports(slices[number]) or (None,), slices.endpoints(number)
        for value, ready in zip(slices.addresses(rows, family), slices.readiness(rows), strict=True):
            (listed.ready if ready else listed.waiting).update((port, family, value) for port in ports)
    listed.waiting -= listed.ready
    return listed


def beside_controller(cluster: Cluster) -> Iterator[Contrast]:
    """Endpoints of Services that select pods, whose ready addresses are not those of the controller's slices.

    Where the slices are not what the pods demand, they are at fault.
    """
    wrong = _served_wrong(cluster)
    for found, service in _with_services(cluster):
        if not has_pods(service) or (service.namespace, service.name) in wrong:
            continue
        family = families(service)[0]
        numbers = cluster.services.endpoints.slices_of(service, family)
        if not numbers or _ready_here(found, family) == _ready_there(cluster.view.slices, numbers, family, service):
            continue
        here = of_endpoints(found, (family,))
        there = of_slices(cluster.view.slices, numbers, (family,))
        if service.spec.ports:  # pods without any of them stand in slices alone
            there.ready = {pair for pair in there.ready if pair[0]}
        yield from _judged(cluster, Contrast(found, service, here, there))


def _ready_here(found: Endpoints, family: int) -> dict[Port | None, set[int]]:
    """The ready addresses by port: nearly always what the slices say."""
    ready: defaultdict[Port | None, set[int]] = defaultdict(set)
    for subset in found.subsets or ():
        values = subset.ready.of(family) if subset.ready.size else ()
        for port in ports_of(subset) if values else ():
            ready[port].update(values)
    return ready


def _ready_there(
    slices: EndpointSlices, numbers: Iterable[int], family: int, service: Service
) -> dict[Port | None, set[int]]:
    ready: defaultdict[Port | None, set[int]] = defaultdict(set)
    for number in numbers:
        ports, rows = slice_ports(slices[number]), slices.endpoints(number)
        values = [*compress(slices.addresses(rows, family), slices.readiness(rows))]
        for port in ports or (() if service.spec.ports else (None,)) if values else ():
            ready[port].update(values)
    return ready


def _served_wrong(cluster: Cluster) -> set[tuple[str, str]]:
    differing = (found.service for found in cluster.services.endpoints.differences)
    return {(one.namespace, one.name) for one in differing if cluster.view.is_complete("Pod", one.namespace)}


def _judged(cluster: Cluster, found: Contrast) -> Iterator[Contrast]:
    """Without what Endpoints alone may list: they take pods by podIP, and of Nodes that do not exist."""
    service, pods = found.service, cluster.pods
    expected = set(cluster.services.endpoints.expected_rows(service))
    others = [row for row in pods.having(service.namespace, service.spec.selector or {}) if row not in expected]
    spared = {pair for row in others if pods.is_live(row) for pair in pods.addresses(row)}
    here = Listed({pair for pair in found.here.ready if pair[1:] not in spared}, found.here.waiting)
    there = Listed(found.there.ready, found.there.waiting)
    if OVER_CAPACITY in found.endpoints.annotations:
        there = Listed(there.ready & here.all, there.waiting)
    if here.ready != there.ready:  # pods that terminate wait in slices alone
        here.waiting, there.waiting = here.waiting & there.ready, there.waiting & here.ready
        yield Contrast(found.endpoints, service, here, there)


def mirrored(cluster: Cluster) -> Iterator[Contrast]:
    """Endpoints that somebody wrote for a Service without selector, and that are not what was mirrored of them."""
    copies, others = _by_service(cluster)
    for found, service in _with_services(cluster):
        key = (service.namespace, service.name)
        if service.spec.selector or service.spec.type == "ExternalName" or not is_mirrored(found):
            continue
        here = of_endpoints(found, (4, 6))
        if not (copies[key] or found.metadata.creationTimestamp):
            continue  # a manifest, of which no controller knows
        there = of_slices(cluster.view.slices, copies[key], (4, 6))
        beside = of_slices(cluster.view.slices, others[key], (4, 6))
        here.ready, here.waiting = here.ready - (beside.ready - there.all), here.waiting - (beside.all - there.all)
        if any(subset.size > MOST_MIRRORED for subset in found.subsets or ()):
            here = Listed(here.all & there.ready, here.all & there.waiting)
        contrast = Contrast(found, service, here, there)
        if contrast.values:
            yield contrast


def is_mirrored(found: Endpoints) -> bool:
    """Whether the mirroring controller looks after it."""
    skipped = found.labels.get(SKIP_MIRROR) == "true" or LEADER in found.annotations
    return not skipped and (found.namespace, found.name) != API_SERVER


def _with_services(cluster: Cluster) -> Iterator[tuple[Endpoints, Service]]:
    """Endpoints without a Service are somebody's own business, such as an election of leaders."""
    for found in cluster.view.objects("Endpoints"):
        service = cluster.view.service_named.get((found.namespace, found.name))
        if service is not None:
            yield found, service


def _by_service(cluster: Cluster) -> tuple[defaultdict[tuple[str, str], list[int]], ...]:
    """The mirrored slices of each Service, and those that others wrote."""
    copies: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    others: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    slices = cluster.view.slices
    for number in slices.foreign:
        numbers = copies if slices[number].labels.get(MANAGED_BY) == MIRRORING else others
        numbers[slices.service(number)].append(number)
    return copies, others


def place_of(found: Endpoints, family: int, value: int) -> Path:
    """The field with an address; that of all subsets where none has it."""
    for number, subset in enumerate(found.subsets or ()):
        for name, packed in (("addresses", subset.ready), ("notReadyAddresses", subset.waiting)):
            values = packed.of(family)
            if value in values:
                at: Path = ("subsets", number, name)
                return at if packed.is_mixed else (*at, values.index(value), "ip")
    return ("subsets",) if found.subsets else ()


def is_behind(cluster: Cluster, found: Contrast) -> bool:
    """Whether every pod involved changed after the Endpoints did, so that the controller may be about to write."""
    written, pods = last_change(found.endpoints), cluster.pods
    selected = pods.having(found.service.namespace, found.service.spec.selector or {})
    changed = {pair: pods.last_change(row) for row in selected for pair in pods.addresses(row)}
    return bool(written) and all(changed.get(value, 0) > written for value in found.values)
