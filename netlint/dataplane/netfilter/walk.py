"""Sends sets of packets through the chains of a table, as the kernel does it with one packet.

A condition that cannot be told sends packets both ways, each with a doubt. Where both ways come to the same there is
none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from netlint.dataplane.netfilter.packets import HostContext, Packets
from netlint.dataplane.netfilter.rules import Action, FilterRule, Placed, Ruleset, Verdict

MOST = 2000
"""Into so many sets packets are cut at most; then nothing more is told of them."""
DEEPEST = 64
"""So many chains may jump to each other; the kernel refuses loops."""


TOO_COMPLEX = "too many cases"


class TooComplexError(Exception):
    """Rules cut the packets into more sets than anybody can wait for."""


class Hit(NamedTuple):
    """Packets whose source address a rule replaces; where they have a ``doubt``, it may do so."""

    placed: Placed
    packets: Packets


@dataclass(slots=True)
class _Course:
    """The way of packets through one table, and what has become of them."""

    ruleset: Ruleset
    around: HostContext
    hits: list[Hit] = field(default_factory=list)
    accepted: list[Packets] = field(default_factory=list)
    depth: int = 0

    def chain(self, name: str, packets: Sequence[Packets]) -> list[Packets]:
        """The packets that come to the end of a chain, or are sent back by it."""
        if self.depth > DEEPEST:
            raise TooComplexError
        self.depth += 1
        back: list[Packets] = []
        for placed in self.ruleset.chains[name]():
            if not placed.rule.action.is_idle:
                packets = _bounded([left for some in packets for left in self._rule(placed, some, back)])
        self.depth -= 1
        return _bounded([*packets, *back])

    def _rule(self, placed: Placed, packets: Packets, back: list[Packets]) -> list[Packets]:
        """Those that the next rule of the chain looks at; ``back`` takes those that leave the chain."""
        left, met = _split(placed.rule, packets, self.around)
        for meeting, doubt in met:
            left += self._perhaps(placed, meeting, doubt, back) if doubt else self._act(placed, meeting, back)
        return left

    def _perhaps(self, placed: Placed, packets: Packets, doubt: str, back: list[Packets]) -> list[Packets]:
        doubtful = packets._replace(doubt=packets.doubt or doubt)
        before = len(self.hits), len(self.accepted), len(back)
        left = self._act(placed, doubtful, back)
        if left == [doubtful] and before == (len(self.hits), len(self.accepted), len(back)):
            return [packets]
        return [doubtful, *left]

    def _act(self, placed: Placed, packets: Packets, back: list[Packets]) -> list[Packets]:
        action = placed.rule.action
        packets = _marked(packets, action)
        match self._verdict(action):
            case Verdict.CONTINUE:
                return [packets]
            case Verdict.JUMP:
                return self.chain(action.target, [packets])
            case Verdict.GOTO:
                back += self.chain(action.target, [packets])
            case Verdict.RETURN:
                back.append(packets)
            case Verdict.ACCEPT:
                self.accepted.append(packets)
            case Verdict.TRANSLATE:
                self.hits.append(Hit(placed, packets))
            case Verdict.UNKNOWN:
                doubtful = packets._replace(doubt=packets.doubt or f"-j {action.target}")
                self.hits.append(Hit(placed, doubtful))
                return [doubtful]
        return []

    def _verdict(self, action: Action) -> Verdict:
        """A jump to a chain that the dump does not have is not known."""
        jumps = action.verdict in {Verdict.JUMP, Verdict.GOTO}
        return Verdict.UNKNOWN if jumps and action.target not in self.ruleset.chains else action.verdict


def _marked(packets: Packets, action: Action) -> Packets:
    write = action.write
    return packets._replace(mark=packets.mark.written(write.clear, write.flip, write.blur)) if write else packets


def _split(rule: FilterRule, packets: Packets, around: HostContext) -> tuple[list[Packets], list[tuple[Packets, str]]]:
    """The packets that do not meet the rule's conditions, and those that do, with the doubt about it."""
    others: list[Packets] = []
    met = [(packets, "")]
    for condition in rule.conditions:
        splits = [(condition.split(meeting, around), doubt) for meeting, doubt in met]
        others += [split.no for split, _ in splits if split.no]
        met = [(split.yes, doubt) for split, doubt in splits if split.yes]
        met += [(split.maybe, doubt or split.doubt) for split, doubt in splits if split.maybe]
    return others, met


def _bounded(packets: Iterable[Packets]) -> list[Packets]:
    distinct = list(dict.fromkeys(packets))
    if len(distinct) > MOST:
        raise TooComplexError
    return distinct


def translations(rulesets: Iterable[Ruleset], packets: Packets, around: HostContext) -> list[Hit]:
    """Translations by the tables, one after the other: what one of them accepts, the next one looks at.

    Raises TooComplexError.
    """
    hits: list[Hit] = []
    left = [packets]
    for ruleset in rulesets:
        for name in ruleset.base:
            course = _Course(ruleset, around)
            through = course.chain(name, left)
            left = _bounded([*through, *course.accepted])
            hits += course.hits
    return hits
