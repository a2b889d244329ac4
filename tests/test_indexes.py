"""The indexes of the rule pages: what is committed is what the pages give."""

from __future__ import annotations

import re

import pytest

from netlint.errors import CatalogueError
from netlint.findings import Rule, Severity
from netlint.indexes import OpenFault, fault_index, indexes
from tests.support.program import ROOT

LOST = Rule(
    name="lost-routes",
    topic="fabric",
    summary="a route is lost",
    severity=Severity.ERROR,
    examines=("Node",),
    faults={"Routes": ["A route is lost", f"A route is {'very ' * 19}long"], "Names": ["A route has no name"]},
)
STRAY = Rule(
    name="stray-names",
    topic="hosts",
    summary="a name is stray",
    severity=Severity.NOTE,
    examines=("Node",),
    needs=("NodeDump",),
    faults={"Names": ["A name is stray"]},
)
OPEN = {"Names": [], "Routes": [OpenFault("routes that flap", "a second look")]}


def test_the_indexes_are_current() -> None:
    """``netlint dev index`` writes them."""
    files = [ROOT / "rules" / "README.md", ROOT / "docs" / "faults.md"]
    assert indexes(ROOT) == {file: file.read_text(encoding="utf-8") for file in files}


def test_faults_stand_in_their_sections_with_their_rules() -> None:
    _, _, sections = fault_index([LOST, STRAY], OPEN).partition("\n\n## ")
    assert sections == (
        "Names\n\n"
        "- A route has no name: [lost-routes]\n"
        "- A name is stray (*node dumps*): [stray-names]\n"
        "\n## Routes\n\n"
        "- A route is lost: [lost-routes]\n"
        f"- A route is {'very ' * 19}long:\n  [lost-routes]\n"
        "- **Not yet**, routes that flap: needs a second look.\n"
        "\n"
        "[lost-routes]: ../rules/fabric/lost-routes.md\n"
        "[stray-names]: ../rules/hosts/stray-names.md\n"
    )


def test_a_fault_of_no_section_is_refused() -> None:
    message = "rule page lost-routes: docs/faults.yaml has no section 'Routes'"
    with pytest.raises(CatalogueError, match=re.escape(message)):
        fault_index([LOST], {"Names": []})
