"""``netlint ip``: what an address or a range is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from netlint import addresses
from netlint.cluster.address_lookup.address_lookup import Answer, Match, Nature, Owner, Relation
from netlint.findings import field_name
from netlint.model.declared.declarations import Declaration, Standing
from netlint.phrases import NAMED, and_more
from netlint.reports.json import encoded, subject_with_field
from netlint.snapshot import Gap
from netlint.views import Side, Spots, limited, named, not_known, not_known_json, place, text_of

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


def text(answer: Answer, known: Spots, missing: list[Gap]) -> str:
    """For people."""
    lines = [f"{_asked(answer)}: {_headline(answer, missing)}"]
    lines += [f"  {note}" for note in answer.notes]
    lines += _section("Owners", [_owner(owner, answer, known) for owner in answer.owners])
    lines += _section("Ranges", _ranges(answer.matches, known))
    lines += _section(
        "Mentioned by",
        [
            [mention.text, named((mention.subject, mention.path)), place((mention.subject, mention.path), known)]
            for mention in answer.mentions
        ],
    )
    return text_of([*lines, *not_known(missing)])


def _asked(answer: Answer) -> str:
    asked = answer.asked
    return addresses.text(asked.family, asked.first) if asked.size == 1 else str(asked)


def _headline(answer: Answer, missing: list[Gap]) -> str:
    if not answer.is_known:
        known = " known" if missing else ""
        where = _range_of(answer) if answer.matches else f"in no{known} range"
        return f"{Nature.UNKNOWN}: {where}, and nobody{known} has it"
    what, where = ", ".join(answer.natures), f" on {_listed(answer.nodes)}" if answer.nodes else ""
    if answer.asked.size > 1:
        number = len({owner.address for owner in answer.owners})
        return f"{_range_of(answer)}{where}, {number:,} address{'' if number == 1 else 'es'} in use"
    owners = list(dict.fromkeys(str(owner.subject) for owner in answer.owners if owner.subject.kind != "File"))
    if owners:
        own = {f"Node {name}" for name in answer.nodes}
        return f"{what} of {_listed(owners)}{'' if own & set(owners) else where}"
    idle = not answer.owners and answer.natures != (Nature.RESERVED,)
    return f"{what}{where}{'; nobody in the input has it' if idle else ''}"


def _listed(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    last = names[-1] if len(names) <= NAMED + 1 else f"{len(names) - NAMED:,} more"
    before = names[: min(NAMED, len(names) - 1)]
    return f"{', '.join(before)} and {last}" if before else last


def _range_of(answer: Answer) -> str:
    equal = [match.declaration.what for match in answer.matches if match.relation is Relation.EQUALS]
    if equal:
        return ", ".join(dict.fromkeys(equal))
    around = [match.declaration for match in answer.matches if match.relation is Relation.CONTAINS]
    if around:
        return f"part of {around[-1]}, {around[-1].what}"
    return f"no declared range; {', '.join(answer.natures)}"


def _section(title: str, rows: list[list[str]]) -> list[str]:
    """A title with its rows; only so many of them."""
    return ["", title, *limited(rows)] if rows else []


def _owner(owner: Owner, answer: Answer, known: Spots) -> list[str]:
    side = owner.subject, owner.path
    address = [addresses.text(answer.asked.family, owner.address)] if answer.asked.size > 1 else []
    return [*address, owner.nature, named(side), owner.node, owner.text, place(side, known)]


def _ranges(matches: Sequence[Match], known: Spots) -> list[list[str]]:
    """A row for each, but one for what one authority says of one range in many places."""
    groups: dict[tuple[str, ...], list[Declaration]] = {}
    for match in matches:
        held = match.declaration
        groups.setdefault((match.relation, str(held), held.what, held.authority, held.standing), []).append(held)
    return [
        _row(key, together, known)
        for key, group in groups.items()
        for together in ([group] if len(group) > NAMED else ([held] for held in group))
    ]


def _row(key: tuple[str, ...], group: list[Declaration], known: Spots) -> list[str]:
    relation, span, what, authority, standing = key
    nodes = list(dict.fromkeys(held.node for held in group if held.node))
    of_node = f" of {_listed(nodes)}" if nodes else ""
    sides = [(held.subject, held.path) for held in group]
    firmness = "" if standing == Standing.DECLARED else f" ({standing})"
    return [
        relation,
        span,
        f"{what}{of_node}{firmness}",
        authority,
        and_more(named(sides[0]), len(sides) - 1, ","),
        place(sides[0], known),
    ]


def json(answer: Answer, known: Spots, missing: list[Gap]) -> str:
    """For programs, as ``schemas/ip-v1.schema.json`` says."""
    family = answer.asked.family
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "query": {
                "text": _asked(answer),
                "family": family,
                "first": addresses.text(family, answer.asked.first),
                "last": addresses.text(family, answer.asked.last),
            },
            "known": answer.is_known,
            "kinds": list(answer.natures),
            "nodes": list(answer.nodes),
            "notes": list(answer.notes),
            "owners": [
                {
                    "kind": owner.nature,
                    "address": addresses.text(family, owner.address),
                    "node": owner.node or None,
                    "text": owner.text,
                    "subject": _subject((owner.subject, owner.path), known),
                }
                for owner in answer.owners
            ],
            "ranges": [_range(match, known) for match in answer.matches],
            "mentions": [
                {"text": mention.text, "subject": _subject((mention.subject, mention.path), known)}
                for mention in answer.mentions
            ],
            "incomplete": not_known_json(missing),
        }
    )


def _subject(side: Side, known: Spots) -> Json:
    subject, path = side
    return subject_with_field(subject, field_name(path), known.get((subject.origin, path)))


def _range(match: Match, known: Spots) -> Json:
    declared = match.declaration
    return {
        "relation": match.relation,
        "range": str(declared.range),
        "role": declared.role,
        "what": declared.what,
        "authority": declared.authority,
        "standing": declared.standing,
        "node": declared.node or None,
        "subject": _subject((declared.subject, declared.path), known),
    }
