"""NetworkPolicies that keep out more than they mean to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.addresses import merged
from netlint.checks.wording import said
from netlint.cluster import Cluster
from netlint.findings import Related, Subject, Undecided, Violation
from netlint.model.declared.declarations import Declaration, Role
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


def egress_policies_without_dns(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Policies let pods send to others, but not ask the cluster's DNS where these are."""
    restricting: defaultdict[str, list[NetworkPolicy]] = defaultdict(list)
    for policy in filter(restricts_egress, cluster.view.objects("NetworkPolicy")):
        if policy.namespace not in DNS_NAMESPACES:
            restricting[policy.namespace].append(policy)
    has_own_kinds = any(detected.plugin.policies.has_own_kinds for detected in cluster.network.plugins)
    found = resolvers(cluster.view.services, cluster.view.objects("Namespace"))
    for namespace, policies in restricting.items():
        silent = [policy for policy in policies if needs_names(policy) and not allows_dns(policy, found)]
        speaking = [policy for policy in policies if allows_dns(policy, found)]
        for policy in silent:
            deaf = _without(cluster, policy, speaking)
            if deaf is None:
                continue
            if cluster.view.is_complete("NetworkPolicy", namespace):
                yield _deaf(policy, deaf, has_own_kinds)
            else:
                yield Undecided(subject_of(policy), "other policies of its namespace may allow it", Reason.INCOMPLETE)


def _without(cluster: Cluster, policy: NetworkPolicy, speaking: list[NetworkPolicy]) -> Subject | None:
    """The first whose pods the policy selects and none of the others; of pods that are not known, the policy's own."""
    known = [
        (labels, who)
        for labels, who in cluster.services.selection.labels_in(policy.namespace)
        if selected(policy, labels)
    ]
    own = (policy.spec.podSelector.matchLabels or {}, subject_of(policy))
    deaf = [who for labels, who in known or [own] if not any(selected(other, labels) for other in speaking)]
    return min(deaf, key=lambda who: who.order, default=None)


def _deaf(policy: NetworkPolicy, who: Subject, mitigated: bool) -> Violation:
    subject = subject_of(policy)
    whose = "the pods that it selects" + ("" if who == subject else f", such as {who},")
    return Violation(
        subject,
        ("spec", "egress"),
        f"{whose} may send to others, but no rule lets them ask the cluster's DNS at UDP port 53",
        {"example": str(who)},
        () if who == subject else (Related(who, (), "is selected"),),
        mitigated=mitigated,
    )


def cluster_addresses_in_policies(cluster: Cluster) -> Iterator[Violation]:
    """A policy names addresses of Services, or of pods, as a range."""
    services = {(found.family, found.value): found.service for found in cluster.ranges.cluster_ips}
    for policy in cluster.view.objects("NetworkPolicy"):
        for path, text, span, has_others in blocks(policy):
            holding = [
                held
                for held in cluster.ranges.plan.holding(span.family, span.first, Role.SERVICE, Role.NODE_POD, Role.POD)
                if held.range.covers(span)
            ]
            if not holding:
                continue
            service = services.get((span.family, span.first)) if span.size == 1 else None
            whose = f"is the cluster IP of {subject_of(service)}" if service else f"lies in {_said(holding[-1])}"
            yield Violation(
                subject_of(policy),
                path,
                f"{text} {whose}",
                {"cidr": text, "ranges": [str(held) for held in holding]},
                tuple(Related(held.subject, held.path, f"{held.what} {held}") for held in holding[-1:]),
                key=text,
                mitigated=has_others or holding[-1].role is not Role.SERVICE,
            )


def node_addresses_in_policies(cluster: Cluster) -> Iterator[Violation]:
    """A policy lets nodes in by addresses that pods do not see of them."""
    why = _why_unseen(cluster)
    if not why:
        return
    nodes = {
        (one.range.family, one.range.first): one.node
        for one in cluster.ranges.plan.of(Role.NODE)
        if one.range.size == 1
    }
    own, pods = sorted(nodes), merged(found.range for found in cluster.ranges.pod_ranges)
    for policy in cluster.view.objects("NetworkPolicy"):
        found = blocks_of_nodes(policy, own, pods)
        if found:
            path, text, held = found[0]
            names = sorted({nodes[address] for _, _, of in found for address in of})
            first = shortened([f"Node {name}" for name in sorted({nodes[one] for one in held})])
            yield Violation(
                subject_of(policy),
                path,
                f"{text} is for {first}, but {why}",
                {"cidrs": [text for _, text, _ in found], "nodes": names},
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


def _said(held: Declaration) -> str:
    return f"{held.what} {said(held)}"


CHECKS = (cluster_addresses_in_policies, egress_policies_without_dns, node_addresses_in_policies)
