"""Endpoints (core/v1), which EndpointSlices have replaced.

Source: k8s.io/api/core/v1/types.go.
"""

from __future__ import annotations

from socket import AF_INET, inet_pton
from struct import unpack

from msgspec import Struct, field

from netlint import addresses
from netlint.objects.meta import DatedMeta, Object, Protocol


class EndpointsAddress(Struct, gc=False):
    """One entry of ``addresses`` or ``notReadyAddresses``."""

    ip: str | None = None


class EndpointsPort(Struct, gc=False):
    """One entry of a subset's ``ports``."""

    name: str | None = None
    port: int | None = None
    protocol: Protocol | None = None


class Packed(Struct, gc=False):
    """Addresses as the network writes them, one behind the other: a cluster may have 150,000."""

    v4: bytes = b""
    v6: bytes = b""

    @property
    def is_mixed(self) -> bool:
        """Whether both families are among them."""
        return bool(self.v4 and self.v6)

    @property
    def size(self) -> int:
        """How many."""
        return len(self.v4) // 4 + len(self.v6) // 16

    def of(self, family: int) -> list[int]:
        """The addresses of one family."""
        if family == 4:
            return list(unpack(f">{len(self.v4) // 4}I", self.v4))
        halves = iter(unpack(f">{len(self.v6) // 8}Q", self.v6))
        return [high << 64 | low for high, low in zip(halves, halves, strict=True)]


class EndpointsSubset(Struct, gc=False):
    """One entry of ``subsets``: addresses that have these ports, in ``ready`` and ``waiting`` once it is packed."""

    addresses: list[EndpointsAddress] | None = None
    notReadyAddresses: list[EndpointsAddress] | None = None
    ports: list[EndpointsPort] | None = None
    ready: Packed = field(default_factory=Packed, name="~ready")
    waiting: Packed = field(default_factory=Packed, name="~waiting")

    @property
    def size(self) -> int:
        """How many addresses."""
        return self.ready.size + self.waiting.size

    def pack(self) -> None:
        """Keep the addresses alone. Raises ValueError where one is none."""
        self.ready, self.waiting = _packed(self.addresses), _packed(self.notReadyAddresses)
        self.addresses = self.notReadyAddresses = None


class Endpoints(Object, gc=False):
    """An Endpoints object."""

    metadata: DatedMeta = field(default_factory=DatedMeta)
    subsets: list[EndpointsSubset] | None = None


def _packed(entries: list[EndpointsAddress] | None) -> Packed:
    texts = [entry.ip for entry in entries or () if entry.ip]
    try:
        return Packed(b"".join([inet_pton(AF_INET, text) for text in texts]))
    except (OSError, ValueError):  # another family, or malformed
        parsed = [addresses.parse(text) for text in texts]
    return Packed(
        b"".join(value.to_bytes(4, "big") for family, value in parsed if family == 4),
        b"".join(value.to_bytes(16, "big") for family, value in parsed if family == 6),
    )
