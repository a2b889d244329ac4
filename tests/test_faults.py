"""The table of faults in the documentation names every rule, and nothing that is none."""

from __future__ import annotations

import re

from netlint import catalogue
from tests.support.program import ROOT

TABLE = ROOT / "docs" / "faults.md"
TEXT = TABLE.read_text(encoding="utf-8")
LINKS = dict(re.findall(r"^\[([a-z-]+)\]: (\S+)$", TEXT, re.MULTILINE))


def test_every_rule_is_named_and_every_name_is_a_rule() -> None:
    named = set(re.findall(r"\[([a-z-]+)\](?!:)", TEXT))
    assert named == set(LINKS) == set(catalogue.rules())


def test_the_links_lead_to_the_pages() -> None:
    pages = {name: (ROOT / rule.url).resolve() for name, rule in catalogue.rules().items()}
    assert {name: (TABLE.parent / link).resolve() for name, link in LINKS.items()} == pages
