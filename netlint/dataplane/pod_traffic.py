"""What pods of a host send to pods elsewhere, and what these send to them, as sets of packets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from netlint.addresses import Range, difference, merged
from netlint.dataplane.netfilter import host_filters as filters
from netlint.dataplane.netfilter.packets import HostContext, Mark, Packets, Ranges
from netlint.model.declared.declarations import Declaration
from netlint.model.hosts.host import Host, addresses_by_node
from netlint.model.pods import Pods
from netlint.model.ranges.enclosing_ranges import EnclosingRange


@dataclass(frozen=True, slots=True)
class Traffic:
    """Addresses of one family that pods of a host have, and those that pods elsewhere have.

    ``declared``: the ranges from which those of the host are.
    """

    host: Host
    declared: Ranges
    own: Ranges
    elsewhere: Ranges
    around: HostContext

    @property
    def family(self) -> int:
        """4 or 6."""
        return self.own[0].family

    @property
    def directions(self) -> tuple[tuple[bool, Packets], ...]:
        """The packets that leave the host, and those that come in."""
        mark = Mark(unknown=filters.marks_before(self.host.dump, self.family))
        outbound = Packets(self.own, self.elsewhere, mark=mark)
        return (True, outbound), (False, Packets(self.elsewhere, self.own, mark=mark))


def traffic(
    hosts: Sequence[Host],
    of_nodes: Mapping[str, Sequence[Declaration]],
    of_all: Sequence[Declaration],
    enclosing_ranges: Iterable[EnclosingRange],
    pods: Pods,
) -> Iterator[Traffic]:
    """The traffic by the ranges of the nodes and of all pods; where nobody declares them, by the addresses of pods.

    Ranges that are outside of those in which the cluster's are to be, are left out: they are a fault themselves, which
    rules of hosts may follow.
    """
    strays = set(_strays(enclosing_ranges))
    ranges = {name: [own.range for own in declared if own not in strays] for name, declared in of_nodes.items()}
    everywhere = [declared.range for declared in of_all if declared not in strays]
    if any(host.node and not of_nodes.get(host.node) for host in hosts):
        by_node = addresses_by_node(pods)
        carried = {name: [Range(family, value, value) for family, value in own] for name, own in by_node.items()}
        ranges |= {name: spans for name, spans in carried.items() if not of_nodes.get(name)}
        everywhere = everywhere or [span for spans in carried.values() for span in spans]
    yield from _of_hosts([host for host in hosts if not host.is_bridged], ranges, merged(everywhere))


def _strays(enclosing_ranges: Iterable[EnclosingRange]) -> Iterator[Declaration]:
    """Ranges of single nodes; where those of all are outside, it is the wider range that is wrong."""
    for enclosing in enclosing_ranges:
        count = len(enclosing.node_ranges)
        for outside, _ in enclosing.outside() if enclosing.is_firm else ():
            yield from outside if len(outside) < count else ()


def _of_hosts(hosts: Iterable[Host], ranges: Mapping[str, list[Range]], everywhere: list[Range]) -> Iterator[Traffic]:
    """The host's own addresses, such as its bridge's, are no pods'; one whose agent has another range is left out."""
    for host in hosts:
        for family in (4, 6):
            own = merged(span for span in ranges.get(host.node, ()) if span.family == family)
            elsewhere = tuple(difference([span for span in everywhere if span.family == family], own))
            stale = family in host.subnets and host.subnets[family][1] not in own
            if own and elsewhere and not stale:
                around = filters.host_context(host, family)
                pods = tuple(difference(own, around.local or ()))
                yield Traffic(host, tuple(own), pods or tuple(own), elsewhere, around)
