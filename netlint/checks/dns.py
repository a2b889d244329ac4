"""Cluster DNS, and names that lead nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netlint import addresses
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.selectors import selects
from netlint.model.services import dns
from netlint.model.services.service_spec import is_headless
from netlint.model.subjects import subject_of
from netlint.objects import WORKLOADS
from netlint.objects.apps import Workload
from netlint.objects.core import ConfigMap, Service
from netlint.objects.meta import Path
from netlint.phrases import shortened
from netlint.snapshot import Reason

DNS_NAME = re.compile(r"[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?(\.[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?)*\.?", re.IGNORECASE)
CLUSTER_NAME = re.compile(r"[-a-z0-9]+\.[-a-z0-9]+\.svc(\.[-a-z0-9.]+)?(?=:|/|$)", re.IGNORECASE)


def mismatched_cluster_dns(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Kubelets give pods a DNS server that is no DNS Service."""
    kubelets = list(dns.kubelet_settings(cluster.view.config_maps))
    if kubelets and not cluster.view.is_complete("Service", dns.SYSTEM):
        yield Undecided(subject_of(kubelets[0][0]), f"not every Service in {dns.SYSTEM} is known", Reason.MISSING)
        return
    services = {address: service for service in cluster.view.services for address in dns.cluster_ips(service)}
    servers = [address for address, service in services.items() if dns.answers_dns(service)]
    if not any(service.namespace == dns.SYSTEM for service in map(services.__getitem__, servers)):
        return  # somebody else than this cluster's own DNS is meant
    if any(daemon_set.name == dns.NODE_LOCAL for daemon_set in cluster.view.objects("DaemonSet")):
        return
    for config_map, settings in kubelets:
        configured = settings.get("clusterDNS")
        addressed = map(str, configured) if isinstance(configured, list) else ()
        wrong = [text for text in addressed if text not in servers and not dns.is_in(text, dns.LINK_LOCAL)]
        if wrong:
            yield _mismatched_dns(config_map, wrong, services, servers)


def _mismatched_dns(
    config_map: ConfigMap, wrong: list[str], services: dict[str, Service], servers: list[str]
) -> Violation:
    holder = services.get(wrong[0])
    whose = f"that of {subject_of(holder)}" if holder else "no Service's address"
    dns_services = [(address, services[address]) for address in servers if services[address].namespace == dns.SYSTEM]
    return Violation(
        subject_of(config_map),
        ("data", "kubelet"),
        f"clusterDNS {shortened(wrong)} is {whose}; {subject_of(dns_services[0][1])} has {dns_services[0][0]}",
        {"clusterDNS": wrong, "dnsServices": sorted(servers)},
        tuple(
            Related(subject_of(service), ("spec", "clusterIP"), f"has {address}") for address, service in dns_services
        ),
    )


def missing_cluster_zones(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """CoreDNS does not answer for the cluster's names, or for the names of its addresses."""
    for config_map, blocks in _corefiles(cluster):
        if blocks is None:
            yield Undecided(
                subject_of(config_map),
                "the Corefile imports parts that are not in the input, or its braces do not match",
            )
            continue
        zones, name = dns.cluster_zones(blocks), dns.domain(cluster.view.config_maps)
        families = {addresses.parse(text)[0] for service in cluster.view.services for text in dns.cluster_ips(service)}
        reverse = [dns.REVERSE[family] for family in sorted(families) if not dns.has_reverse_zone(family, zones)]
        forward = [] if dns.is_held(name, zones) else [name]
        if forward or reverse:
            missing, known = shortened(forward or reverse), shortened(sorted(zones)) or "none"
            yield Violation(
                subject_of(config_map),
                ("data", "Corefile"),
                f"the kubernetes plugin does not answer for {missing}; its zones are {known}",
                {"missing": [*forward, *reverse], "zones": sorted(zones)},
                mitigated=not forward,
            )


def looping_dns_forwarders(cluster: Cluster) -> Iterator[Violation]:
    """CoreDNS forwards what it does not know to itself."""
    dns_addresses = {
        address
        for service in cluster.view.services
        if service.namespace == dns.SYSTEM and dns.answers_dns(service)
        for address in dns.cluster_ips(service)
    }
    yield from _looping_corefiles(cluster, dns_addresses)
    for config_map, settings in dns.kubelet_settings(cluster.view.config_maps):
        if settings.get("resolvConf") == dns.STUB:
            yield Violation(
                subject_of(config_map),
                ("data", "kubelet"),
                f"pods get their upstream DNS servers from {dns.STUB}, which names the node's loopback address alone",
                {"resolvConf": dns.STUB},
            )


def _looping_corefiles(cluster: Cluster, dns_addresses: set[str]) -> Iterator[Violation]:
    for config_map, blocks in _corefiles(cluster):
        for target in sorted(set(dns.looping_targets(blocks or [], dns_addresses))):
            whose = "its own Service's address" if target in dns_addresses else "its own loopback address"
            yield Violation(
                subject_of(config_map),
                ("data", "Corefile"),
                f"CoreDNS forwards to {target}, {whose}",
                {"forwarder": target},
                key=target,
            )


def _corefiles(cluster: Cluster) -> Iterator[tuple[ConfigMap, list[dns.ServerBlock] | None]]:
    config_map = cluster.view.config_maps.get((dns.SYSTEM, "coredns"))
    text = (config_map.data or {}).get("Corefile", "") if config_map else ""
    if config_map is not None and text:
        yield config_map, dns.server_blocks(text)


def host_network_dns_policies(cluster: Cluster) -> Iterator[Violation]:
    """Pods in their host's network do not resolve the cluster names that they are told."""
    for kind in WORKLOADS:
        for workload in cluster.view.objects(kind):
            spec = workload.template.spec if workload.template else None
            if spec is None or not spec.hostNetwork or spec.dnsPolicy not in {None, "ClusterFirst"}:
                continue
            prefix = ("spec", "jobTemplate") if kind == "CronJob" else ()
            for path, text in _cluster_names(workload, (*prefix, "spec", "template", "spec")):
                yield Violation(
                    subject_of(workload),
                    path,
                    f"{text} is a cluster name, and with hostNetwork ClusterFirst asks the node's DNS servers",
                    {"name": text, "dnsPolicy": spec.dnsPolicy},
                )
                break


def _cluster_names(workload: Workload, spec_path: Path) -> Iterator[tuple[Path, str]]:
    """Words of commands and variables that hold a name of the cluster's own: field and name."""
    for number, container in enumerate((workload.template.spec.containers if workload.template else None) or ()):
        container_path = (*spec_path, "containers", number)
        for position, variable in enumerate(container.env or ()):
            if match := CLUSTER_NAME.search(variable.value or ""):
                yield (*container_path, "env", position, "value"), match[0]
        for name, words in (("command", container.command), ("args", container.args)):
            for position, word in enumerate(words or ()):
                if (match := CLUSTER_NAME.search(word)) and len(word.split()) == 1:
                    yield (*container_path, name, position), match[0]


def unresolvable_external_names(cluster: Cluster) -> Iterator[Violation]:
    """A Service of type ExternalName names an address, or a Service that does not exist."""
    suffix = f".svc.{dns.domain(cluster.view.config_maps)}"
    for service in cluster.view.services:
        if service.spec.type != "ExternalName":
            continue
        why = _why_unresolvable(cluster, service, (service.spec.externalName or "").rstrip("."), suffix)
        if why:
            yield Violation(
                subject_of(service),
                ("spec", "externalName"),
                why,
                {"externalName": service.spec.externalName},
            )


def _why_unresolvable(cluster: Cluster, service: Service, name: str, suffix: str) -> str:
    if not name:
        return "the Service is of type ExternalName and names nothing"
    try:
        addresses.parse(name)
    except ValueError:
        pass
    else:
        return f"{name} is an address, and DNS has an alias only for names"
    if not DNS_NAME.fullmatch(name):
        return f"{name!r} is no DNS name"
    labels = name.removesuffix(suffix).split(".") if name.endswith(suffix) else []
    if len(labels) != 2 or not cluster.view.is_complete("Service", labels[1]):
        return ""
    if (service.namespace, service.name) == (labels[1], labels[0]):
        return f"{name} is the Service itself"
    exists = (labels[1], labels[0]) in cluster.view.service_named
    return "" if exists else f"{name} names a Service {labels[1]}/{labels[0]}, which does not exist"


def unsuitable_governing_services(cluster: Cluster) -> Iterator[Violation]:
    """The Service that a StatefulSet names gives its pods no names."""
    for workload in cluster.view.objects("StatefulSet"):
        name = workload.spec.serviceName
        if not name:
            continue
        service = cluster.view.service_named.get((workload.namespace, name))
        labels = (workload.template.metadata.labels if workload.template else None) or {}
        why = _why_unsuitable(service, labels)
        if why:
            yield Violation(
                subject_of(workload),
                ("spec", "serviceName"),
                f"Service {workload.namespace}/{name} {why}, so the pods have no names of their own",
                {"serviceName": name},
                (Related(subject_of(service), ("spec",), "is the Service"),) if service else (),
                mitigated=service is not None and not is_headless(service),
            )


def _why_unsuitable(service: Service | None, labels: dict[str, str]) -> str:
    if service is None:
        return "does not exist"
    if not is_headless(service):
        return "is not headless"
    selected = not service.spec.selector or selects(service.spec.selector, labels)
    return "" if selected else "does not select the pods"


CHECKS = (
    host_network_dns_policies,
    looping_dns_forwarders,
    mismatched_cluster_dns,
    missing_cluster_zones,
    unresolvable_external_names,
    unsuitable_governing_services,
)
