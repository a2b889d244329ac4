"""What the pods of one workload have in common, decoded once from the raw JSON that they share."""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern

import msgspec

from netlint.objects.meta import OwnerReference
from netlint.objects.pod import ContainerPort, Pod, RawContainer
from netlint.objects.problems import port_problems

_LABELS = msgspec.json.Decoder(dict[str, str] | None)
_PORTS = msgspec.json.Decoder(list[ContainerPort] | None)
_OWNERS = msgspec.json.Decoder(list[OwnerReference] | None)


class ContainerShape(msgspec.Struct, frozen=True, gc=False):
    """A container's name and declared ports; ``sidecar``: an init container that keeps running."""

    name: str
    ports: tuple[ContainerPort, ...]
    init: bool = False
    sidecar: bool = False


class PodShape(msgspec.Struct, frozen=True, gc=False):
    """What pods of one workload have in common."""

    namespace: str
    raw_labels: bytes  # sorted JSON: decoded labels of thousands of StatefulSet pods would cost more than the pods
    containers: tuple[ContainerShape, ...]
    host_network: bool
    subdomain: str
    owner: tuple[str, str] | None  # kind and name of the controller

    @property
    def labels(self) -> dict[str, str]:
        """``metadata.labels``, decoded anew."""
        return _LABELS.decode(self.raw_labels) or {}


class ShapeFinder:
    """Which of the shapes a pod has; one that was not there yet is appended to them."""

    def __init__(self, shapes: list[PodShape]) -> None:
        """Knows none of those that are there."""
        self._shapes = shapes
        self._numbers: dict[int, int] = {}  # by the hash of what makes a shape: the whole would cost more
        self._containers: dict[int, tuple[ContainerShape, ...]] = {}

    def number(self, pod: Pod, namespace: str) -> int:
        """The position of the pod's shape.

        Raises ValueError (msgspec.ValidationError included) for labels, owners or ports that are malformed.
        """
        meta, spec = pod.metadata, pod.spec
        declared: tuple[object, ...] = tuple([(c.name, bytes(c.ports)) for c in spec.containers or ()])
        if spec.initContainers:
            declared += (None, *[(c.name, bytes(c.ports), c.restartPolicy) for c in spec.initContainers])
        owners = bytes(meta.ownerReferences)
        key = hash((namespace, bytes(meta.labels), owners, spec.hostNetwork, spec.subdomain, declared))
        number = self._numbers.get(key)
        if number is None:
            shape = self._made(pod, namespace, hash(declared))
            number = self._numbers[key] = len(self._shapes)
            self._shapes.append(shape)
        return number

    def _made(self, pod: Pod, namespace: str, declared: int) -> PodShape:
        meta, spec = pod.metadata, pod.spec
        containers = self._containers.get(declared)
        if containers is None:
            containers = self._containers[declared] = _containers(pod)
        return PodShape(
            intern(namespace),
            msgspec.json.encode(_LABELS.decode(meta.labels), order="sorted"),
            containers,
            bool(spec.hostNetwork),
            intern(spec.subdomain or ""),
            _controller(_OWNERS.decode(meta.ownerReferences)),
        )


def _containers(pod: Pod) -> tuple[ContainerShape, ...]:
    shapes = tuple(_container_shapes(pod))
    for _, problem in port_problems((), [port for shape in shapes for port in shape.ports]):
        raise ValueError(problem)
    return shapes


def _container_shapes(pod: Pod) -> Iterator[ContainerShape]:
    for container in pod.spec.containers or ():
        yield ContainerShape(container.name or "", _ports(container))
    for container in pod.spec.initContainers or ():
        sidecar = container.restartPolicy == "Always"
        yield ContainerShape(container.name or "", _ports(container), init=True, sidecar=sidecar)


def _ports(container: RawContainer) -> tuple[ContainerPort, ...]:
    return tuple(_PORTS.decode(container.ports) or ())


def _controller(owners: list[OwnerReference] | None) -> tuple[str, str] | None:
    """Kind and name of the owner that controls the object."""
    for owner in owners or ():
        if owner.controller:
            return intern(owner.kind or ""), intern(owner.name or "")
    return None
