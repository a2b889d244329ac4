"""``pytest --accept``: the report of a Bad section, put into its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.rulepages import Example

BAD = "## Bad: a fault\n\n```yaml\nkind: Pod\n```\n"
GOOD = "## Good: none\n\n```yaml\nkind: Pod\n```\n"


def reported(text: str) -> str:
    return f"\n```report\n{text}\n```\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{BAD}{reported('old')}\n{GOOD}", f"{BAD}{reported('new')}\n{GOOD}"),
        (f"{BAD}\n{GOOD}", f"{BAD}{reported('new')}\n{GOOD}"),
        (f"{GOOD}\n{BAD}{reported('old')}", f"{GOOD}\n{BAD}{reported('new')}"),
        (f"{GOOD}\n{BAD}", f"{GOOD}\n{BAD}{reported('new')}"),
    ],
)
def test_a_report_is_replaced_or_added(before: str, after: str, tmp_path: Path) -> None:
    page = tmp_path / "lost-routes.md"
    page.write_text(f"# lost-routes\n\n{before}", encoding="utf-8")
    Example(page, "Bad: a fault", {}, None).accept("new\n")
    assert page.read_text(encoding="utf-8") == f"# lost-routes\n\n{after}"
