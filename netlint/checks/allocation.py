"""Cluster IPs: given out once, from the Service ranges, and recorded."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.checks.wording import listed, objects, sides
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.ranges.cluster_ips import ClusterIP, is_after, newest, parent_of, shared_cluster_ips
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.objects.networking import IPAddress
from netlint.snapshot import Reason


def cluster_ips_outside_service_cidrs(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A Service's cluster IP is in no range that cluster IPs are given from."""
    gap, ranges = cluster.view.gap("ServiceCIDR"), cluster.ranges.service_ranges
    if gap is not None and gap.reason in {Reason.FORBIDDEN, Reason.INCOMPLETE}:
        yield Undecided(None, gap.message, gap.reason)
    elif not ranges.declared:
        yield Undecided(None, "nothing in the input declares the range of cluster IPs", Reason.MISSING)
    else:
        for cluster_ip in cluster.ranges.cluster_ips:
            if not ranges.contain(cluster_ip):
                yield _outside(cluster, cluster_ip)


def _outside(cluster: Cluster, cluster_ip: ClusterIP) -> Violation:
    ranges = cluster.ranges.service_ranges
    closed = [declared for declared in ranges.not_ready if declared.range.holds(*cluster_ip.address)]
    nearby = closed or ranges.expected_for(cluster_ip)
    problem = f"is only inside {listed(nearby)}, which is not Ready" if closed else f"is outside {listed(nearby)}"
    return Violation(
        subject_of(cluster_ip.service),
        cluster_ip.path,
        f"{cluster_ip} {problem}",
        {"address": str(cluster_ip), "serviceCIDRs": [str(declared) for declared in ranges.in_force]},
        sides(nearby),
        key=FAMILY_NAMES[cluster_ip.family],
        mitigated=bool(closed) or not ranges.are_complete,
    )


def duplicate_cluster_ips(cluster: Cluster) -> Iterator[Violation]:
    """Two or more Services have the same cluster IP."""
    for first, *others in shared_cluster_ips(cluster.ranges.cluster_ips):
        related = tuple(Related(subject_of(other.service), other.path, "has it too") for other in others)
        yield Violation(
            subject_of(first.service),
            first.path,
            f"{first} also belongs to {objects(related)}",
            {"address": str(first), "services": ["/".join(cluster_ip.owner) for cluster_ip in (first, *others)]},
            related,
            key=FAMILY_NAMES[first.family],
        )


def unallocated_cluster_ips(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """No IPAddress records that the cluster IP belongs to the Service."""
    records, ranges = cluster.ranges.ip_addresses, cluster.ranges.service_ranges
    if not records.in_use:
        yield Undecided(None, "no IPAddress in the input belongs to a Service", Reason.NOT_APPLICABLE)
        return
    disputed = {cluster_ip.address for group in shared_cluster_ips(cluster.ranges.cluster_ips) for cluster_ip in group}
    for cluster_ip in cluster.ranges.cluster_ips:
        record = records.by_address.get(cluster_ip.address)
        stray = ranges.declared and not ranges.contain(cluster_ip)
        planned = record is None and not cluster_ip.service.metadata.creationTimestamp
        if cluster_ip.address in disputed or stray or planned or (record and parent_of(record) == cluster_ip.owner):
            continue
        yield _unallocated(cluster_ip, record, records.newest)


def _unallocated(cluster_ip: ClusterIP, record: IPAddress | None, last_creation: str) -> Violation:
    service = cluster_ip.service
    problem = f"is recorded for {_parent(record)}" if record else "is recorded by no IPAddress"
    return Violation(
        subject_of(service),
        cluster_ip.path,
        f"{cluster_ip} {problem}",
        {"address": str(cluster_ip), "recordedFor": _parent(record) if record else None},
        (Related(subject_of(record), ("spec", "parentRef"), f"belongs to {_parent(record)}"),) if record else (),
        key=FAMILY_NAMES[cluster_ip.family],
        mitigated=bool(service.metadata.deletionTimestamp) or (record is None and is_after(service, last_creation)),
    )


def _parent(record: IPAddress) -> str:
    parent = record.spec.parentRef
    if parent is None:
        return "nothing"
    owner = parent_of(record)
    kind = "Service" if owner else f"{parent.resource}.{parent.group}" if parent.group else str(parent.resource)
    return f"{kind} {parent.namespace}/{parent.name}" if parent.namespace else f"{kind} {parent.name}"


def orphaned_ip_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """An IPAddress belongs to a Service that does not have the address."""
    assigned = {cluster_ip.address for cluster_ip in cluster.ranges.cluster_ips}
    by_owner: dict[tuple[str, str], list[ClusterIP]] = {
        (service.namespace, service.name): [] for service in cluster.view.services
    }
    for cluster_ip in cluster.ranges.cluster_ips:
        by_owner[cluster_ip.owner].append(cluster_ip)
    last_creation = newest(cluster.view.services)
    for address, record in sorted(cluster.ranges.ip_addresses.by_address.items()):
        owner = parent_of(record)
        if owner is None or address in assigned:
            continue
        gap = cluster.view.gap("Service", owner[0])
        if owner not in by_owner and gap is not None:
            yield Undecided(subject_of(record), gap.message, gap.reason)
        else:
            service = cluster.view.service_named.get(owner)
            yield _orphaned(record, addresses.text(*address), service, by_owner.get(owner), last_creation)


def _orphaned(
    record: IPAddress, address: str, service: Service | None, cluster_ips: list[ClusterIP] | None, last_creation: str
) -> Violation:
    sides = [
        Related(subject_of(cluster_ip.service), cluster_ip.path, f"has {cluster_ip}")
        for cluster_ip in cluster_ips or ()
    ]
    if service is not None and not cluster_ips:
        sides.append(Related(subject_of(service), ("spec",), "has no cluster IP"))
    return Violation(
        subject_of(record),
        ("spec", "parentRef"),
        f"{_parent(record)}, to which {address} belongs, {_instead(cluster_ips)}",
        {"address": address, "clusterIPs": [str(cluster_ip) for cluster_ip in cluster_ips or ()]},
        tuple(sides),
        mitigated=is_after(record, last_creation),
    )


def _instead(cluster_ips: list[ClusterIP] | None) -> str:
    if cluster_ips is None:
        return "does not exist"
    return f"has {' and '.join(map(str, cluster_ips))}" if cluster_ips else "has no cluster IP"


CHECKS = (
    cluster_ips_outside_service_cidrs,
    duplicate_cluster_ips,
    orphaned_ip_addresses,
    unallocated_cluster_ips,
)
