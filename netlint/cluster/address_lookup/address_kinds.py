"""What an address can be, and what one of a range of each role is."""

from __future__ import annotations

from enum import StrEnum

from netlint.model.declared.declarations import Role


class AddressKind(StrEnum):
    """What an address is, in the words of the Kubernetes network model."""

    POD = "Pod-IP"
    SERVICE = "Service-IP"
    NODE = "Node-IP"
    BRIDGE = "bridge IP"
    PUBLIC = "public proxy IP"
    CONTAINER = "container address"
    RESERVED = "reserved"
    UNKNOWN = "unknown"


KIND_OF_ROLE = {
    Role.POD: AddressKind.POD,
    Role.NODE_POD: AddressKind.POD,
    Role.SERVICE: AddressKind.SERVICE,
    Role.NODE: AddressKind.NODE,
    Role.BRIDGE: AddressKind.CONTAINER,
    Role.LOAD_BALANCER: AddressKind.PUBLIC,
    Role.INTERNAL: AddressKind.RESERVED,
    Role.SECONDARY: AddressKind.POD,
    Role.PUBLIC: AddressKind.PUBLIC,
    Role.REMOTE: AddressKind.UNKNOWN,
}
"""What an address of a range of each role is, where nobody has it."""
