"""Endpoints: what the EndpointSlice controller should have written, held against what is there.

The expected endpoints are recomputed as the controller does it. Slices are compared as sets over all
slices of a Service, never by name or packing.
Source: k8s.io/endpointslice (reconciler.go, utils.go, util/controller_utils.go),
k8s.io/kubernetes/pkg/controller/endpointslice/endpointslice_controller.go.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from netlint.addresses import FAMILY_NAMES
from netlint.model.pods import Pods
from netlint.model.pods.endpoint_conditions import Conditions
from netlint.model.services.endpoint_digests import Digests
from netlint.model.services.service_ports import Port, expected_ports, slice_ports
from netlint.model.services.service_spec import families, has_pods
from netlint.model.slices import EndpointSlices
from netlint.model.slices.slice_keepers import CONTROLLER, MIRRORING, last_change
from netlint.objects.core import Service
from netlint.objects.discovery import MANAGED_BY

Listings = dict[tuple[int, str], list[tuple[int, int]]]
"""By address and target: the slice number and the endpoint row of every endpoint that lists them."""


@dataclass(frozen=True, slots=True)
class EndpointMismatch:
    """One property of an endpoint that is not what the pod demands."""

    field: str
    expected: object
    actual: object


@dataclass(slots=True)
class Difference:
    """How the slices of one Service differ from its pods, in one family.

    ``stale``: endpoint rows that no pod of the Service demands; ``missing``: pod rows without an
    endpoint; ``mismatched``: endpoint row, pod row, and what is wrong.
    """

    service: Service
    family: int
    stale: list[tuple[int, int]] = field(default_factory=list)  # slice number, endpoint row
    missing: list[int] = field(default_factory=list)
    mismatched: list[tuple[int, int, int, list[EndpointMismatch]]] = field(default_factory=list)
    changed: int = 0  # newest change of the slices, 0 where they do not say


class EndpointModel:
    """The Services, held against their slices.

    Nearly every Service is served right, so what its pods demand and what its slices list are first
    compared as sums of digests; only where these differ, each endpoint is looked at.
    """

    def __init__(
        self,
        services: Iterable[Service],
        pods: Pods,
        slices: EndpointSlices,
        nodes: set[str] | None,
        overlooks_sidecars: bool = False,
        replaced: bool = False,
    ) -> None:
        """``nodes``: the names of all nodes; None where they are not known completely.

        ``overlooks_sidecars``: the controller may be of a release before ``FIND_SIDECARS``. ``replaced``: it is
        switched off, so that Services with slices of others are none of its business.
        """
        self._pods = pods
        self._overlooks_sidecars = overlooks_sidecars
        self._slices = slices
        self._misplaced = set() if nodes is None else pods.on_others(nodes)
        self._of_service: dict[tuple[str, str, str | None], list[int]] = {}
        for number, slice_ in enumerate(slices):
            if slice_.labels.get(MANAGED_BY) == CONTROLLER:
                key = (*slices.service(number), slice_.addressType)
                self._of_service.setdefault(key, []).append(number)
        others = self._of_others() if replaced else set()
        judged = [item for item in services if has_pods(item) and (item.namespace, item.name) not in others]
        digests = Digests(pods, slices, self._misplaced)
        self.differences = [difference for service in judged for difference in self._differences(service, digests)]

    @cached_property
    def stale_targets(self) -> dict[tuple[str, str], int]:
        """The rows of the pods that stale endpoints name, by namespace and name, where they exist."""
        return self._pods.named(
            {
                (difference.service.namespace, self._slices.target(row))
                for difference in self.differences
                for _, row in difference.stale
            }
        )

    def _of_others(self) -> set[tuple[str, str]]:
        """The Services of slices that others keep than the controller and that of Endpoints."""
        slices = self._slices
        foreign = [number for number in slices.foreign if slices[number].labels.get(MANAGED_BY) != MIRRORING]
        return set(map(slices.service, foreign))

    def slices_of(self, service: Service, family: int) -> list[int]:
        """Numbers of the slices that the controller keeps for a Service in one family."""
        return self._of_service.get((service.namespace, service.name, FAMILY_NAMES[family]), [])

    def expected_rows(self, service: Service) -> list[int]:
        """The pods that the controller puts into the Service's slices, where they have an address."""
        pods, publish = self._pods, bool(service.spec.publishNotReadyAddresses)
        return [
            row
            for row in pods.having(service.namespace, service.spec.selector or {})
            if pods.is_listed(row) and (publish or row not in self._misplaced)
        ]

    def _differences(self, service: Service, digests: Digests) -> Iterator[Difference]:
        shapes = self._pods.shapes_having(service.namespace, service.spec.selector or {})
        for family in families(service):
            numbers = self.slices_of(service, family)
            if self._demanded(digests, service, family, shapes) != self._listed(digests, family, numbers):
                difference = self._compare(service, family, self.expected_rows(service), numbers)
                if difference.stale or difference.missing or difference.mismatched:
                    yield difference

    def _demanded(
        self, digests: Digests, service: Service, family: int, shapes: Sequence[int]
    ) -> dict[frozenset[Port], int]:
        """The endpoints that the pods of these shapes demand, by the ports of their slices."""
        publish, signatures = bool(service.spec.publishNotReadyAddresses), self._pods.container_signatures
        ports: dict[int, frozenset[Port]] = {}
        sums: defaultdict[frozenset[Port], int] = defaultdict(int)
        for number in shapes:
            shape, signature = self._pods.shapes[number], signatures[number]
            digest = digests.demanded(number, family, publish, shape.subdomain == service.name)
            if digest:
                if signature not in ports:
                    ports[signature] = expected_ports(service, shape)
                sums[ports[signature]] += digest
        return sums

    def _listed(self, digests: Digests, family: int, numbers: list[int]) -> dict[frozenset[Port], int]:
        """The endpoints that slices list, by their ports: nearly always exactly what the pods demand."""
        sums: defaultdict[frozenset[Port], int] = defaultdict(int)
        for number in numbers:
            digest = digests.listed(number, family)
            if digest:
                sums[slice_ports(self._slices[number])] += digest
        return sums

    def _compare(self, service: Service, family: int, rows: list[int], numbers: list[int]) -> Difference:
        difference = Difference(
            service, family, changed=max((last_change(self._slices[n]) for n in numbers), default=0)
        )
        actual = self._actual(family, numbers)
        for row in rows:
            address = self._pods.address(row, family)
            listed = actual.pop((address, self._pods.name(row)), None) if address else []
            if listed is None:
                difference.missing.append(row)
            elif listed:
                self._judge(difference, listed, row)
        difference.stale = [pair for pairs in actual.values() for pair in pairs]
        difference.stale.sort(key=lambda pair: (self._slices[pair[0]].name, pair[1]))
        difference.missing.sort(key=self._pods.order)
        self._retarget(difference)
        difference.mismatched.sort(key=lambda wrong: self._pods.order(wrong[2]))
        return difference

    def _actual(self, family: int, numbers: list[int]) -> Listings:
        """The endpoints of all slices.

        While the controller moves an endpoint to another slice, it stands in both.
        """
        slices = self._slices
        listings: Listings = {}
        for number in numbers:
            for row in slices.endpoints(number):
                key = (slices.address(row, family), slices.target(row))
                listings.setdefault(key, []).append((number, row))
        return listings

    def _judge(self, difference: Difference, listed: list[tuple[int, int]], row: int) -> None:
        """One right copy is enough."""
        verdicts = [self._mismatches(difference.service, number, endpoint, row) for number, endpoint in listed]
        if all(verdicts):
            difference.mismatched.append((*listed[0], row, verdicts[0]))

    def _mismatches(self, service: Service, number: int, endpoint: int, row: int) -> list[EndpointMismatch]:
        pods, slices = self._pods, self._slices
        mismatches = []
        ports, actual_ports = expected_ports(service, pods.shape(row)), slice_ports(slices[number])
        if actual_ports != ports and not self._is_overlooked(service, row, actual_ports):
            mismatches.append(EndpointMismatch("ports", ports, actual_ports))
        uid = slices.target_uid(endpoint)
        differs = bool(uid and pods.uid(row) and uid != pods.uid(row))
        compared = {
            "conditions": (self.expected_conditions(service, row), slices.conditions(endpoint)),
            "nodeName": (pods.node(row), slices.node(endpoint)),
            "targetRef.uid": ("the pod's", "another pod's" if differs else "the pod's"),
            "hostname": (self.expected_hostname(service, row), slices.hostname(endpoint)),
        }
        mismatches += [
            EndpointMismatch(name, expected, actual)
            for name, (expected, actual) in compared.items()
            if expected != actual
        ]
        return mismatches

    def _is_overlooked(self, service: Service, row: int, ports: frozenset[Port]) -> bool:
        """Whether only ports of sidecars are left out by a controller that knows none."""
        return self._overlooks_sidecars and ports == expected_ports(service, self._pods.shape(row), sidecars=False)

    def shows_port(self, service: Service, name: str) -> bool | None:
        """Whether a slice of the Service has a number for this port; None where no slice lists an endpoint."""
        numbers = [number for family in families(service) for number in self.slices_of(service, family)]
        listing = [self._slices[number] for number in numbers if self._slices.endpoints(number)]
        shown = [each == name and value is not None for slice_ in listing for each, value, _ in slice_ports(slice_)]
        return any(shown) if listing else None

    def expected_conditions(self, service: Service, row: int) -> Conditions:
        """The conditions that the controller gives the endpoint of a pod."""
        return self._pods.demanded_conditions(row, bool(service.spec.publishNotReadyAddresses))

    def expected_hostname(self, service: Service, row: int) -> str:
        """The hostname of a pod's endpoint: its own, if its subdomain is this Service (endpointslice/utils.go)."""
        hostname = self._pods.hostname(row)
        return hostname if hostname and self._pods.shape(row).subdomain == service.name else ""

    def _retarget(self, difference: Difference) -> None:
        """An endpoint that is stale names the wrong pod where one with its address is missing.

        Pods on their nodes' network share addresses, so that several of an address may be stale and missing.
        """
        if not (difference.stale and difference.missing):
            return
        stale_at: defaultdict[int, deque[tuple[int, int]]] = defaultdict(deque)
        for number, row in difference.stale:
            stale_at[self._slices.address(row, difference.family)].append((number, row))
        for row in list(difference.missing):
            stale = stale_at[self._pods.address(row, difference.family)]
            if not stale:
                continue
            pair = stale.popleft()
            wrong = EndpointMismatch("targetRef.name", self._pods.name(row), self._slices.target(pair[1]))
            difference.missing.remove(row)
            difference.stale.remove(pair)
            difference.mismatched.append((*pair, row, [wrong]))
