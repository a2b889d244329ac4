"""Rule pages as the tests see them: sections with example files and the report that they must give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.program import ROOT

RULES = ROOT / "rules"
DUMPS = "nodes/"
HEADINGS = ["What it checks", "Why it matters", "How to fix"]
_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!^## ).*\n?)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A Bad or Good section: its files by name, and the report of a Bad one; node dumps are below ``nodes/``."""

    page: Path
    title: str
    files: dict[str, str]
    report: str | None

    @property
    def rule(self) -> str:
        return self.page.stem

    @property
    def objects(self) -> tuple[str, ...]:
        return tuple(name for name in self.files if not name.startswith(DUMPS))

    @property
    def dumps(self) -> str | None:
        return DUMPS if len(self.objects) < len(self.files) else None

    @property
    def is_bad(self) -> bool:
        return self.title.startswith("Bad: ")

    def accept(self, report: str) -> None:
        """Write the report into the page: in place of the former one, or at the end of a section that has none."""
        text = self.page.read_text(encoding="utf-8")
        start = text.index(f"## {self.title}\n")
        section = _SECTION.match(text, start)
        assert section is not None
        block = next((block for block in _BLOCK.finditer(section[0]) if block["language"] == "report"), None)
        if block:
            accepted = section[0][: block.start("text")] + report + section[0][block.end("text") :]
        else:
            accepted = f"{section[0].rstrip()}\n\n```report\n{report}```\n" + "\n" * (section.end() < len(text))
        self.page.write_text(text[:start] + accepted + text[section.end() :], encoding="utf-8")


def pages() -> list[Path]:
    return sorted(RULES.glob("*/*.md"))


def headings(page: Path) -> list[str]:
    return [section["title"] for section in _SECTION.finditer(page.read_text(encoding="utf-8"))]


def examples() -> list[Example]:
    return [example for page in pages() for example in _examples(page)]


def _examples(page: Path) -> list[Example]:
    sections = []
    for section in _SECTION.finditer(page.read_text(encoding="utf-8")):
        if section["title"].startswith(("Bad: ", "Good: ")):
            blocks = list(_BLOCK.finditer(section["body"]))
            files = {
                block["file"] or "cluster.yaml": block["text"] for block in blocks if block["language"] != "report"
            }
            report = next((block["text"] for block in blocks if block["language"] == "report"), None)
            sections.append(Example(page, section["title"], files, report))
    return sections
