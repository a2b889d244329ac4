"""``netlint map --format svg``: every range as a bar to scale, the ranges inside of it magnified below."""

from __future__ import annotations

from collections.abc import Sequence

from netlint import addresses
from netlint.cluster.address_lookup.address_owners import Owner
from netlint.cluster.address_lookup.range_tree import RangeBlock, Stretch, stretches
from netlint.model.declared.declarations import Role
from netlint.phrases import NAMED, counted, first_of
from netlint.views.svg import EM, MARGIN, WIDTH, Drawing
from netlint.views.tree import Families, number, percent, size_name, use

CLASSES = {
    Role.POD: "pod",
    Role.NODE_POD: "node-pod",
    Role.SERVICE: "service",
    Role.NODE: "node",
    Role.BRIDGE: "bridge",
    Role.LOAD_BALANCER: "public",
    Role.PUBLIC: "public",
    Role.INTERNAL: "internal",
    Role.SECONDARY: "secondary",
    Role.REMOTE: "remote",
}
LIMIT = 64  # ranges inside of one that are drawn one by one
INDENT = 20
BAR, TILE, GAP, GAUGE = 18, 50, 8, 6
NARROW, WIDE = 4, 6  # tiles in a row


def draw(families: Families, fabric: Sequence[str], residents: Sequence[tuple[int, Owner]]) -> str:
    """The document."""
    page = Drawing("Address plan")
    page.text(MARGIN, 36, "Address plan", "h1")
    page.text(MARGIN, 58, f"Fabric: {'; '.join(fabric)}" if fabric else "Fabric: unknown", "faint")
    _legend(page, families, 82)
    for family, roots in families.items():
        page.text(MARGIN, page.height + 34, f"IPv{family}", "h1")
        for root in roots:
            _panel(page, root, MARGIN)
    if not families:
        page.text(MARGIN, page.height + 34, "No range in the input")
    if residents:
        page.text(MARGIN, page.height + 34, "Addresses", "h1")
        _residents(page, residents)
    return str(page)


def _legend(page: Drawing, families: Families, base: float) -> None:
    blocks = [block for roots in families.values() for root in roots for block in root.walk()]
    left = float(MARGIN)
    for role in Role:
        if any(block.role is role for block in blocks):
            page.rect(left, base - 10, 12, 12, CLASSES[role])
            page.text(left + 18, base, f"{role} range")
            left += 18 + 12 * EM * len(f"{role} range") + 24
    if any(block.collisions for block in blocks):
        page.rect(left, base - 10, 12, 12, "inner alarm")
        page.hatched(left, base - 10, 12, 12)
        page.text(left + 18, base, "collides")


def _panel(page: Drawing, block: RangeBlock, left: float) -> None:
    """A range with its bar, and what is inside of it."""
    top, width = page.height + 16, WIDTH - MARGIN - left
    page.text(left, top + 12, str(block.range), "h2", width / 2, 14)
    start = left + 14 * EM * len(str(block.range)) + 16
    page.text(start, top + 12, _what(block), "", width - start + left - 330)
    page.text(WIDTH - MARGIN, top + 12, use(block), "faint right")
    top += 18
    for clause in block.collisions[:NAMED]:
        page.text(left, top + 12, clause, "alarm-text", width)
        top += 16
    _bar(page, block, left, top, width)
    if block.children:
        _inside(page, block, left, top + BAR, width)


def _what(block: RangeBlock) -> str:
    of_nodes = f" of {first_of(block.nodes)}" if block.nodes else ""
    standing = "" if block.standing == "declared" else f", {block.standing}"
    by = ", ".join(dict.fromkeys(declared.authority for declared in block.declared))
    return f"{block.description}{of_nodes}{standing} ({by})"


def _bar(page: Drawing, block: RangeBlock, left: float, top: float, width: float) -> None:
    """What of the range is given to ranges inside of it, where it lies; without any, how full it is."""
    page.rect(left, top, width, BAR, "inner")
    if not block.children:
        _fill(page, block.used or 0, block.range.size, CLASSES[block.role], (left, top, width, BAR))
    for part in stretches(block, LIMIT * 4):
        if part.blocks:
            start, end = _offset(block, part.range.first, width), _offset(block, part.range.last + 1, width)
            page.rect(left + start, top, max(1.5, end - start), BAR, CLASSES[part.blocks[0].role], 0)
            if any(block_inside.collisions for block_inside in part.blocks):
                page.hatched(left + start, top, max(4, end - start), BAR)
    if block.collisions:
        page.hatched(left, top, width, BAR)


def _offset(block: RangeBlock, address: int, width: float) -> float:
    return width * ((address - block.range.first) / block.range.size)


def _fill(page: Drawing, used: int, size: int, style: str, box: tuple[float, float, float, float]) -> None:
    left, top, width, height = box
    if used:
        page.rect(left, top, max(2, width * min(1, used / size)), height, style, 0)


def _inside(page: Drawing, block: RangeBlock, left: float, top: float, width: float) -> None:
    """The ranges inside as tiles, between two lines that show where they lie, then larger ones of their own."""
    listed = stretches(block, LIMIT)
    tiles = [part for part in listed if part.blocks and not _is_panel(part)]
    if tiles:
        start, end = (_offset(block, edge, width) for edge in (tiles[0].range.first, tiles[-1].range.last + 1))
        edges = [(left + start, top), (left + max(end, start + 1.5), top), (left + width, top + 16), (left, top + 16)]
        page.area(edges, "zoom")
        _tiles(page, tiles, left, top + 16, width)
    free = sorted((part for part in listed if not part.blocks), key=lambda part: -part.range.size)
    if free:
        free_text = first_of([f"{part.range} ({size_name(part.range)})" for part in free])
        page.text(left, page.height + 16, f"free: {free_text}", "faint", width)
    for part in listed:
        if part.blocks and _is_panel(part):
            _panel(page, part.blocks[0], left + INDENT)


def _is_panel(part: Stretch) -> bool:
    return len(part.blocks) == 1 and bool(part.blocks[0].children)


def _tiles(page: Drawing, tiles: Sequence[Stretch], left: float, top: float, width: float) -> None:
    columns = NARROW if len(tiles) <= 2 * NARROW else WIDE
    across = (width - GAP * (columns + 1)) / columns
    rows = -(-len(tiles) // columns)
    page.rect(left, top, width, rows * (TILE + GAP) + GAP, "zoom", 0)
    for position, part in enumerate(tiles):
        row, column = divmod(position, columns)
        _tile(page, part, left + GAP + column * (across + GAP), top + GAP + row * (TILE + GAP), across)


def _tile(page: Drawing, part: Stretch, left: float, top: float, width: float) -> None:
    collides = any(block.collisions for block in part.blocks)
    used = sum(block.used or 0 for block in part.blocks)
    size = sum(block.range.size for block in part.blocks)
    index = page.count
    page.rect(left, top, width, TILE, "inner alarm" if collides else "inner")
    if collides:
        page.hatched(left + width - 26, top + 4, 22, TILE - GAUGE - 12)
    room = width - 16 - (26 if collides else 0)
    page.text(left + 8, top + 16, _name(part), "bold", room)
    many = f" · {counted(len(part.blocks), 'range')}" if len(part.blocks) > 1 else ""
    page.text(left + 8, top + 32, f"{part.range}{many}", "faint small", room, 10)
    page.rect(left + 8, top + TILE - GAUGE - 6, width - 16, GAUGE, "zoom", 2)
    _fill(page, used, size, CLASSES[part.blocks[0].role], (left + 8, top + TILE - GAUGE - 6, width - 16, GAUGE))
    clauses = [clause for block in part.blocks for clause in block.collisions]
    share = f"{number(used)} of {number(size)} used ({percent(used, size)})"
    page.tip("\n".join([f"{_name(part)}: {part.range}", share, *dict.fromkeys(clauses)]), index)


def _name(part: Stretch) -> str:
    first, last = part.blocks[0], part.blocks[-1]
    if len(part.blocks) > 1 and first.nodes and last.nodes:
        return f"{first.nodes[0]} … {last.nodes[-1]}"
    return ", ".join(first.nodes) or first.description


def _residents(page: Drawing, residents: Sequence[tuple[int, Owner]]) -> None:
    top, across = page.height + 12, (WIDTH - 2 * MARGIN - GAP * (NARROW - 1)) / NARROW
    for position, (family, owner) in enumerate(residents[: LIMIT * 4]):
        row, column = divmod(position, NARROW)
        left, row_top = MARGIN + column * (across + GAP), top + row * (40 + GAP)
        page.rect(left, row_top, across, 40, "inner")
        page.text(left + 8, row_top + 16, addresses.text(family, owner.address), "h2", across - 16, 14)
        page.text(left + 8, row_top + 32, f"{owner.kind}: {owner.subject}", "faint small", across - 16, 10)
    if len(residents) > LIMIT * 4:
        page.text(MARGIN, page.height + 16, f"and {len(residents) - LIMIT * 4:,} more addresses", "faint")
