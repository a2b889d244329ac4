"""The ranges that a cluster declares: how they are written, whether they agree, whether they suffice."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.addresses import BITS, FAMILY_NAMES, text
from netlint.checks.wording import as_evidence, listed, said, sides
from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Violation, field_name
from netlint.model.declared.control_plane import repeated_flags
from netlint.model.declared.declarations import Authority, Declaration, Role, Standing
from netlint.model.ranges.agreement import disagreements
from netlint.model.ranges.secondary_networks import HOST_LOCAL
from netlint.phrases import shortened

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
    for trouble in cluster.ranges.plan.troubles:
        if trouble not in seen:
            seen.add(trouble)
            field = field_name(trouble.path)
            evidence = {"field": field, "problem": trouble.problem}
            yield Violation(trouble.subject, trouble.path, trouble.problem, evidence, key=f"{field}: {trouble.problem}")


def catch_all_ranges(cluster: Cluster) -> Iterator[Violation]:
    """A range holds every address."""
    for declared in cluster.ranges.plan.of(*ALLOCATED, Role.LOAD_BALANCER, Role.SECONDARY):
        if declared.range.size == 1 << BITS[declared.range.family]:
            family = FAMILY_NAMES[declared.range.family]
            message = f"the {declared.what} {declared} holds every {family} address"
            yield Violation(declared.subject, declared.path, message, as_evidence(declared), key=family)


def ranges_with_host_bits(cluster: Cluster) -> Iterator[Violation]:
    """The address in front of the prefix length is not the first one of the range."""
    of_host_local = [found.declaration for found in cluster.ranges.plan.secondary if found.ipam == HOST_LOCAL]
    for declared in (*cluster.ranges.plan.of(*ALLOCATED, Role.LOAD_BALANCER), *of_host_local):
        written = declared.cidr
        if written is not None and written.has_host_bits and declared.standing is Standing.DECLARED:
            yield Violation(
                declared.subject,
                declared.path,
                f"the {declared.what} {written} has host bits: its first address is {text(*declared.range[:2])}",
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
                f"the {declared.what} {written.written} is {written} in its canonical form",
                {"written": written.written, **as_evidence(declared)},
                key=written.written,
            )


def repeated_range_families(cluster: Cluster) -> Iterator[Violation]:
    """A list that may have one range of each family has two of one."""
    for (subject, _, family), found in _by_list(cluster).items():
        if len(found) > 1:
            found.sort(key=lambda one: one.path)
            yield Violation(
                subject,
                found[1].path,
                f"{shortened([str(one) for one in found])} are {FAMILY_NAMES[family]} ranges in one list",
                {"ranges": [as_evidence(one) for one in found]},
                sides(one for one in found if one.path != found[1].path),
                key=f"{found[0].what} {FAMILY_NAMES[family]}",
            )


def _by_list(cluster: Cluster) -> dict[tuple[Subject, Role, int], list[Declaration]]:
    """The ranges of one family in one place."""
    found: dict[tuple[Subject, Role, int], list[Declaration]] = {}
    for declared in cluster.ranges.plan.of(*ALLOCATED):
        if declared.authority in ONE_OF_EACH_FAMILY:
            place = (declared.subject, declared.role, declared.range.family)
            found.setdefault(place, []).append(declared)
    return found


def contradicting_flags(cluster: Cluster) -> Iterator[Violation]:
    """A program is given a flag twice, with different values."""
    for found in repeated_flags(cluster.pods):
        values = " and ".join(found.values)
        yield Violation(
            found.subject,
            found.path,
            f"--{found.name} is given {values}; {found.program} takes the last one",
            {"flag": found.name, "values": list(found.values)},
            key=found.name,
        )


def contradicting_cluster_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Several places declare one range, and do not agree."""
    outside = {
        wide for enclosing in cluster.ranges.enclosing_ranges for _, found in enclosing.strays() for wide in found
    }
    for found in disagreements(cluster.ranges.plan.declarations):
        differing = [declared for declared in found.differing if declared not in outside]
        if differing:
            first, *others = differing
            yield Violation(
                first.subject,
                first.path,
                f"{first.what} {said(first)} disagrees with {listed(found.leading)}"
                + (f", as {'do' if len(others) > 1 else 'does'} {listed(others)}" if others else ""),
                {"ranges": [as_evidence(declared) for declared in (*found.leading, *differing)]},
                sides((*found.leading, *others)),
                key=f"{found.role} {FAMILY_NAMES[found.family]}",
            )


def undivided_cluster_cidrs(cluster: Cluster) -> Iterator[Violation]:
    """A Node has the whole range of the cluster."""
    for first, *others in cluster.ranges.undivided_pod_cidrs:
        wide = [one for one in cluster.ranges.plan.of(Role.POD) if one.range == first.range and not one.node]
        nodes = shortened([str(one.subject) for one in (first, *others)])
        yield Violation(
            first.subject,
            first.path,
            f"{first}, the whole {wide[0].what} of {wide[0].subject}, belongs to {nodes}",
            {"cidr": str(first), "nodes": [declared.node for declared in (first, *others)]},
            sides((*wide, *others)),
            key=FAMILY_NAMES[first.range.family],
        )


def exhausted_cluster_cidrs(cluster: Cluster) -> Iterator[Violation]:
    """The cluster's range has no range left for a node, or few."""
    whole = {found.range for group in cluster.ranges.undivided_pod_cidrs for found in group}
    for supply in cluster.ranges.capacities:
        if whole.isdisjoint(one.range for one in supply.declared) and (supply.is_spent or supply.is_scarce):
            first, *others = supply.declared
            lacking = f"; without one: {shortened([str(node) for node in supply.lacking])}" if supply.is_spent else ""
            yield Violation(
                first.subject,
                first.path,
                f"{listed(supply.declared)} has {supply.size} ranges of /{supply.prefix_length} for nodes, "
                f"of which {supply.taken} are taken{lacking}",
                {"size": supply.size, "taken": supply.taken, "lacking": [node.name for node in supply.lacking]},
                (*sides(others), *(Related(node, (), "has no range") for node in supply.lacking if supply.is_spent)),
                key=FAMILY_NAMES[first.range.family],
                mitigated=not supply.is_spent,
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
