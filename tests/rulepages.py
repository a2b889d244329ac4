"""Rule pages as the tests see them: sections with example files and the report that they must give."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RULES = Path(__file__).parent.parent / "rules"
DUMPS = "nodes"
HEADINGS = ["What it checks", "Why it matters", "How to fix"]
_SECTION = re.compile(r"^## (?P<title>.+)\n(?P<body>(?:(?!^## ).*\n?)*)", re.MULTILINE)
_BLOCK = re.compile(r"^```(?P<language>\w+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A Bad or Good section: its files by name, and the report of a Bad one. What is in ``nodes/`` are node dumps."""

    page: Path
    title: str
    files: dict[str, str]
    report: str | None

    @property
    def rule(self) -> str:
        return self.page.stem

    @property
    def is_bad(self) -> bool:
        return self.title.startswith("Bad: ")

    def write(self, folder: Path) -> tuple[tuple[str, ...], str | None]:
        """Write the files into a folder; gives what to read there, and the node dumps among it."""
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content, encoding="utf-8")
        objects = [name for name in self.files if not name.startswith(f"{DUMPS}/")]
        dumps = DUMPS if len(objects) < len(self.files) else None
        return (tuple(objects) if dumps or len(objects) == 1 else (".",)), dumps

    def accept(self, report: str) -> None:
        """Write the report into the page."""
        text = self.page.read_text(encoding="utf-8")
        start = text.index(f"## {self.title}\n")
        section = _SECTION.match(text, start)
        assert section is not None
        block = next(found for found in _BLOCK.finditer(section[0]) if found["language"] == "report")
        new = section[0][: block.start("text")] + report + section[0][block.end("text") :]
        self.page.write_text(text[:start] + new + text[section.end() :], encoding="utf-8")


def pages() -> list[Path]:
    return sorted(RULES.glob("*/*.md"))


def headings(page: Path) -> list[str]:
    return [found["title"] for found in _SECTION.finditer(page.read_text(encoding="utf-8"))]


def examples() -> list[Example]:
    return [example for page in pages() for example in _examples(page)]


def _examples(page: Path) -> list[Example]:
    found = []
    for section in _SECTION.finditer(page.read_text(encoding="utf-8")):
        if section["title"].startswith(("Bad: ", "Good: ")):
            blocks = list(_BLOCK.finditer(section["body"]))
            files = {
                block["file"] or "cluster.yaml": block["text"] for block in blocks if block["language"] != "report"
            }
            report = next((block["text"] for block in blocks if block["language"] == "report"), None)
            found.append(Example(page, section["title"], files, report))
    return found
