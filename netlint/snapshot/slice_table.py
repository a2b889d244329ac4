"""EndpointSlices: an object per slice, their endpoints in columns."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from msgspec import structs

from netlint.addresses import parse_v4, parse_v6
from netlint.objects.discovery import Endpoint, EndpointConditions, EndpointSlice, ObjectReference
from netlint.snapshot.pod_table import hashes
from netlint.snapshot.strings import Names, Strings, renumbered
from netlint.snapshot.texts import SparseTexts

_NO_CONDITIONS = EndpointConditions()
_NO_TARGET = ObjectReference()
_NO_ADDRESS = [""]  # the first address is the only one that consumers read
# A condition is True, False or absent; absent has a meaning of its own for each of them
READY, NOT_READY, SERVING, NOT_SERVING, TERMINATING = 1, 2, 4, 8, 16
TARGETS_POD = 32
FLAGS = {
    (ready, serving, terminating): (0 if ready is None else READY if ready else NOT_READY)
    | (0 if serving is None else SERVING if serving else NOT_SERVING)
    | (TERMINATING if terminating else 0)
    for ready in (None, True, False)
    for serving in (None, True, False)
    for terminating in (None, True, False)
}
COLUMNS = (
    "v4",
    "v6_high",
    "v6_low",
    "flags",
    "node",
    "zone",
    "target_namespace",
    "target_uid",
)


class Hints(NamedTuple):
    """From where an endpoint should be used: names of zones and of nodes."""

    zones: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


class SliceTable:
    """All slices. Slice ``i`` owns the endpoint rows ``starts[i]`` to ``starts[i + 1]``."""

    def __init__(self) -> None:
        """No slices."""
        self.slices: list[EndpointSlice] = []  # without their endpoints
        self.starts = array("I", [0])
        self.strings = Strings()
        self.v4 = array("I")  # first address of the endpoint; 0 without one of this family
        self.v6_high = array("Q")
        self.v6_low = array("Q")
        self.flags = array("B")
        self.node = array("I")
        self.zone = array("I")
        self.hostname = SparseTexts()
        self.target = Names()  # targetRef.name
        self.target_namespace = array("I")
        self.target_uid = array("Q")
        self.names: dict[int, str] = {}  # the address of an FQDN slice's endpoint
        self.hints: dict[int, Hints] = {}  # of the endpoints that have some
        self.surplus: dict[int, tuple[str, ...]] = {}  # the addresses behind the first, which nobody reads

    def __len__(self) -> int:
        """How many slices."""
        return len(self.slices)

    def endpoints(self, number: int) -> range:
        """The endpoint rows of one slice."""
        return range(self.starts[number], self.starts[number + 1])

    def address(self, row: int, family: int) -> int:
        """The endpoint's address of this family, 0 without one."""
        return self.v4[row] if family == 4 else self.v6_high[row] << 64 | self.v6_low[row]

    def addresses(self, rows: range, family: int) -> Sequence[int]:
        """The addresses of these endpoints, 0 for one without."""
        if family == 4:
            return self.v4[rows.start : rows.stop]
        return [self.address(row, 6) for row in rows]

    def add(self, endpoint_slice: EndpointSlice) -> None:
        """Append one slice.

        Raises ValueError for an address that is none; then nothing has been added.
        """
        endpoints, first = endpoint_slice.endpoints or [], len(self.v4)
        listed = [endpoint.addresses or _NO_ADDRESS for endpoint in endpoints]
        addresses = [texts[0] for texts in listed]
        v4, (high, low) = _values(addresses, endpoint_slice.addressType)
        targets = [endpoint.targetRef or _NO_TARGET for endpoint in endpoints]
        self.v4.extend(v4)
        self.v6_high.extend(high)
        self.v6_low.extend(low)
        self.flags.extend(map(_flags, endpoints, targets))
        self.node.extend(self.strings.numbers([endpoint.nodeName for endpoint in endpoints]))
        self.zone.extend(self.strings.numbers([endpoint.zone for endpoint in endpoints]))
        self.hostname.extend([endpoint.hostname for endpoint in endpoints])
        self.target.add([target.name or "" for target in targets])
        self.target_namespace.extend(self.strings.numbers([target.namespace for target in targets]))
        self.target_uid.extend(hashes([target.uid for target in targets]))
        if endpoint_slice.addressType == "FQDN":
            self.names.update({row: text for row, text in enumerate(addresses, first) if text})
        self.hints.update({row: _hints(endpoint) for row, endpoint in enumerate(endpoints, first) if endpoint.hints})
        self.surplus.update({row: tuple(texts[1:]) for row, texts in enumerate(listed, first) if len(texts) > 1})
        endpoint_slice.endpoints = None
        self.slices.append(endpoint_slice)
        self.starts.append(len(self.v4))

    def same(self, number: int, other: int) -> bool:
        """Whether two slices say the same."""
        rows, others = self.endpoints(number), self.endpoints(other)
        columns: tuple[Sequence[object], ...] = (*(getattr(self, name) for name in COLUMNS), self.target.hashes)
        return (
            structs.replace(self.slices[number], origin=0) == structs.replace(self.slices[other], origin=0)
            and len(rows) == len(others)
            and all(column[a] == column[b] for column in columns for a, b in zip(rows, others, strict=True))
            and [self.hostname[row] for row in rows] == [self.hostname[row] for row in others]
            and [self.names.get(row) for row in rows] == [self.names.get(row) for row in others]
            and [self.hints.get(row) for row in rows] == [self.hints.get(row) for row in others]
            and [self.surplus.get(row) for row in rows] == [self.surplus.get(row) for row in others]
        )

    def drop(self, numbers: set[int]) -> None:
        """Remove slices with their endpoints; those behind them move up."""
        kept = [number for number in range(len(self)) if number not in numbers]
        rows = [row for number in kept for row in self.endpoints(number)]
        self.starts = array("I", [0, *accumulate(len(self.endpoints(number)) for number in kept)])
        self.slices = [self.slices[number] for number in kept]
        self.target, self.hostname = self.target.only(rows), self.hostname.only(rows)
        for name in COLUMNS:
            column = getattr(self, name)
            setattr(self, name, array(column.typecode, map(column.__getitem__, rows)))
        moved = {row: number for number, row in enumerate(rows)}
        self.names = {moved[row]: name for row, name in self.names.items() if row in moved}
        self.hints = {moved[row]: hints for row, hints in self.hints.items() if row in moved}
        self.surplus = {moved[row]: texts for row, texts in self.surplus.items() if row in moved}

    def extend(self, other: SliceTable, first_origin: int) -> None:
        """Append all slices of another table whose origins start at ``first_origin`` here."""
        rows = len(self.v4)
        numbers = self.strings.merge(other.strings)
        for endpoint_slice in other.slices:
            endpoint_slice.origin += first_origin
        self.slices += other.slices
        self.target.take_in(other.target)
        self.hostname.take_in(other.hostname)
        self.starts.extend(array("I", [rows + start for start in other.starts[1:]]))
        for column in ("node", "zone", "target_namespace"):
            getattr(self, column).extend(renumbered(getattr(other, column), numbers))
        for column in ("v4", "v6_high", "v6_low", "flags", "target_uid"):
            getattr(self, column).extend(getattr(other, column))
        self.names.update({rows + row: name for row, name in other.names.items()})
        self.hints.update({rows + row: hints for row, hints in other.hints.items()})
        self.surplus.update({rows + row: texts for row, texts in other.surplus.items()})


def _hints(endpoint: Endpoint) -> Hints:
    hints = endpoint.hints
    listed = (hints.forZones, hints.forNodes) if hints else ()
    return Hints(*(tuple(entry.name for entry in entries or () if entry.name) for entries in listed))


def _flags(endpoint: Endpoint, target: ObjectReference) -> int:
    conditions = endpoint.conditions or _NO_CONDITIONS
    flags = FLAGS[conditions.ready, conditions.serving, conditions.terminating]
    return flags | TARGETS_POD if target.kind == "Pod" else flags


def _values(texts: list[str], family: str | None) -> tuple[array[int], tuple[array[int], array[int]]]:
    """The addresses of a slice by their family, of which a slice has only one."""
    none = [""] * len(texts)
    if family == "FQDN":
        texts = none
    if family is None:
        return parse_v4(["" if ":" in text else text for text in texts]), parse_v6(
            [text if ":" in text else "" for text in texts]
        )
    v6 = family == "IPv6"
    return parse_v4(none if v6 else texts), parse_v6(texts if v6 else none)
