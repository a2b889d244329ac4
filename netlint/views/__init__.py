"""What people look at besides reports: one address, the plan of all ranges, a proposal; pure functions to text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from netlint.findings import Subject, field_name
from netlint.objects.meta import Path
from netlint.phrases import NAMED, and_more
from netlint.reports import printable
from netlint.reports.concise import spot_name
from netlint.snapshot import Gap, Locator, Reason, Snapshot, Spot

SHOWN = 20  # rows of a section

Side = tuple[Subject, Path]
Spots = dict[tuple[int, Path], Spot]


def spots(locate: Locator | None, sides: Iterable[Side]) -> Spots:
    """The places of fields, looked up together; by the origin of the object and the path."""
    wanted = list(dict.fromkeys((subject.origin, path) for subject, path in sides))
    places = locate.fields(wanted) if locate is not None else []
    return {key: place.spot for key, place in zip(wanted, places, strict=False) if place is not None}


def place(side: Side, spots: Spots) -> str:
    """``file:line`` of a field where it is in a file."""
    spot = spots.get((side[0].origin, side[1]))
    return spot_name(spot.file, spot.line, None) if spot else ""


def side_name(side: Side) -> str:
    """``Node node2, spec.podCIDRs[0]``."""
    subject, path = side
    field = field_name(path)
    return f"{subject}, {field}" if field else str(subject)


def columns(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as lines with their cells below each other."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)] if rows else []
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [(indent + line).rstrip() for line in lines]


def text_of(lines: Iterable[str]) -> str:
    """The lines as text that cannot steer a terminal."""
    return "".join(printable(line) + "\n" for line in lines)


def gaps(snapshot: Snapshot, kinds: Iterable[str], optional: Iterable[str] = ()) -> list[Gap]:
    """Why objects of these kinds may be missing: some could not be read, or none is there.

    Of ``optional`` kinds there may well be none.
    """
    withdrawn = ((kind, snapshot.knowledge.withdrawn(kind)) for kind in kinds)
    first_gaps = (gap or (None if snapshot.count(kind) else snapshot.knowledge.gap(kind)) for kind, gap in withdrawn)
    optional_gaps = (snapshot.knowledge.withdrawn(kind) for kind in optional)
    return [
        *(gap for gap in first_gaps if gap is not None),
        *(gap for gap in optional_gaps if gap is not None and gap.reason is not Reason.NOT_APPLICABLE),
    ]


def not_known(gaps: Sequence[Gap]) -> list[str]:
    """What may be gaps in an answer, as lines at its end."""
    kinds = "; ".join(f"{gap.kind} ({gap.message})" for gap in gaps)
    return ["", f"Not known completely: {kinds}"] if gaps else []


def not_known_json(gaps: Iterable[Gap]) -> list[dict[str, str]]:
    """What may be gaps in an answer, as values."""
    return [{"kind": gap.kind, "reason": gap.reason, "message": gap.message} for gap in gaps]


def limited(rows: Sequence[Sequence[str]]) -> list[str]:
    """The first ``SHOWN`` rows as lines."""
    more = len(rows) - SHOWN
    return [*columns(rows[:SHOWN]), *([f"  ... and {more:,} more; --format json has all of them"] if more > 0 else [])]


def few(names: Sequence[str]) -> str:
    """The first names, the others by number, which is never one."""
    limit = NAMED if len(names) > NAMED + 1 else NAMED + 1
    return and_more(", ".join(names[:limit]), len(names) - limit, ",")
