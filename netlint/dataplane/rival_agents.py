"""Two agents on one host that masquerade by lists: what either of them does not spare is masqueraded.

Source: github.com/kubernetes-sigs/ip-masq-agent, README.md and cmd/ip-masq-agent; GKE's documentation of IP
masquerading; github.com/kubernetes-sigs/kind, images/kindnetd.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations

from netlint.addresses import Range, difference, merged
from netlint.dataplane.netfilter import host_filters as filters
from netlint.dataplane.netfilter.packets import Packets, Ranges
from netlint.dataplane.netfilter.rules import Ruleset
from netlint.dataplane.netfilter.walk import TOO_COMPLEX, Hit, TooComplexError, translations
from netlint.dataplane.pod_traffic import Traffic
from netlint.model.cni import PLUGINS
from netlint.model.hosts.routes import EVERYTHING

AGENTS = ("IP-MASQ-AGENT", *(plugin.masquerade_chain for plugin in PLUGINS if plugin.masquerade_chain))
"""The chains of ip-masq-agent and of network plugins' own agents."""


@dataclass(frozen=True, slots=True)
class Rivalry:
    """What a chain masquerades although another one spares it."""

    chain: str
    sparing: str
    lost: Ranges
    file: str
    line: int | None


def rivalries(stream: Traffic) -> Iterator[Rivalry | str]:
    """Rivalries on a host, for packets of its pods: one for each pair, or why nothing is told of several chains."""
    for ruleset in filters.postrouting(stream.host.dump, stream.family):
        jumps = {placed.rule.action.target: placed for placed in ruleset.chains[ruleset.base[0]]()}
        hooked = [name for name in AGENTS if name in jumps and name in ruleset.chains]
        hidden = {name: _masqueraded(ruleset, name, stream) for name in hooked} if len(hooked) > 1 else {}
        yield from (doubt for doubt in hidden.values() if isinstance(doubt, str))
        known = {name: ranges for name, ranges in hidden.items() if ranges and not isinstance(ranges, str)}
        for chain, sparing in permutations(known, 2):
            lost = tuple(difference(known[chain], known[sparing]))
            if lost:
                yield Rivalry(chain, sparing, lost, jumps[chain].file, jumps[chain].line)


def _masqueraded(ruleset: Ruleset, chain: str, stream: Traffic) -> Ranges | str:
    """The destinations, or why they cannot be told."""
    everything = (EVERYTHING[stream.family],)
    try:
        hits = translations([replace(ruleset, base=(chain,))], Packets(stream.own, everything), stream.around)
    except TooComplexError:
        return TOO_COMPLEX
    doubts = [hit.packets.doubt for hit in hits if hit.packets.doubt]
    return doubts[0] if doubts else tuple(merged(_destinations(hits)))


def _destinations(hits: list[Hit]) -> Iterator[Range]:
    for hit in hits:
        yield from hit.packets.destination
