"""The addresses outside of the cluster's ranges that Services claim: external IPs and those of load balancers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from netlint import addresses
from netlint.model.services.service_ports import protocol
from netlint.model.services.service_proxy import is_of_this_proxy
from netlint.objects.core import Service
from netlint.objects.meta import Path

PROXY_MODE = "Proxy"  # of a load balancer that keeps its address to itself: nodes do not capture it


class ClaimedAddress(NamedTuple):
    """An address that nodes capture for a Service; ``external``: the Service's author wrote it."""

    service: Service
    family: int
    value: int
    path: Path
    external: bool

    @property
    def text(self) -> str:
        """The address."""
        return addresses.text(self.family, self.value)

    @property
    def ports(self) -> set[tuple[int, str]]:
        """The ports of the Service, each with its protocol."""
        return {(port.port, protocol(port)) for port in self.service.spec.ports or () if port.port}


def claimed_addresses(services: Iterable[Service]) -> Iterator[ClaimedAddress]:
    """Every address that a Service claims."""
    for service in filter(is_of_this_proxy, services):
        for index, text in enumerate(service.spec.externalIPs or ()):
            if text:
                yield ClaimedAddress(service, *addresses.parse(text), ("spec", "externalIPs", index), True)
        for index, entry in enumerate(service.balanced):
            if entry.ip and entry.ipMode != PROXY_MODE:
                path = ("status", "loadBalancer", "ingress", index, "ip")
                yield ClaimedAddress(service, *addresses.parse(entry.ip), path, False)
