"""No NAT by configuration: whose address is hidden from whom."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.addresses import FAMILY_NAMES, uncovered
from netlint.checks.wording import listed, some_sides
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.masquerading import Masquerade, Whom
from netlint.model.cni.plugins import cilium
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.declared.node_objects import node_addresses
from netlint.model.masquerade import ip_masq_agent, proxy_masquerading
from netlint.snapshot import Reason


def masqueraded_pod_traffic(cluster: Cluster) -> Iterator[Violation]:
    """Pods see pods of other nodes by the addresses of these nodes."""
    yield from _hidden_from(cluster, Whom.PODS)


def masqueraded_node_traffic(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Nodes see pods of other nodes by the addresses of these nodes."""
    yield from _hidden_from(cluster, Whom.NODES)
    yield from _unknown(cluster, Whom.NODES)


def masqueraded_external_traffic(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Hosts outside of the VPC see pods by the addresses of their nodes, although pods have addresses of the VPC."""
    yield from _hidden_from(cluster, Whom.OUTSIDE)
    yield from _unknown(cluster, Whom.OUTSIDE)


def broad_service_masquerading(cluster: Cluster) -> Iterator[Violation]:
    """kube-proxy hides addresses of pods from the pods behind Services."""
    yield from _hidden_from(cluster, Whom.BACKENDS)


def void_masquerade_lists(cluster: Cluster) -> Iterator[Violation]:
    """ip-masq-agent does not take the list that it is given."""
    spared = ip_masq_agent.non_masquerade_list(cluster.view)
    if spared is None or not spared.problem:
        return
    judged = [declared for declared in cluster.ranges.pod_ranges if declared.range.family in spared.families]
    lost = [judged[number] for number in uncovered([declared.range for declared in judged], spared.ranges)]
    effect = f"does not hold {listed(lost)}" if lost else "holds the pods' ranges"
    yield Violation(
        spared.subject,
        spared.path,
        f"the list has no effect: {spared.problem}; {spared.description} {effect}",
        {"problem": spared.problem, "spared": [str(span) for span in spared.ranges]},
        some_sides(lost),
        mitigated=bool(judged) and not lost,
    )


def service_proxies_without_cluster_cidr(cluster: Cluster) -> Iterator[Violation]:
    """kube-proxy does not know which addresses are pods', although it is to tell pods by their addresses."""
    if not cluster.ranges.pod_ranges:
        return
    for proxy in proxy_masquerading.proxy_configurations(cluster.view):
        if proxy.ranges == () and proxy.masquerade_all is None:
            yield Violation(
                proxy.subject,
                proxy.path,
                "clusterCIDR is empty, so kube-proxy cannot tell pods from clients outside of the cluster, whose "
                "addresses it then leaves as they are on the way to Services",
            )


def wide_native_routing_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Cilium shows pods' own addresses to hosts that do not know the way back."""
    view = cluster.view
    if cilium.is_known_outside(view) or not cluster.network.in_force(cilium.PLUGIN.name):
        return
    internal_addresses = [address for node in view.nodes for address in node_addresses(node, ("InternalIP",))]
    for spared in cilium.spared_ranges(view):
        inside = (address for address in internal_addresses if spared.range.covers(address.range))
        exposed = [address for address in inside if not _among_pods(cluster, address)]
        if exposed:
            yield Violation(
                spared.subject,
                spared.path,
                f"{spared.path[-1]} {spared} holds the network of {listed(exposed)}: all hosts there see addresses of "
                "pods, and auto-direct-node-routes tells only nodes the way back",
                {"spared": str(spared), "nodes": [str(address) for address in exposed]},
                some_sides(exposed),
                key=FAMILY_NAMES[spared.range.family],
            )


def _among_pods(cluster: Cluster, address: Declaration) -> bool:
    """Whether pods have addresses around it: then that is the fault, or the intention."""
    family, first, _ = address.range
    return (
        bool(cluster.ranges.plan.containing(family, first, Role.POD, Role.NODE_POD))
        or cluster.network.shares_node_subnet
    )


def _hidden_from(cluster: Cluster, whom: Whom) -> Iterator[Violation]:
    for masquerade in cluster.masquerades.faults:
        if masquerade.whom is whom:
            concerned = masquerade.toward or masquerade.hidden
            families = sorted({FAMILY_NAMES[declared.range.family] for declared in concerned})
            yield Violation(
                masquerade.subject,
                masquerade.path,
                f"addresses of {_hidden_pods(masquerade)} are hidden from {_observers(masquerade)}: {masquerade.why}",
                {
                    "hidden": [str(declared) for declared in masquerade.hidden] or None,
                    "from": str(whom),
                    "toward": [str(declared) for declared in masquerade.toward] or None,
                },
                _related(masquerade),
                key="/".join(families),
                mitigated=masquerade.mild,
            )


def _unknown(cluster: Cluster, whom: Whom) -> Iterator[Undecided]:
    for unknown in cluster.network.unknown_masquerades:
        if unknown.whom is whom:
            yield Undecided(None, unknown.why, Reason.MISSING)


def _hidden_pods(masquerade: Masquerade) -> str:
    return f"pods in {listed(masquerade.hidden)}" if masquerade.hidden else "pods"


def _observers(masquerade: Masquerade) -> str:
    if masquerade.whom is Whom.PODS:
        return f"pods in {listed(masquerade.toward)}" if masquerade.toward else "pods elsewhere"
    if masquerade.whom is Whom.NODES:
        return f"{masquerade.whom} at {listed(masquerade.toward)}"
    return str(masquerade.whom)


def _related(masquerade: Masquerade) -> tuple[Related, ...]:
    concerned = (*masquerade.hidden, *masquerade.toward)
    return some_sides([declared for declared in concerned if declared.subject != masquerade.subject])


CHECKS = (
    broad_service_masquerading,
    masqueraded_external_traffic,
    masqueraded_node_traffic,
    masqueraded_pod_traffic,
    service_proxies_without_cluster_cidr,
    void_masquerade_lists,
    wide_native_routing_ranges,
)
