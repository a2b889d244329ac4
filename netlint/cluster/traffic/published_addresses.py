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


class PublishedAddress(NamedTuple):
    """An address in the status of an object."""

    subject: Subject
    path: Path
    family: int
    value: int

    @property
    def text(self) -> str:
        """The address."""
        return addresses.text(self.family, self.value)


def published_addresses(cluster: Cluster) -> Iterator[PublishedAddress]:
    """The addresses in the status of Services, Ingresses and Gateways; names are left out.

    So are Services with a class of load balancers: its controller may have pools of its own.
    """
    for service in cluster.view.services:
        if not service.spec.loadBalancerClass:
            yield from _load_balancer_addresses(service)
    for ingress in cluster.view.objects("Ingress"):
        yield from _load_balancer_addresses(ingress)
    for gateway in cluster.view.objects("Gateway"):
        for index, entry in enumerate((gateway.status.addresses if gateway.status else None) or ()):
            if entry.value and (entry.type or "IPAddress") == "IPAddress":
                yield from _published(subject_of(gateway), ("status", "addresses", index, "value"), entry.value)


def _load_balancer_addresses(item: Service | Ingress) -> Iterator[PublishedAddress]:
    texts = [entry.ip for entry in item.balanced]
    for index, text in enumerate(texts):
        if text:
            yield from _published(subject_of(item), (*STATUS, index, "ip"), text)


def _published(subject: Subject, path: Path, text: str) -> Iterator[PublishedAddress]:
    """Text that is no address is left to those who judge fields."""
    try:
        yield PublishedAddress(subject, path, *addresses.parse(text))
    except ValueError:
        return


class KnownOwners:
    """The load-balancer pools, Nodes and Services whose an address can be."""

    def __init__(self, cluster: Cluster) -> None:
        """The ranges of the cluster are looked up once."""
        self.pools = cluster.ranges.plan.of(Role.LOAD_BALANCER)
        self._pool_index = RangeIndex((pool.range, pool) for pool in self.pools)
        self._of_nodes = {(family, first) for family, first, last in _ranges(cluster, Role.NODE) if first == last}
        self._of_services = {(family, first) for family, first, _ in _ranges(cluster, Role.PUBLIC)}
        self._of_services |= {(ip.family, ip.value) for ip in cluster.ranges.cluster_ips}

    def have(self, published: PublishedAddress) -> bool:
        """Whether a pool or a Node has the address, or another object's Service."""
        if (published.family, published.value) in self._of_nodes or self._pool_index.holding(
            published.family, published.value
        ):
            return True
        return published.subject.kind != "Service" and (published.family, published.value) in self._of_services


def _ranges(cluster: Cluster, role: Role) -> Iterator[Range]:
    return (declaration.range for declaration in cluster.ranges.plan.of(role))


def private_external_addresses(node: Node) -> Iterator[tuple[Path, str, str]]:
    """External addresses of a Node that are private, and not its internal ones as well: field, text, meaning."""
    entries = node.status.addresses or []
    for index, entry in enumerate(entries):
        if entry.type != "ExternalIP" or not entry.address:
            continue
        if all(other.address != entry.address for other in entries if other.type == "InternalIP"):
            family, value = addresses.parse(entry.address)
            span = Range(family, value, value)
            for special in PRIVATE:
                if special.range.covers(span):
                    yield ("status", "addresses", index, "address"), entry.address, special.meaning
