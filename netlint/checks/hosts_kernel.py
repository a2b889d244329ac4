"""Parameters of the hosts' kernels, held against what the API gives out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from netlint.cluster import Cluster
from netlint.findings import Related, Undecided, Violation
from netlint.model.hosts.host import Host
from netlint.model.services.node_ports import Ephemeral, NodePort, ephemeral
from netlint.model.subjects import subject_of
from netlint.phrases import counted, likewise
from netlint.snapshot import Reason

SYSCTL = "sysctl.txt"


def ephemeral_node_ports(cluster: Cluster) -> Iterator[Violation | Undecided]:
    """Hosts take node ports for outgoing connections."""
    if all(host.dump.kernel is None for host in cluster.hosts):
        yield Undecided(None, f"no node dump has {SYSCTL}", Reason.NOT_APPLICABLE)
        return
    alike: defaultdict[Ephemeral, list[Host]] = defaultdict(list)
    for host in cluster.hosts:
        port_range = ephemeral(host.dump.kernel or {})
        if port_range is None:
            yield Undecided(host.subject, f"its {SYSCTL} does not tell the ports", Reason.MISSING)
        else:
            alike[port_range].append(host)
    assignable = {number for span in cluster.services.node_port_ranges for number in range(span.first, span.last + 1)}
    for port_range, hosts in alike.items():
        claimed = [port for port in cluster.services.node_ports if port_range.takes(port.number)]
        common = {number for number in assignable if port_range.takes(number)} | {port.number for port in claimed}
        if common:
            yield _ephemeral_conflict(port_range, hosts, common, claimed)


def _ephemeral_conflict(
    port_range: Ephemeral, hosts: list[Host], common: set[int], claimed: list[NodePort]
) -> Violation:
    first, *others = hosts
    example = min(claimed, key=lambda port: port.number, default=None)
    return Violation(
        first.subject,
        (),
        f"{counted(len(common), 'node port')} from {min(common)} on may be taken for outgoing "
        f"connections, which take {port_range.first} to {port_range.last}"
        + (f", such as {example.number} of {subject_of(example.service)}" if example else "")
        + likewise(len(others)),
        {
            "ephemeral": [port_range.first, port_range.last],
            "common": len(common),
            "hosts": [str(host.subject) for host in hosts],
        },
        (Related(subject_of(example.service), example.path, "is its node port"),) if example else (),
        key=f"{port_range.first}-{port_range.last}",
        mitigated=example is None,
        spot=first.spot(SYSCTL),
    )


CHECKS = (ephemeral_node_ports,)
