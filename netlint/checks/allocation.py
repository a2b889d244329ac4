"""Cluster IPs: given out once, from the Service ranges, and recorded."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.checks.wording import listed, sides, subjects
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
        for held in cluster.ranges.cluster_ips:
            if not ranges.contain(held):
                yield _outside(cluster, held)


def _outside(cluster: Cluster, held: ClusterIP) -> Violation:
    ranges = cluster.ranges.service_ranges
    closed = [found for found in ranges.not_ready if found.range.holds(*held.address)]
    named = closed or ranges.expected_for(held)
    what = f"is only inside {listed(named)}, which is not Ready" if closed else f"is outside {listed(named)}"
    return Violation(
        subject_of(held.service),
        held.path,
        f"{held} {what}",
        {"address": str(held), "serviceCIDRs": [str(found) for found in ranges.in_force]},
        sides(named),
        key=FAMILY_NAMES[held.family],
        mitigated=bool(closed) or not ranges.are_complete,
    )


def duplicate_cluster_ips(cluster: Cluster) -> Iterator[Violation]:
    """Two or more Services have the same cluster IP."""
    for first, *others in shared_cluster_ips(cluster.ranges.cluster_ips):
        related = tuple(Related(subject_of(other.service), other.path, "has it too") for other in others)
        yield Violation(
            subject_of(first.service),
            first.path,
            f"{first} also belongs to {subjects(related)}",
            {"address": str(first), "services": ["/".join(held.owner) for held in (first, *others)]},
            related,
            key=FAMILY_NAMES[first.family],
        )


def unallocated_cluster_ips(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """No IPAddress records that the cluster IP belongs to the Service."""
    records, ranges = cluster.ranges.ip_addresses, cluster.ranges.service_ranges
    if not records.in_use:
        yield Undecided(None, "no IPAddress in the input belongs to a Service", Reason.NOT_APPLICABLE)
        return
    disputed = {held.address for group in shared_cluster_ips(cluster.ranges.cluster_ips) for held in group}
    for held in cluster.ranges.cluster_ips:
        record = records.by_address.get(held.address)
        stray = ranges.declared and not ranges.contain(held)
        planned = record is None and not held.service.metadata.creationTimestamp
        if held.address in disputed or stray or planned or (record and parent_of(record) == held.owner):
            continue
        yield _unallocated(held, record, records.newest)


def _unallocated(held: ClusterIP, record: IPAddress | None, last: str) -> Violation:
    service = held.service
    said = f"is recorded for {_parent(record)}" if record else "is recorded by no IPAddress"
    return Violation(
        subject_of(service),
        held.path,
        f"{held} {said}",
        {"address": str(held), "recordedFor": _parent(record) if record else None},
        (Related(subject_of(record), ("spec", "parentRef"), f"belongs to {_parent(record)}"),) if record else (),
        key=FAMILY_NAMES[held.family],
        mitigated=bool(service.metadata.deletionTimestamp) or (record is None and is_after(service, last)),
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
    held = {found.address for found in cluster.ranges.cluster_ips}
    of_service: dict[tuple[str, str], list[ClusterIP]] = {
        (one.namespace, one.name): [] for one in cluster.view.services
    }
    for found in cluster.ranges.cluster_ips:
        of_service[found.owner].append(found)
    last = newest(cluster.view.services)
    for address, record in sorted(cluster.ranges.ip_addresses.by_address.items()):
        owner = parent_of(record)
        if owner is None or address in held:
            continue
        gap = cluster.view.gap("Service", owner[0])
        if owner not in of_service and gap is not None:
            yield Undecided(subject_of(record), gap.message, gap.reason)
        else:
            service = cluster.view.service_named.get(owner)
            yield _orphaned(record, addresses.text(*address), service, of_service.get(owner), last)


def _orphaned(
    record: IPAddress, address: str, service: Service | None, others: list[ClusterIP] | None, last: str
) -> Violation:
    sides = [Related(subject_of(found.service), found.path, f"has {found}") for found in others or ()]
    if service is not None and not others:
        sides.append(Related(subject_of(service), ("spec",), "has no cluster IP"))
    return Violation(
        subject_of(record),
        ("spec", "parentRef"),
        f"{_parent(record)}, to which {address} belongs, {_instead(others)}",
        {"address": address, "clusterIPs": [str(found) for found in others or ()]},
        tuple(sides),
        mitigated=is_after(record, last),
    )


def _instead(others: list[ClusterIP] | None) -> str:
    if others is None:
        return "does not exist"
    return f"has {' and '.join(map(str, others))}" if others else "has no cluster IP"


CHECKS = (
    cluster_ips_outside_service_cidrs,
    duplicate_cluster_ips,
    orphaned_ip_addresses,
    unallocated_cluster_ips,
)
