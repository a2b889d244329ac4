"""Lines of a report for people: texts with styles, rendered plain or in colour."""

from __future__ import annotations

from collections.abc import Iterable

from netlint.findings import Severity
from netlint.reports import printable

SHOWN = 5
"""So many findings of one rule, sides of one finding, and rules that were not evaluated for one reason are shown."""
STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}

Span = tuple[str, str]  # text and style
Line = list[Span]


def rendered(lines: Iterable[Line], *, color: bool) -> str:
    """The lines as text in which nothing steers a terminal but the colours asked for."""
    harmless = [[(printable(text), style) for text, style in line] for line in lines]
    return _styled(harmless) if color else plain(harmless)


def plain(lines: Iterable[Line]) -> str:
    """The lines without their styles."""
    return "".join("".join(text for text, _ in line) + "\n" for line in lines)


def _styled(lines: Iterable[Line]) -> str:
    from io import StringIO

    from rich.console import Console
    from rich.text import Text

    out = StringIO()
    console = Console(
        file=out, force_terminal=True, color_system="standard", no_color=False, highlight=False, soft_wrap=True
    )
    for line in lines:
        console.print(Text.assemble(*line))
    return out.getvalue()
