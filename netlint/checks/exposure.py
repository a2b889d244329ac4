"""Ways into the cluster: external addresses, load balancers, traffic policies, advertisements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.checks.wording import sides, with_kind
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni import PLUGINS
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.services import service_proxy
from netlint.model.services.api_servers import api_servers
from netlint.model.services.exposure import ClaimedAddress, claimed_addresses
from netlint.model.services.ingress_proxies import is_answered_by_proxy
from netlint.model.services.service_spec import has_pods, may_be_of_several_clusters
from netlint.model.subjects import subject_of
from netlint.objects.core import Node, Service
from netlint.phrases import shortened
from netlint.snapshot import Reason


def external_ips_on_nodes(cluster: Cluster) -> Iterator[Violation]:
    """An external address of a Service is the address of a Node, or of the API servers."""
    ipvs = service_proxy.uses_ipvs(cluster.view)
    servers = api_servers(cluster.view, cluster.view.slices)
    for claim in claimed_addresses(cluster.view.services):
        node, server = _node_at(cluster, claim), servers.get((claim.family, claim.value))
        if node is not None and (claim.external or (ipvs and _is_internal(cluster, node))):
            whose = f"an address of {node.subject}"
            yield _taken_address(claim, whose, Related(node.subject, node.path, "has the address"), ipvs)
        elif node is None and server is not None and ipvs:
            whose = "the address of the API server"
            yield _taken_address(claim, whose, Related(server.subject, server.path, "shows the address"), ipvs)


def _taken_address(claim: ClaimedAddress, whose: str, holder: Related, ipvs: bool) -> Violation:
    """A claim to a taken address: without IPVS this leads to its holder still, but for the ports of the Service."""
    return Violation(
        subject_of(claim.service),
        claim.path,
        f"{claim.text} is {whose}" + (", and kube-proxy in IPVS mode binds it on every node" if ipvs else ""),
        {"address": claim.text, "holder": str(holder.subject), "ipvs": ipvs},
        (holder,),
        key=claim.text,
        mitigated=not ipvs,
    )


def _node_at(cluster: Cluster, claim: ClaimedAddress) -> Declaration | None:
    """The Node that has the claimed address, as its status says."""
    holders = cluster.ranges.node_addresses.get((claim.family, claim.value), [])
    return next((declared for declared in reversed(holders) if declared.subject.kind == "Node"), None)


def _is_internal(cluster: Cluster, declared: Declaration) -> bool:
    """Whether nodes reach each other at the address; without IPVS, load balancers on the nodes may have it."""
    node = cluster.view.node_named.get(declared.node)
    status_addresses = (node.status.addresses if node else None) or ()
    return any(entry.type == "InternalIP" and entry.address == str(declared) for entry in status_addresses)


def external_ips_in_cluster_ranges(cluster: Cluster) -> Iterator[Violation]:
    """An external address of a Service lies in a pod or Service range."""
    by_cloud = any(detected.plugin.in_cloud_network for detected in cluster.network.plugins)
    roles = (Role.SERVICE,) if by_cloud else (Role.SERVICE, Role.POD, Role.NODE_POD)
    for claim in claimed_addresses(cluster.view.services):
        enclosing = cluster.ranges.plan.containing(claim.family, claim.value, *roles)
        if enclosing:
            yield Violation(
                subject_of(claim.service),
                claim.path,
                f"{claim.text} lies in {with_kind(enclosing[-1])}",
                {"address": claim.text, "ranges": [str(declared) for declared in enclosing]},
                sides(enclosing),
                key=claim.text,
            )


def conflicting_external_ips(cluster: Cluster) -> Iterator[Violation]:
    """Two Services claim one port of one external address."""
    by_address: defaultdict[tuple[int, int], list[ClaimedAddress]] = defaultdict(list)
    for claim in claimed_addresses(cluster.view.services):
        by_address[claim.family, claim.value].append(claim)
    for _, claims in sorted(by_address.items()):
        by_port: defaultdict[tuple[int, str], dict[tuple[str, str], ClaimedAddress]] = defaultdict(dict)
        for claim in claims if len(claims) > 1 else ():
            for port in claim.ports:
                by_port[port].setdefault((claim.service.namespace, claim.service.name), claim)
        for (number, transport), claimants in sorted(by_port.items()):
            if len(claimants) > 1:
                yield _shared_port(list(claimants.values()), f"{number}/{transport}")


def _shared_port(claims: list[ClaimedAddress], port: str) -> Violation:
    first, *others = claims
    return Violation(
        subject_of(first.service),
        first.path,
        f"port {port} of {first.text} is also claimed by {shortened(subject_of(claim.service) for claim in others)}",
        {"address": first.text, "port": port, "services": [str(subject_of(claim.service)) for claim in claims]},
        tuple(Related(subject_of(claim.service), claim.path, "claims it too") for claim in others),
        key=f"{first.text} {port}",
        mitigated=may_be_of_several_clusters([claim.service for claim in claims]),
    )


def local_policies_without_endpoints(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A traffic policy is Local, and nodes have no endpoint of their own."""
    for service in cluster.view.services:
        spec = service.spec
        external = spec.externalTrafficPolicy == "Local" and spec.type in {"NodePort", "LoadBalancer"}
        internal = spec.internalTrafficPolicy == "Local"
        if not (external or internal) or spec.clusterIP == "None":
            continue
        field = "internalTrafficPolicy" if internal else "externalTrafficPolicy"
        if not has_pods(service):
            yield from _without_node_names(cluster, service, field)
        elif not cluster.view.is_complete("Pod", service.namespace):
            yield Undecided(subject_of(service), "not every pod of its namespace is known", Reason.MISSING)
        elif internal or spec.type == "NodePort":  # load balancers ask the nodes
            yield from _on_some_nodes(cluster, service, field)


def _without_node_names(cluster: Cluster, service: Service, field: str) -> Iterator[Violation]:
    """A Service all of whose endpoints name no node, and so are on none."""
    slices = cluster.view.slices
    numbers = filter(slices.is_foreign, slices.of_service(service.namespace, service.name))
    rows = [row for number in numbers for row in slices.endpoints(number)]
    if rows and not any(map(slices.node, rows)) and not is_answered_by_proxy(service):
        yield Violation(
            subject_of(service),
            ("spec", field),
            f"{field} is Local, and no endpoint names its node, so every node drops the connections",
            {"policy": field, "endpoints": len(rows)},
        )


def _on_some_nodes(cluster: Cluster, service: Service, field: str) -> Iterator[Violation]:
    pods = cluster.pods
    selected = pods.having(service.namespace, service.spec.selector or {})
    serving = {pods.node(row) for row in selected if pods.is_live(row) and pods.is_ready(row)}
    lacking = [node.name for node in cluster.view.nodes if node.name not in serving and _takes_pods(node)]
    if lacking and serving - {""}:
        yield Violation(
            subject_of(service),
            ("spec", field),
            f"{field} is Local, and {len(lacking)} of {len(cluster.view.nodes)} nodes have no ready endpoint: "
            f"{shortened(lacking)}",
            {"policy": field, "nodesWithout": lacking},
            mitigated=True,
        )


def _takes_pods(node: Node) -> bool:
    """Whether ordinary pods run there, so that clients may."""
    return not any(taint.effect in {"NoSchedule", "NoExecute"} for taint in node.spec.taints or ())


def advertised_service_addresses(cluster: Cluster) -> Iterator[Violation]:
    """Cluster IPs are advertised to routers outside of the cluster."""
    for plugin in PLUGINS:
        for advertisement in plugin.advertisements(cluster.view):
            yield Violation(
                advertisement.subject,
                advertisement.path,
                f"{advertisement.title} advertises {advertisement.cluster_ips} to its BGP peers",
                advertisement.evidence,
                key=advertisement.key,
            )


CHECKS = (
    advertised_service_addresses,
    conflicting_external_ips,
    external_ips_in_cluster_ranges,
    external_ips_on_nodes,
    local_policies_without_endpoints,
)
