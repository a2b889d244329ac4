"""By what a plugin's agents tell nodes apart, and where they write it down."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from netlint import addresses


class Sort(StrEnum):
    """What an identity is compared with: only with others of its sort."""

    ADDRESS = "address"
    TUNNEL = "tunnel address"
    MAC = "MAC address"
    CHASSIS = "chassis"
    NUMBER = "node number"
    MACHINE = "machine"


def address(text: str) -> tuple[Hashable, str]:
    """An address, with or without the prefix length of its network. Raises ValueError for anything else."""
    value = addresses.parse(text.partition("/")[0])
    return value, addresses.text(*value)


def lower_case(text: str) -> tuple[Hashable, str]:
    """A text in which case does not matter."""
    return text.lower(), text.lower()


class IdentityAnnotation(NamedTuple):
    """An annotation by which an agent tells an identity of its Node.

    ``title``: how people call it. ``read`` gives value and text, or raises ValueError. ``is_announced``: it is an
    address by which other nodes reach this one. ``overrides``: annotations by which somebody may have chosen it.
    """

    key: str
    sort: Sort
    title: str
    read: Callable[[str], tuple[Hashable, str]] = address
    is_announced: bool = False
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """What tells a node from all others for a plugin.

    ``peer_addresses``: the annotations with the address to which the agents of other nodes route; without them that
    is an InternalIP. ``by_machine``: the machine's own identity does.
    """

    annotations: tuple[IdentityAnnotation, ...] = ()
    peer_addresses: tuple[str, ...] = ()
    by_machine: bool = False
