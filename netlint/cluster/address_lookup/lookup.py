"""What an address or a range is: whose, in which ranges, named by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from netlint.addresses import Range
from netlint.cluster import Cluster
from netlint.cluster.address_lookup.address_kinds import KIND_OF_ROLE, AddressKind
from netlint.cluster.address_lookup.address_mentions import Mention, mentions
from netlint.cluster.address_lookup.address_owners import Owner, owners_in
from netlint.cluster.address_lookup.address_positions import positions
from netlint.model.declared.declarations import Declaration, Role
from netlint.model.reserved_ranges import special_ranges


class Relation(StrEnum):
    """How a declared range stands to the range of the query."""

    CONTAINS = "contains"
    EQUALS = "equals"
    INSIDE = "inside"
    OVERLAPS = "overlaps"


@dataclass(frozen=True, slots=True)
class Match:
    """A declared range that has addresses in common with the query."""

    declaration: Declaration
    relation: Relation


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything about one address or range.

    ``nodes``: names of the Nodes where it is; ``notes``: clauses for people.
    """

    query: Range
    kinds: tuple[AddressKind, ...]
    owners: tuple[Owner, ...]
    nodes: tuple[str, ...]
    notes: tuple[str, ...]
    matches: tuple[Match, ...]
    mentions: tuple[Mention, ...]

    @property
    def is_known(self) -> bool:
        """Whether anything can be said of it."""
        return self.kinds != (AddressKind.UNKNOWN,)


def look_up(cluster: Cluster, query: Range) -> Answer:
    """All that the input says of an address or a range.

    Its kinds are those of its owners; without any, those of its place in a range, of the closest range around it,
    or of a special-purpose range (RFC 6890).
    """
    matches = tuple(_matches(cluster.ranges.plan.declarations, query))
    owners = tuple(owners_in(cluster, query))
    around = (match.declaration for match in matches)
    places = list(positions(cluster, query.first, around)) if query.size == 1 else []
    special_purpose = special_ranges(query)
    kinds = (
        [owner.kind for owner in owners]
        or [kind for kind, _ in places if kind is not None]
        or [KIND_OF_ROLE[match.declaration.role] for match in _closest(matches)]
        or [AddressKind.RESERVED for special in special_purpose if special.reserved]
        or [AddressKind.UNKNOWN]
    )
    return Answer(
        query,
        tuple(dict.fromkeys(kinds)),
        owners,
        tuple(sorted(_nodes(query, owners, matches))),
        (*(note for _, note in places), *(f"{special.range} is {special.meaning}" for special in special_purpose)),
        matches,
        tuple(mentions(cluster, query)),
    )


def _matches(declarations: Iterable[Declaration], query: Range) -> list[Match]:
    """Declarations that overlap the query: those around it first, the widest of them first."""
    order = list(Relation)
    overlapping = (
        Match(declaration, _relation(declaration.range, query))
        for declaration in declarations
        if declaration.range.overlaps(query)
    )
    return sorted(
        overlapping,
        key=lambda match: (order.index(match.relation), -match.declaration.range.size, match.declaration.range.first),
    )


def _relation(declared: Range, query: Range) -> Relation:
    if declared == query:
        return Relation.EQUALS
    if declared.covers(query):
        return Relation.CONTAINS
    return Relation.INSIDE if query.covers(declared) else Relation.OVERLAPS


def _closest(matches: tuple[Match, ...]) -> list[Match]:
    """What says most about the range itself: an equal range, else the narrowest around it, else those inside."""
    for relation in (Relation.EQUALS, Relation.CONTAINS):
        of_relation = [match for match in matches if match.relation is relation]
        if of_relation:
            smallest = min(match.declaration.range.size for match in of_relation)
            return [match for match in of_relation if match.declaration.range.size == smallest]
    return list(matches)


def _nodes(query: Range, owners: Iterable[Owner], matches: Iterable[Match]) -> set[str]:
    """Nodes of the owners; of a range, and of an address that nobody has, those to which it belongs as well."""
    of_owners = {owner.node for owner in owners if owner.node}
    return of_owners if of_owners and query.size == 1 else of_owners | _nodes_of(matches)


def _nodes_of(matches: Iterable[Match]) -> set[str]:
    """The nodes whose own ranges hold all of the query."""
    around = (Relation.CONTAINS, Relation.EQUALS)
    declarations = (match.declaration for match in matches if match.relation in around)
    return {
        declaration.node
        for declaration in declarations
        if declaration.node and declaration.role in {Role.NODE_POD, Role.BRIDGE}
    }
