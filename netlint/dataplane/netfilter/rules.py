"""The one form of rules: conditions that split packets, and what becomes of those that meet them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase

from netlint.addresses import Range, common, difference, merged
from netlint.dataplane.netfilter.packets import ALL_BITS, HostContext, Packets, Ranges


@dataclass(slots=True)
class Split:
    """Packets that meet a condition, that do not, and of which it cannot be told."""

    yes: Packets | None = None
    no: Packets | None = None
    maybe: Packets | None = None
    doubt: str = ""

    def turned(self, negated: bool) -> Split:
        """The same of the opposite condition."""
        return Split(self.no, self.yes, self.maybe, self.doubt) if negated else self


class FilterCondition(ABC):
    """A demand of a rule on packets."""

    @abstractmethod
    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """The packets that meet it, and the others."""


@dataclass(frozen=True, slots=True)
class Within(FilterCondition):
    """One of these values in a place."""

    place: str
    ranges: Ranges
    negated: bool = False

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """The packets with these values, and the others."""
        return _cut(packets, self.place, self.ranges).turned(self.negated)


def _cut(packets: Packets, place: str, ranges: Ranges) -> Split:
    values: Ranges = getattr(packets, place)
    inside = tuple(common(values, ranges))
    if not inside:
        return Split(no=packets)
    outside = tuple(difference(values, ranges))
    if not outside:
        return Split(yes=packets)
    return Split(packets.having(place, inside), packets.having(place, outside))


@dataclass(frozen=True, slots=True)
class Marked(FilterCondition):
    """Certain bits of the mark."""

    value: int
    mask: int = ALL_BITS
    negated: bool = False

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """All packets or none; not to be told where one of the bits is not known."""
        mark = packets.mark
        if (mark.value ^ self.value) & self.mask & ~mark.unknown or self.value & ~self.mask:
            return Split(no=packets).turned(self.negated)
        if self.mask & mark.unknown:
            return Split(maybe=packets, doubt=f"marks {self.mask & mark.unknown:#x}")
        return Split(yes=packets).turned(self.negated)


@dataclass(frozen=True, slots=True)
class Local(FilterCondition):
    """An address that is the host's own."""

    place: str
    negated: bool = False

    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """The packets with an address of the host; not to be told where these are not known."""
        if around.local is None:
            return Split(maybe=packets, doubt="the host's own addresses")
        return _cut(packets, self.place, around.local).turned(self.negated)


@dataclass(frozen=True, slots=True)
class InSet(FilterCondition):
    """An address in an ipset."""

    place: str
    name: str
    negated: bool = False

    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """The packets with an address of the set; not to be told where the set is not known."""
        listed = around.sets.get(self.name)
        if listed is None:
            return Split(maybe=packets, doubt=f"ipset {self.name}")
        return _cut(packets, self.place, listed).turned(self.negated)


@dataclass(frozen=True, slots=True)
class Leaves(FilterCondition):
    """A link through which packets leave; a name may end in ``*``."""

    names: tuple[str, ...]
    negated: bool = False

    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """The packets whose routes lead to such a link; those to which no route leads do not come so far."""
        ways = [way for span in packets.destination for way in around.leaving(span)]
        answers = [(span, self._is_met(links)) for span, links in ways if links is None or links]
        yes, no, maybe = (
            _toward(packets, [span for span, met in answers if met is answer]) for answer in (True, False, None)
        )
        return Split(yes, no, maybe, f"the link that routes lead to ({', '.join(self.names)})").turned(self.negated)

    def _is_met(self, links: frozenset[str] | None) -> bool | None:
        answers = {any(fnmatchcase(link, name) for name in self.names) for link in links or ()}
        return answers.pop() if len(answers) == 1 else None


def _toward(packets: Packets, destination: Iterable[Range]) -> Packets | None:
    ranges = tuple(merged(destination))
    return packets._replace(destination=ranges) if ranges else None


@dataclass(frozen=True, slots=True)
class Never(FilterCondition):
    """A demand that packets which begin a connection between pods never meet."""

    negated: bool = False

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """No packet, or all where it is negated."""
        return Split(no=packets).turned(self.negated)


@dataclass(frozen=True, slots=True)
class Unknown(FilterCondition):
    """A condition that netlint does not know, or cannot decide."""

    text: str

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """All packets, of which nothing is told."""
        return Split(maybe=packets, doubt=self.text)


class Verdict(Enum):
    """The fate of packets that meet all conditions of a rule."""

    CONTINUE = "the next rule looks at them"
    ACCEPT = "no more rule of this table looks at them"
    DROP = "they go nowhere"
    RETURN = "they go back to the rule behind the jump"
    JUMP = "another chain looks at them, and they may come back"
    GOTO = "another chain looks at them in place of this one"
    TRANSLATE = "their source address is replaced"
    UNKNOWN = "netlint does not know"


@dataclass(frozen=True, slots=True)
class Write:
    """A change of marks: bits set to zero, bits turned over, bits of which nothing is known then."""

    clear: int = 0
    flip: int = 0
    blur: int = 0


@dataclass(frozen=True, slots=True)
class Action:
    """A verdict; ``target``: the chain, or what is not known. Marks are written before."""

    verdict: Verdict
    target: str = ""
    write: Write | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it makes no difference to the rules that follow."""
        return self.verdict is Verdict.CONTINUE and self.write is None


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule. ``text`` is as people know it, ``likeness`` what rules of one cause have in common."""

    conditions: tuple[FilterCondition, ...]
    action: Action
    text: str
    likeness: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule with its place: the chain, and the file with its line where it has one."""

    rule: FilterRule
    chain: str
    file: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The chains of one table; ``base``: those where packets come in, in the order of their priority.

    Rules are brought into form when they are asked for.
    """

    base: tuple[str, ...]
    chains: Mapping[str, Callable[[], tuple[Placed, ...]]]
