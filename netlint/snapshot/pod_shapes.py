"""What the pods of one workload have in common, decoded once from the raw JSON that they share."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import msgspec

from netlint.objects.meta import OwnerReference
from netlint.objects.pod import ContainerPort, Pod, RawContainer
from netlint.objects.problems import port_problems
from netlint.snapshot.recent import Recent
from netlint.snapshot.strings import Strings, renumbered
from netlint.snapshot.texts import Texts

_LABELS = msgspec.json.Decoder(dict[str, str] | None)
_PORTS = msgspec.json.Decoder(list[ContainerPort] | None)
_OWNERS = msgspec.json.Decoder(list[OwnerReference] | None)
_HOST_NETWORK, _OWNED = 1, 2


class ContainerShape(msgspec.Struct, frozen=True, gc=False):
    """A container's name and declared ports; ``sidecar``: an init container that keeps running."""

    name: str
    ports: tuple[ContainerPort, ...]
    init: bool = False
    sidecar: bool = False


class PodShape:
    """What pods of one workload have in common: a view of one row of a table."""

    __slots__ = ("_number", "_table")

    def __init__(self, table: ShapeTable, number: int) -> None:
        """Nothing is read before it is asked for."""
        self._table = table
        self._number = number

    def __eq__(self, other: object) -> bool:
        """Whether both say the same."""
        return isinstance(other, PodShape) and self._said == other._said

    __hash__ = None  # type: ignore[assignment]

    @property
    def _said(self) -> tuple[object, ...]:
        return self.namespace, self.raw_labels, self.containers, self.host_network, self.subdomain, self.owner

    @property
    def namespace(self) -> str:
        """``metadata.namespace``."""
        return self._table.namespace(self._number)

    @property
    def raw_labels(self) -> str:
        """``metadata.labels`` as sorted JSON."""
        return self._table.labels[self._number]

    @property
    def labels(self) -> dict[str, str]:
        """``metadata.labels``, decoded anew."""
        return _LABELS.decode(self.raw_labels) or {}

    @property
    def containers(self) -> tuple[ContainerShape, ...]:
        """Those of ``spec.containers``, then those of ``spec.initContainers``."""
        return self._table.containers[self._table.container[self._number]]

    @property
    def host_network(self) -> bool:
        """``spec.hostNetwork``."""
        return bool(self._table.flags[self._number] & _HOST_NETWORK)

    @property
    def subdomain(self) -> str:
        """``spec.subdomain``."""
        return self._table.strings.texts[self._table.subdomain[self._number]]

    @property
    def owner(self) -> tuple[str, str] | None:
        """Kind and name of the controller."""
        table, number = self._table, self._number
        if not table.flags[number] & _OWNED:
            return None
        return table.strings.texts[table.owner_kind[number]], table.owner_name[number]


class ShapeTable:
    """All shapes in columns: where no two pods have the same labels, there are as many as pods."""

    def __init__(self) -> None:
        """No shapes."""
        self.strings = Strings()  # namespaces, subdomains, kinds of owners
        self.containers: list[tuple[ContainerShape, ...]] = []  # many shapes have the same
        self.container = array("I")  # position of the containers
        self.of_namespace = array("I")
        self.subdomain = array("I")
        self.flags = array("B")
        self.owner_kind = array("I")
        self.owner_name = Texts()
        self.labels = Texts()  # sorted JSON

    def __len__(self) -> int:
        """How many."""
        return len(self.flags)

    def __getitem__(self, number: int) -> PodShape:
        """One of them."""
        return PodShape(self, number)

    def __iter__(self) -> Iterator[PodShape]:
        """All of them."""
        return map(self.__getitem__, range(len(self)))

    def namespace(self, number: int) -> str:
        """The namespace of a shape."""
        return self.strings.texts[self.of_namespace[number]]

    @property
    def namespaces(self) -> Iterator[str]:
        """The namespace of every shape."""
        return map(self.strings.texts.__getitem__, self.of_namespace)

    @property
    def host_networks(self) -> Iterator[bool]:
        """Whether the pods of every shape are in the network of their host."""
        return (bool(flags & _HOST_NETWORK) for flags in self.flags)

    @property
    def labelled(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Namespace and labels of every shape."""
        for namespace, labels in zip(self.namespaces, self.labels, strict=True):
            yield namespace, _LABELS.decode(labels) or {}

    @property
    def owners(self) -> Iterator[tuple[str, str] | None]:
        """Kind and name of the controller of every shape."""
        for flags, kind, name in zip(self.flags, self.owner_kind, self.owner_name, strict=True):
            yield (self.strings.texts[kind], name) if flags & _OWNED else None

    def add(self, pod: Pod, namespace: str, labels: str, containers: int, owner: tuple[str, str] | None) -> None:
        """Append the shape of a pod; ``containers``: their position."""
        number = self.strings.number
        kind, name = owner or ("", "")
        self.of_namespace.append(number(namespace))
        self.subdomain.append(number(pod.spec.subdomain))
        self.owner_kind.append(number(kind))
        self.container.append(containers)
        self.flags.append((_HOST_NETWORK if pod.spec.hostNetwork else 0) | (_OWNED if owner else 0))
        self.owner_name.append(name)
        self.labels.append(labels)

    def take_in(self, other: ShapeTable) -> None:
        """Append all of another table."""
        numbers, first = self.strings.merge(other.strings), len(self.containers)
        for column in ("of_namespace", "subdomain", "owner_kind"):
            getattr(self, column).extend(renumbered(getattr(other, column), numbers))
        self.container.extend(array("I", [first + position for position in other.container]))
        self.containers += other.containers
        self.flags.extend(other.flags)
        self.owner_name.take_in(other.owner_name)
        self.labels.take_in(other.labels)

    def keep(self, numbers: Sequence[int]) -> None:
        """Remove all other shapes; those behind them move up."""
        for column in ("of_namespace", "subdomain", "owner_kind", "container", "flags"):
            values = getattr(self, column)
            setattr(self, column, array(values.typecode, map(values.__getitem__, numbers)))
        self.owner_name, self.labels = self.owner_name.only(numbers), self.labels.only(numbers)


class ShapeFinder:
    """Which of the shapes a pod has; one that was not there yet is appended to them."""

    def __init__(self, shapes: ShapeTable) -> None:
        """Knows none of those that are there."""
        self._shapes = shapes
        # by the hash of what makes a shape or containers: the whole would cost more
        self._numbers: Recent[int] = Recent()
        self._containers: Recent[int] = Recent()

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
            self._add(pod, namespace, hash(declared))
            number = len(self._shapes) - 1
            self._numbers.put(key, number)
        return number

    def _add(self, pod: Pod, namespace: str, declared: int) -> None:
        meta, containers = pod.metadata, self._shapes.containers
        position = self._containers.get(declared)
        if position is None:
            containers.append(_containers(pod))
            position = len(containers) - 1
            self._containers.put(declared, position)
        labels = msgspec.json.encode(_LABELS.decode(meta.labels), order="sorted").decode()
        self._shapes.add(pod, namespace, labels, position, _controller(_OWNERS.decode(meta.ownerReferences)))


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
            return owner.kind or "", owner.name or ""
    return None
