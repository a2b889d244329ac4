"""The cluster as checks see it: named answers, worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from operator import attrgetter

from netlint.addresses import BITS, Range, overlapping_groups
from netlint.dataplane import link_connections, pod_traffic
from netlint.dataplane.hiding_rules import HostRules, host_rules, told
from netlint.dataplane.pod_traffic import Traffic
from netlint.model.cni import Fabric, detect
from netlint.model.declared.controllers import Controller, is_off
from netlint.model.declared.inventory import Inventory
from netlint.model.declared.node_objects import node_ranges
from netlint.model.declared.release import Release, release
from netlint.model.declared.snapshot_view import Input
from netlint.model.hosts.host import Host, bind, of_hosts
from netlint.model.masquerade import beside_plugins
from netlint.model.masquerade.consequences import Masquerades, masquerades
from netlint.model.nodes.daemonset_coverage import Coverage, coverage
from netlint.model.nodes.identities import Identity, shared
from netlint.model.nodes.node_ips import own_addresses
from netlint.model.pods.selection import Selection
from netlint.model.ranges.address_plan import Authority, Declaration, Plan, Role, collect
from netlint.model.ranges.attachment_sharing import Sharing, sharing
from netlint.model.ranges.cluster_ips import ClusterIP, Records, ServiceRanges, cluster_ips
from netlint.model.ranges.collisions import Collision, Usage, collisions, usage
from netlint.model.ranges.enclosing_ranges import Confine, confines
from netlint.model.ranges.ipam import Block, blocks_of
from netlint.model.ranges.node_range_capacity import Supply, supplies, undivided
from netlint.model.ranges.pod_placement import Homes
from netlint.model.ranges.service_cidrs import inferred
from netlint.model.services import node_ports
from netlint.model.services.node_ports import NodePort, PortRange
from netlint.model.services.recomputed_slices import FIND_SIDECARS, EndpointModel, is_foreign
from netlint.model.subjects import subject_of
from netlint.objects import ADDRESS_PLAN
from netlint.snapshot import Reason

BY_VALUE = attrgetter("value")


class Cluster(Input):
    """Read-only root of the model: what the objects amount to."""

    @cached_property
    def endpoints(self) -> EndpointModel:
        """Services held against their slices."""
        nodes = set(self.node_named)
        complete = self.is_complete("Node")
        overlooks = self.release is not None and self.release.number < FIND_SIDECARS
        replaced = is_off(Controller.SLICES, self.pods)
        return EndpointModel(self.services, self.pods, self.slices, nodes if complete else None, overlooks, replaced)

    @cached_property
    def release(self) -> Release | None:
        """The release that the control plane runs, as far as the input shows it."""
        return release(self)

    @cached_property
    def foreign_slices(self) -> list[int]:
        """Numbers of the slices that neither the EndpointSlice controller nor an API server wrote."""
        pieces = enumerate(self.slices.slices)
        found = [number for number, piece in pieces if is_foreign(piece)]
        return sorted(found, key=lambda number: (self.slices.slices[number].namespace, self.slices.slices[number].name))

    @cached_property
    def pod_at(self) -> dict[tuple[int, int], list[int]]:
        """Live pods by family and address, where slices that no controller looks after name the address."""
        wanted = {
            (family, address)
            for number in self.foreign_slices
            for row in self.slices.endpoints(number)
            for family in (4, 6)
            if (address := self.slices.address(row, family))
        }
        return self.pods.at(wanted)

    @cached_property
    def node_ports(self) -> list[NodePort]:
        """Every node port that a Service claims."""
        return list(node_ports.claimed(self.services))

    @cached_property
    def node_port_ranges(self) -> list[PortRange]:
        """The node ports that the API servers give out; empty where the input shows none of them."""
        return node_ports.ranges(self.pods)

    @cached_property
    def selection(self) -> Selection:
        """What the selectors of Services select."""
        return Selection(self.pods, lambda: self.templates)

    @cached_property
    def inventory(self) -> Inventory:
        """What the plan and the plugins are read from."""
        self.reads.update(ADDRESS_PLAN)
        return Inventory(
            self.nodes, self.config_maps, self.objects("DaemonSet"), self.pods, self.pod_cidrs, self.objects
        )

    @cached_property
    def fabric(self) -> Fabric:
        """The CNI plugins that the cluster shows, and where they keep each node's pod range."""
        return detect(self.inventory, lambda: link_connections.observed(self._hosts, self.nodes, self.pod_cidrs))

    @cached_property
    def network_agents(self) -> list[Coverage]:
        """The DaemonSets of the network plugins in force, held against the pods."""
        found = [agent for plugin in self.fabric.plugins if plugin.runs for agent in plugin.agents]
        return [coverage(agent, self.inventory) for agent in found]

    @cached_property
    def hosts(self) -> list[Host]:
        """The node dumps, each with the Node that it belongs to."""
        self.reads.add("NodeDump")
        return self._hosts

    @cached_property
    def _hosts(self) -> list[Host]:
        return bind(self.snapshot.dumps, self.nodes)

    @cached_property
    def plan(self) -> Plan:
        """Every range that the cluster declares."""
        own = [found for ranges in self.pod_cidrs.values() for found in ranges]
        observed = of_hosts(self._hosts, self.node_named, self.fabric.node_ranges, self.pods)
        declared = [*own, *self.fabric.declared, *collect(self.inventory, self.services), *observed]
        return Plan([*declared, *self._guessed_service_ranges(declared)])

    def _guessed_service_ranges(self, declared: Iterable[object]) -> Iterator[Declaration]:
        """Of families for which nothing declares them."""
        roles = ((one.role, one.range.family) for one in declared if isinstance(one, Declaration))
        told = {family for role, family in roles if role is Role.SERVICE}
        for family in BITS.keys() - told:
            held = [one for one in self.cluster_ips if one.family == family]
            if held:
                first, last = min(held, key=BY_VALUE), max(held, key=BY_VALUE)
                span = Range(family, first.value, first.value)
                found = inferred(span, last.value, subject_of(first.service), first.path)
                yield from [found] if found else []

    @cached_property
    def pod_ranges(self) -> list[Declaration]:
        """The ranges from which pods get their addresses: those of the nodes, else what all of them share."""
        own = [found for ranges in self.fabric.node_ranges.values() for found in ranges]
        if own or not self.fabric.allocates_from_node:
            return own or self._pools_of_plugins
        return self.plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER, Authority.KUBEADM)

    @property
    def _pools_of_plugins(self) -> list[Declaration]:
        declared = [found for found in self.fabric.declared if isinstance(found, Declaration)]
        return [found for found in declared if found.role is Role.POD]

    @cached_property
    def masquerades(self) -> Masquerades:
        """The configurations that hide addresses of pods."""
        found = [*self.fabric.masquerades(self.pod_ranges), *beside_plugins(self.inventory, self.pod_ranges)]
        return masquerades(found, self.confines)

    @cached_property
    def host_traffic(self) -> list[Traffic]:
        """What pods of the hosts with dumps send to pods elsewhere, and are sent by them."""
        ranges = self.fabric.node_ranges
        return list(pod_traffic.traffic(self.hosts, ranges, self.pod_ranges, self.confines, self.pods))

    @cached_property
    def host_rules(self) -> HostRules:
        """The rules of hosts that hide addresses of pods from pods, as far as no configuration tells it."""
        return host_rules(self.host_traffic, told(self.masquerades, self.inventory, self.pod_ranges))

    @cached_property
    def collisions(self) -> list[Collision]:
        """Ranges of different kinds that have addresses in common."""
        shared = self.fabric.shares_node_subnet or any(host.is_bridged for host in self._hosts)
        return list(collisions(self.plan, shared))

    @cached_property
    def usage(self) -> Usage:
        """Which addresses are in use."""
        held = [Range(found.family, found.value, found.value) for found in self.cluster_ips]
        return usage(self.plan, self.fabric, self.pods, held)

    @cached_property
    def pod_cidrs(self) -> dict[str, list[Declaration]]:
        """The pod ranges of every Node, by its name; an empty list for a Node without."""
        return {node.name: node_ranges(node) for node in self.nodes}

    @cached_property
    def own_addresses(self) -> dict[str, set[tuple[int, int]]]:
        """Family and value of every address of each Node, by its name."""
        return {node.name: own_addresses(node) for node in self.nodes}

    @cached_property
    def confines(self) -> list[Confine]:
        """Wider ranges in which the nodes' ranges have to be."""
        return confines(self.plan, self.fabric, self.pod_cidrs)

    @cached_property
    def ipam_blocks(self) -> list[Block]:
        """Calico's blocks."""
        return blocks_of(self.inventory, self.fabric)

    @cached_property
    def supplies(self) -> list[Supply]:
        """How many ranges for nodes there are, and how many are left."""
        return list(supplies(self.inventory, self.plan, self.fabric, self.pod_cidrs))

    @cached_property
    def undivided_pod_cidrs(self) -> list[list[Declaration]]:
        """Pod ranges of Nodes that are the whole range of the cluster, one list for each such range."""
        if len(self.nodes) < 2 or self.fabric.allocates_from_node is False:
            return []
        return undivided(self.plan, self.pod_cidrs, self.supplies)

    @cached_property
    def disputed_pod_cidrs(self) -> list[list[Declaration]]:
        """Groups of pod ranges of different Nodes that have addresses in common, undivided ones aside."""
        whole = {found for owners in self.undivided_pod_cidrs for found in owners}
        declared = [found for ranges in self.pod_cidrs.values() for found in ranges if found not in whole]
        groups = overlapping_groups([found.range for found in declared])
        disputed = [[declared[number] for number in group] for group in groups]
        return [group for group in disputed if len({found.node for found in group}) > 1]

    def share_pod_cidrs(self, names: set[str]) -> bool:
        """Whether pod ranges of several of these Nodes have addresses in common."""
        groups = (*self.disputed_pod_cidrs, *self.undivided_pod_cidrs)
        return any(len(names & {found.node for found in group}) > 1 for group in groups)

    @cached_property
    def shared_identities(self) -> list[list[Identity]]:
        """What several Nodes have in common and should not."""
        return shared(self.nodes)

    @cached_property
    def homes(self) -> Homes:
        """Where the addresses of each node's pods have to be."""
        undivided = {declared.node for group in self.undivided_pod_cidrs for declared in group}
        return Homes(self.fabric.node_ranges, self.fabric.open_ranges, undivided)

    @cached_property
    def shared_attachments(self) -> list[Sharing]:
        """Networks beside the cluster's in which several pods have one address."""
        return sharing(self.pods, self.inventory)

    @cached_property
    def cluster_ips(self) -> list[ClusterIP]:
        """The cluster IPs of all Services, in the order of these."""
        return list(cluster_ips(self.services))

    @cached_property
    def service_ranges(self) -> ServiceRanges:
        """The ranges from which cluster IPs are given."""
        gap = self.gap("ServiceCIDR")
        firm = gap is None or gap.reason is Reason.NOT_APPLICABLE
        return ServiceRanges(self.plan, self.objects("ServiceCIDR"), firm)

    @cached_property
    def records(self) -> Records:
        """The IPAddress objects."""
        return Records(self.objects("IPAddress"))
