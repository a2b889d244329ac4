"""The address plan: every range that the cluster declares, who declares it, and where."""

from __future__ import annotations

from collections.abc import Iterable

from netlint.addresses import RangeIndex
from netlint.model.inventory import Inventory
from netlint.model.plan import control_plane, nodes, secondary, services, submariner
from netlint.model.plan.declarations import Authority, Declaration, Role, Standing, Trouble, Voice
from netlint.model.plan.secondary import SecondaryRange
from netlint.objects.core import Service

__all__ = ["Authority", "Declaration", "Plan", "Role", "Standing", "Trouble", "Voice", "collect"]


class Plan:
    """All declarations, ordered by range, and the texts that should have been some."""

    def __init__(self, found: Iterable[Declaration | SecondaryRange | Trouble]) -> None:
        """Keeps the declarations sorted by range; equal ranges stay in the order of their objects."""
        entries = list(found)
        self.secondary = [entry for entry in entries if isinstance(entry, SecondaryRange)]
        declarations = [entry for entry in entries if isinstance(entry, Declaration)]
        declarations += [entry.declaration for entry in self.secondary]
        self.declarations = sorted(declarations, key=lambda declared: declared.range)
        self.troubles = [entry for entry in entries if isinstance(entry, Trouble)]
        self._of: dict[tuple[Role, ...], list[Declaration]] = {}
        self._holding: dict[tuple[Role, ...], RangeIndex[Declaration]] = {}

    def of(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles."""
        if roles not in self._of:
            self._of[roles] = [declared for declared in self.declarations if declared.role in roles]
        return self._of[roles]

    def holding(self, family: int, address: int, *roles: Role) -> list[Declaration]:
        """The trusted declarations of these roles that hold an address, the widest first."""
        if roles not in self._holding:
            self._holding[roles] = RangeIndex((found.range, found) for found in self.trusted(*roles))
        return [found for _, found in self._holding[roles].holding(family, address)]

    def strongest(self, role: Role, *authorities: str) -> list[Declaration]:
        """What the first of these authorities that declares the role says."""
        for authority in authorities:
            found = [declared for declared in self.of(role) if declared.authority == authority]
            if found:
                return found
        return []

    def trusted(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles; what kubeadm intended only where nobody else declares the role.

        ``ClusterConfiguration`` is not updated when somebody changes a flag by hand.
        """
        found = self.of(*roles)
        stronger = {declared.role for declared in found if declared.authority != Authority.KUBEADM}
        return [
            declared for declared in found if declared.authority != Authority.KUBEADM or declared.role not in stronger
        ]


def collect(inventory: Inventory, of_services: Iterable[Service]) -> list[Declaration | SecondaryRange | Trouble]:
    """Every declaration but the Nodes' pod ranges and those of CNI plugins."""
    return [
        *(declared for node in inventory.nodes for declared in nodes.node_addresses(node)),
        *services.of_service_cidrs(inventory),
        *services.of_openshift(inventory),
        *services.of_metallb(inventory),
        *services.of_services(of_services),
        *submariner.of_submariner(inventory),
        *control_plane.of_flags(inventory),
        *control_plane.of_kubeadm(inventory),
        *control_plane.of_service_proxy(inventory),
        *secondary.secondary_ranges(inventory),
    ]
