"""Reports: each format is one pure function from a report to text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from netlint.engine import Result

FORMATS = {
    "text": "for people: findings with their places and snippets",
    "concise": "one line for each finding",
    "json": "everything, as schemas/report-v1.schema.json says",
}
RULE_PAGES = "https://netlint.dev/rules"


_UNPRINTABLE = {
    code: f"\\u{code:04x}"
    for first, last in (
        (0x00, 0x1F),  # control characters
        (0x7F, 0x9F),
        (0x061C, 0x061C),  # marks that turn the reading order
        (0x200E, 0x200F),
        (0x2028, 0x202E),  # line separators, and embeddings
        (0x2066, 0x2069),
        (0xD800, 0xDFFF),  # bytes of a file name that are no UTF-8
    )
    for code in range(first, last + 1)
}


def printable(text: str) -> str:
    """The text of somebody else's objects without what would steer a terminal or turn its reading order."""
    return text.translate(_UNPRINTABLE)


@dataclass(frozen=True, slots=True)
class Detail:
    """How much a report for people shows, and whether in colour.

    ``repeats``: all findings of a rule and all sides of a finding; ``skipped``: each rule that was not evaluated,
    and why; ``statistics``: how many findings each rule has.
    """

    repeats: bool = False
    skipped: bool = False
    statistics: bool = False
    color: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A result with what is known only after the run.

    ``started``: RFC 3339 in UTC; ``seconds``: None where the report must not depend on the clock.
    """

    result: Result
    started: str
    seconds: float | None
    exit_code: int
    fail_on: str
    strict: bool
    detail: Detail = field(default_factory=Detail)


def render(name: str, report: Report) -> str:
    """The report in the format of this name; it ends with a line break."""
    module = import_module(f"netlint.reports.{name}")
    rendered: Callable[[Report], str] = module.render
    return rendered(report)
