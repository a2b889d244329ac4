"""What holds for every rule page."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from netlint import catalogue
from netlint.checks import CHECKS
from netlint.engine import JUDGES
from netlint.errors import CatalogueError, UsageError
from netlint.evaluability import kinds
from netlint.objects import KIND_NAMED
from tests.support.program import ROOT
from tests.support.rulepages import HEADINGS, examples, headings, pages

PAGES = pages()


def front_matter(page: Path) -> dict:
    _, front, _ = page.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_front_matter_follows_the_schema(page: Path) -> None:
    schema = json.loads((ROOT / "schemas" / "rule.schema.json").read_text())
    assert [*jsonschema.Draft202012Validator(schema).iter_errors(front_matter(page))] == []


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_headings_stand_in_order(page: Path) -> None:
    titles = headings(page)
    assert titles[:3] == HEADINGS
    assert {title.split(":")[0] for title in titles[3:]} == {"Bad", "Good"}
    assert f"# {page.stem}\n" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_kinds_exist(page: Path) -> None:
    matter = front_matter(page)
    named = [*matter["examines"], *matter.get("needs", []), *matter.get("consults", [])]
    assert [kind for kind in kinds(named) if kind not in KIND_NAMED] == []
    assert len(named) == len(set(named))
    assert set(kinds(matter.get("rereads", []))) <= set(kinds(named))


def test_every_rule_has_a_check_and_every_check_a_rule() -> None:
    assert sorted(catalogue.rules()) == sorted([*CHECKS, *JUDGES])


def test_mitigated_severities_are_shown_by_an_example() -> None:
    """A page that promises a milder severity has a Bad example whose report has it."""
    shown = {
        (example.rule, severity)
        for example in examples()
        for severity in ("error", "warning", "note")
        if example.report and f"{severity}[{example.rule}]" in example.report
    }
    promised = {(rule.name, str(rule.mitigated)) for rule in catalogue.rules().values() if rule.mitigated}
    assert promised - shown == set()


def test_summaries_are_unique() -> None:
    summaries = [rule.summary for rule in catalogue.rules().values()]
    assert len(summaries) == len(set(summaries))


def test_an_unknown_rule_comes_with_the_nearest_one() -> None:
    with pytest.raises(
        UsageError, match="there is no rule 'overlaping-pod-cidr'; did you mean 'overlapping-pod-cidrs'"
    ):
        catalogue.named("overlaping-pod-cidr")


def test_selection_by_rule_and_topic() -> None:
    chosen = catalogue.selected(["suppressions", "duplicate-pod-ips"], ["expired-suppressions"])
    assert [rule.name for rule in chosen] == ["duplicate-pod-ips", "unexplained-suppressions", "unused-suppressions"]


def test_a_page_without_front_matter_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "addressing" / "broken-page.md"
    page.parent.mkdir()
    page.write_text("# broken-page\n")
    with pytest.raises(CatalogueError, match="rule page broken-page: no front matter"):
        catalogue._read(page)
