"""The rules, read from their pages ``rules/<topic>/<name>.md``.

A page is front matter (validated in the tests against ``schemas/rule.schema.json``), a fixed set of
headings, and examples. What stands under "How to fix" is also the remedy of every finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import msgspec

from netlint import datafiles, yamltext
from netlint.errors import CatalogueError, UsageError
from netlint.findings import Rule, Severity

_PAGE = re.compile(r"\A---\n(?P<front>.*?\n)---\n(?P<body>.*)\Z", re.DOTALL)
_REMEDY = re.compile(r"^## How to fix\n+(?P<text>.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


class FrontMatter(msgspec.Struct, forbid_unknown_fields=True):
    """The front matter of a page, which stands above its text."""

    summary: str
    severity: Severity
    examines: list[str]
    faults: dict[str, list[str]]
    since: str
    references: list[str]
    needs: list[str] = []
    consults: list[str] = []
    rereads: list[str] = []
    mitigated: Severity | None = None
    key: str | None = None
    aliases: list[str] = []


@cache
def rules() -> dict[str, Rule]:
    """Every rule by name, in the order of topic and name.

    Raises CatalogueError for a page that cannot be used.
    """
    return read(datafiles.folder("rules"))


def read(folder: Path) -> dict[str, Rule]:
    """The rules whose pages are in a folder, as ``rules`` gives them."""
    return {rule.name: rule for rule in map(_read, sorted(folder.glob("*/*.md")))}


def page(name: str) -> str:
    """The text of a rule's page without its front matter; UsageError for an unknown rule."""
    rule = named(name)
    text = (datafiles.folder("rules") / rule.topic / f"{rule.name}.md").read_text(encoding="utf-8")
    return _split(text, rule.name)[1]


def named(name: str) -> Rule:
    """The rule of this name or alias; UsageError, with the nearest name, where there is none."""
    by_name = rules()
    if name in by_name:
        return by_name[name]
    for rule in by_name.values():
        if name in rule.aliases:
            return rule
    near = get_close_matches(name, by_name, 1)
    raise UsageError(f"there is no rule {name!r}" + (f"; did you mean {near[0]!r}?" if near else "; see netlint rules"))


def selected(select: Iterable[str], ignore: Iterable[str]) -> list[Rule]:
    """The rules of the names and topics in ``select`` (empty: all), without those in ``ignore``.

    Several names may stand in one text, with commas between them. Raises UsageError for a name that is
    neither a rule nor a topic.
    """
    chosen = _named_or_of_topic(select) or set(rules())
    left_out = _named_or_of_topic(ignore)
    return [rule for name, rule in rules().items() if name in chosen and name not in left_out]


def _named_or_of_topic(names: Iterable[str]) -> set[str]:
    topics: dict[str, set[str]] = {}
    for rule in rules().values():
        topics.setdefault(rule.topic, set()).add(rule.name)
    chosen: set[str] = set()
    for name in (part.strip() for text in names for part in text.split(",") if part.strip()):
        chosen |= topics[name] if name in topics else {named(name).name}
    return chosen


def _read(path: Path) -> Rule:
    front, body = _split(path.read_text(encoding="utf-8"), path.stem)
    try:
        matter = msgspec.json.decode(yamltext.to_json(front.encode()).json, type=FrontMatter)
    except ValueError as error:
        raise CatalogueError(f"rule page {path.stem}: {error}") from error
    remedy = _REMEDY.search(body)
    return Rule(
        name=path.stem,
        topic=path.parent.name,
        summary=matter.summary,
        severity=matter.severity,
        examines=tuple(matter.examines),
        needs=tuple(matter.needs),
        consults=tuple(matter.consults),
        rereads=tuple(matter.rereads),
        mitigated=matter.mitigated,
        key=matter.key,
        faults=matter.faults,
        since=matter.since,
        references=tuple(matter.references),
        aliases=tuple(matter.aliases),
        remedy=" ".join(remedy["text"].split()) if remedy else "",
    )


def _split(text: str, name: str) -> tuple[str, str]:
    match = _PAGE.match(text)
    if match is None:
        raise CatalogueError(f"rule page {name}: no front matter between two lines of ---")
    return match["front"], match["body"]
