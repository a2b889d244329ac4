"""Pods in columns: 150,000 of them cost some 150 bytes each, and a lookup no object.

What replicas have in common (namespace, labels, ports, owner) is a *shape*, decoded once from the raw
JSON that its pods share; the rest is one entry per pod in a column.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import IntEnum
from sys import intern

import msgspec

from netlint import addresses
from netlint.objects.meta import OwnerReference
from netlint.objects.pod import NULL, ContainerPort, Pod, PodStatus, RawContainer
from netlint.objects.problems import port_problems
from netlint.snapshot.attached import Attached, attached
from netlint.snapshot.strings import Names, Strings, renumbered

CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-proxy")
SUPPRESSION = b'"ignore.netlint.dev/'
_MASK = (1 << 64) - 1
_LABELS = msgspec.json.Decoder(dict[str, str] | None)
_WORDS = msgspec.json.Decoder(list[str] | None)
_WORD = msgspec.json.Decoder(str | None)
_PORTS = msgspec.json.Decoder(list[ContainerPort] | None)


class Phase(IntEnum):
    """``status.phase``; ABSENT also stands for a pod without status."""

    ABSENT = 0
    PENDING = 1
    RUNNING = 2
    SUCCEEDED = 3
    FAILED = 4
    UNKNOWN = 5


PHASES = {
    None: Phase.ABSENT,
    "Pending": Phase.PENDING,
    "Running": Phase.RUNNING,
    "Succeeded": Phase.SUCCEEDED,
    "Failed": Phase.FAILED,
    "Unknown": Phase.UNKNOWN,
}
COLUMNS = (
    "shape",
    "node",
    "host_ip",
    "hostname",
    "flags",
    "v4",
    "v6_high",
    "v6_low",
    "uid",
    "changed",
    "origin",
)
PHASE_BITS = 7
READY = 8
TERMINATING = 16
LISTED_IPS = 32  # status.podIPs holds at least one address; status.podIP alone gives no endpoint
V6_FIRST = 64
OTHER_NETWORK = 128  # an annotation puts the pod on another network than the cluster's
_DEFAULT_NETWORK = b'"v1.multus-cni.io/default-network"'


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


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A container's ``command`` and ``args``, which tell two of them apart; ``image`` does not."""

    command: tuple[str, ...]
    args: tuple[str, ...]
    image: str = field(default="", compare=False)

    @property
    def words(self) -> tuple[str, ...]:
        """The whole line."""
        return self.command + self.args

    def field(self, position: int) -> tuple[str, int]:
        """The field of the container in which a word of the line stands."""
        before = len(self.command)
        return ("command", position) if position < before else ("args", position - before)


class PodTable:
    """All pods, a row each. Rows are in reading order; ``netlint.model`` sorts what it reports."""

    def __init__(self) -> None:
        """No rows."""
        self.names = Names()
        self.shapes: list[PodShape] = []
        self.strings = Strings()
        self.shape = array("I")
        self.node = array("I")  # number of spec.nodeName
        self.host_ip = array("I")  # number of status.hostIP
        self.hostname = array("I")  # number of spec.hostname
        self.flags = array("B")
        self.v4 = array("I")  # the IPv4 address, 0 without one
        self.v6_high = array("Q")
        self.v6_low = array("Q")
        self.uid = array("Q")  # hash of metadata.uid, 0 without one
        self.changed = array("Q")  # newest of creation, Ready transition and deletion, as YYYYMMDDhhmmss
        self.origin = array("I")
        self.suppressions: dict[int, dict[str, str]] = {}
        self.commands: dict[int, CommandLine] = {}  # of the control plane's pods
        self.attached: dict[int, tuple[Attached, ...]] = {}  # networks beside the cluster's
        self._rows: list[tuple[int, ...]] = []  # not yet in their columns
        self._names: list[str] = []
        self._shape_numbers: dict[int, int] = {}  # by the hash of what makes a shape: the whole would cost more
        self._containers: dict[int, tuple[ContainerShape, ...]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Everything but the caches that only reading needs."""
        return {**self.__dict__, "_shape_numbers": {}, "_containers": {}}

    def __len__(self) -> int:
        """How many pods."""
        return len(self.names)

    def add(self, pod: Pod, namespace: str, origin: int) -> None:
        """Append one pod.

        Raises ValueError (msgspec.ValidationError included) for labels, ports or addresses that are
        malformed; then nothing has been added.
        """
        meta, spec, status = pod.metadata, pod.spec, pod.status or PodStatus()
        number = self.strings.number
        if status.hostIP and self.strings.find(status.hostIP) is None:
            addresses.parse(status.hostIP)  # raises for text that is no address
        shape = self._shape_of(pod, namespace)
        v4, v6, flags = _addresses(status)
        flags |= PHASES.get(status.phase, Phase.UNKNOWN)
        changed = meta.creationTimestamp or ""
        for condition in status.conditions or ():
            if condition.type == "Ready":
                flags |= READY if condition.status == "True" else 0
                changed = max(changed, condition.lastTransitionTime or "")
                break
        annotations = b"" if meta.annotations is NULL else bytes(meta.annotations)
        if _DEFAULT_NETWORK in annotations:
            flags |= OTHER_NETWORK
        if meta.deletionTimestamp:
            flags |= TERMINATING
            changed = max(changed, meta.deletionTimestamp)
        suppressions = _suppressions(annotations)
        networks = attached(annotations)
        command = _command(pod.spec.containers) if _is_control_plane(pod, namespace) else None
        self._rows.append(
            (
                shape,
                number(spec.nodeName),
                number(status.hostIP),
                number(spec.hostname),
                flags,
                v4,
                v6 >> 64,
                v6 & _MASK,
                hashed(meta.uid),
                stamp(changed),
                origin,
            )
        )
        row = len(self.names) + len(self._names)
        if suppressions:
            self.suppressions[row] = suppressions
        if networks:
            self.attached[row] = networks
        if command is not None:
            self.commands[row] = command
        self._names.append(meta.name or "")

    def flush(self) -> None:
        """Move the rows added since the last time into their columns."""
        if self._rows:
            for name, values in zip(COLUMNS, zip(*self._rows, strict=True), strict=True):
                getattr(self, name).extend(values)
            self._rows.clear()
            self.names.add(self._names)
            self._names.clear()

    def forget_keys(self) -> None:
        """Everything has been read: no further pod will be compared with the shapes."""
        self._shape_numbers, self._containers = {}, {}

    def _shape_of(self, pod: Pod, namespace: str) -> int:
        meta, spec = pod.metadata, pod.spec
        declared = (
            *[(c.name, bytes(c.ports)) for c in spec.containers or ()],
            None,
            *[(c.name, bytes(c.ports), c.restartPolicy) for c in spec.initContainers or ()],
        )
        owner = controller(meta.ownerReferences)
        key = hash((namespace, bytes(meta.labels), owner, spec.hostNetwork, spec.subdomain, declared))
        number = self._shape_numbers.get(key)
        if number is not None:
            return number
        containers = self._containers.get(hash(declared))
        if containers is None:
            containers = self._containers[hash(declared)] = _containers(pod)
        labels = msgspec.json.encode(_LABELS.decode(meta.labels), order="sorted")
        owner = owner and (intern(owner[0]), intern(owner[1]))
        subdomain = intern(spec.subdomain or "")
        shape = PodShape(intern(namespace), labels, containers, bool(spec.hostNetwork), subdomain, owner)
        self.shapes.append(shape)
        self._shape_numbers[key] = len(self.shapes) - 1
        return len(self.shapes) - 1

    def same(self, row: int, other: int) -> bool:
        """Whether two rows say the same of a pod."""
        columns = (self.node, self.host_ip, self.hostname, self.flags, self.v4, self.v6_high, self.v6_low)
        return (
            self.shapes[self.shape[row]] == self.shapes[self.shape[other]]
            and all(column[row] == column[other] for column in (*columns, self.uid, self.changed))
            and self.suppressions.get(row) == self.suppressions.get(other)
            and self.commands.get(row) == self.commands.get(other)
            and self.attached.get(row) == self.attached.get(other)
        )

    def drop(self, rows: set[int]) -> None:
        """Remove rows, and shapes without any; those behind them move up."""
        kept = [row for row in range(len(self)) if row not in rows]
        self.names = self.names.only(kept)
        for name in COLUMNS:
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, map(column.__getitem__, kept)))
        used = sorted(set(self.shape))
        self.shapes = [self.shapes[number] for number in used]
        self.shape = array("I", map({number: new for new, number in enumerate(used)}.__getitem__, self.shape))
        self._shape_numbers.clear()
        moved = {row: number for number, row in enumerate(kept)}
        self.suppressions = {moved[row]: found for row, found in self.suppressions.items() if row in moved}
        self.commands = {moved[row]: found for row, found in self.commands.items() if row in moved}
        self.attached = {moved[row]: found for row, found in self.attached.items() if row in moved}

    def extend(self, other: PodTable, first_origin: int) -> None:
        """Append all rows of another table whose origins start at ``first_origin`` here."""
        rows = len(self)
        numbers = self.strings.merge(other.strings)
        shapes = range(len(self.shapes), len(self.shapes) + len(other.shapes))
        self.shapes += other.shapes
        self.names.take_in(other.names)
        self.shape.extend(renumbered(other.shape, list(shapes)))
        for column in ("node", "host_ip", "hostname"):
            getattr(self, column).extend(renumbered(getattr(other, column), numbers))
        for column in ("flags", "v4", "v6_high", "v6_low", "uid", "changed"):
            getattr(self, column).extend(getattr(other, column))
        self.origin.extend(array("I", [first_origin + origin for origin in other.origin]))
        self.suppressions.update({rows + row: found for row, found in other.suppressions.items()})
        self.commands.update({rows + row: found for row, found in other.commands.items()})
        self.attached.update({rows + row: found for row, found in other.attached.items()})


def _containers(pod: Pod) -> tuple[ContainerShape, ...]:
    shapes = (
        *[ContainerShape(c.name or "", _ports(c)) for c in pod.spec.containers or ()],
        *[
            ContainerShape(c.name or "", _ports(c), init=True, sidecar=c.restartPolicy == "Always")
            for c in pod.spec.initContainers or ()
        ],
    )
    for _, problem in port_problems((), [port for shape in shapes for port in shape.ports]):
        raise ValueError(problem)
    return shapes


def _ports(container: RawContainer) -> tuple[ContainerPort, ...]:
    return tuple(_PORTS.decode(container.ports) or ())


def _suppressions(annotations: bytes) -> dict[str, str]:
    """All annotations of a pod that suppresses findings, else none."""
    return (_LABELS.decode(annotations) or {}) if SUPPRESSION in annotations else {}


def _is_control_plane(pod: Pod, namespace: str) -> bool:
    return namespace == "kube-system" and (pod.metadata.name or "").startswith(CONTROL_PLANE)


def _command(containers: list[RawContainer] | None) -> CommandLine:
    """The first container's command line; a pod of the control plane has no other one that matters."""
    first = containers[0] if containers else RawContainer()
    command, args = _WORDS.decode(first.command) or (), _WORDS.decode(first.args) or ()
    return CommandLine(tuple(command), tuple(args), _WORD.decode(first.image) or "")


def _addresses(status: PodStatus) -> tuple[int, int, int]:
    """IPv4 and IPv6 address (0 without one) and the flags that go with them."""
    flags = 0
    found = {4: 0, 6: 0}
    for index, entry in enumerate(status.podIPs or ()):
        if not entry.ip:
            continue
        family, value = addresses.parse(entry.ip)
        found[family] = found[family] or value
        flags |= LISTED_IPS | (V6_FIRST if family == 6 and index == 0 else 0)
    if status.podIP and not flags:
        family, value = addresses.parse(status.podIP)
        found[family] = value
        flags = V6_FIRST if family == 6 else 0
    return found[4], found[6], flags


def controller(owners: list[OwnerReference] | None) -> tuple[str, str] | None:
    """Kind and name of the owner that controls the object."""
    for owner in owners or ():
        if owner.controller:
            return owner.kind or "", owner.name or ""
    return None


def hashed(uid: str | None) -> int:
    """64 bits that stand for a UID; 0 without one. Stable within one run only."""
    return hash(uid) & _MASK if uid else 0


def stamp(time: str | None) -> int:
    """An RFC 3339 time in UTC, as Kubernetes writes it, as the number YYYYMMDDhhmmss.

    0 without a time and for text that is none: times are only ever compared with each other.
    """
    if not time:
        return 0
    try:
        return int(time[:4] + time[5:7] + time[8:10] + time[11:13] + time[14:16] + time[17:19])
    except ValueError:
        return 0
