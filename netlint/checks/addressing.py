"""The address plan: pod ranges of nodes, cluster ranges, pod addresses."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.addresses import FAMILY_NAMES
from netlint.checks.wording import as_evidence, listed, objects, sides, some_sides, with_kind, with_owner
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.masquerading import Masquerade
from netlint.model.declared.declarations import Authority, Declaration, Role
from netlint.model.declared.node_objects import is_lost, is_virtual
from netlint.model.ranges import remote_ranges
from netlint.model.ranges.submariner_clusters import AUTHORITY
from netlint.model.subjects import subject_of
from netlint.phrases import and_more, inflected
from netlint.snapshot import Reason


def overlapping_pod_cidrs(cluster: Cluster) -> Iterator[Violation]:
    """Two or more Nodes have pod ranges with common addresses."""
    ignored = cluster.network.allocates_from_node is False
    for group in cluster.ranges.overlapping_pod_cidrs:
        first, *others = sorted(group, key=lambda declared: (declared.subject.order, declared.range))
        family = FAMILY_NAMES[first.range.family]
        yield Violation(
            first.subject,
            first.path,
            f"{first.range} of {first.subject} overlaps {listed(others)}",
            {"family": family, "ranges": [as_evidence(declared) for declared in (first, *others)]},
            sides(others),
            key=family,
            mitigated=ignored,
        )


def pod_cidrs_outside_cluster_cidr(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A node's pod range is not inside the cluster's, or not inside what the plugin takes for it."""
    declared = cluster.ranges.plan.strongest(Role.POD, Authority.CONTROLLER_MANAGER, Authority.KUBEADM)
    if not declared and not any(enclosing.enclosing for enclosing in cluster.ranges.enclosing_ranges):
        yield _undeclared(cluster)
    reported: set[Declaration] = set()
    for enclosing in cluster.ranges.enclosing_ranges:
        for strays, wide in enclosing.outside():
            outside = [stray for stray in strays if stray not in reported]
            if outside:
                reported.update(outside)
                yield _outside(cluster, outside, wide, enclosing.is_firm)


def _outside(cluster: Cluster, outside: list[Declaration], wide: list[Declaration], is_firm: bool) -> Violation:
    first, *others = outside
    consequences = cluster.masquerades.consequences.get(first, ())
    return Violation(
        first.subject,
        first.path,
        f"{and_more(str(first.range), len(others))} {inflected(len(outside), 'is', 'are')} outside {listed(wide)}",
        {
            "cidrs": [str(declared.range) for declared in outside],
            "clusterCIDRs": [str(declared.range) for declared in wide],
        },
        (
            *sides(wide),
            *some_sides(others),
            *(Related(masquerade.subject, masquerade.path, _hides(masquerade, first)) for masquerade in consequences),
        ),
        key=FAMILY_NAMES[first.range.family],
        mitigated=not is_firm,
    )


def _hides(masquerade: Masquerade, stray: Declaration) -> str:
    if stray in masquerade.toward:
        return f"hides addresses of pods from {masquerade.whom} in {stray}"
    return f"hides addresses of pods in {stray} from {masquerade.whom}"


def _undeclared(cluster: Cluster) -> Undecided:
    known = cluster.view.is_complete("Pod", "kube-system") and cluster.view.is_complete("ConfigMap", "kube-system")
    reason = Reason.NOT_APPLICABLE if known else Reason.MISSING
    return Undecided(None, "nothing in the input declares the cluster's pod range", reason)


def missing_pod_cidrs(cluster: Cluster) -> Iterator[Violation]:
    """A Node has no pod range although its CNI plugin takes addresses from one."""
    yield from _without_plugins_range(cluster)
    plugin = cluster.network.needs_node_ranges
    with_range = [node for node in cluster.view.nodes if cluster.view.pod_cidrs[node.name]]
    if plugin is None and (cluster.network.plugins or not with_range):
        return
    for node in cluster.view.nodes:
        if cluster.view.pod_cidrs[node.name] or is_virtual(node) or subject_of(node) in cluster.ranges.unserved_nodes:
            continue
        why = f"{plugin.name} takes pod addresses from there" if plugin else "the other nodes have one"
        witness = plugin.evidence if plugin else subject_of(with_range[0])
        yield Violation(
            subject_of(node),
            ("spec", "podCIDRs"),
            f"{node.name} has no pod range, but {why}",
            {"plugin": plugin.name if plugin else None},
            (Related(witness, (), "shows the plugin" if plugin else "has a pod range"),),
            mitigated=plugin is None,
        )


def _without_plugins_range(cluster: Cluster) -> Iterator[Violation]:
    """Nodes that have joined a plugin's network, but have none of the ranges that it gives to nodes itself."""
    unserved = {node.name for node in cluster.ranges.unserved_nodes}
    for plugin in cluster.network.in_force():
        ranges, members = plugin.allocation.ranges, cluster.network.members(plugin)
        if not (ranges and plugin.allocation.is_required):
            continue
        excepted = unserved | plugin.allocation.refused | {declared.node for declared in ranges}
        for node in cluster.network.expected(plugin):
            if node.name not in excepted and (members is None or node.name in members):
                yield Violation(
                    subject_of(node),
                    ("metadata", "name"),
                    f"{node.name} has no pod range of {plugin.name}, which gives one to every node",
                    {"plugin": plugin.name},
                    (Related(ranges[0].subject, ranges[0].path, f"has {ranges[0]}"),),
                )


def duplicate_pod_ips(cluster: Cluster) -> Iterator[Violation]:
    """Two or more live pods have the same address."""
    pods = cluster.pods
    for family, address, rows in pods.sharing_addresses:
        text = addresses.text(family, address)
        first, *others = rows
        related = tuple(
            Related(pods.subject(row), pods.address_path(row, family), f"on {pods.node(row) or 'no node'}")
            for row in others
        )
        yield Violation(
            pods.subject(first),
            pods.address_path(first, family),
            f"{text} also belongs to {objects(related)}",
            {"address": text, "pods": [_pod_evidence(cluster, row) for row in rows]},
            related,
            key=FAMILY_NAMES[family],
            mitigated=sum(map(pods.keeps_address, rows)) < 2,
            harmless=sum(not _is_on_lost_node(cluster, row) for row in rows) < 2,
        )


def _is_on_lost_node(cluster: Cluster, row: int) -> bool:
    """Whether the pod's node is lost, or no more."""
    name, view = cluster.pods.node(row), cluster.view
    node = view.node_named.get(name)
    return is_lost(node) if node else bool(name and view.nodes) and view.is_complete("Node")


def pod_ips_of_others(cluster: Cluster) -> Iterator[Violation]:
    """A pod has the address of a Node, or the cluster IP of a Service."""
    pods, holders = cluster.pods, _addresses_of_others(cluster)
    virtual = {node.name for node in cluster.view.nodes if is_virtual(node)}
    for family in pods.families:
        rows = pods.owning({value for of, value in holders if of == family}, family)
        for row in sorted((row for row in rows if pods.node(row) not in virtual), key=pods.order):
            value = pods.address(row, family)
            holder, text = holders[family, value], addresses.text(family, value)
            kind_of_address = "an address" if holder.subject.kind == "Node" else "the cluster IP"
            yield Violation(
                pods.subject(row),
                pods.address_path(row, family),
                f"{text} is {kind_of_address} of {holder.subject}",
                {"address": text, "holder": str(holder.subject)},
                (holder,),
                key=FAMILY_NAMES[family],
                harmless=_is_on_lost_node(cluster, row),
            )


def _addresses_of_others(cluster: Cluster) -> dict[tuple[int, int], Related]:
    """Who has an address by family and value: Services, and Nodes behind which there is a host.

    A virtual node shows the address of a pod: its own, or that of the program that stands for it.
    """
    holders = {
        (cluster_ip.family, cluster_ip.value): Related(subject_of(cluster_ip.service), cluster_ip.path, "has it")
        for cluster_ip in cluster.ranges.cluster_ips
    }
    hosts = {node.name for node in cluster.view.nodes if not (is_virtual(node) or is_lost(node))}
    for key, declarations in cluster.ranges.node_addresses.items():
        for declared in declarations:
            if declared.subject.kind == "Node" and declared.subject.name in hosts:
                holders[key] = Related(declared.subject, declared.path, "has it")
    return holders


def pod_ips_outside_node_range(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A pod's address is not inside its node's pod range."""
    undecided = _undecided_placement(cluster)
    if undecided is not None:
        yield undecided
        return
    for family, row in cluster.ranges.placement.misplaced(cluster.pods):
        yield _stray(cluster, family, row)


def _undecided_placement(cluster: Cluster) -> Undecided | None:
    network = cluster.network
    plugins = ", ".join(plugin.name for plugin in network.plugins) or "the CNI plugin"
    gap = cluster.view.gap(network.block_kind) if network.block_kind and not network.allocates_from_node else None
    if network.unread_pools:
        return Undecided(
            None, f"with {network.unread_pools} pods may have addresses of pools, which netlint does not read"
        )
    if network.allocates_from_node is None:
        return Undecided(None, "the input does not show whether pods get their addresses from spec.podCIDRs")
    if gap is not None:
        return Undecided(None, gap.message, gap.reason)
    if network.allocates_from_node or network.own_ranges:
        return None
    if network.missing_kind:
        return Undecided(None, f"no {network.missing_kind} in the input tells the ranges of nodes", Reason.MISSING)
    return Undecided(None, f"{plugins} does not allocate from spec.podCIDRs", Reason.NOT_APPLICABLE)


def _stray(cluster: Cluster, family: int, row: int) -> Violation:
    pods = cluster.pods
    address = addresses.text(family, pods.address(row, family))
    ranges = cluster.ranges.placement.ranges_of(pods.node(row), family)
    owner = cluster.ranges.placement.node_range_at(family, pods.address(row, family))
    of_node = "" if ranges[0].subject.name == pods.node(row) else f" for Node {pods.node(row)}"
    elsewhere = f", inside {with_owner(owner)}" if owner else ""
    return Violation(
        pods.subject(row),
        pods.address_path(row, family),
        f"{address} is outside {listed(ranges)}{of_node}, where the pod runs{elsewhere}",
        {
            "address": address,
            "node": pods.node(row),
            "podCIDRs": [str(declared.range) for declared in ranges],
            "owner": owner.node if owner else None,
        },
        sides([*ranges, *([owner] if owner else [])]),
        key=FAMILY_NAMES[family],
    )


def overlapping_cluster_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Ranges of different kinds have common addresses."""
    for collision in cluster.ranges.collisions:
        hurts = cluster.ranges.usage.has_allocations_in(collision)
        if collision.is_idle and not hurts:
            continue
        first, *others = collision.involved
        counterpart = collision.counterpart(first)
        yield Violation(
            first.subject,
            first.path,
            f"{with_kind(first)} overlaps {and_more(with_kind(counterpart), len(others) - 1)}",
            {"ranges": [{"role": str(declared.role), **as_evidence(declared)} for declared in collision.involved]},
            sides(others),
            key=f"{collision.left_kind} and {collision.right_kind} ranges",
            mitigated=not hurts,
        )


def overlapping_remote_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Clusters that are joined have common addresses."""
    for first, *others in remote_ranges.overlapping_clusters(cluster.ranges.plan, cluster.view):
        touching = [declared for declared in others if declared.range.overlaps(first.range)]
        counterpart = next((declared for declared in touching if declared.description != first.description), others[0])
        yield Violation(
            first.subject,
            first.path,
            f"{_named(first)}, overlaps {and_more(_named(counterpart), len(others) - 1)}",
            {"ranges": [{"role": str(declared.role), **as_evidence(declared)} for declared in (first, *others)]},
            sides(others),
            key=str(first),
        )


def _named(declared: Declaration) -> str:
    whose = "" if declared.authority == AUTHORITY else f" of {declared.subject}"
    return f"{declared}, {declared.description}{whose}"


def _pod_evidence(cluster: Cluster, row: int) -> dict[str, object]:
    pods = cluster.pods
    return {"namespace": pods.namespace(row), "name": pods.name(row), "node": pods.node(row) or None}


CHECKS = (
    duplicate_pod_ips,
    missing_pod_cidrs,
    overlapping_cluster_ranges,
    overlapping_pod_cidrs,
    overlapping_remote_ranges,
    pod_cidrs_outside_cluster_cidr,
    pod_ips_of_others,
    pod_ips_outside_node_range,
)
