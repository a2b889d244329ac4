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
    """All declarations, ordered by range, and the texts that should have been some.

    ``malformed``: what is none; ``unfilled``: one for each field that another program is to fill in.
    """

    def __init__(self, declared: Iterable[Declaration | SecondaryRange | MalformedRange]) -> None:
        """Keeps the declarations sorted by range; equal ranges stay in the order of their objects."""
        entries = list(declared)
        self.secondary = [entry for entry in entries if isinstance(entry, SecondaryRange)]
        declarations = [entry for entry in entries if isinstance(entry, Declaration)]
        declarations += [entry.declaration for entry in self.secondary]
        self.declarations = sorted(declarations, key=lambda declaration: declaration.range)
        malformed = [entry for entry in entries if isinstance(entry, MalformedRange)]
        unfilled = {(entry.subject, entry.path): entry for entry in malformed if entry.placeholder}
        self.unfilled = list(unfilled.values())
        self.malformed = [entry for entry in malformed if (entry.subject, entry.path) not in unfilled]
        self._of: dict[tuple[Role, ...], list[Declaration]] = {}
        self._index: dict[Role, RangeIndex[int]] = {}

    def of(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles."""
        if roles not in self._of:
            self._of[roles] = [declaration for declaration in self.declarations if declaration.role in roles]
        return self._of[roles]

    def containing(self, family: int, address: int, *roles: Role) -> list[Declaration]:
        """The trusted declarations of these roles that hold an address, the widest first."""
        containing = [numbered for role in roles for numbered in self._index_of(role).holding(family, address)]
        containing.sort(key=lambda numbered: (numbered[0].first, -numbered[0].last, numbered[1]))
        return [self.declarations[number] for _, number in containing]

    def _index_of(self, role: Role) -> RangeIndex[int]:
        """The trusted declarations of a role by their number."""
        if role not in self._index:
            trusted = set(map(id, self.trusted(role)))
            numbered = (
                (declaration.range, number)
                for number, declaration in enumerate(self.declarations)
                if id(declaration) in trusted
            )
            self._index[role] = RangeIndex(numbered)
        return self._index[role]

    def strongest(self, role: Role, *authorities: str) -> list[Declaration]:
        """Declarations of the role by the first of these authorities that has any."""
        for authority in authorities:
            declarations = [declaration for declaration in self.of(role) if declaration.authority == authority]
            if declarations:
                return declarations
        return []

    def trusted(self, *roles: Role) -> list[Declaration]:
        """The declarations of these roles; what kubeadm intended only where nobody else declares the role.

        ``ClusterConfiguration`` is not updated when somebody changes a flag by hand.
        """
        declarations = self.of(*roles)
        stronger = {declaration.role for declaration in declarations if declaration.authority != Authority.KUBEADM}
        return [
            declaration
            for declaration in declarations
            if declaration.authority != Authority.KUBEADM or declaration.role not in stronger
        ]


def declared_by_objects(
    view: SnapshotView, of_services: Iterable[Service]
) -> list[Declaration | SecondaryRange | MalformedRange]:
    """Declarations by objects, flags and settings: all but the Nodes' pod ranges and those of CNI plugins."""
    return [
        *(declaration for node in view.nodes for declaration in node_objects.node_addresses(node)),
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
