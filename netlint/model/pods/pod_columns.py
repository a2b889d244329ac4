"""The columns of the pod table, for whoever goes over all pods: by row, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from netlint.model.pods.endpoint_conditions import DEMANDED_CODES
from netlint.snapshot.pod_shapes import ShapeTable
from netlint.snapshot.pod_table import PodTable


class PodColumns:
    """What is asked of all pods at once."""

    def __init__(self, table: PodTable) -> None:
        """Nothing is computed before it is asked for."""
        self._table = table

    def __len__(self) -> int:
        """How many pods, terminal ones included."""
        return len(self._table)

    @property
    def shapes(self) -> ShapeTable:
        """The shapes, by their numbers."""
        return self._table.shapes

    def address_column(self, family: int) -> Sequence[int]:
        """The addresses of this family by row, 0 for pods without one."""
        table = self._table
        if family == 4:
            return table.v4
        return [high << 64 | low for high, low in zip(table.v6_high, table.v6_low, strict=True)]

    @cached_property
    def families(self) -> list[int]:
        """The address families that any pod has."""
        has_address = {4: any(self._table.v4), 6: any(self._table.v6_low) or any(self._table.v6_high)}
        return [family for family, present in has_address.items() if present]

    def flagged(self, combinations: bytes) -> bytes:
        """By row, whether the pod's flags are one of these combinations."""
        return self._table.flags.tobytes().translate(combinations)

    @property
    def texts(self) -> Sequence[str]:
        """The texts that numbers stand for in the columns of numbers; number 0 is none."""
        return self._table.strings.texts

    @property
    def shape_numbers(self) -> Sequence[int]:
        """By row, the number of the pod's shape."""
        return self._table.shape

    @property
    def node_numbers(self) -> Sequence[int]:
        """By row, the number of ``spec.nodeName``."""
        return self._table.node

    @property
    def hostname_positions(self) -> Sequence[int]:
        """By row, 0 where the pod has no ``spec.hostname``."""
        return self._table.hostname.positions

    @property
    def name_hashes(self) -> Sequence[int]:
        """By row, the hash of ``metadata.name``."""
        return self._table.names.hashes

    @property
    def uids(self) -> Sequence[int]:
        """By row, what ``uid`` gives."""
        return self._table.uid

    def demanded_codes(self, publish: bool) -> bytes:
        """By row, the code of what ``demanded_conditions`` gives."""
        return self.flagged(DEMANDED_CODES[publish])
