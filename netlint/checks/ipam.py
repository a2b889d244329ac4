"""What IPAM plugins give out: blocks, pools, secondary networks."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.checks.wording import as_evidence, listed, sides, with_owner
from netlint.cluster import Cluster
from netlint.findings import Related, Violation
from netlint.model.cni.plugins import calico_ipam, cilium_ipam
from netlint.model.declared.declarations import Declaration
from netlint.model.ranges import ipam
from netlint.model.ranges.secondary_networks import SecondaryRange
from netlint.model.subjects import subject_of
from netlint.phrases import NAMED, shortened
from netlint.snapshot.attached_networks import STATUS


def overlapping_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """Blocks or ranges that IPAM plugins gave to nodes have common addresses."""
    yield from map(_overlap, _overlapping(cluster))


def _overlapping(cluster: Cluster) -> Iterator[list[Declaration]]:
    allocated = ipam.ranges_given_to_nodes(cluster.view, cluster.network)
    for group in addresses.overlapping_groups([declared.range for declared in allocated]):
        yield [allocated[number] for number in group]


def overlapping_ip_pools(cluster: Cluster) -> Iterator[Violation]:
    """Pools for the same purpose have common addresses."""
    for group in ipam.overlapping_pools(cluster.ranges.plan):
        yield _overlap(group)


def _overlap(group: list[Declaration]) -> Violation:
    first, *others = sorted(group, key=lambda declared: (declared.subject.order, declared.range))
    return Violation(
        first.subject,
        first.path,
        f"{with_owner(first)} overlaps {listed(others)}",
        {"ranges": [as_evidence(declared) for declared in (first, *others)]},
        sides(others),
        key=FAMILY_NAMES[first.range.family],
    )


def contested_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """Several nodes own one block."""
    for block, claims in calico_ipam.contested_blocks(cluster.view):
        first, *others = sorted(claims, key=lambda claim: claim.subject.order)
        nodes = shortened(f"Node {name}" for name in dict.fromkeys(claim.node for claim in (first, *others)))
        yield Violation(
            first.subject,
            first.path,
            f"{block} belongs to {nodes}",
            {"cidr": str(block), "owners": {str(claim.subject): claim.node for claim in (first, *others)}},
            tuple(Related(claim.subject, claim.path, f"says Node {claim.node}") for claim in others),
        )


def unmatched_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """A block with addresses in use is no piece of a pool."""
    explained = {declared.subject for group in _overlapping(cluster) for declared in group}
    for block, pool in calico_ipam.unmatched_blocks(cluster.view):
        if block.subject in explained:
            continue
        problem = (
            f"is no block of IPPool {pool.item.name}, whose blocks are /{pool.length}"
            if pool
            else "is outside of all IPPools"
        )
        evidence = {"cidr": str(block), "blockSize": pool.length if pool else None}
        related = (Related(pool.declaration.subject, ("spec", "blockSize"), f"/{pool.length}"),) if pool else ()
        yield Violation(block.subject, block.path, f"{block} {problem}", evidence, related)


def exhausted_ip_pools(cluster: Cluster) -> Iterator[Violation]:
    """A pool or a Node's range has no address left for pods, or few."""
    for filling in ipam.pool_fillings(cluster.view, cluster.ranges.plan, cluster.network):
        if filling.is_scarce:
            yield Violation(
                filling.subject,
                filling.path,
                f"{filling.in_use} of {filling.size} addresses of {filling.name} are in use",
                {"size": filling.size, "taken": filling.in_use},
                sides(filling.others),
                key=filling.name,
                mitigated=not filling.is_full,
            )


def failed_node_allocations(cluster: Cluster) -> Iterator[Violation]:
    """Cilium's operator could not give a node what it wants."""
    explained = cluster.ranges.unserved_nodes | {
        declared.subject for group in _overlapping(cluster) for declared in group
    }
    for error, nodes in cilium_ipam.failures(cluster.view).items():
        failed = [node for node in nodes if subject_of(node) not in explained]
        if failed:
            first, *others = [subject_of(node) for node in failed]
            more = f", and so for {shortened(others)}" if others else ""
            yield Violation(
                first,
                ("status", "ipam", "operator-status", "error"),
                f"the operator says: {error}{more}",
                {"error": error, "nodes": [node.name for node in failed]},
                tuple(Related(node, (), "has the same error") for node in others[:NAMED]),
                mitigated=all(node.spec.ipam and node.spec.ipam.podCIDRs for node in failed),
            )


def too_few_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """Nodes must not borrow addresses, and there are fewer blocks than nodes."""
    for shortage in calico_ipam.shortages(cluster.view):
        yield Violation(
            shortage.subject,
            ("spec", "strictAffinity"),
            f"{listed(shortage.pools)} has {shortage.blocks} blocks for {shortage.nodes} nodes, which must not borrow",
            {"nodes": shortage.nodes, "blocks": shortage.blocks},
            sides(shortage.pools),
            key=FAMILY_NAMES[shortage.family],
        )


def overlapping_secondary_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Secondary networks on one segment give out the same addresses independently."""
    for group in ipam.contested_secondary_ranges(cluster.ranges.plan):
        first, *others = sorted(
            group, key=lambda secondary: (secondary.declaration.subject.order, secondary.allocatable)
        )
        master, vlan = first.segment
        where = f"{master}, VLAN {vlan}" if vlan else master
        declarations = [secondary.declaration for secondary in (first, *others)]
        yield Violation(
            first.declaration.subject,
            first.declaration.path,
            f"{first.allocatable} on {where} overlaps {_listed_secondary(others)}",
            {"segment": where, "ranges": [as_evidence(declared) for declared in declarations]},
            sides(declarations[1:]),
            key=f"{where} {first.allocatable}",
        )


def _listed_secondary(ranges: list[SecondaryRange]) -> str:
    return shortened(f"{secondary.allocatable} of {secondary.declaration.subject}" for secondary in ranges)


def overlapping_host_local_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Ranges of host-local in one configuration have common addresses."""
    for first, *others in ipam.overlapping_sets(cluster.ranges.plan):
        declared = first.declaration
        yield Violation(
            declared.subject,
            declared.path,
            f"{first.allocatable} overlaps {shortened(secondary.allocatable for secondary in others)} "
            "of the same configuration",
            {"ranges": [str(secondary.allocatable) for secondary in (first, *others)]},
            key=str(first.allocatable),
        )


def assignable_gateways(cluster: Cluster) -> Iterator[Violation]:
    """A pod of a secondary network may get the gateway's address."""
    for secondary in cluster.ranges.plan.secondary:
        if secondary.allocates_gateway:
            declared = secondary.declaration
            gateway = addresses.text(declared.range.family, secondary.gateway or 0)
            yield Violation(
                declared.subject,
                declared.path,
                f"the gateway {gateway} is one of the addresses {secondary.allocatable} for pods",
                {"gateway": gateway, "given": str(secondary.allocatable)},
                key=gateway,
            )


def unshared_ipam_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Every node gives out the same addresses of a network that nodes share."""
    hurting = {sharing.definition for sharing in cluster.ranges.duplicate_secondary_addresses}
    for secondary in ipam.unshared_ranges(cluster.view, cluster.ranges.plan):
        declared = secondary.declaration
        if declared.subject in hurting:
            continue  # that pods share addresses is the finding
        nodes = len(cluster.view.nodes)
        yield Violation(
            declared.subject,
            declared.path,
            f"host-local gives out {secondary.allocatable} on each of {nodes} nodes, which share {_link(secondary)}",
            {"given": str(secondary.allocatable), "plugin": secondary.plugin_type, "nodes": nodes},
            key=str(secondary.allocatable),
        )


def duplicate_secondary_addresses(cluster: Cluster) -> Iterator[Violation]:
    """Several live pods have one address in a network beside the cluster's."""
    pods = cluster.pods
    path = ("metadata", "annotations", STATUS)
    for sharing in cluster.ranges.duplicate_secondary_addresses:
        (text, rows), *other_addresses = sharing.holders.items()
        holders = [pods.subject(row) for row in rows]
        others = f", and {len(other_addresses)} more addresses have several pods each" if other_addresses else ""
        named = {text: ["/".join(pods.order(row)) for row in rows] for text, rows in sharing.holders.items()}
        subject = sharing.definition or holders[0]
        yield Violation(
            subject,
            ("spec", "config") if sharing.definition else path,
            f"{text} in {sharing.network} belongs to {shortened(holders)}{others}",
            {"network": sharing.network, "addresses": named},
            tuple(Related(holder, path, f"has {text}") for holder in holders[:NAMED] if holder != subject),
            key=sharing.node if sharing.definition else sharing.network,
            mitigated=all(sum(map(pods.keeps_address, sharers)) < 2 for sharers in sharing.holders.values()),
        )


def _link(secondary: SecondaryRange) -> str:
    return f"the {secondary.plugin_type} network" + (f" on {secondary.segment[0]}" if secondary.segment[0] else "")


CHECKS = (
    assignable_gateways,
    contested_ipam_blocks,
    duplicate_secondary_addresses,
    exhausted_ip_pools,
    failed_node_allocations,
    overlapping_host_local_ranges,
    overlapping_ip_pools,
    overlapping_ipam_blocks,
    overlapping_secondary_ranges,
    too_few_ipam_blocks,
    unmatched_ipam_blocks,
    unshared_ipam_ranges,
)
