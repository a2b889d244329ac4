"""Branch coverage of each room, and of each module that has less than 95 %, from coverage's JSON report."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path, PurePosixPath

MODULE_GOAL = 95  # per cent
_COUNTS = ("num_statements", "num_branches", "covered_lines", "covered_branches")


def main() -> None:
    """Print both tables."""
    files = json.loads(Path(sys.argv[1]).read_text())["files"]
    rooms: defaultdict[str, Counter[str]] = defaultdict(Counter)
    modules = {}
    for file, measured in files.items():
        counts = Counter({name: measured["summary"][name] for name in _COUNTS})
        rooms[room_of(PurePosixPath(file))] += counts
        modules[file] = counts
    _print(rooms)
    print(f"\nless than {MODULE_GOAL} %:")
    _print({file: counts for file, counts in modules.items() if percent(counts) < MODULE_GOAL})


def room_of(file: PurePosixPath) -> str:
    """The package below ``netlint``; inside of the model, the room."""
    depth = 3 if file.parts[:2] == ("netlint", "model") else 2
    return "/".join(file.parts[: min(depth, len(file.parts) - 1)])


def percent(counts: Counter[str]) -> float:
    """How many lines and branches of a hundred are executed."""
    possible = counts["num_statements"] + counts["num_branches"]
    return 100 * (counts["covered_lines"] + counts["covered_branches"]) / possible if possible else 100.0


def _print(rows: dict[str, Counter[str]]) -> None:
    for name, counts in sorted(rows.items()):
        print(f"{percent(counts):5.1f} %  {name}")


if __name__ == "__main__":
    main()
