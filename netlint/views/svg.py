"""Drawings as SVG: shapes with classes, a style sheet for light and dark, text of others escaped."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from netlint.reports import printable

WIDTH = 1200
MARGIN = 24
EM = 0.62  # width of a character of the monospaced fonts, in sizes of the font
STYLE = """
svg { background: #ffffff; }
text { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: 12px; fill: #1f2430; }
.page { fill: #ffffff; }
.h1 { font-size: 18px; font-weight: 700; }
.h2 { font-size: 14px; font-weight: 700; }
.bold { font-weight: 700; }
.small { font-size: 10px; }
.faint { fill: #5b6474; }
.right { text-anchor: end; }
.middle { text-anchor: middle; }
.box { fill: #f6f7f9; stroke: #9aa3b2; }
.inner { fill: #ffffff; stroke: #9aa3b2; }
.zoom { fill: #e9ecf1; stroke: none; }
.wire { stroke: #6b7484; stroke-width: 1.2; fill: none; }
.dashed { stroke-dasharray: 4 3; }
.pod { fill: #2f6fd6; }
.node-pod { fill: #147682; }
.service { fill: #9a4fc4; }
.node { fill: #2f7a2f; }
.bridge { fill: #8f6500; }
.public { fill: #c2417f; }
.internal { fill: #7b8494; }
.secondary { fill: #5a62d8; }
.remote { fill: #6d6a5f; }
.tunnel { fill: #a84a20; }
.on { fill: #ffffff; }
.alarm { stroke: #cf222e; stroke-width: 2; }
.alarm-text { fill: #b31d28; font-weight: 700; }
.hatch { stroke: #cf222e; stroke-width: 2; }
@media (prefers-color-scheme: dark) {
  svg { background: #14171d; }
  text { fill: #e6e9ef; }
  .page { fill: #14171d; }
  .faint { fill: #9aa5b8; }
  .box { fill: #1d222b; stroke: #566074; }
  .inner { fill: #14171d; stroke: #566074; }
  .zoom { fill: #262c37; }
  .wire { stroke: #98a2b5; }
  .pod { fill: #5b93ea; }
  .node-pod { fill: #3cb6c4; }
  .service { fill: #b97be0; }
  .node { fill: #5cb35c; }
  .bridge { fill: #dba521; }
  .public { fill: #e06ca3; }
  .internal { fill: #8e98aa; }
  .secondary { fill: #8b92f0; }
  .remote { fill: #a39f90; }
  .tunnel { fill: #d9794c; }
  .on { fill: #0d1015; }
  .alarm { stroke: #ff6b73; }
  .alarm-text { fill: #ff8b92; }
  .hatch { stroke: #ff6b73; }
}
"""
HATCH = (
    '<pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern>'
)


class Drawing:
    """Shapes in the order in which they are painted; ``height`` grows with them."""

    def __init__(self, title: str) -> None:
        """An empty page."""
        self.title = title
        self.height = 0.0
        self._shapes: list[str] = []

    def rect(self, left: float, top: float, width: float, height: float, style: str, round_: float = 3) -> None:
        """A box."""
        self._add(
            f'<rect class="{style}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" '
            f'rx="{round_:g}"/>',
            top + height,
        )

    def hatched(self, left: float, top: float, width: float, height: float) -> None:
        """Marks what collides."""
        box = f'x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"'
        self._add(f'<rect fill="url(#hatch)" opacity="0.55" {box}/>', top + height)

    def line(self, left: float, top: float, right: float, bottom: float, style: str = "wire") -> None:
        """A straight line."""
        ends = f'x1="{left:.1f}" y1="{top:.1f}" x2="{right:.1f}" y2="{bottom:.1f}"'
        self._add(f'<line class="{style}" {ends}/>', bottom)

    def area(self, corners: list[tuple[float, float]], style: str) -> None:
        """A polygon."""
        points = " ".join(f"{left:.1f},{top:.1f}" for left, top in corners)
        self._add(f'<polygon class="{style}" points="{points}"/>', max(top for _, top in corners))

    def text(
        self, left: float, base: float, words: str, style: str = "", width: float | None = None, size: float = 12
    ) -> None:
        """A line of text that is cut where it would be wider than ``width``, with all of it as a tooltip."""
        whole = printable(words)
        room = len(whole) if width is None else max(1, int(width / (size * EM)))
        shown = whole if len(whole) <= room else whole[: room - 1] + "…"
        tip = f"<title>{_escaped(whole)}</title>" if shown != whole else ""
        named = f" class={quoteattr(style)}" if style else ""
        self._add(f'<text{named} x="{left:.1f}" y="{base:.1f}">{tip}{_escaped(shown)}</text>', base + 4)

    def tip(self, words: str, index: int) -> None:
        """Gives the shapes from the one of this number on a tooltip."""
        inner = self._shapes[index:]
        self._shapes[index:] = [f"<g><title>{_escaped(printable(words))}</title>", *inner, "</g>"]

    @property
    def count(self) -> int:
        """The number of the next shape."""
        return len(self._shapes)

    def _add(self, shape: str, bottom: float) -> None:
        self._shapes.append(shape)
        self.height = max(self.height, bottom)

    def __str__(self) -> str:
        """The whole document."""
        height = self.height + MARGIN
        title = _escaped(printable(self.title))
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
                f'viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="title">',
                f'<title id="title">{title}</title>',
                f"<style>{STYLE}</style>",
                f"<defs>{HATCH}</defs>",
                f'<rect class="page" width="{WIDTH}" height="{height:.0f}"/>',
                *self._shapes,
                "</svg>\n",
            ]
        )


def _escaped(words: str) -> str:
    """As XML text, without the two characters that XML cannot hold."""
    return escape(words.translate({0xFFFE: "�", 0xFFFF: "�"}))
