"""Endpoints: what the EndpointSlice controller should have written, held against what is there.

The expected endpoints are recomputed as the controller does it. Slices are compared as sets over all
slices of a Service, never by name or packing.
Source: k8s.io/endpointslice (reconciler.go, utils.go, util/controller_utils.go),
k8s.io/kubernetes/pkg/controller/endpointslice/endpointslice_controller.go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from netlint import addresses
from netlint.model.pods import Pods
from netlint.model.pods.endpoint_conditions import DEMANDED, IS_LISTED, Conditions, conditions
from netlint.model.services.digests import Digests
from netlint.objects.core import Service, ServicePort
from netlint.objects.discovery import EndpointSlice
from netlint.objects.pod import ContainerPort
from netlint.snapshot.pods import stamp
from netlint.snapshot.shapes import ContainerShape, PodShape
from netlint.snapshot.slices import SliceTable

SERVICE_NAME = "kubernetes.io/service-name"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"
CONTROLLER = "endpointslice-controller.k8s.io"
MIRRORING = "endpointslicemirroring-controller.k8s.io"
TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time"
API_SERVER = ("default", "kubernetes")  # namespace and name of the slice that API servers write
FIND_SIDECARS = (1, 33)  # kubernetes/kubernetes#128850, in no earlier release
FAMILY_NAMES = {4: "IPv4", 6: "IPv6"}
FAMILY_NUMBERS = {name: number for number, name in FAMILY_NAMES.items()}

Port = tuple[str, int | None, str]  # name, number, protocol
Endpoints = dict[tuple[int, str], list[tuple[int, int]]]  # address and target: slice number and endpoint row


@dataclass(frozen=True, slots=True)
class Mismatch:
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
    mismatched: list[tuple[int, int, int, list[Mismatch]]] = field(default_factory=list)
    changed: int = 0  # newest change of the slices, 0 where they do not say


def resolved_port(port: ServicePort, containers: Iterable[ContainerShape], sidecars: bool = True) -> int | None:
    """The number that a Service port has on a pod with these containers; None where a name is not found.

    A name is looked for in the containers first, then in init containers that keep running (``sidecars``;
    controllers before ``FIND_SIDECARS`` do not), and name and protocol must both match (``FindPort``).
    """
    target = port.targetPort
    if not isinstance(target, str):
        return target or port.port
    if target == "":
        return port.port
    for wanted in (False, True) if sidecars else (False,):
        for container in containers:
            if container.init is not wanted or (container.init and not container.sidecar):
                continue
            for declared in container.ports:
                if declared.name == target and protocol(declared) == protocol(port):
                    return declared.containerPort
    return None


def protocol(port: ContainerPort | ServicePort) -> str:
    """The port's protocol; TCP where none is written."""
    return port.protocol or "TCP"


def expected_ports(service: Service, shape: PodShape, sidecars: bool = True) -> frozenset[Port]:
    """The ports of the slice in which pods of this shape stand; ``sidecars``: see ``resolved_port``."""
    found = []
    for port in service.spec.ports or ():
        number = resolved_port(port, shape.containers, sidecars)
        if number is not None:
            found.append((port.name or "", number, protocol(port)))
    return frozenset(found)


def families(service: Service) -> list[int]:
    """The address families for which the controller writes slices."""
    spec = service.spec
    named = [FAMILY_NUMBERS[family] for family in spec.ipFamilies or () if family in FAMILY_NUMBERS]
    if named:
        return named
    if spec.clusterIP and spec.clusterIP != "None":
        return [addresses.parse(spec.clusterIP)[0]]
    return [4, 6]


def has_pods(service: Service) -> bool:
    """Whether its endpoints come from pods: it has a selector and is not of type ExternalName."""
    return bool(service.spec.selector) and service.spec.type != "ExternalName"


def is_headless(service: Service) -> bool:
    """Whether it asked for no cluster IP."""
    return service.spec.clusterIP == "None"


def is_foreign(piece: EndpointSlice) -> bool:
    """Whether neither the EndpointSlice controller nor an API server wrote the slice."""
    return piece.labels.get(MANAGED_BY) != CONTROLLER and (piece.namespace, piece.name) != API_SERVER


class EndpointModel:
    """Compares Services with their slices.

    Nearly every Service is served right, so what its pods demand and what its slices say are first
    compared as sums of digests; only where these differ, each endpoint is looked at.
    """

    def __init__(
        self,
        services: Iterable[Service],
        pods: Pods,
        slices: SliceTable,
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
        for number, piece in enumerate(slices.slices):
            labels = piece.labels
            if labels.get(MANAGED_BY) == CONTROLLER:
                key = (piece.namespace, labels.get(SERVICE_NAME, ""), piece.addressType)
                self._of_service.setdefault(key, []).append(number)
        others = self._of_others() if replaced else set()
        judged = [one for one in services if has_pods(one) and (one.namespace, one.name) not in others]
        digests = Digests(pods, slices, self._misplaced)
        self.differences = [found for service in judged for found in self._differences(service, digests)]

    @cached_property
    def stale_targets(self) -> dict[tuple[str, str], int]:
        """The rows of the pods that stale endpoints name, by namespace and name, where they exist."""
        target = self._slices.target
        return self._pods.named(
            {(found.service.namespace, target[row]) for found in self.differences for _, row in found.stale}
        )

    def _of_others(self) -> set[tuple[str, str]]:
        """The Services of slices that others keep than the controller and that of Endpoints."""
        pieces = [piece for piece in self._slices.slices if is_foreign(piece)]
        kept = [piece for piece in pieces if piece.labels.get(MANAGED_BY) != MIRRORING]
        return {(piece.namespace, piece.labels.get(SERVICE_NAME, "")) for piece in kept}

    def slices_of(self, service: Service, family: int) -> list[int]:
        """Numbers of the slices that the controller keeps for a Service in one family."""
        return self._of_service.get((service.namespace, service.name, FAMILY_NAMES[family]), [])

    def expected_rows(self, service: Service) -> list[int]:
        """The pods that the controller puts into the Service's slices, where they have an address."""
        flags, publish = self._pods.table.flags, bool(service.spec.publishNotReadyAddresses)
        return [
            row
            for row in self._pods.having(service.namespace, service.spec.selector or {})
            if IS_LISTED[flags[row]] and (publish or row not in self._misplaced)
        ]

    def _differences(self, service: Service, digests: Digests) -> Iterator[Difference]:
        shapes = self._pods.shapes_having(service.namespace, service.spec.selector or {})
        for family in families(service):
            numbers = self.slices_of(service, family)
            if self._demands(digests, service, family, shapes) != self._says(digests, family, numbers):
                found = self._compare(service, family, self.expected_rows(service), numbers)
                if found.stale or found.missing or found.mismatched:
                    yield found

    def _demands(
        self, digests: Digests, service: Service, family: int, shapes: Sequence[int]
    ) -> dict[frozenset[Port], int]:
        """The endpoints that the pods of these shapes demand, by the ports of their slices."""
        publish = bool(service.spec.publishNotReadyAddresses)
        ports: dict[int, frozenset[Port]] = {}
        demanded: defaultdict[frozenset[Port], int] = defaultdict(int)
        for number in shapes:
            shape = self._pods.table.shapes[number]
            found = digests.demanded(number, family, publish, shape.subdomain == service.name)
            if found:
                sort = self._pods.sorts[number]
                if sort not in ports:
                    ports[sort] = expected_ports(service, shape)
                demanded[ports[sort]] += found
        return demanded

    def _says(self, digests: Digests, family: int, numbers: list[int]) -> dict[frozenset[Port], int]:
        """The endpoints that slices list, by their ports: nearly always exactly what the pods demand."""
        said: defaultdict[frozenset[Port], int] = defaultdict(int)
        for number in numbers:
            found = digests.listed(number, family)
            if found:
                said[slice_ports(self._slices.slices[number])] += found
        return said

    def _compare(self, service: Service, family: int, rows: list[int], numbers: list[int]) -> Difference:
        found = Difference(service, family)
        actual = self._actual(found, numbers)
        for row in rows:
            address = self._pods.address(row, family)
            listed = actual.pop((address, self._pods.name(row)), None) if address else []
            if listed is None:
                found.missing.append(row)
            elif listed:
                self._judge(found, listed, row)
        found.stale = [pair for pairs in actual.values() for pair in pairs]
        self._retarget(found)
        found.stale.sort(key=lambda pair: (self._slices.slices[pair[0]].name, pair[1]))
        found.missing.sort(key=self._pods.order)
        found.mismatched.sort(key=lambda wrong: self._pods.order(wrong[2]))
        return found

    def _actual(self, found: Difference, numbers: list[int]) -> Endpoints:
        """The endpoints of all slices by address and target.

        While the controller moves an endpoint to another slice, it stands in both.
        """
        table = self._slices
        actual: Endpoints = {}
        for number in numbers:
            found.changed = max(found.changed, stamp(table.slices[number].annotations.get(TRIGGER_TIME)))
            for row in table.endpoints(number):
                key = (table.address(row, found.family), table.target[row])
                actual.setdefault(key, []).append((number, row))
        return actual

    def _judge(self, found: Difference, listed: list[tuple[int, int]], row: int) -> None:
        """One right copy is enough."""
        verdicts = [self._mismatches(found.service, number, at, row) for number, at in listed]
        if all(verdicts):
            found.mismatched.append((*listed[0], row, verdicts[0]))

    def _mismatches(self, service: Service, number: int, at: int, row: int) -> list[Mismatch]:
        pods, table = self._pods, self._slices
        found = []
        ports = expected_ports(service, pods.shape(row))
        actual_ports = slice_ports(table.slices[number])
        if actual_ports != ports and not self._is_overlooked(service, row, actual_ports):
            found.append(Mismatch("ports", ports, actual_ports))
        wanted, actual = self.expected_conditions(service, row), conditions(table, at)
        if wanted != actual:
            found.append(Mismatch("conditions", wanted, actual))
        node = table.strings.texts[table.node[at]]
        if node != pods.node(row):
            found.append(Mismatch("nodeName", pods.node(row), node))
        uid = table.target_uid[at]
        if uid and pods.table.uid[row] and uid != pods.table.uid[row]:
            found.append(Mismatch("targetRef.uid", "the pod's", "another pod's"))
        hostname = self.expected_hostname(service, row)
        actual_hostname = table.hostname[at]
        if hostname != actual_hostname:
            found.append(Mismatch("hostname", hostname, actual_hostname))
        return found

    def _is_overlooked(self, service: Service, row: int, ports: frozenset[Port]) -> bool:
        """Whether only ports of sidecars are left out by a controller that knows none."""
        return self._overlooks_sidecars and ports == expected_ports(service, self._pods.shape(row), sidecars=False)

    def shows_port(self, service: Service, name: str) -> bool | None:
        """Whether a slice of the Service has a number for this port; None where no slice lists an endpoint."""
        numbers = [number for family in families(service) for number in self.slices_of(service, family)]
        listing = [self._slices.slices[number] for number in numbers if self._slices.endpoints(number)]
        shown = [each == name and value is not None for piece in listing for each, value, _ in slice_ports(piece)]
        return any(shown) if listing else None

    def expected_conditions(self, service: Service, row: int) -> Conditions:
        """The conditions that the controller gives the endpoint of a pod."""
        return DEMANDED[bool(service.spec.publishNotReadyAddresses)][self._pods.table.flags[row]]

    def expected_hostname(self, service: Service, row: int) -> str:
        """The hostname of a pod's endpoint: its own, if its subdomain is this Service (endpointslice/utils.go)."""
        hostname = self._pods.hostname(row)
        return hostname if hostname and self._pods.shape(row).subdomain == service.name else ""

    def _retarget(self, found: Difference) -> None:
        """An address that is stale for one pod and missing for another names the wrong pod."""
        if not (found.stale and found.missing):
            return
        at = {self._slices.address(row, found.family): (number, row) for number, row in found.stale}
        for row in list(found.missing):
            pair = at.pop(self._pods.address(row, found.family), None)
            if pair is None:
                continue
            wrong = Mismatch("targetRef.name", self._pods.name(row), self._slices.target[pair[1]])
            found.missing.remove(row)
            found.stale.remove(pair)
            found.mismatched.append((*pair, row, [wrong]))


def slice_ports(piece: EndpointSlice) -> frozenset[Port]:
    """The ports of a slice."""
    return frozenset([(port.name or "", port.port, port.protocol or "TCP") for port in piece.ports or ()])
