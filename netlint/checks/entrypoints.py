"""Ways in followed to their ends, and the addresses at which clients find them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.cluster.traffic.entrypoints import EntryPoint, Via, service_entry_points
from netlint.cluster.traffic.published_addresses import (
    KnownOwners,
    PublishedAddress,
    private_external_addresses,
    published_addresses,
)
from netlint.cluster.traffic.service_answers import Cause, ServiceAnswer, ServiceAnswers, State, Target
from netlint.findings import Related, Undecided, Violation
from netlint.model.declared.declarations import Declaration
from netlint.model.services import dns
from netlint.model.services.policies import DNS_NAMESPACES
from netlint.model.services.service_spec import has_pods, is_reached_from_outside
from netlint.model.subjects import subject_of
from netlint.objects.core import Service
from netlint.phrases import NAMED, inflected, shortened
from netlint.snapshot import Reason

OF_SERVICE = {Via.EXTERNAL_IP, Via.LOAD_BALANCER, Via.NODE_PORT}
"""Ways in that the Service itself declares."""
CAUSES = {Cause.NOT_READY}
"""Why nothing answers, where no other rule says so; Services without endpoints are kept for elections, for example."""
CAUSES_OF_DNS = {Cause.NOT_READY, Cause.NO_ENDPOINTS, Cause.NO_REPLICAS, Cause.NO_PODS, Cause.UNLISTED}
"""DNS is not meant to be without replicas, and whatever else is the cause, this comes of it."""


def dead_entrypoints(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """A way in from outside leads to a Service behind which nothing is ready."""
    answers = ServiceAnswers(cluster)
    entries_of: defaultdict[tuple[str, str], list[EntryPoint]] = defaultdict(list)
    for entry in service_entry_points(
        cluster, lambda service: is_reached_from_outside(service) and not answers.has_ready_pods(service)
    ):
        if isinstance(entry.target, Target):
            entries_of[entry.target.namespace, entry.target.name].append(entry)
    for key, entries in sorted(entries_of.items()):
        service = cluster.view.service_named.get(key)
        if service is None or answers.has_ready_pods(service):
            continue
        answer = answers.of(Target(*key, None))
        if has_pods(service) and answers.is_scaled_down(service):
            continue  # its last pods are going
        if answer.cause in {Cause.NOT_READY, Cause.NO_ENDPOINTS} and not answers.has_ignored_slices(service):
            yield _dead(cluster, answers, service, answer, entries)
        elif answer.state is State.UNKNOWN and not has_pods(service):
            yield Undecided(subject_of(service), "EndpointSlices of its namespace are not known", Reason.MISSING)


def _dead(
    cluster: Cluster, answers: ServiceAnswers, service: Service, answer: ServiceAnswer, entries: list[EntryPoint]
) -> Violation:
    ways = list(dict.fromkeys(map(_way, entries)))
    rows = sorted(answers.selected(service), key=cluster.pods.order) if has_pods(service) else []
    others = {(entry.subject, entry.path): entry for entry in entries if entry.via not in OF_SERVICE}
    own_path = next((entry.path for entry in entries if entry.via in OF_SERVICE), ("spec", "ports"))
    return Violation(
        subject_of(service),
        ("spec", "selector") if has_pods(service) else own_path,
        f"{shortened(ways)} {inflected(len(ways), 'leads', 'lead')} here, but {answer.text}",
        {"waysIn": ways, "ready": answer.ready, "known": answer.known},
        (
            *(Related(entry.subject, entry.path, "leads here") for entry in others.values()),
            *(Related(cluster.pods.subject(row), (), "is not ready") for row in rows[:NAMED]),
        ),
        mitigated=answer.known > 0,
    )


def _way(entry: EntryPoint) -> str:
    if entry.via not in OF_SERVICE:
        return str(entry.subject)
    if entry.via is Via.NODE_PORT or not entry.addresses:
        return f"{entry.via} {entry.port}/{entry.protocol}"
    return f"port {entry.port}/{entry.protocol} of {entry.via} {entry.addresses[0]}"


def unanswered_services(cluster: Cluster) -> Iterator[Violation]:
    """Nothing that is ready answers behind a Service for clients inside, the cluster's DNS above all."""
    answers = ServiceAnswers(cluster)
    explained = {violation.subject for violation in dead_entrypoints(cluster) if isinstance(violation, Violation)}
    resolvers = [service for service in cluster.view.services if _is_cluster_dns(service)]
    nothing_resolves = not any(map(answers.has_ready_pods, resolvers))
    for service in cluster.view.services:
        subject = subject_of(service)
        if subject in explained or answers.has_ready_pods(service) or service.spec.publishNotReadyAddresses:
            continue
        answer = answers.of(Target(service.namespace, service.name, None))
        is_dns = nothing_resolves and _is_cluster_dns(service)
        if answer.cause in (CAUSES_OF_DNS if is_dns else CAUSES) and not answers.has_ignored_slices(service):
            rows = sorted(answers.selected(service), key=cluster.pods.order) if has_pods(service) else []
            yield Violation(
                subject,
                ("spec", "selector") if has_pods(service) else ("spec",),
                f"{'no pod can resolve a name: ' if is_dns else ''}{answer.text}",
                {"ready": answer.ready, "known": answer.known, "dns": is_dns},
                tuple(Related(cluster.pods.subject(row), (), "is not ready") for row in rows[:NAMED]),
                mitigated=not is_dns,
            )


def _is_cluster_dns(service: Service) -> bool:
    return service.namespace in DNS_NAMESPACES and dns.answers_dns(service)


def unknown_proxy_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """An address in the status of a Service, an Ingress or a Gateway belongs to nobody."""
    owners = KnownOwners(cluster)
    pools = owners.pools
    families = {pool.range.family for pool in pools}
    by_address: defaultdict[tuple[int, int], list[PublishedAddress]] = defaultdict(list)
    for published in published_addresses(cluster):
        if published.family in families and not owners.have(published):
            by_address[published.family, published.value].append(published)
    for _, places in sorted(by_address.items()):
        first = places[0]
        gap = _why_unknown(cluster, first)
        yield Undecided(first.subject, gap, Reason.MISSING) if gap else _unowned(places, pools)


def _unowned(places: list[PublishedAddress], pools: list[Declaration]) -> Violation:
    first, *others = places
    nobody = "no Node and no pool" if first.subject.kind == "Service" else "no Node, no pool and no Service"
    return Violation(
        first.subject,
        first.path,
        f"{nobody} has {first.text}; declared for load balancers: {shortened(dict.fromkeys(map(str, pools)))}",
        {"address": first.text, "pools": [str(pool) for pool in pools]},
        tuple(Related(other.subject, other.path, "shows it too") for other in others),
        key=first.text,
    )


def _why_unknown(cluster: Cluster, published: PublishedAddress) -> str:
    """Why the owner may be missing: a Service's own address is a pool's or a Node's, others may be a Service's."""
    if published.subject.kind != "Service" and not cluster.view.is_complete("Service"):
        return f"{published.text} may belong to a Service that is not known"
    return ""


def private_proxy_addresses(cluster: Cluster) -> Iterator[Violation]:
    """A Node's external address is a private one."""
    for node in cluster.view.nodes:
        for path, text, meaning in private_external_addresses(node):
            yield Violation(
                subject_of(node),
                path,
                f"{text} is called ExternalIP, but it is {meaning}",
                {"address": text},
                key=text,
            )


CHECKS = (
    dead_entrypoints,
    private_proxy_addresses,
    unanswered_services,
    unknown_proxy_addresses,
)
