"""NetworkPolicies that keep out more than they mean to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.addresses import merged
from netlint.checks.wording import sides, with_kind
from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.declared.declarations import Role
from netlint.model.services.policies import (
    DNS_NAMESPACES,
    allows_dns,
    blocks,
    blocks_of_nodes,
    needs_names,
    resolvers,
    restricts_egress,
    selected,
)
from netlint.model.subjects import subject_of
from netlint.objects.network_policies import NetworkPolicy
from netlint.phrases import shortened
from netlint.snapshot import Reason

CLUSTER_ROLES = (Role.SERVICE, Role.NODE_POD, Role.POD)


def egress_policies_without_dns(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Policies let pods send to others, but not ask the cluster's DNS where these are."""
    restricting: defaultdict[str, list[NetworkPolicy]] = defaultdict(list)
    for policy in filter(restricts_egress, cluster.view.objects("NetworkPolicy")):
        if policy.namespace not in DNS_NAMESPACES:
            restricting[policy.namespace].append(policy)
    has_own_kinds = any(detected.plugin.policies.has_own_kinds for detected in cluster.network.plugins)
    dns_services = resolvers(cluster.view.services, cluster.view.objects("Namespace"))
    for namespace, policies in restricting.items():
        without_dns = [policy for policy in policies if needs_names(policy) and not allows_dns(policy, dns_services)]
        with_dns = [policy for policy in policies if allows_dns(policy, dns_services)]
        for policy in without_dns:
            example = _unserved_example(cluster, policy, with_dns)
            if example is None:
                continue
            if cluster.view.is_complete("NetworkPolicy", namespace):
                yield _blocked_dns(policy, example, has_own_kinds)
            else:
                yield Undecided(subject_of(policy), "other policies of its namespace may allow it", Reason.INCOMPLETE)


def _unserved_example(cluster: Cluster, policy: NetworkPolicy, with_dns: list[NetworkPolicy]) -> Subject | None:
    """The first workload that the policy selects and no policy ``with_dns``; the policy itself where none is known."""
    known = cluster.services.selection.labels_in(policy.namespace)
    fallback = (policy.spec.podSelector.matchLabels or {}, subject_of(policy))
    candidates = [(labels, subject) for labels, subject in known if selected(policy, labels)] or [fallback]
    unserved = (subject for labels, subject in candidates if not any(selected(other, labels) for other in with_dns))
    return min(unserved, key=lambda subject: subject.order, default=None)


def _blocked_dns(policy: NetworkPolicy, example: Subject, mitigated: bool) -> Violation:
    subject = subject_of(policy)
    whose = "the pods that it selects" + ("" if example == subject else f", such as {example},")
    return Violation(
        subject,
        ("spec", "egress"),
        f"{whose} may send to others, but no rule lets them ask the cluster's DNS at UDP port 53",
        {"example": str(example)},
        () if example == subject else (Related(example, (), "is selected"),),
        mitigated=mitigated,
    )


def cluster_addresses_in_policies(cluster: Cluster) -> Iterator[Violation]:
    """A policy names addresses of Services, or of pods, as a range."""
    services = {(cluster_ip.family, cluster_ip.value): cluster_ip.service for cluster_ip in cluster.ranges.cluster_ips}
    sees_services = any(detected.plugin.policies.sees_cluster_ips for detected in cluster.network.plugins)
    for policy in cluster.view.objects("NetworkPolicy"):
        for path, text, span, has_others in blocks(policy):
            holding = cluster.ranges.plan.containing(span.family, span.first, *CLUSTER_ROLES)
            enclosing = [declared for declared in holding if declared.range.covers(span)]
            if not enclosing:
                continue
            if sees_services and enclosing[-1].role is Role.SERVICE:
                continue
            service = services.get((span.family, span.first)) if span.size == 1 else None
            whose = f"is the cluster IP of {subject_of(service)}" if service else f"lies in {with_kind(enclosing[-1])}"
            yield Violation(
                subject_of(policy),
                path,
                f"{text} {whose}",
                {"cidr": text, "ranges": [str(declared) for declared in enclosing]},
                sides(enclosing[-1:]),
                key=text,
                mitigated=has_others or enclosing[-1].role is not Role.SERVICE,
            )


def node_addresses_in_policies(cluster: Cluster) -> Iterator[Violation]:
    """A policy lets nodes in by addresses that pods do not see of them."""
    why = _why_unseen(cluster)
    if not why:
        return
    nodes = {address: declared[-1].node for address, declared in cluster.ranges.node_addresses.items()}
    node_addresses, pods = sorted(nodes), merged(declared.range for declared in cluster.ranges.pod_ranges)
    for policy in cluster.view.objects("NetworkPolicy"):
        node_blocks = blocks_of_nodes(policy, node_addresses, pods)
        if node_blocks:
            path, text, covered = node_blocks[0]
            names = sorted({nodes[address] for _, _, of in node_blocks for address in of})
            first = shortened(f"Node {name}" for name in sorted({nodes[address] for address in covered}))
            yield Violation(
                subject_of(policy),
                path,
                f"{text} is for {first}, but {why}",
                {"cidrs": [text for _, text, _ in node_blocks], "nodes": names},
            )


def _why_unseen(cluster: Cluster) -> str:
    """Why pods do not see nodes by their addresses; empty where they do, or may."""
    for detected in cluster.network.in_force():
        if detected.plugin.policies.why_nodes_unseen:
            return detected.plugin.policies.why_nodes_unseen(cluster.view)
    ways = cluster.network.transports
    if not ways or any(way.only_remote or not way.encapsulation for _, way in ways):
        return ""
    plugin, way = ways[0]
    return f"with {way.encapsulation} of {plugin.name} nodes send to other nodes' pods from addresses of the tunnel"


CHECKS = (cluster_addresses_in_policies, egress_policies_without_dns, node_addresses_in_policies)
