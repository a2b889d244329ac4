"""``netlint ip``: what an address or a range is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netlint import addresses
from netlint.cluster.address_lookup.address_kinds import AddressKind
from netlint.cluster.address_lookup.address_owners import Owner
from netlint.cluster.address_lookup.lookup import Answer, Match, Relation
from netlint.findings import field_name
from netlint.model.declared.declarations import Declaration, Standing
from netlint.phrases import NAMED, and_more
from netlint.reports.json import encoded, subject_with_field
from netlint.snapshot import Gap
from netlint.views import Side, Spots, limited, not_known, not_known_json, place, side_name, text_of

SCHEMA = "https://netlint.dev/schemas/ip-v1.schema.json"
LOCATED = 200  # owners, ranges and mentions, each, whose places are looked up
KINDS = ("Node", "Pod", "Service")

Json = dict[str, Any]


def sides(answer: Answer) -> list[Side]:
    """The fields whose places are shown; of a range that holds half a cluster not all of them."""
    return [
        *((owner.subject, owner.path) for owner in answer.owners[:LOCATED]),
        *((match.declaration.subject, match.declaration.path) for match in answer.matches[:LOCATED]),
        *((mention.subject, mention.path) for mention in answer.mentions[:LOCATED]),
    ]


def text(answer: Answer, spots: Spots, gaps: list[Gap]) -> str:
    """The text that people read."""
    lines = [f"{_asked(answer)}: {_headline(answer, gaps)}"]
    lines += [f"  {note}" for note in answer.notes]
    lines += _section("Owners", [_owner(owner, answer, spots) for owner in answer.owners])
    lines += _section("Ranges", _ranges(answer.matches, spots))
    lines += _section(
        "Mentioned by",
        [
            [mention.text, side_name((mention.subject, mention.path)), place((mention.subject, mention.path), spots)]
            for mention in answer.mentions
        ],
    )
    return text_of([*lines, *not_known(gaps)])


def _asked(answer: Answer) -> str:
    query = answer.query
    return addresses.text(query.family, query.first) if query.size == 1 else str(query)


def _headline(answer: Answer, gaps: list[Gap]) -> str:
    if not answer.is_known:
        maybe_known = " known" if gaps else ""
        where = _range_of(answer) if answer.matches else f"in no{maybe_known} range"
        return f"{AddressKind.UNKNOWN}: {where}, and nobody{maybe_known} has it"
    natures, where = ", ".join(answer.kinds), f" on {_listed(answer.nodes)}" if answer.nodes else ""
    if answer.query.size > 1:
        number = len({owner.address for owner in answer.owners})
        return f"{_range_of(answer)}{where}, {number:,} address{'' if number == 1 else 'es'} in use"
    owners = list(dict.fromkeys(str(owner.subject) for owner in answer.owners if owner.subject.kind != "File"))
    if owners:
        own_node_names = {f"Node {name}" for name in answer.nodes}
        return f"{natures} of {_listed(owners)}{'' if own_node_names & set(owners) else where}"
    idle = not answer.owners and answer.kinds != (AddressKind.RESERVED,)
    return f"{natures}{where}{'; nobody in the input has it' if idle else ''}"


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    last = names[-1] if len(names) <= NAMED + 1 else f"{len(names) - NAMED:,} more"
    before = names[: min(NAMED, len(names) - 1)]
    return f"{', '.join(before)} and {last}" if before else last


def _range_of(answer: Answer) -> str:
    equal = [match.declaration.description for match in answer.matches if match.relation is Relation.EQUALS]
    if equal:
        return ", ".join(dict.fromkeys(equal))
    around = [match.declaration for match in answer.matches if match.relation is Relation.CONTAINS]
    if around:
        return f"part of {around[-1]}, {around[-1].description}"
    return f"no declared range; {', '.join(answer.kinds)}"


def _section(title: str, rows: list[list[str]]) -> list[str]:
    """A title with its rows; only so many of them."""
    return ["", title, *limited(rows)] if rows else []


def _owner(owner: Owner, answer: Answer, spots: Spots) -> list[str]:
    side = owner.subject, owner.path
    address = [addresses.text(answer.query.family, owner.address)] if answer.query.size > 1 else []
    return [*address, owner.kind, side_name(side), owner.node, owner.detail, place(side, spots)]


def _ranges(matches: Sequence[Match], spots: Spots) -> list[list[str]]:
    """A row for each, but one for what one authority says of one range in many places."""
    groups: dict[tuple[str, ...], list[Declaration]] = {}
    for match in matches:
        declaration = match.declaration
        groups.setdefault(
            (match.relation, str(declaration), declaration.description, declaration.authority, declaration.standing), []
        ).append(declaration)
    return [
        _row(key, together, spots)
        for key, group in groups.items()
        for together in ([group] if len(group) > NAMED else ([declaration] for declaration in group))
    ]


def _row(key: tuple[str, ...], group: list[Declaration], spots: Spots) -> list[str]:
    relation, span, description, authority, standing = key
    nodes = list(dict.fromkeys(declaration.node for declaration in group if declaration.node))
    of_node = f" of {_listed(nodes)}" if nodes else ""
    sides = [(declaration.subject, declaration.path) for declaration in group]
    firmness = "" if standing == Standing.DECLARED else f" ({standing})"
    return [
        relation,
        span,
        f"{description}{of_node}{firmness}",
        authority,
        and_more(side_name(sides[0]), len(sides) - 1, ","),
        place(sides[0], spots),
    ]


def json(answer: Answer, spots: Spots, gaps: list[Gap]) -> str:
    """The JSON that programs read, as ``schemas/ip-v1.schema.json`` says."""
    family = answer.query.family
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "query": {
                "text": _asked(answer),
                "family": family,
                "first": addresses.text(family, answer.query.first),
                "last": addresses.text(family, answer.query.last),
            },
            "known": answer.is_known,
            "kinds": list(answer.kinds),
            "nodes": list(answer.nodes),
            "notes": list(answer.notes),
            "owners": [_owner_json(owner, family, spots) for owner in answer.owners],
            "ranges": [_range(match, spots) for match in answer.matches],
            "mentions": [
                {"text": mention.text, "subject": _subject((mention.subject, mention.path), spots)}
                for mention in answer.mentions
            ],
            "incomplete": not_known_json(gaps),
        }
    )


def _owner_json(owner: Owner, family: int, spots: Spots) -> Json:
    return {
        "kind": owner.kind,
        "address": addresses.text(family, owner.address),
        "node": owner.node or None,
        "text": owner.detail,
        "subject": _subject((owner.subject, owner.path), spots),
    }


def _subject(side: Side, spots: Spots) -> Json:
    subject, path = side
    return subject_with_field(subject, field_name(path), spots.get((subject.origin, path)))


def _range(match: Match, spots: Spots) -> Json:
    declared = match.declaration
    return {
        "relation": match.relation,
        "range": str(declared.range),
        "role": declared.role,
        "what": declared.description,
        "authority": declared.authority,
        "standing": declared.standing,
        "node": declared.node or None,
        "subject": _subject((declared.subject, declared.path), spots),
    }
