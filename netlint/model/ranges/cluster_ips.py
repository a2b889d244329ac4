"""Cluster IPs: which Service has which, from which ranges they are given, and which IPAddress records them.

Source: k8s.io/kubernetes/pkg/registry/core/service/ipallocator (cidrallocator.go, controller/repairip.go).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import RangeIndex
from netlint.model.declared.declarations import Authority, Declaration, Role
from netlint.model.ranges.address_plan import Plan
from netlint.objects.core import Service
from netlint.objects.meta import Path, condition_status
from netlint.objects.networking import IPAddress, ServiceCIDR

DEFAULT = "kubernetes"
"""The ServiceCIDR that API servers make from their flag, and make again when somebody deletes it."""
Address = tuple[int, int]


class ClusterIP(NamedTuple):
    """One address of one Service, and the field that says so."""

    service: Service
    path: Path
    family: int
    value: int

    @property
    def address(self) -> Address:
        """Family and value."""
        return self.family, self.value

    @property
    def owner(self) -> tuple[str, str]:
        """Namespace and name of the Service."""
        return self.service.namespace, self.service.name

    def __str__(self) -> str:
        """The address in its canonical form."""
        return addresses.text(self.family, self.value)


def cluster_ips(services: Iterable[Service]) -> Iterator[ClusterIP]:
    """Every address that Services have; ``clusterIP`` counts only where ``clusterIPs`` is empty."""
    for service in services:
        listed = service.spec.clusterIPs
        for index, text in enumerate(listed or [service.spec.clusterIP]):
            if text and text != "None":
                path: Path = ("spec", "clusterIPs", index) if listed else ("spec", "clusterIP")
                yield ClusterIP(service, path, *addresses.parse(text))


def shared(held: Sequence[ClusterIP]) -> list[list[ClusterIP]]:
    """Groups of cluster IPs of different Services that are the same address, by address."""
    counts = Counter([(found.family, found.value) for found in held])
    by_address: defaultdict[Address, dict[tuple[str, str], ClusterIP]] = defaultdict(dict)
    for found in held:
        if counts[found.address] > 1:
            by_address[found.address].setdefault(found.owner, found)
    return [[*group.values()] for _, group in sorted(by_address.items()) if len(group) > 1]


class ServiceRanges:
    """The ranges that cluster IPs are given from; ``given_up`` are those that are not Ready.

    ServiceCIDRs are the authority, and the API servers' flags where there are none. ``firm``: no other
    range can be in force. Without any declaration there is nothing to hold an address against.
    """

    def __init__(self, plan: Plan, service_cidrs: Sequence[ServiceCIDR], firm: bool) -> None:
        """``service_cidrs`` may lack those that nobody exported; ``firm``: whether they cannot."""
        flags = plan.strongest(Role.SERVICE, Authority.API_SERVER, Authority.OPENSHIFT)
        known = any(found.name == DEFAULT for found in service_cidrs)
        declared = plan.strongest(Role.SERVICE, Authority.SERVICE_CIDR)
        closed = {found.name for found in service_cidrs if _is_closed(found)}
        self.given_up = [found for found in declared if found.subject.name in closed]
        self.in_force = [found for found in declared if found.subject.name not in closed]
        if not known:
            self.in_force = [*self.in_force, *flags] if flags else []
        self.firm = known or firm
        self._index = RangeIndex((found.range, found) for found in self.in_force)

    @property
    def declared(self) -> bool:
        """Whether the input shows all ranges in force."""
        return bool(self.in_force)

    def holds(self, held: ClusterIP) -> bool:
        """Whether the address is inside a range in force."""
        return bool(self._index.holding(held.family, held.value))

    def around(self, held: ClusterIP) -> list[Declaration]:
        """What an address outside should be in: the ranges in force of its family, or of the other one."""
        of_family = [found for found in self.in_force if found.range.family == held.family]
        return of_family or self.in_force


def _is_closed(found: ServiceCIDR) -> bool:
    """A new one may have no condition yet."""
    return condition_status(found.status.conditions if found.status else None, "Ready") == "False"


class Records:
    """The IPAddress objects of cluster IPs, by address; those of other APIs are there too."""

    def __init__(self, ip_addresses: Iterable[IPAddress]) -> None:
        """The object is named by its address."""
        self.by_address = {addresses.parse(found.name): found for found in ip_addresses}
        self.newest = newest(self.by_address.values())

    @property
    def in_use(self) -> bool:
        """Whether API servers record cluster IPs here at all: that of ``default/kubernetes`` always is."""
        return any(parent_of(found) for found in self.by_address.values())


def parent_of(found: IPAddress) -> tuple[str, str] | None:
    """Namespace and name of the Service that an IPAddress belongs to; None for what belongs to something else."""
    parent = found.spec.parentRef
    if parent is None or parent.group or parent.resource != "services":
        return None
    return parent.namespace or "", parent.name or ""


def newest(items: Iterable[Service | IPAddress]) -> str:
    """When the last of them was made; empty where none says so."""
    return max((found.metadata.creationTimestamp or "" for found in items), default="")


def is_after(item: Service | IPAddress, last: str) -> bool:
    """Whether it was made after everything in a list that may have been read before: it cannot be in that."""
    made = item.metadata.creationTimestamp or ""
    return bool(last) and made >= last
