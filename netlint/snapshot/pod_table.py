"""Pods in columns: 150,000 of them cost some 120 bytes each, and a lookup no object.

What replicas have in common (namespace, labels, ports, owner) is a *shape*, decoded once from the raw
JSON that its pods share; the rest is one entry per pod in a column. Names are compressed.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache

import msgspec

from netlint.addresses import parse, parse_v4, parse_v6
from netlint.objects.pod import Pod, PodCondition, PodMeta, PodStatus, RawContainer
from netlint.snapshot.attached_networks import STATUS, Attached, attached
from netlint.snapshot.pod_shapes import ShapeFinder, ShapeTable
from netlint.snapshot.strings import Names, Strings, renumbered
from netlint.snapshot.texts import SparseTexts

CONTROL_PLANE = ("kube-apiserver", "kube-controller-manager", "kube-proxy")
SUPPRESSION = b'"ignore.netlint.dev/'
_MASK = (1 << 64) - 1
_LABELS = msgspec.json.Decoder(dict[str, str] | None)
_WORDS = msgspec.json.Decoder(list[str] | None)
_WORD = msgspec.json.Decoder(str | None)


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
_MARKERS = (SUPPRESSION, _DEFAULT_NETWORK, STATUS.encode())
_NO_STATUS = PodStatus()
_NO_CONDITION = PodCondition()


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
        self.shapes = ShapeTable()
        self.strings = Strings()
        self.shape = array("I")
        self.node = array("I")  # number of spec.nodeName
        self.host_ip = array("I")  # number of status.hostIP
        self.hostname = SparseTexts()  # spec.hostname
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
        self._finder = ShapeFinder(self.shapes)

    def __getstate__(self) -> dict[str, object]:
        """Everything but the caches that only reading needs."""
        return {**self.__dict__, "_finder": ShapeFinder(self.shapes)}

    def __len__(self) -> int:
        """How many pods."""
        return len(self.names)

    def add(self, pods: Sequence[Pod], namespaces: Sequence[str], origins: Sequence[int]) -> None:
        """Append pods: column by column, which costs half of what pod by pod does.

        Raises ValueError (msgspec.ValidationError included) for labels, ports or addresses that are
        malformed; then nothing has been added.
        """
        metas, specs = [pod.metadata for pod in pods], [pod.spec for pod in pods]
        statuses = [pod.status or _NO_STATUS for pod in pods]
        listed = list(map(_addresses, statuses))
        v4, (high, low) = parse_v4([v4 for v4, _, _ in listed]), parse_v6([v6 for _, v6, _ in listed])
        host_ips = [status.hostIP for status in statuses]
        for host_ip in self.strings.unknown(host_ips):
            parse(host_ip)
        shapes = list(map(self._finder.number, pods, namespaces))
        first = len(self)
        commands = {
            row: _command(pod)
            for row, (pod, namespace) in enumerate(zip(pods, namespaces, strict=True), first)
            if _is_control_plane(pod, namespace)
        }
        annotated = _annotated(metas, first)
        suppressions = {row: _LABELS.decode(text) or {} for row, text in annotated if SUPPRESSION in text}
        ready = list(map(_ready, statuses))
        self.commands.update(commands)
        self.suppressions.update(suppressions)
        self.flags.extend(map(_flags, metas, statuses, listed, ready))
        for row, text in annotated:
            self._attach(row, text)
        self.shape.extend(shapes)
        self.node.extend(self.strings.numbers([spec.nodeName for spec in specs]))
        self.host_ip.extend(self.strings.numbers(host_ips))
        self.hostname.extend([spec.hostname for spec in specs])
        self.v4.extend(v4)
        self.v6_high.extend(high)
        self.v6_low.extend(low)
        self.uid.extend(hashes([meta.uid for meta in metas]))
        self.changed.extend(map(_changed, metas, ready))
        self.origin.extend(origins)
        self.names.add([meta.name or "" for meta in metas])

    def _attach(self, row: int, annotations: bytes) -> None:
        """Note on which networks a pod is."""
        if _DEFAULT_NETWORK in annotations:
            self.flags[row] |= OTHER_NETWORK
        if networks := attached(annotations):
            self.attached[row] = networks

    def forget_keys(self) -> None:
        """Everything has been read: no further pod will be compared with the shapes."""
        self._finder = ShapeFinder(self.shapes)

    def same(self, row: int, other: int) -> bool:
        """Whether two rows say the same of a pod."""
        columns = (self.node, self.host_ip, self.flags, self.v4, self.v6_high, self.v6_low)
        return (
            self.shapes[self.shape[row]] == self.shapes[self.shape[other]]
            and all(column[row] == column[other] for column in (*columns, self.uid, self.changed))
            and self.hostname[row] == self.hostname[other]
            and self.suppressions.get(row) == self.suppressions.get(other)
            and self.commands.get(row) == self.commands.get(other)
            and self.attached.get(row) == self.attached.get(other)
        )

    def drop(self, rows: set[int]) -> None:
        """Remove rows, and shapes without any; those behind them move up."""
        kept = [row for row in range(len(self)) if row not in rows]
        self.names, self.hostname = self.names.only(kept), self.hostname.only(kept)
        for name in COLUMNS:
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, map(column.__getitem__, kept)))
        used = sorted(set(self.shape))
        self.shapes.keep(used)
        self.shape = array("I", map({number: new for new, number in enumerate(used)}.__getitem__, self.shape))
        self.forget_keys()
        moved = {row: number for number, row in enumerate(kept)}
        self.suppressions = {
            moved[row]: suppressions for row, suppressions in self.suppressions.items() if row in moved
        }
        self.commands = {moved[row]: command for row, command in self.commands.items() if row in moved}
        self.attached = {moved[row]: networks for row, networks in self.attached.items() if row in moved}

    def extend(self, other: PodTable, first_origin: int) -> None:
        """Append all rows of another table whose origins start at ``first_origin`` here."""
        rows = len(self)
        numbers = self.strings.merge(other.strings)
        first_shape = len(self.shapes)
        self.shapes.take_in(other.shapes)
        self.names.take_in(other.names)
        self.hostname.take_in(other.hostname)
        self.shape.extend(array("I", [first_shape + number for number in other.shape]))
        for column in ("node", "host_ip"):
            getattr(self, column).extend(renumbered(getattr(other, column), numbers))
        for column in ("flags", "v4", "v6_high", "v6_low", "uid", "changed"):
            getattr(self, column).extend(getattr(other, column))
        self.origin.extend(array("I", [first_origin + origin for origin in other.origin]))
        self.suppressions.update({rows + row: suppressions for row, suppressions in other.suppressions.items()})
        self.commands.update({rows + row: command for row, command in other.commands.items()})
        self.attached.update({rows + row: networks for row, networks in other.attached.items()})


def _annotated(metas: list[PodMeta], first: int) -> list[tuple[int, bytes]]:
    """The rows, from ``first`` on, of the pods whose annotations matter, with these; hardly any pod has such."""
    texts = [meta.annotations for meta in metas]
    together = b"".join(texts)
    if not any(marker in together for marker in _MARKERS):
        return []
    return [(row, bytes(text)) for row, text in enumerate(texts, first)]


def _is_control_plane(pod: Pod, namespace: str) -> bool:
    return namespace == "kube-system" and (pod.metadata.name or "").startswith(CONTROL_PLANE)


def _command(pod: Pod) -> CommandLine:
    """The first container's command line; a pod of the control plane has no other one that matters."""
    first = pod.spec.containers[0] if pod.spec.containers else RawContainer()
    return _command_line(bytes(first.command), bytes(first.args), bytes(first.image))


@lru_cache(maxsize=256)  # as the network proxy has the same on every node
def _command_line(command: bytes, args: bytes, image: bytes) -> CommandLine:
    words, options = _WORDS.decode(command) or (), _WORDS.decode(args) or ()
    return CommandLine(tuple(words), tuple(options), _WORD.decode(image) or "")


def _addresses(status: PodStatus) -> tuple[str, str, int]:
    """The first IPv4 and the first IPv6 address (empty without one) and the flags that go with them."""
    listed = [entry.ip for entry in status.podIPs or () if entry.ip]
    texts = listed or ([status.podIP] if status.podIP else [])
    v4 = v6 = ""
    for text in texts:
        if ":" in text:
            v6 = v6 or text
        else:
            v4 = v4 or text
    if len(texts) > bool(v4) + bool(v6):  # those behind the first of a family have to be addresses, too
        for text in texts:
            parse(text)
    return v4, v6, (LISTED_IPS if listed else 0) | (V6_FIRST if v6 and ":" in texts[0] else 0)


def _ready(status: PodStatus) -> PodCondition:
    for condition in status.conditions or ():
        if condition.type == "Ready":
            return condition
    return _NO_CONDITION


def _flags(meta: PodMeta, status: PodStatus, listed: tuple[str, str, int], ready: PodCondition) -> int:
    flags = listed[2] | PHASES.get(status.phase, Phase.UNKNOWN)
    is_manifest = not (meta.uid or any(listed) or status.phase or status.conditions)  # which says nothing of readiness
    if ready.status == "True" or is_manifest:
        flags |= READY
    return flags | TERMINATING if meta.deletionTimestamp else flags


def _changed(meta: PodMeta, ready: PodCondition) -> int:
    """When the pod changed last, as far as that matters to endpoints."""
    return stamp(max(meta.creationTimestamp or "", ready.lastTransitionTime or "", meta.deletionTimestamp or ""))


def hashes(uids: Sequence[str | None]) -> list[int]:
    """64 bits each that stand for a UID; 0 without one. Stable within one run only."""
    return [hash(uid) & _MASK if uid else 0 for uid in uids]


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
