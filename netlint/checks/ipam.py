"""What IPAM plugins give out: blocks, pools, secondary networks."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.checks.wording import as_evidence, listed, said, sides
from netlint.cluster import Cluster
from netlint.findings import Related, Violation
from netlint.model.cni.plugins import calico_ipam, cilium_ipam
from netlint.model.declared.declarations import Declaration
from netlint.model.ranges import ipam
from netlint.model.ranges.secondary_networks import SecondaryRange
from netlint.model.subjects import subject_of
from netlint.phrases import NAMED, shortened
from netlint.snapshot.attached_networks import STATUS
from netlint.snapshot.pod_table import Phase


def overlapping_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """Blocks or ranges that IPAM plugins gave to nodes have common addresses."""
    yield from map(_overlap, _overlapping(cluster))


def _overlapping(cluster: Cluster) -> Iterator[list[Declaration]]:
    given = ipam.given_to_nodes(cluster.view, cluster.network)
    for group in addresses.overlapping_groups([declared.range for declared in given]):
        yield [given[number] for number in group]


def overlapping_ip_pools(cluster: Cluster) -> Iterator[Violation]:
    """Pools for the same purpose have common addresses."""
    for group in ipam.overlapping_pools(cluster.ranges.plan):
        yield _overlap(group)


def _overlap(group: list[Declaration]) -> Violation:
    first, *others = sorted(group, key=lambda declared: (declared.subject.order, declared.range))
    return Violation(
        first.subject,
        first.path,
        f"{said(first)} overlaps {listed(others)}",
        {"ranges": [as_evidence(declared) for declared in (first, *others)]},
        sides(others),
        key=FAMILY_NAMES[first.range.family],
    )


def contested_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """Several nodes own one block."""
    for held, claims in calico_ipam.contested_blocks(cluster.view):
        first, *others = sorted(claims, key=lambda claim: claim.subject.order)
        nodes = shortened([f"Node {name}" for name in dict.fromkeys(claim.node for claim in (first, *others))])
        yield Violation(
            first.subject,
            first.path,
            f"{held} belongs to {nodes}",
            {"cidr": str(held), "owners": {str(claim.subject): claim.node for claim in (first, *others)}},
            tuple(Related(claim.subject, claim.path, f"says Node {claim.node}") for claim in others),
        )


def unmatched_ipam_blocks(cluster: Cluster) -> Iterator[Violation]:
    """A block with addresses in use is no piece of a pool."""
    told = {declared.subject for group in _overlapping(cluster) for declared in group}
    for block, pool in calico_ipam.unmatched_blocks(cluster.view):
        if block.subject in told:
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
    for filling in ipam.fillings(cluster.view, cluster.ranges.plan, cluster.network):
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
    spent = {lacking for supply in cluster.ranges.capacities if supply.is_spent for lacking in supply.lacking}
    told = spent | {declared.subject for group in _overlapping(cluster) for declared in group}
    for error, nodes in cilium_ipam.failures(cluster.view).items():
        failed = [node for node in nodes if subject_of(node) not in told]
        if failed:
            first, *others = [subject_of(node) for node in failed]
            more = f", and so for {shortened([str(one) for one in others])}" if others else ""
            yield Violation(
                first,
                ("status", "ipam", "operator-status", "error"),
                f"the operator says: {error}{more}",
                {"error": error, "nodes": [node.name for node in failed]},
                tuple(Related(one, (), "has the same error") for one in others[:NAMED]),
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
        first, *others = sorted(group, key=lambda found: (found.declaration.subject.order, found.given))
        master, vlan = first.segment
        where = f"{master}, VLAN {vlan}" if vlan else master
        declared = [found.declaration for found in (first, *others)]
        yield Violation(
            declared[0].subject,
            declared[0].path,
            f"{first.given} on {where} overlaps {_given(others)}",
            {"segment": where, "ranges": [as_evidence(one) for one in declared]},
            sides(declared[1:]),
            key=f"{where} {first.given}",
        )


def _given(found: list[SecondaryRange]) -> str:
    return shortened([f"{one.given} of {one.declaration.subject}" for one in found])


def overlapping_host_local_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Ranges of host-local in one configuration have common addresses."""
    for first, *others in ipam.overlapping_sets(cluster.ranges.plan):
        declared = first.declaration
        yield Violation(
            declared.subject,
            declared.path,
            f"{first.given} overlaps {shortened([str(one.given) for one in others])} of the same configuration",
            {"ranges": [str(one.given) for one in (first, *others)]},
            key=str(first.given),
        )


def assignable_gateways(cluster: Cluster) -> Iterator[Violation]:
    """A pod of a secondary network may get the gateway's address."""
    for found in cluster.ranges.plan.secondary:
        if found.gives_gateway:
            declared = found.declaration
            gateway = addresses.text(declared.range.family, found.gateway or 0)
            yield Violation(
                declared.subject,
                declared.path,
                f"the gateway {gateway} is one of the addresses {found.given} for pods",
                {"gateway": gateway, "given": str(found.given)},
                key=gateway,
            )


def unshared_ipam_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Every node gives out the same addresses of a network that nodes share."""
    hurting = {found.definition for found in cluster.ranges.shared_attachments}
    for found in ipam.unshared_ranges(cluster.view, cluster.ranges.plan):
        declared = found.declaration
        if declared.subject in hurting:
            continue  # that pods share addresses is the finding
        nodes = len(cluster.view.nodes)
        yield Violation(
            declared.subject,
            declared.path,
            f"host-local gives out {found.given} on each of {nodes} nodes, which share {_link(found)}",
            {"given": str(found.given), "plugin": found.plugin, "nodes": nodes},
            key=str(found.given),
        )


def duplicate_secondary_addresses(cluster: Cluster) -> Iterator[Violation]:
    """Several live pods have one address in a network beside the cluster's."""
    pods = cluster.pods
    path = ("metadata", "annotations", STATUS)
    for found in cluster.ranges.shared_attachments:
        (text, rows), *more = found.holders.items()
        holders = [pods.subject(row) for row in rows]
        others = f", and {len(more)} more addresses have several pods each" if more else ""
        subject = found.definition or holders[0]
        yield Violation(
            subject,
            ("spec", "config") if found.definition else path,
            f"{text} in {found.network} belongs to {shortened([str(holder) for holder in holders])}{others}",
            {"network": found.network, "addresses": {text: _names(cluster, of) for text, of in found.holders.items()}},
            tuple(Related(holder, path, f"has {text}") for holder in holders[:NAMED] if holder != subject),
            key=found.node if found.definition else found.network,
            mitigated=not any(_are_firm(cluster, of) for of in found.holders.values()),
        )


def _names(cluster: Cluster, rows: list[int]) -> list[str]:
    return [f"{cluster.pods.namespace(row)}/{cluster.pods.name(row)}" for row in rows]


def _are_firm(cluster: Cluster, rows: list[int]) -> bool:
    pods = cluster.pods
    return sum(not pods.is_terminating(row) and pods.phase(row) != Phase.UNKNOWN for row in rows) > 1


def _link(found: SecondaryRange) -> str:
    return f"the {found.plugin} network" + (f" on {found.segment[0]}" if found.segment[0] else "")


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
