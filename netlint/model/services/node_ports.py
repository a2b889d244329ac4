"""Node ports: which Services claim them, and which ones the API server gives out.

One number belongs to one Service, whatever the protocol: the API server keeps one map of them.
Source: k8s.io/kubernetes/pkg/registry/core/service/portallocator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from netlint.findings import Subject
from netlint.model import settings
from netlint.model.declared.control_plane import command_lines
from netlint.model.declared.declarations import Authority
from netlint.model.pods import Pods
from netlint.model.services.service_ports import protocol
from netlint.objects.core import Service
from netlint.objects.host import PORT_RANGE, RESERVED_PORTS
from netlint.objects.meta import Path

DEFAULT_RANGE = (30000, 32767)
FLAG = "service-node-port-range"


class NodePort(NamedTuple):
    """A node port that a Service claims; ``position`` is that of its port, None for health checks."""

    service: Service
    number: int
    protocol: str
    path: Path
    position: int | None


class PortRange(NamedTuple):
    """The node ports that an API server gives out; ``subject`` is its pod, None for the default."""

    first: int
    last: int
    subject: Subject | None = None
    path: Path = ()

    def __str__(self) -> str:
        """The range as the flag is written."""
        return f"{self.first}-{self.last}"


def claimed_node_ports(services: Iterable[Service]) -> Iterator[NodePort]:
    """The node ports of all Services, those for health checks included."""
    for service in services:
        for index, port in enumerate(service.spec.ports or ()):
            if port.nodePort:
                yield NodePort(service, port.nodePort, protocol(port), ("spec", "ports", index, "nodePort"), index)
        if service.spec.healthCheckNodePort:
            yield NodePort(service, service.spec.healthCheckNodePort, "TCP", ("spec", "healthCheckNodePort"), None)


def served_ranges(pods: Pods) -> list[PortRange]:
    """What the API servers are told; empty where the input shows none of them."""
    port_ranges = []
    for subject, line in command_lines(pods, Authority.API_SERVER):
        flag = settings.flags(line.words).get(FLAG)
        path = ("spec", "containers", 0, *line.field(flag.position)) if flag else ()
        first, last = _numbers(flag.value) if flag else DEFAULT_RANGE
        port_ranges.append(PortRange(first, last, subject, path))
    return port_ranges


def _numbers(text: str) -> tuple[int, int]:
    """``first-last`` or ``first+size``; what cannot be read allows every port, so that nothing follows from it."""
    first, sign, last = text.partition("-") if "-" in text else text.partition("+")
    if not (first.isdecimal() and last.isdecimal()):
        return 0, 65535
    return int(first), int(last) if sign == "-" else int(first) + int(last)


class Ephemeral(NamedTuple):
    """The ports that a host takes for outgoing connections, and those among them that it must not take."""

    first: int
    last: int
    reserved: frozenset[int]

    def takes(self, number: int) -> bool:
        """Whether it may take a port."""
        return self.first <= number <= self.last and number not in self.reserved


def ephemeral(kernel: Mapping[str, str]) -> Ephemeral | None:
    """What the kernel's parameters say (Documentation/networking/ip-sysctl.rst); None where they cannot be read."""
    try:
        first, last = map(int, kernel.get(PORT_RANGE, "").split())
        parts = [part.partition("-") for part in kernel.get(RESERVED_PORTS, "").split(",") if part.strip()]
        spans = [range(int(low), int(high or low) + 1) for low, _, high in parts]
    except ValueError:
        return None
    return Ephemeral(first, last, frozenset(number for span in spans for number in span))
