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
from netlint.model.ranges.service_cidrs import DEFAULT_SERVICE_CIDR
from netlint.objects.core import Service
from netlint.objects.meta import Path, condition_status
from netlint.objects.networking import IPAddress, ServiceCIDR

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


def shared_cluster_ips(cluster_ips: Sequence[ClusterIP]) -> list[list[ClusterIP]]:
    """Groups of cluster IPs of different Services that are the same address, by address."""
    counts = Counter([(cluster_ip.family, cluster_ip.value) for cluster_ip in cluster_ips])
    by_address: defaultdict[Address, dict[tuple[str, str], ClusterIP]] = defaultdict(dict)
    for cluster_ip in cluster_ips:
        if counts[cluster_ip.address] > 1:
            by_address[cluster_ip.address].setdefault(cluster_ip.owner, cluster_ip)
    return [[*group.values()] for _, group in sorted(by_address.items()) if len(group) > 1]


class ServiceRanges:
    """The ranges from which API servers allocate cluster IPs.

    ServiceCIDRs are the authority, and the API servers' flags where there are none. ``not_ready``: those whose
    ServiceCIDR is not Ready, from which nothing is allocated any more. ``are_complete``: no other range can be in
    force. Without any declaration there is nothing to hold an address against.
    """

    def __init__(self, plan: Plan, service_cidrs: Sequence[ServiceCIDR], are_complete: bool) -> None:
        """``are_complete``: whether ``service_cidrs`` are all that there are, and not only those that were exported."""
        flag_ranges = plan.strongest(Role.SERVICE, Authority.API_SERVER, Authority.OPENSHIFT)
        has_default = any(service_cidr.name == DEFAULT_SERVICE_CIDR for service_cidr in service_cidrs)
        declared = plan.strongest(Role.SERVICE, Authority.SERVICE_CIDR)
        not_ready = {service_cidr.name for service_cidr in service_cidrs if _is_not_ready(service_cidr)}
        self.not_ready = [declaration for declaration in declared if declaration.subject.name in not_ready]
        self.in_force = [declaration for declaration in declared if declaration.subject.name not in not_ready]
        if not has_default:
            self.in_force = [*self.in_force, *flag_ranges] if flag_ranges else []
        self.are_complete = has_default or are_complete
        self._index = RangeIndex((declaration.range, declaration) for declaration in self.in_force)

    @property
    def declared(self) -> bool:
        """Whether the input shows all ranges in force."""
        return bool(self.in_force)

    def contain(self, cluster_ip: ClusterIP) -> bool:
        """Whether the address is inside a range in force."""
        return bool(self._index.holding(cluster_ip.family, cluster_ip.value))

    def expected_for(self, cluster_ip: ClusterIP) -> list[Declaration]:
        """What an address outside should be in: the ranges in force of its family, or of the other one."""
        of_family = [declaration for declaration in self.in_force if declaration.range.family == cluster_ip.family]
        return of_family or self.in_force


def _is_not_ready(service_cidr: ServiceCIDR) -> bool:
    """Whether its Ready condition is False; a new one may have no condition yet."""
    return condition_status(service_cidr.status.conditions if service_cidr.status else None, "Ready") == "False"


class IPAddressRecords:
    """The IPAddress objects of cluster IPs, by address; those of other APIs are there too."""

    def __init__(self, ip_addresses: Iterable[IPAddress]) -> None:
        """``ip_addresses``: objects that are named by their addresses."""
        self.by_address = {addresses.parse(ip_address.name): ip_address for ip_address in ip_addresses}
        self.newest = newest(self.by_address.values())

    @property
    def in_use(self) -> bool:
        """Whether API servers record cluster IPs here at all: that of ``default/kubernetes`` always is."""
        return any(parent_of(ip_address) for ip_address in self.by_address.values())


def parent_of(ip_address: IPAddress) -> tuple[str, str] | None:
    """Namespace and name of the Service that an IPAddress belongs to; None for what belongs to something else."""
    parent = ip_address.spec.parentRef
    if parent is None or parent.group or parent.resource != "services":
        return None
    return parent.namespace or "", parent.name or ""


def newest(items: Iterable[Service | IPAddress]) -> str:
    """When the last of them was made; empty where none says so."""
    return max((item.metadata.creationTimestamp or "" for item in items), default="")


def is_after(item: Service | IPAddress, last: str) -> bool:
    """Whether it was made after everything in a list that may have been read before: it cannot be in that."""
    created = item.metadata.creationTimestamp or ""
    return bool(last) and created >= last
