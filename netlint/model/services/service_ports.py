"""The ports of a Service, and the numbers that they have on its pods and in its slices.

Source: k8s.io/endpointslice/util/controller_utils.go (``FindPort``), kubernetes/kubernetes#128850.
"""

from __future__ import annotations

from collections.abc import Iterable

from netlint.objects.core import Service, ServicePort
from netlint.objects.discovery import EndpointSlice
from netlint.objects.pod import ContainerPort
from netlint.snapshot.pod_shapes import ContainerShape, PodShape

FIND_SIDECARS = (1, 33)  # the first release whose controller looks for ports in sidecars

Port = tuple[str, int | None, str]  # name, number, protocol


def protocol(port: ContainerPort | ServicePort) -> str:
    """The port's protocol; TCP where none is written."""
    return port.protocol or "TCP"


def resolved_port(port: ServicePort, containers: Iterable[ContainerShape], sidecars: bool = True) -> int | None:
    """The number that a Service port has on a pod with these containers; None where a name is not found.

    A name is looked for in the containers first, then in init containers that keep running (``sidecars``;
    controllers before ``FIND_SIDECARS`` do not), and name and protocol must both match.
    """
    target = port.targetPort
    if not isinstance(target, str):
        return target or port.port
    if target == "":
        return port.port
    for init in (False, True) if sidecars else (False,):
        for container in containers:
            if container.init is not init or (container.init and not container.sidecar):
                continue
            for declared in container.ports:
                if declared.name == target and protocol(declared) == protocol(port):
                    return declared.containerPort
    return None


def expected_ports(service: Service, shape: PodShape, sidecars: bool = True) -> frozenset[Port]:
    """The ports of the slice in which pods of this shape stand; ``sidecars``: see ``resolved_port``."""
    ports = []
    for port in service.spec.ports or ():
        number = resolved_port(port, shape.containers, sidecars)
        if number is not None:
            ports.append((port.name or "", number, protocol(port)))
    return frozenset(ports)


def slice_ports(slice_: EndpointSlice) -> frozenset[Port]:
    """The ports of a slice."""
    return frozenset([(port.name or "", port.port, port.protocol or "TCP") for port in slice_.ports or ()])
