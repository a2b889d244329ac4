"""What the rules of hosts do to packets of pods to each other.

A rule that hides pods is one fault on however many hosts, and it is one only where no configuration tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from netlint.addresses import merged, uncovered
from netlint.dataplane.netfilter import host_filters as filters
from netlint.dataplane.netfilter.packets import Packets, Ranges
from netlint.dataplane.netfilter.rules import Placed
from netlint.dataplane.netfilter.tables import POSTROUTING
from netlint.dataplane.netfilter.walk import TOO_COMPLEX, Hit, TooComplexError, translations
from netlint.dataplane.pod_traffic import Traffic
from netlint.model.cni.masquerading import Whom, beyond
from netlint.model.declared.declarations import Declaration
from netlint.model.declared.snapshot_view import SnapshotView
from netlint.model.hosts import docker_bridge
from netlint.model.hosts.host import Host
from netlint.model.masquerade import ip_masq_agent
from netlint.model.masquerade.consequences import Masquerades

_OF_DOCKER = "! -o docker0"  # in the rule by which Docker masquerades what leaves its bridge


@dataclass(frozen=True, slots=True)
class ExplainedNat:
    """Traffic that a configuration is known to hide: of ``hidden`` (None: all pods) to ``toward`` (None: all)."""

    hidden: Ranges | None = None
    toward: Ranges | None = None

    def explains(self, packets: Packets) -> bool:
        """Whether all of the packets are such traffic."""
        sides = (packets.source, self.hidden), (packets.destination, self.toward)
        return not any(hidden is not None and uncovered(ranges, hidden) for ranges, hidden in sides)


def explained(masquerades: Masquerades, view: SnapshotView, pods: Sequence[Declaration]) -> list[ExplainedNat]:
    """The traffic that configurations hide from pods; ``pods``: the ranges of all of them."""
    known = [*masquerades.faults, *(nat for following in masquerades.consequences.values() for nat in following)]
    hidden = [ExplainedNat(_ranges(nat.hidden), _ranges(nat.toward)) for nat in known if nat.whom is Whom.PODS]
    spared = ip_masq_agent.non_masquerade_list(view)
    if spared is not None and spared.problem:
        hidden.append(ExplainedNat(toward=_ranges(beyond(spared.ranges, pods, spared.families))))
    return hidden


def _ranges(declared: Sequence[Declaration]) -> Ranges | None:
    return tuple(merged(declaration.range for declaration in declared)) if declared else None


@dataclass(slots=True)
class Hiding:
    """A rule that hides pods: on the first of the hosts these from those; ``outbound``: those of the host itself."""

    placed: Placed
    outbound: bool
    hidden: Ranges = ()
    toward: Ranges = ()
    hosts: list[Host] = field(default_factory=list)

    def take(self, hit: Hit, outbound: bool, host: Host) -> None:
        """More packets of the same rule, or of another host's that is like it."""
        if host not in self.hosts:
            self.hosts.append(host)
        if self.hosts == [host] and self.outbound is outbound:
            self.hidden = tuple(merged((*self.hidden, *hit.packets.source)))
            self.toward = tuple(merged((*self.toward, *hit.packets.destination)))


@dataclass(slots=True)
class HostRules:
    """The rules of all hosts that hide pods, and why nothing is told of which host."""

    hidings: list[Hiding] = field(default_factory=list)
    doubts: list[tuple[Host, str]] = field(default_factory=list)


def host_rules(streams: Iterable[Traffic], by_configuration: Sequence[ExplainedNat]) -> HostRules:
    """Work through the rules of every host."""
    rules, alike = HostRules(), dict[str, Hiding]()
    for stream in streams:
        host = stream.host
        hits, doubts = _hits(stream)
        rules.doubts += [(host, doubt) for doubt in sorted(doubts)]
        for outbound, hit in hits:
            if not _is_explained(hit, host, by_configuration):
                key = _likeness(hit.placed, stream)
                alike.setdefault(key, Hiding(hit.placed, outbound)).take(hit, outbound, host)
    rules.hidings = list(alike.values())
    return rules


def _hits(stream: Traffic) -> tuple[list[tuple[bool, Hit]], set[str]]:
    """Packets that are translated for sure, those that leave the host first; and the doubts about others."""
    dump, sure, doubts = stream.host.dump, list[tuple[bool, Hit]](), set[str]()
    rulesets = filters.postrouting(dump, stream.family)
    for outbound, packets in stream.directions:
        try:
            hits = translations(rulesets, packets, stream.around)
        except TooComplexError:
            doubts.add(TOO_COMPLEX)
        else:
            sure += [(outbound, hit) for hit in hits if not hit.packets.doubt]
            doubts.update(hit.packets.doubt for hit in hits if hit.packets.doubt)
    return sure, doubts


def _is_explained(hit: Hit, host: Host, by_configuration: Sequence[ExplainedNat]) -> bool:
    """Whether a configuration tells it: agents have chains of their own, the first chain is written by hand."""
    text = hit.placed.rule.text
    if _OF_DOCKER in text and any(mismatch.setting == "ip-masq" for mismatch in docker_bridge.mismatches(host)):
        return True
    if hit.placed.chain == POSTROUTING:
        return False
    if hit.placed.chain.startswith("CNI-"):
        return bool(host.configurations) and host.configurations[0].masquerades
    return any(nat.explains(hit.packets) for nat in by_configuration)


def _likeness(placed: Placed, stream: Traffic) -> str:
    """The text that a rule has in common with those of other hosts, each of which may name its own ranges."""
    text = f" {placed.rule.likeness} "
    for span in stream.declared:
        text = text.replace(f" {span} ", " * ")
    return text.strip()
