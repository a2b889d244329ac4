"""The ranges that a cluster declares: how they are written, whether they agree, whether they suffice."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.addresses import BITS, FAMILY_NAMES, text
from netlint.checks.wording import as_evidence, listed, sides, with_kind
from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation, field_name
from netlint.model.declared.control_plane import repeated_flags
from netlint.model.declared.declarations import Authority, Declaration, Role, Standing
from netlint.model.ranges.disagreements import disagreements
from netlint.model.ranges.node_range_capacity import NodeRangeCapacity
from netlint.model.ranges.secondary_networks import HOST_LOCAL
from netlint.phrases import inflected, shortened

ONE_OF_EACH_FAMILY = (
    Authority.NODE,
    Authority.CONTROLLER_MANAGER,
    Authority.API_SERVER,
    Authority.SERVICE_PROXY,
    Authority.SERVICE_CIDR,
    Authority.KUBEADM,
)
ALLOCATED = (Role.POD, Role.NODE_POD, Role.SERVICE)


def malformed_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Text that should declare a range does not."""
    seen = set()
    for malformed in cluster.ranges.plan.malformed:
        if malformed not in seen:
            seen.add(malformed)
            field = field_name(malformed.path)
            evidence = {"field": field, "problem": malformed.problem}
            yield Violation(
                malformed.subject, malformed.path, malformed.problem, evidence, key=f"{field}: {malformed.problem}"
            )


def catch_all_ranges(cluster: Cluster) -> Iterator[Violation]:
    """A range holds every address."""
    for declared in cluster.ranges.plan.of(*ALLOCATED, Role.LOAD_BALANCER, Role.SECONDARY):
        if declared.range.size == 1 << BITS[declared.range.family]:
            family = FAMILY_NAMES[declared.range.family]
            message = f"the {declared.description} {declared} holds every {family} address"
            yield Violation(declared.subject, declared.path, message, as_evidence(declared), key=family)


def ranges_with_host_bits(cluster: Cluster) -> Iterator[Violation]:
    """The address in front of the prefix length is not the first one of the range."""
    of_host_local = [
        secondary.declaration for secondary in cluster.ranges.plan.secondary if secondary.ipam_type == HOST_LOCAL
    ]
    for declared in (*cluster.ranges.plan.of(*ALLOCATED, Role.LOAD_BALANCER), *of_host_local):
        written = declared.cidr
        if written is not None and written.has_host_bits and declared.standing is Standing.DECLARED:
            yield Violation(
                declared.subject,
                declared.path,
                f"the {declared.description} {written} has host bits: its first address is {text(*declared.range[:2])}",
                {"written": str(written), **as_evidence(declared)},
                key=str(written),
            )


def non_canonical_ranges(cluster: Cluster) -> Iterator[Violation]:
    """An IPv6 range is not written in its one canonical form."""
    for declared in cluster.ranges.plan.of(*ALLOCATED, Role.LOAD_BALANCER, Role.SECONDARY):
        written = declared.cidr
        if written is not None and not written.is_canonical and declared.standing is Standing.DECLARED:
            yield Violation(
                declared.subject,
                declared.path,
                f"the {declared.description} {written.written} is {written} in its canonical form",
                {"written": written.written, **as_evidence(declared)},
                key=written.written,
            )


def repeated_range_families(cluster: Cluster) -> Iterator[Violation]:
    """A list that may have one range of each family has two of one."""
    for (subject, _, family), ranges in _by_list(cluster).items():
        if len(ranges) > 1:
            ranges.sort(key=lambda declared: declared.path)
            yield Violation(
                subject,
                ranges[1].path,
                f"{shortened(ranges)} are {FAMILY_NAMES[family]} ranges in one list",
                {"ranges": [as_evidence(declared) for declared in ranges]},
                sides(declared for declared in ranges if declared.path != ranges[1].path),
                key=f"{ranges[0].description} {FAMILY_NAMES[family]}",
            )


def _by_list(cluster: Cluster) -> dict[tuple[Subject, Role, int], list[Declaration]]:
    """Declared ranges by object, role and family."""
    by_list: dict[tuple[Subject, Role, int], list[Declaration]] = {}
    for declared in cluster.ranges.plan.of(*ALLOCATED):
        if declared.authority in ONE_OF_EACH_FAMILY:
            place = (declared.subject, declared.role, declared.range.family)
            by_list.setdefault(place, []).append(declared)
    return by_list


def contradicting_flags(cluster: Cluster) -> Iterator[Violation]:
    """A program is given a flag twice, with different values."""
    for flag in repeated_flags(cluster.pods):
        values = " and ".join(flag.values)
        yield Violation(
            flag.subject,
            flag.path,
            f"--{flag.name} is given {values}; {flag.program} takes the last one",
            {"flag": flag.name, "values": list(flag.values)},
            key=flag.name,
        )


def contradicting_cluster_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Several places declare one range, and do not agree."""
    outside = {
        wide for enclosing in cluster.ranges.enclosing_ranges for _, ranges in enclosing.outside() for wide in ranges
    }
    for disagreement in disagreements(cluster.ranges.plan.declarations):
        differing = [declared for declared in disagreement.differing if declared not in outside]
        if differing:
            first, *others = differing
            yield Violation(
                first.subject,
                first.path,
                f"{with_kind(first)} disagrees with {listed(disagreement.leading)}"
                + (f", as {inflected(len(others), 'does', 'do')} {listed(others)}" if others else ""),
                {"ranges": [as_evidence(declared) for declared in (*disagreement.leading, *differing)]},
                sides((*disagreement.leading, *others)),
                key=f"{disagreement.role} {FAMILY_NAMES[disagreement.family]}",
            )


def undivided_cluster_cidrs(cluster: Cluster) -> Iterator[Violation]:
    """A Node has the whole range of the cluster."""
    for first, *others in cluster.ranges.undivided_pod_cidrs:
        wide = [
            declared
            for declared in cluster.ranges.plan.of(Role.POD)
            if declared.range == first.range and not declared.node
        ]
        nodes = shortened(declared.subject for declared in (first, *others))
        yield Violation(
            first.subject,
            first.path,
            f"{first}, the whole {wide[0].description} of {wide[0].subject}, belongs to {nodes}",
            {"cidr": str(first), "nodes": [declared.node for declared in (first, *others)]},
            sides((*wide, *others)),
            key=FAMILY_NAMES[first.range.family],
        )


def exhausted_cluster_cidrs(cluster: Cluster) -> Iterator[Violation]:
    """The cluster's range has no range left for a node, or few."""
    whole = {declared.range for group in cluster.ranges.undivided_pod_cidrs for declared in group}
    for capacity in cluster.ranges.capacities:
        is_divided = whole.isdisjoint(declared.range for declared in capacity.declared)
        if is_divided and (capacity.is_spent or capacity.is_scarce):
            yield _exhausted(capacity)


def _exhausted(capacity: NodeRangeCapacity) -> Violation:
    first, *others = capacity.declared
    without_range = [Related(node, (), "has no range") for node in capacity.lacking if capacity.is_spent]
    lacking = f"; without one: {shortened(capacity.lacking)}" if capacity.is_spent else ""
    return Violation(
        first.subject,
        first.path,
        f"{listed(capacity.declared)} has {capacity.size} ranges of /{capacity.prefix_length} for nodes, "
        f"of which {capacity.allocated} are taken{lacking}",
        {"size": capacity.size, "taken": capacity.allocated, "lacking": [node.name for node in capacity.lacking]},
        (*sides(others), *without_range),
        key=FAMILY_NAMES[first.range.family],
        mitigated=not capacity.is_spent,
    )


CHECKS = (
    catch_all_ranges,
    contradicting_cluster_ranges,
    contradicting_flags,
    exhausted_cluster_cidrs,
    malformed_ranges,
    non_canonical_ranges,
    ranges_with_host_bits,
    repeated_range_families,
    undivided_cluster_cidrs,
)
