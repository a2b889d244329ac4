"""Ports of a node that pods take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from netlint.objects.meta import Path
from netlint.objects.pod import ContainerPort
from netlint.snapshot.pod_shapes import ContainerShape

EVERY_ADDRESS = {"", "0.0.0.0", "::", None}  # noqa: S104 - what a hostPort may be bound to


class TakenPort(NamedTuple):
    """A port that a container takes on its node: where it stands, how it is written, and the node's number."""

    container: int
    position: int
    port: ContainerPort
    number: int

    def path(self, containers: Sequence[ContainerShape]) -> Path:
        """The field that takes it, from the pod or its template on."""
        field = "hostPort" if self.port.hostPort else "containerPort"
        return (*container_path(containers, self.container), "ports", self.position, field)


def taken_ports(containers: Sequence[ContainerShape], host_network: bool) -> Iterator[TakenPort]:
    """The ports of the node; with hostNetwork every declared port is one."""
    for number, container in enumerate(containers):
        if container.init and not container.sidecar:
            continue
        for index, port in enumerate(container.ports):
            host_port = port.hostPort or (port.containerPort if host_network else None)
            if host_port:
                yield TakenPort(number, index, port, host_port)


def container_path(containers: Sequence[ContainerShape], number: int) -> Path:
    """Where a container stands: init containers come after the others in a shape, but in a list of their own."""
    if containers[number].init:
        before = sum(not container.init for container in containers)
        return ("spec", "initContainers", number - before)
    return ("spec", "containers", number)
