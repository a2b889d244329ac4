"""The cluster's address plan as checks ask for it: ranges, their conflicts, and what is given out of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from netlint.addresses import BITS, Range, overlapping_groups
from netlint.findings import Subject
from netlint.model.cni import PodNetwork
from netlint.model.declared.declarations import Authority, Declaration, Role
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts.host import Host, of_hosts
from netlint.model.ranges import cluster_ips as of_services
from netlint.model.ranges.address_plan import Plan, declared_by_objects
from netlint.model.ranges.collisions import Collision, Usage, collisions, usage
from netlint.model.ranges.duplicate_secondary_addresses import DuplicateAddresses, duplicate_addresses
from netlint.model.ranges.enclosing_ranges import EnclosingRange, enclosing_ranges
from netlint.model.ranges.node_range_capacity import NodeRangeCapacity, capacities, undivided
from netlint.model.ranges.pod_placement import PodPlacement
from netlint.model.ranges.service_cidrs import inferred_service_range
from netlint.model.subjects import subject_of
from netlint.snapshot import Reason


class ClusterRanges:
    """Every range of the cluster, worked out when first asked for."""

    def __init__(self, view: SnapshotView, network: PodNetwork, hosts: Sequence[Host]) -> None:
        """``hosts``: the node dumps, from which networks and bridges are observed."""
        self._view = view
        self._network = network
        self._hosts = hosts

    @cached_property
    def plan(self) -> Plan:
        """Every range that the cluster declares."""
        view = self._view
        pod_cidrs = [declaration for ranges in view.pod_cidrs.values() for declaration in ranges]
        observed = of_hosts(self._hosts, view.node_named, self._network.node_ranges, view.pods)
        declarations = [*pod_cidrs, *self._network.declared, *declared_by_objects(view, view.services), *observed]
        return Plan([*declarations, *self._inferred_service_ranges(declarations)])

    def _inferred_service_ranges(self, declared: Iterable[object]) -> Iterator[Declaration]:
        """The Service ranges of families for which nothing declares them."""
        roles = ((entry.role, entry.range.family) for entry in declared if isinstance(entry, Declaration))
        declared_families = {family for role, family in roles if role is Role.SERVICE}
        for family in BITS.keys() - declared_families:
            of_family = [cluster_ip for cluster_ip in self.cluster_ips if cluster_ip.family == family]
            if of_family:
                lowest = min(of_family, key=lambda cluster_ip: cluster_ip.value)
                highest = max(cluster_ip.value for cluster_ip in of_family)
                first = Range(family, lowest.value, lowest.value)
                inferred = inferred_service_range(first, highest, subject_of(lowest.service), lowest.path)
                yield from [inferred] if inferred else []

    @cached_property
    def node_addresses(self) -> dict[tuple[int, int], list[Declaration]]:
        """Declarations of the addresses of Nodes, by family and value."""
        declarations = defaultdict(list)
        for declared in self.plan.of(Role.NODE):
            if declared.range.size == 1:
                declarations[declared.range.family, declared.range.first].append(declared)
        return dict(declarations)

    @cached_property
    def pod_ranges(self) -> list[Declaration]:
        """The ranges from which pods get their addresses: those of the nodes, else what all of them share."""
        node_ranges = [declared for ranges in self._network.node_ranges.values() for declared in ranges]
        if node_ranges or not self._network.allocates_from_node:
            return node_ranges or self._pools_of_plugins
        return self.plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER, Authority.KUBEADM)

    @property
    def _pools_of_plugins(self) -> list[Declaration]:
        declarations = [entry for entry in self._network.declared if isinstance(entry, Declaration)]
        return [declaration for declaration in declarations if declaration.role is Role.POD]

    @cached_property
    def collisions(self) -> list[Collision]:
        """Ranges of different kinds that have addresses in common."""
        shared = self._network.shares_node_subnet or any(host.is_bridged for host in self._hosts)
        return list(collisions(self.plan, shared))

    @cached_property
    def usage(self) -> Usage:
        """Which addresses are in use."""
        in_use = [Range(cluster_ip.family, cluster_ip.value, cluster_ip.value) for cluster_ip in self.cluster_ips]
        return usage(self.plan, self._network, self._view.pods, in_use)

    @cached_property
    def enclosing_ranges(self) -> list[EnclosingRange]:
        """Wider ranges in which the nodes' ranges have to be."""
        return enclosing_ranges(self.plan, self._network, self._view.pod_cidrs)

    @cached_property
    def capacities(self) -> list[NodeRangeCapacity]:
        """How many ranges for nodes there are, and how many are left."""
        return list(capacities(self._view, self.plan, self._network))

    @cached_property
    def unserved_nodes(self) -> set[Subject]:
        """The Nodes without a range, for which none is left."""
        return {node for capacity in self.capacities if capacity.is_spent for node in capacity.lacking}

    @cached_property
    def undivided_pod_cidrs(self) -> list[list[Declaration]]:
        """Pod ranges of Nodes that are the whole range of the cluster, one list for each such range."""
        if len(self._view.nodes) < 2 or self._network.allocates_from_node is False:
            return []
        return undivided(self.plan, self._view.pod_cidrs, self.capacities)

    @cached_property
    def overlapping_pod_cidrs(self) -> list[list[Declaration]]:
        """Groups of pod ranges of different Nodes that have addresses in common, undivided ones aside."""
        undivided = {declared for owners in self.undivided_pod_cidrs for declared in owners}
        pod_cidrs = (declared for ranges in self._view.pod_cidrs.values() for declared in ranges)
        candidates = [declared for declared in pod_cidrs if declared not in undivided]
        groups = overlapping_groups([declared.range for declared in candidates])
        disputed = [[candidates[number] for number in group] for group in groups]
        return [group for group in disputed if len({declared.node for declared in group}) > 1]

    def share_pod_cidrs(self, names: set[str]) -> bool:
        """Whether pod ranges of several of these Nodes have addresses in common."""
        groups = (*self.overlapping_pod_cidrs, *self.undivided_pod_cidrs)
        return any(len(names & {declared.node for declared in group}) > 1 for group in groups)

    @cached_property
    def placement(self) -> PodPlacement:
        """Where the addresses of each node's pods have to be."""
        undivided_nodes = {declared.node for group in self.undivided_pod_cidrs for declared in group}
        return PodPlacement(self._network.node_ranges, self._network.open_ranges, undivided_nodes)

    @cached_property
    def duplicate_secondary_addresses(self) -> list[DuplicateAddresses]:
        """Networks beside the cluster's in which several pods have one address."""
        return duplicate_addresses(self._view)

    @cached_property
    def cluster_ips(self) -> list[of_services.ClusterIP]:
        """The cluster IPs of all Services, in the order of these."""
        return list(of_services.cluster_ips(self._view.services))

    @cached_property
    def service_ranges(self) -> of_services.ServiceRanges:
        """The ranges from which cluster IPs are given."""
        gap = self._view.gap("ServiceCIDR")
        are_complete = gap is None or gap.reason is Reason.NOT_APPLICABLE
        return of_services.ServiceRanges(self.plan, self._view.objects("ServiceCIDR"), are_complete)

    @cached_property
    def ip_addresses(self) -> of_services.IPAddressRecords:
        """The IPAddress objects."""
        return of_services.IPAddressRecords(self._view.objects("IPAddress"))
