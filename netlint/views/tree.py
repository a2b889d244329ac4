"""``netlint map``: the address plan as a tree, each range drawn to scale, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from netlint import addresses
from netlint.addresses import Range
from netlint.cluster.address_lookup.address_owners import Owner
from netlint.cluster.address_lookup.range_tree import RangeBlock, Stretch, stretches
from netlint.findings import field_name
from netlint.model.declared.declarations import Role
from netlint.phrases import and_more, counted
from netlint.reports import printable
from netlint.reports.json import encoded, subject_with_field
from netlint.snapshot import Gap
from netlint.views import Side, Spots, columns, not_known_json

SCHEMA = "https://netlint.dev/schemas/map-v1.schema.json"
CELLS = 32
WIDTH = 500  # nothing is wrapped
LOCATED = 500  # declarations whose places are looked up
LIMIT = 16  # children of one range that are shown one by one
LEVELS = "▁▂▃▄▅▆▇█"
FREE, HELD, COLLIDING = "·", "█", "╳"
STYLES = {
    Role.POD: "blue",
    Role.NODE_POD: "cyan",
    Role.SERVICE: "magenta",
    Role.NODE: "green",
    Role.BRIDGE: "yellow",
    Role.LOAD_BALANCER: "bright_magenta",
    Role.PUBLIC: "bright_magenta",
    Role.INTERNAL: "white",
    Role.SECONDARY: "bright_blue",
    Role.REMOTE: "bright_black",
}

Json = dict[str, Any]
Families = dict[int, list[RangeBlock]]
Row = tuple[str, ...]


def sides(families: Families) -> list[Side]:
    """The fields whose places are shown; of a large cluster not all of them."""
    blocks = (block for roots in families.values() for root in roots for block in root.walk())
    return [(declared.subject, declared.path) for block in blocks for declared in block.declared][:LOCATED]


def text(
    families: Families,
    fabric: Sequence[str],
    residents: Sequence[tuple[int, Owner]],
    gaps: Sequence[Gap],
    color: bool,
) -> str:
    """The text that people read; ``residents``: family and owner of a node's addresses, where only that is shown."""
    output = StringIO()
    console = Console(
        file=output, force_terminal=color, color_system="standard" if color else None, highlight=False, width=WIDTH
    )
    if fabric:
        console.print(Text(printable(f"Fabric: {'; '.join(fabric)}")))
    for family, roots in families.items():
        top = Tree(Text(f"IPv{family}", "bold"))
        _grow(top, [Stretch(root.range, (root,)) for root in roots])
        console.print(top)
    if not families:
        console.print(Text("No range in the input"))
    for line in _section(residents):
        console.print(Text(printable(line)))
    for gap in gaps:
        console.print(Text(printable(f"Not known completely: {gap.kind} ({gap.message})")))
    return "".join(line.rstrip() + "\n" for line in output.getvalue().splitlines())


def _section(residents: Sequence[tuple[int, Owner]]) -> list[str]:
    """The addresses of one node with their owners."""
    rows = [
        [addresses.text(family, owner.address), owner.kind, str(owner.subject), owner.detail]
        for family, owner in residents
    ]
    return ["Addresses", *columns(rows)] if rows else []


def _grow(tree: Tree, listed: Sequence[Stretch]) -> None:
    """Rows below each other with their cells in columns."""
    rows = [_cells(part) for part in listed]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)] if rows else []
    for part, row in zip(listed, rows, strict=True):
        branch = tree.add(_label(part, row, widths))
        if len(part.blocks) == 1 and part.blocks[0].children:
            _grow(branch, stretches(part.blocks[0], LIMIT))


def _label(part: Stretch, row: Row, widths: Sequence[int]) -> Text:
    span, bar, description, use, remark = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    style = STYLES[part.blocks[0].role] if part.blocks else "dim"
    alarm = "bold red" if any(block.collisions for block in part.blocks) else ""
    return Text.assemble(
        (f"{span}  ", "" if part.blocks else "dim"), (bar, style), f"  {description}  ", f"{use}  ", (remark, alarm)
    )


def _cells(part: Stretch) -> Row:
    """Range, bar, what it is, its use, and what is wrong with it."""
    if not part.blocks:
        return span_name(part.range), FREE * CELLS, "free", f"{size_name(part.range)} addresses", ""
    if len(part.blocks) > 1:
        return span_name(part.range), bar(part.range, part.blocks), _together(part), _use_together(part), _remark(part)
    block = part.blocks[0]
    of_nodes = f" of {_listed(block.nodes)}" if block.nodes else ""
    firmness = f" ({block.standing})" if block.standing != "declared" and block.children == [] else ""
    return (
        span_name(block.range),
        bar(block.range, block.children) if block.children else _density(block),
        printable(f"{block.description}{of_nodes}{firmness}"),
        use(block),
        _remark(part),
    )


def _together(part: Stretch) -> str:
    first, last = part.blocks[0], part.blocks[-1]
    names = f": {' '.join(first.nodes)} … {' '.join(last.nodes)}" if first.nodes and last.nodes else ""
    return printable(f"{len(part.blocks):,} ranges{names}")


def _use_together(part: Stretch) -> str:
    used = sum(block.used or 0 for block in part.blocks)
    fullest = max(part.blocks, key=lambda block: (block.used or 0) / block.range.size)
    share = percent(fullest.used or 0, fullest.range.size)
    size = sum(block.range.size for block in part.blocks)
    return printable(f"{number(used)} of {number(size)} used, the fullest {fullest.range} {share}")


def _remark(part: Stretch) -> str:
    clauses = list(dict.fromkeys(clause for block in part.blocks for clause in block.collisions))
    return printable(f"{COLLIDING} {and_more(clauses[0], len(clauses) - 1)}") if clauses else ""


def use(block: RangeBlock) -> str:
    """How much of a range is in use, and how much of it was given to ranges inside of it."""
    used = "" if block.used is None else f"{number(block.used)} of {number(block.range.size)} used"
    if block.role is Role.POD and any(child.role is Role.NODE_POD for child in block.children):
        return f"{percent(block.assigned, block.range.size)} given to nodes, {used}"
    return used or f"{number(block.range.size)} addresses"


def bar(whole: Range, blocks: Sequence[RangeBlock]) -> str:
    """The range in cells of equal width, each as full as what lies in it makes it."""
    filled: list[int] = [0] * CELLS
    colliding: set[int] = set()
    for span in addresses.merged(block.range for block in blocks):
        for cell, part in _shares(whole, span):
            filled[cell] += part
    for block in blocks:
        if block.collisions:
            colliding.update(cell for cell, _ in _shares(whole, block.range))
    return "".join(
        COLLIDING if cell in colliding else LEVELS[max(0, part * 8 // whole.size - 1)] if part else FREE
        for cell, part in enumerate(filled)
    )


def _shares(whole: Range, span: Range) -> Iterator[tuple[int, int]]:
    """Cells of a bar with how much of each a range takes: the number of its addresses, times that of the cells."""
    first, end = (max(0, span.first - whole.first)) * CELLS, min(whole.size, span.last + 1 - whole.first) * CELLS
    for cell in range(first // whole.size, -(-end // whole.size)):
        yield cell, min(end, (cell + 1) * whole.size) - max(first, cell * whole.size)


def _density(block: RangeBlock) -> str:
    """How full a range is, from its beginning."""
    if not block.used:
        return FREE * CELLS
    eighths = max(1, block.used * CELLS * 8 // block.range.size)
    full, rest = divmod(eighths, 8)
    return (HELD * full + (LEVELS[rest - 1] if rest else "")).ljust(CELLS, FREE)[:CELLS]


def span_name(span: Range) -> str:
    """As CIDR, else its first and last address."""
    return str(span)


def size_name(span: Range) -> str:
    """How many addresses, or blocks of /64 where there are many."""
    if span.size >= 1 << 64:
        return f"{number(span.size >> 64)} × 2^64"
    return number(span.size)


def number(count: int) -> str:
    """In full, or as a power of two where nobody could read it."""
    if count < 1 << 40:
        return f"{count:,}"
    bits = count.bit_length() - 1
    return f"2^{bits}" if count == 1 << bits else f"~2^{bits}"


def percent(part: int, whole: int) -> str:
    """A share that is never rounded to nothing or to all."""
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "<0.1 %"
    return f"{min(share, 99.9) if part < whole else share:.1f} %".replace(".0 %", " %")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} and {counted(len(names) - 2, 'more node')}"


def json(
    families: Families,
    fabric: Sequence[str],
    residents: Sequence[tuple[int, Owner]],
    gaps: Sequence[Gap],
    spots: Spots,
) -> str:
    """The JSON that programs read, as ``schemas/map-v1.schema.json`` says."""
    return encoded(
        {
            "$schema": SCHEMA,
            "schemaVersion": "1.0",
            "view": "plan",
            "fabric": list(fabric),
            "families": [
                {"family": family, "blocks": [_block(root, spots) for root in roots]}
                for family, roots in families.items()
            ],
            "addresses": [_resident(family, owner) for family, owner in residents],
            "incomplete": not_known_json(gaps),
        }
    )


def _resident(family: int, owner: Owner) -> Json:
    return {
        "address": addresses.text(family, owner.address),
        "kind": owner.kind,
        "text": owner.detail,
        "subject": subject_with_field(owner.subject, field_name(owner.path), None),
    }


def _block(block: RangeBlock, spots: Spots) -> Json:
    family = block.range.family
    return {
        "range": str(block.range),
        "first": addresses.text(family, block.range.first),
        "last": addresses.text(family, block.range.last),
        "addresses": str(block.range.size),
        "role": block.role,
        "what": block.description,
        "standing": block.standing,
        "nodes": list(block.nodes),
        "used": block.used,
        "given": str(block.assigned),
        "collides": list(block.collisions),
        "declaredBy": [
            {
                "authority": declared.authority,
                "node": declared.node or None,
                "standing": declared.standing,
                "subject": subject_with_field(
                    declared.subject, field_name(declared.path), spots.get((declared.subject.origin, declared.path))
                ),
            }
            for declared in block.declared
        ],
        "free": [str(part.range) for part in _free(block)],
        "blocks": [_block(child, spots) for child in block.children],
    }


def _free(block: RangeBlock) -> Iterator[Stretch]:
    if block.children:
        yield from (part for part in stretches(block, len(block.children)) if not part.blocks)
