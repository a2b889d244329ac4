"""The addresses at which clients find the cluster: who shows them, and whose they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from netlint import addresses
from netlint.addresses import Range, RangeIndex
from netlint.cluster import Cluster
from netlint.findings import Subject
from netlint.model.declared.declarations import Role
from netlint.model.reserved_ranges import PRIVATE
from netlint.model.subjects import subject_of
from netlint.objects.core import Node, Service
from netlint.objects.ingresses import Ingress
from netlint.objects.meta import Path

STATUS: Path = ("status", "loadBalancer", "ingress")


class Shown(NamedTuple):
    """An address in the status of an object."""

    subject: Subject
    path: Path
    family: int
    value: int

    @property
    def text(self) -> str:
        """The address."""
        return addresses.text(self.family, self.value)


def shown(cluster: Cluster) -> Iterator[Shown]:
    """The addresses in the status of Services, Ingresses and Gateways; names are left out.

    So are Services with a class of load balancers: its controller may have pools of its own.
    """
    for service in cluster.view.services:
        if not service.spec.loadBalancerClass:
            yield from _balanced(service)
    for ingress in cluster.view.objects("Ingress"):
        yield from _balanced(ingress)
    for gateway in cluster.view.objects("Gateway"):
        for index, entry in enumerate((gateway.status.addresses if gateway.status else None) or ()):
            if entry.value and (entry.type or "IPAddress") == "IPAddress":
                yield from _one(subject_of(gateway), ("status", "addresses", index, "value"), entry.value)


def _balanced(item: Service | Ingress) -> Iterator[Shown]:
    texts = [entry.ip for entry in item.balanced]
    for index, text in enumerate(texts):
        if text:
            yield from _one(subject_of(item), (*STATUS, index, "ip"), text)


def _one(subject: Subject, path: Path, text: str) -> Iterator[Shown]:
    """Text that is no address is left to those who judge fields."""
    try:
        yield Shown(subject, path, *addresses.parse(text))
    except ValueError:
        return


class Owners:
    """Whose an address can be."""

    def __init__(self, cluster: Cluster) -> None:
        """Looked up once."""
        self.pools = cluster.ranges.plan.of(Role.LOAD_BALANCER)
        self._held = RangeIndex((held.range, held) for held in self.pools)
        self._of_nodes = {(family, first) for family, first, last in _ranges(cluster, Role.NODE) if first == last}
        self._of_services = {(family, first) for family, first, _ in _ranges(cluster, Role.PUBLIC)}
        self._of_services |= {(ip.family, ip.value) for ip in cluster.ranges.cluster_ips}

    def have(self, found: Shown) -> bool:
        """Whether a pool or a Node has the address, or another object's Service."""
        if (found.family, found.value) in self._of_nodes or self._held.holding(found.family, found.value):
            return True
        return found.subject.kind != "Service" and (found.family, found.value) in self._of_services


def _ranges(cluster: Cluster, role: Role) -> Iterator[Range]:
    return (held.range for held in cluster.ranges.plan.of(role))


def private_external(node: Node) -> Iterator[tuple[Path, str, str]]:
    """External addresses of a Node that are private, and not its internal ones as well: field, text, meaning."""
    listed = node.status.addresses or []
    for index, entry in enumerate(listed):
        if entry.type != "ExternalIP" or not entry.address:
            continue
        if all(other.address != entry.address for other in listed if other.type == "InternalIP"):
            family, value = addresses.parse(entry.address)
            span = Range(family, value, value)
            for special in PRIVATE:
                if special.range.covers(span):
                    yield ("status", "addresses", index, "address"), entry.address, special.meaning
