"""What Multus writes into a pod's annotations of the networks that the pod has beside the cluster's.

Source: the Network Custom Resource Definition De-facto Standard, "Network Attachment Status Annotation".
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from netlint import addresses

STATUS = "k8s.v1.cni.cncf.io/network-status"
_IN_TEXT = f'"{STATUS}"'.encode()


class Attached(NamedTuple):
    """One such network, by ``namespace/name`` of its definition, and the pod's addresses there by family."""

    network: str
    addresses: tuple[tuple[int, int], ...]


class _StatusEntry(msgspec.Struct):
    name: str = ""
    ips: list[str] | None = None
    default: bool | None = None


class _Annotations(msgspec.Struct):
    status: str | None = msgspec.field(default=None, name=STATUS)


_ANNOTATIONS = msgspec.json.Decoder(_Annotations)
_ENTRIES = msgspec.json.Decoder(list[_StatusEntry])


def attached(annotations: bytes) -> tuple[Attached, ...]:
    """The networks with addresses; none where the text is not what Multus writes."""
    if _IN_TEXT not in annotations:
        return ()
    try:
        entries = _ENTRIES.decode(_ANNOTATIONS.decode(annotations).status or "[]")
        networks = [
            Attached(entry.name, tuple(map(addresses.parse, entry.ips or ()))) for entry in entries if _is_second(entry)
        ]
    except ValueError:  # msgspec's own errors included
        return ()
    return tuple(networks)


def _is_second(entry: _StatusEntry) -> bool:
    return bool(entry.name and entry.ips) and not entry.default
