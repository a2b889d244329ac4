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


class Condition(ABC):
    """What a rule demands of packets."""

    @abstractmethod
    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """The packets that meet it, and the others."""


@dataclass(frozen=True, slots=True)
class Within(Condition):
    """One of these values in a place."""

    place: str
    ranges: Ranges
    negated: bool = False

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """Where the set of values is cut."""
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
class Marked(Condition):
    """Certain bits of the mark."""

    value: int
    mask: int = ALL_BITS
    negated: bool = False

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """All or none, unless one of the bits is not known."""
        mark = packets.mark
        if (mark.value ^ self.value) & self.mask & ~mark.unknown or self.value & ~self.mask:
            return Split(no=packets).turned(self.negated)
        if self.mask & mark.unknown:
            return Split(maybe=packets, doubt=f"marks {self.mask & mark.unknown:#x}")
        return Split(yes=packets).turned(self.negated)


@dataclass(frozen=True, slots=True)
class Local(Condition):
    """An address that is the host's own."""

    place: str
    negated: bool = False

    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """Where the host's addresses are known."""
        if around.local is None:
            return Split(maybe=packets, doubt="the host's own addresses")
        return _cut(packets, self.place, around.local).turned(self.negated)


@dataclass(frozen=True, slots=True)
class InSet(Condition):
    """An address in an ipset."""

    place: str
    name: str
    negated: bool = False

    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """Where the set is known."""
        held = around.sets.get(self.name)
        if held is None:
            return Split(maybe=packets, doubt=f"ipset {self.name}")
        return _cut(packets, self.place, held).turned(self.negated)


@dataclass(frozen=True, slots=True)
class Leaves(Condition):
    """A link through which packets leave; a name may end in ``*``."""

    names: tuple[str, ...]
    negated: bool = False

    def split(self, packets: Packets, around: HostContext, /) -> Split:
        """By the routes to the destinations; packets to which none leads do not come so far."""
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
    held = tuple(merged(destination))
    return packets._replace(destination=held) if held else None


@dataclass(frozen=True, slots=True)
class Never(Condition):
    """What packets that begin a connection between pods never are."""

    negated: bool = False

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """None of them."""
        return Split(no=packets).turned(self.negated)


@dataclass(frozen=True, slots=True)
class Unknown(Condition):
    """A condition that netlint does not know, or cannot decide."""

    what: str

    def split(self, packets: Packets, _: HostContext, /) -> Split:
        """Nothing is told."""
        return Split(maybe=packets, doubt=self.what)


class Verdict(Enum):
    """What becomes of packets that meet all conditions of a rule."""

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
    """What a rule does to marks: bits set to zero, bits turned over, bits of which nothing is known then."""

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
class Rule:
    """One rule. ``text`` is as people know it, ``likeness`` what rules of one cause have in common."""

    conditions: tuple[Condition, ...]
    action: Action
    text: str
    likeness: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule with its place: the chain, and the file with its line where it has one."""

    rule: Rule
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
