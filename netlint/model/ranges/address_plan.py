"""The address plan: every range that the cluster declares, who declares it, and where."""

from __future__ import annotations

from collections.abc import Iterable

from netlint.addresses import RangeIndex
from netlint.model.declared import control_plane, node_objects
from netlint.model.declared.declarations import Authority, Declaration, MalformedRange, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.ranges import secondary_networks, service_cidrs, submariner_clusters
from netlint.model.ranges.secondary_networks import SecondaryRange
from netlint.objects.core import Service


class Plan:
    """All declarations, ordered by range, and the texts that should have been some."""

    def __init__(self, found: Iterable[Declaration | SecondaryRange | MalformedRange]) -> None:
        """Keeps the declarations sorted by range; equal ranges stay in the order of their objects."""
        entries = list(found)
        self.secondary = [entry for entry in entries if isinstance(entry, SecondaryRange)]
        declarations = [entry for entry in entries if isinstance(entry, Declaration)]
        declarations += [entry.declaration for entry in self.secondary]
        self.declarations = sorted(declarations, key=lambda declared: declared.range)
        self.troubles = [entry for entry in entries if isinstance(entry, MalformedRange)]
        self._of: dict[tuple[Role, ...], list[Declaration]] = {}
        self._index: dict[Role, RangeIndex[int]] = {}

    def of(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles."""
        if roles not in self._of:
            self._of[roles] = [declared for declared in self.declarations if declared.role in roles]
        return self._of[roles]

    def holding(self, family: int, address: int, *roles: Role) -> list[Declaration]:
        """The trusted declarations of these roles that hold an address, the widest first."""
        held = [entry for role in roles for entry in self._index_of(role).holding(family, address)]
        held.sort(key=lambda entry: (entry[0].first, -entry[0].last, entry[1]))
        return [self.declarations[number] for _, number in held]

    def _index_of(self, role: Role) -> RangeIndex[int]:
        """The trusted declarations of a role by their number."""
        if role not in self._index:
            trusted = set(map(id, self.trusted(role)))
            numbered = ((found.range, number) for number, found in enumerate(self.declarations) if id(found) in trusted)
            self._index[role] = RangeIndex(numbered)
        return self._index[role]

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


def collect(view: SnapshotView, of_services: Iterable[Service]) -> list[Declaration | SecondaryRange | MalformedRange]:
    """Every declaration but the Nodes' pod ranges and those of CNI plugins."""
    return [
        *(declared for node in view.nodes for declared in node_objects.node_addresses(node)),
        *service_cidrs.of_service_cidrs(view),
        *service_cidrs.of_openshift(view),
        *service_cidrs.of_metallb(view),
        *service_cidrs.of_services(of_services),
        *submariner_clusters.of_submariner(view),
        *control_plane.of_flags(view),
        *control_plane.of_kubeadm(view),
        *control_plane.of_service_proxy(view),
        *secondary_networks.secondary_ranges(view),
    ]
