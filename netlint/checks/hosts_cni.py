"""What the CNI's files on hosts say: which network pods join, and which addresses they were given."""

from __future__ import annotations

from collections.abc import Iterator

from netlint import addresses
from netlint.checks.wording import listed, sides
from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.cni.masquerading import beyond
from netlint.model.hosts.cni_files import META_PLUGINS
from netlint.model.hosts.host import Host
from netlint.phrases import inflected, shortened
from netlint.snapshot import Reason

CNI = "cni"


def stray_cni_configurations(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """The first CNI configuration of a host is not that of the cluster's network plugin, and a later one is."""
    expected = {name for detected in cluster.network.plugins for name in detected.plugin.evidence.types}
    for host in cluster.hosts:
        first, *others = host.configurations or (None,)
        if first is None or not others or first.type in {*expected, *META_PLUGINS}:
            continue
        right = next((later for later in others if later.type in {*expected, *META_PLUGINS}), None)
        if right is None:
            yield Undecided(host.subject, "nothing says which of several CNI configurations is the cluster's")
            continue
        yield Violation(
            host.subject,
            (),
            f"{first} comes before {right}, so pods that start here join another network than the cluster's",
            {"first": first.file, "expected": right.file},
            tuple(Related(detected.evidence, (), f"shows {detected.name}") for detected in cluster.network.plugins),
            key=first.file,
            spot=host.spot(f"{CNI}/{first.file}"),
        )


def overlapping_cni_ranges(cluster: Cluster) -> Iterator[Violation]:
    """Two ranges of one CNI configuration have common addresses."""
    for host in cluster.hosts:
        for configuration in host.configurations:
            ranges = configuration.host_local_ranges
            for group in addresses.overlapping_groups([span for _, _, span in ranges]):
                cidrs = [ranges[number][1] for number in group]
                yield Violation(
                    host.subject,
                    (),
                    f"host-local of {configuration.file} has ranges with common addresses: {shortened(cidrs)}",
                    {"file": configuration.file, "ranges": cidrs},
                    key=f"{configuration.file}/{cidrs[0]}",
                    spot=host.spot(f"{CNI}/{configuration.file}"),
                )


def masquerading_cni_plugins(cluster: Cluster) -> Iterator[Violation]:
    """The plugin that connects a host's pods hides their addresses from pods of other hosts."""
    everywhere = addresses.merged(declared.range for declared in cluster.ranges.pod_ranges)
    alike: dict[str, list[Host]] = {}
    for host in cluster.hosts:
        first = host.configurations[0] if host.configurations else None
        if first is not None and first.masquerades:
            spared = [span for _, _, span in first.host_local_ranges]
            families = {span.family for span in spared}
            if addresses.uncovered([span for span in everywhere if span.family in families], spared):
                alike.setdefault(first.file, []).append(host)
    for hosts in alike.values():
        yield from _masquerading(cluster, *hosts)


def _masquerading(cluster: Cluster, host: Host, *others: Host) -> Iterator[Violation]:
    """Addresses that the first of several hosts hides; the others have a file of the same name."""
    configuration = host.configurations[0]
    spared = [span for _, _, span in configuration.host_local_ranges]
    remote = [declared for declared in cluster.ranges.pod_ranges if declared.node not in {"", host.node}]
    lost = beyond(spared, remote, {span.family for span in spared})
    if lost:
        yield Violation(
            host.subject,
            (),
            f"addresses of pods on the node are hidden from pods in {listed(lost)}: ipMasq of {configuration.file} "
            f"spares only {shortened(spared)}",
            {"file": configuration.file, "spared": [str(span) for span in spared]},
            (*(Related(other.subject, (), f"has {configuration.file} too") for other in others), *sides(lost)),
            key=configuration.file,
            spot=host.spot(f"{CNI}/{configuration.file}"),
        )


def leaked_addresses(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """host-local keeps addresses for pods that are no more."""
    if not cluster.view.is_complete("Pod"):
        yield Undecided(None, "not all pods are in the input, and addresses may be theirs", Reason.MISSING)
        return
    known = cluster.pods.addresses_on({host.node for host in cluster.hosts if host.node})
    for host in cluster.hosts:
        if host.node:
            in_use, pending = known[host.node]
            leaked = [lease for lease in _leases(host) if addresses.parse(lease) not in in_use]
            if len(leaked) > pending:
                yield Violation(
                    host.subject,
                    (),
                    f"host-local keeps {shortened(leaked)}, which no pod on the node has",
                    {"addresses": leaked},
                    spot=host.spot(f"var-lib-cni-networks-{host.configurations[0].name}.txt"),
                )


def duplicate_leases(cluster: Cluster) -> Iterator[Violation]:
    """host-local of several hosts has given out the same address of the pods' network."""
    holders: dict[str, list[Host]] = {}
    for host in cluster.hosts:
        for text in _leases(host):
            holders.setdefault(text, []).append(host)
    shared: dict[tuple[Host, ...], list[str]] = {}
    for text, hosts in holders.items():
        if len(hosts) > 1 and not cluster.ranges.share_pod_cidrs({host.node for host in hosts}):
            shared.setdefault(tuple(hosts), []).append(text)
    for (first, *others), texts in shared.items():
        names = shortened(host.subject for host in others)
        yield Violation(
            first.subject,
            (),
            f"{shortened(texts)} {inflected(len(texts), 'is', 'are')} given out on {names} as well",
            {"addresses": texts},
            tuple(Related(host.subject, (), f"in {host.dump.folder}") for host in others),
            key="/".join(host.node or host.dump.name for host in others),
            spot=first.spot(f"var-lib-cni-networks-{first.configurations[0].name}.txt"),
        )


def _leases(host: Host) -> list[str]:
    """Addresses that host-local keeps for pods of the cluster's own network."""
    return host.dump.leases.get(host.configurations[0].name, []) if host.configurations else []


CHECKS = (
    duplicate_leases,
    leaked_addresses,
    masquerading_cni_plugins,
    overlapping_cni_ranges,
    stray_cni_configurations,
)
