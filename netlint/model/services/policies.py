"""NetworkPolicies: what they let pods send, and the addresses that they name.

Source: k8s.io/api/networking/v1/types.go, kubernetes.io/docs/concepts/services-networking/network-policies.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netlint import addresses
from netlint.addresses import Range
from netlint.model.selectors import chooses
from netlint.model.services.dns import DNS_PORT, NODE_LOCAL_ADDRESS, answers_dns, cluster_ips
from netlint.objects.core import Namespace, Service
from netlint.objects.meta import LabelSelector, Path
from netlint.objects.network_policies import NetworkPolicy, NetworkPolicyRule, Peer, PolicyPort

EGRESS = "Egress"
NAME_LABEL = "kubernetes.io/metadata.name"
API_SERVER_PORT = 6443
DNS_NAMESPACES = ("kube-system", "openshift-dns")
KNOWN_PORTS = (DNS_PORT, 5353)  # the second is where OpenShift's DNS pods listen
WIDE = 1 << 16


@dataclass(slots=True)
class Resolvers:
    """Where a cluster's DNS answers; ``labels`` are those of its namespaces, None where they are not known."""

    labels: dict[str, dict[str, str] | None]
    addresses: set[tuple[int, int]] = field(default_factory=set)
    ports: set[int] = field(default_factory=lambda: set(KNOWN_PORTS))


def resolvers(services: Iterable[Service], namespaces: Iterable[Namespace]) -> Resolvers:
    """The Services with DNS' port in the namespaces where clusters have their DNS."""
    known = {item.name: {**item.labels, NAME_LABEL: item.name} for item in namespaces}
    dns = Resolvers({name: known.get(name) for name in DNS_NAMESPACES}, {addresses.parse(NODE_LOCAL_ADDRESS)})
    for service in services:
        if service.namespace in DNS_NAMESPACES and answers_dns(service):
            dns.addresses.update(map(addresses.parse, cluster_ips(service)))
            dns.ports.update(port.targetPort for port in service.spec.ports or () if isinstance(port.targetPort, int))
    return dns


def restricts_egress(policy: NetworkPolicy) -> bool:
    """Whether the pods that it selects may send only what policies allow."""
    if policy.spec.policyTypes is None:
        return bool(policy.spec.egress)
    return EGRESS in policy.spec.policyTypes


def selected(policy: NetworkPolicy, labels: Mapping[str, str]) -> bool:
    """Whether a pod with these labels is, or may be, one that it selects."""
    return chooses(policy.spec.podSelector, labels) is not False


def needs_names(policy: NetworkPolicy) -> bool:
    """Whether it lets pods send to what they find by name: other pods, or anybody.

    Programs find the API server by an environment variable (KUBERNETES_SERVICE_HOST).
    """
    named = [rule for rule in policy.spec.egress or () if not _leads_to_api_server(rule)]
    return any(not rule.to or any(map(_is_found_by_name, rule.to)) for rule in named)


def _leads_to_api_server(rule: NetworkPolicyRule) -> bool:
    """Whether it allows the API server's port and no other."""
    ports = rule.ports or ()
    return bool(ports) and all(port.port == API_SERVER_PORT and port.endPort is None for port in ports)


def _is_found_by_name(peer: Peer) -> bool:
    return peer.ipBlock is None or _span(peer).first == 0


def allows_dns(policy: NetworkPolicy, dns: Resolvers) -> bool:
    """Whether one of its rules lets pods ask the cluster's DNS, or may do so."""
    return any(
        _has_port(rule, dns.ports) and (_names_port(rule) or _reaches(rule, policy.namespace, dns))
        for rule in policy.spec.egress or ()
    )


def _has_port(rule: NetworkPolicyRule, numbers: Iterable[int]) -> bool:
    return not rule.ports or any(_is_one_of(port, numbers) for port in rule.ports)


def _names_port(rule: NetworkPolicyRule) -> bool:
    """Whether somebody thought of a port: then the peers are right as well."""
    return bool(rule.ports)


def _is_one_of(port: PolicyPort, numbers: Iterable[int]) -> bool:
    """Whether it is one of these UDP ports; a name may be."""
    if port.protocol != "UDP":
        return False
    if not isinstance(port.port, int):
        return True
    return any(port.port <= number <= (port.endPort or port.port) for number in numbers)


def _reaches(rule: NetworkPolicyRule, namespace: str, dns: Resolvers) -> bool:
    return not rule.to or any(_is_dns(peer, namespace, dns) for peer in rule.to)


def _is_dns(peer: Peer, namespace: str, dns: Resolvers) -> bool:
    if peer.ipBlock is not None:
        span = _span(peer)
        return span.size >= WIDE or any(span.holds(*address) for address in dns.addresses)
    if peer.namespaceSelector is None:
        return namespace in DNS_NAMESPACES
    return any(_is_chosen(peer.namespaceSelector, labels) for labels in dns.labels.values())


def _is_chosen(selector: LabelSelector, labels: Mapping[str, str] | None) -> bool:
    return labels is None or chooses(selector, labels) is not False


def _span(peer: Peer) -> Range:
    return addresses.parse_cidr((peer.ipBlock.cidr if peer.ipBlock else None) or "0.0.0.0/0").range


def blocks(policy: NetworkPolicy) -> Iterator[tuple[Path, str, Range, bool]]:
    """The ranges that its rules name: field, text, range, and whether the rule names other peers as well."""
    spec = policy.spec
    for way, rules in (("ingress", spec.ingress), ("egress", spec.egress)):
        for number, rule in enumerate(rules or ()):
            name, peers = ("from", rule.from_) if way == "ingress" else ("to", rule.to)
            for index, peer in enumerate(peers or ()):
                if peer.ipBlock is not None and peer.ipBlock.cidr:
                    path = ("spec", way, number, name, index, "ipBlock", "cidr")
                    yield path, peer.ipBlock.cidr, _span(peer), len(peers or ()) > 1


def blocks_of_nodes(
    policy: NetworkPolicy, nodes: Sequence[tuple[int, int]], pods: Sequence[Range]
) -> list[tuple[Path, str, Sequence[tuple[int, int]]]]:
    """The ranges from which it lets nodes in: field, text, and the nodes, which have at least half of the addresses.

    ``nodes``: their families and addresses in order. None where it lets in addresses of ``pods`` too, as those of
    tunnels are; these are apart and in order.
    """
    entering = [(path, text, span) for path, text, span, _ in blocks(policy) if path[1] == "ingress"]
    among = [(path, text, span, _among(nodes, span)) for path, text, span in entering]
    of_nodes = [(path, text, inside) for path, text, span, inside in among if span.size <= 2 * len(inside)]
    return [] if of_nodes and any(addresses.touches(span, pods) for _, _, span in entering) else of_nodes


def _among(nodes: Sequence[tuple[int, int]], span: Range) -> Sequence[tuple[int, int]]:
    return nodes[bisect_left(nodes, span[:2]) : bisect_right(nodes, (span.family, span.last))]
