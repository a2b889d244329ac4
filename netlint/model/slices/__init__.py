"""EndpointSlices with meaning: whose they are, who keeps them, and what consumers read in them.

Source: k8s.io/api/discovery/v1 (types.go, well_known_labels.go).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property

from netlint.addresses import FAMILY_NUMBERS
from netlint.findings import Subject
from netlint.model.pods.endpoint_conditions import Conditions
from netlint.model.slices.read_conditions import CONDITION_CODES, IS_READY, READ_CONDITIONS
from netlint.model.slices.slice_keepers import is_foreign
from netlint.model.subjects import subject_of
from netlint.objects.discovery import SERVICE_NAME, EndpointSlice
from netlint.objects.meta import Path
from netlint.snapshot.slice_table import TARGETS_POD, Hints, SliceTable

NO_HINTS = Hints()


class EndpointSlices:
    """Read-only lookups over the slice table; a slice is known by its number, an endpoint by its row."""

    def __init__(self, table: SliceTable) -> None:
        """Nothing is computed before it is asked for."""
        self._table = table

    def __len__(self) -> int:
        """How many slices."""
        return len(self._table)

    def __iter__(self) -> Iterator[EndpointSlice]:
        """All slices, by their numbers; their endpoints are rows."""
        return iter(self._table.slices)

    def __getitem__(self, number: int) -> EndpointSlice:
        """One slice, without its endpoints."""
        return self._table.slices[number]

    def subject(self, number: int) -> Subject:
        """The slice as a subject."""
        return subject_of(self[number])

    def family(self, number: int) -> int | None:
        """The address family of its ``addressType``; None for names of hosts, and where it says none."""
        return FAMILY_NUMBERS.get(self[number].addressType or "")

    def service(self, number: int) -> tuple[str, str]:
        """Namespace and name of the Service that its label names; an empty name without the label."""
        slice_ = self[number]
        return slice_.namespace, slice_.labels.get(SERVICE_NAME, "")

    def of_service(self, namespace: str, name: str) -> list[int]:
        """Numbers of the slices whose label names the Service, by their names, whoever keeps them."""
        return sorted(self._of_service.get((namespace, name), ()), key=lambda number: self[number].name)

    @cached_property
    def _of_service(self) -> dict[tuple[str, str], list[int]]:
        numbers: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number in range(len(self)):
            numbers[self.service(number)].append(number)
        return dict(numbers)

    def is_foreign(self, number: int) -> bool:
        """Whether neither the EndpointSlice controller nor an API server keeps the slice."""
        return is_foreign(self[number])

    @cached_property
    def foreign(self) -> list[int]:
        """Numbers of the slices that ``is_foreign`` names, by namespace and name."""
        numbers = filter(self.is_foreign, range(len(self)))
        return sorted(numbers, key=lambda number: (self[number].namespace, self[number].name))

    def endpoints(self, number: int) -> range:
        """The rows of the slice's endpoints."""
        return self._table.endpoints(number)

    def endpoint_path(self, number: int, row: int) -> Path:
        """The field of the slice that holds the endpoint."""
        return ("endpoints", row - self._table.starts[number])

    def address_path(self, number: int, row: int, position: int = 0) -> Path:
        """The field that holds an address of the endpoint; consumers read the first one alone."""
        return (*self.endpoint_path(number, row), "addresses", position)

    def address(self, row: int, family: int) -> int:
        """The endpoint's address of this family, 0 without one."""
        return self._table.address(row, family)

    def addresses(self, rows: range, family: int) -> Sequence[int]:
        """The addresses of these endpoints, 0 for one without."""
        return self._table.addresses(rows, family)

    @property
    def have_surplus(self) -> bool:
        """Whether any endpoint has several addresses."""
        return bool(self._table.surplus)

    def surplus(self, row: int) -> tuple[str, ...]:
        """The endpoint's addresses behind the first, which no consumer reads."""
        return self._table.surplus.get(row, ())

    def node(self, row: int) -> str:
        """``nodeName``; empty without one."""
        return self._table.strings.texts[self._table.node[row]]

    def hostname(self, row: int) -> str:
        """``hostname``; empty without one."""
        return self._table.hostname[row]

    def hints(self, row: int) -> Hints:
        """``hints``: the zones and nodes from which it should be used."""
        return self._table.hints.get(row, NO_HINTS)

    def target(self, row: int) -> str:
        """``targetRef.name``; empty without one."""
        return self._table.target[row]

    def target_namespace(self, row: int) -> str:
        """``targetRef.namespace``; empty without one."""
        return self._table.strings.texts[self._table.target_namespace[row]]

    def target_uid(self, row: int) -> int:
        """The hash of ``targetRef.uid``, as ``Pods.uid`` has it; 0 without one."""
        return self._table.target_uid[row]

    def targets_pod(self, row: int) -> bool:
        """Whether ``targetRef.kind`` is Pod."""
        return bool(self._table.flags[row] & TARGETS_POD)

    def conditions(self, row: int) -> Conditions:
        """The endpoint's conditions as consumers read them."""
        return READ_CONDITIONS[self._table.flags[row]]

    def readiness(self, rows: range) -> bytes:
        """By endpoint, 1 where consumers take it for ready."""
        return self._table.flags[rows.start : rows.stop].tobytes().translate(IS_READY)

    @property
    def rows(self) -> range:
        """The rows of all endpoints."""
        return range(len(self._table.flags))

    def number_of(self, text: str) -> int | None:
        """The number that stands for a text in the columns of numbers; None where no slice has it."""
        return self._table.strings.find(text)

    @property
    def node_numbers(self) -> Sequence[int]:
        """By row, the number of ``nodeName``; 0 without one."""
        return self._table.node

    @property
    def hostname_positions(self) -> Sequence[int]:
        """By row, 0 where the endpoint has no ``hostname``."""
        return self._table.hostname.positions

    @property
    def target_hashes(self) -> Sequence[int]:
        """By row, the hash of ``targetRef.name``."""
        return self._table.target.hashes

    @property
    def target_uids(self) -> Sequence[int]:
        """By row, what ``target_uid`` gives."""
        return self._table.target_uid

    @property
    def condition_codes(self) -> bytes:
        """By row, the code of the endpoint's conditions as consumers read them."""
        return self._table.flags.tobytes().translate(CONDITION_CODES)
