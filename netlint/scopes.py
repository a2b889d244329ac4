"""What is not applied together: folders that hold differing copies of one object are alternatives.

An input is one scope, so that everything in it is held against everything else. Where two folders have differing
copies of an object (overlays, environments, regions, examples), they cannot be applied together: each is one
alternative, and the files that are in none belong to all. Alternatives with one name (``web/prod``, ``cart/prod``)
belong together. Every scope is evaluated by itself. Copies in one folder contradict each other and stay a conflict.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from pathlib import PurePosixPath

from netlint.engine import Result
from netlint.findings import Finding
from netlint.snapshot import Snapshot

MOST = 20
"""So many scopes are evaluated at most; what is left is put together in the last one, where it stays a conflict."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One set of files that are applied together; ``paths``: the folders that others are alternatives to."""

    paths: tuple[str, ...]
    left_out: frozenset[str]

    def __str__(self) -> str:
        """The folders."""
        return ", ".join(self.paths)


def scopes(snapshot: Snapshot) -> list[Scope]:
    """The scopes of an input that holds alternatives; empty where everything is applied together."""
    groups = _alternatives(snapshot)
    names = sorted({_name(folder) for group in groups for folder in group})
    parts = [{name} for name in names[: MOST - 1]] + ([set(names[MOST - 1 :])] if names[MOST - 1 :] else [])
    return list(dict.fromkeys(_scope(groups, part, snapshot.reading.holding) for part in parts))


def _scope(groups: list[list[str]], names: set[str], files: set[str]) -> Scope:
    """The alternatives with these names; of folders that have none of that name, the first."""
    named = [[folder for folder in group if _name(folder) in names] or group[:1] for group in groups]
    chosen = [folder for folders in named for folder in folders]
    others = tuple(f"{folder}/" for group in groups for folder in group if folder not in chosen)
    return Scope(tuple(chosen), frozenset(file for file in files if file.startswith(others)))


def _name(folder: str) -> str:
    return PurePosixPath(folder).name


def _alternatives(snapshot: Snapshot) -> list[list[str]]:
    """Folders that exclude each other, in groups: those of one folder above them."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for conflict in snapshot.conflicts:
        files = [PurePosixPath(snapshot.origins.file(origin)) for origin in (conflict.used, *conflict.ignored)]
        for path, neighbour in pairwise(sorted(files)):  # wherever two of them part, two neighbours do
            above, *parted = _parting(path.parts[:-1], neighbour.parts[:-1])
            if all(parted):
                groups[above].update(parted)
    return [sorted(groups[above]) for above in sorted(groups)]


def _parting(path: tuple[str, ...], neighbour: tuple[str, ...]) -> tuple[str, str, str]:
    """The folder in which two paths part, and the folder of each in it; empty ones where a path ends there."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(path, neighbour, strict=False)))
    above = str(PurePosixPath(*path[:shared]))
    if shared in {len(path), len(neighbour)}:
        return above, "", ""
    return above, str(PurePosixPath(*path[: shared + 1])), str(PurePosixPath(*neighbour[: shared + 1]))


def merged(whole: Snapshot, evaluated: list[tuple[Scope, Result]]) -> Result:
    """What the scopes come to: what is equal in all that have the object once, anything else with its scope."""
    first = evaluated[0][1]
    result = Result(whole, first.rules, fabric=first.fabric, scopes=[str(scope) for scope, _ in evaluated])
    alike: defaultdict[tuple[object, ...], list[tuple[Scope, Finding]]] = defaultdict(list)
    for scope, part in evaluated:
        for finding in part.findings:
            alike[_identity(finding)].append((scope, finding))
        result.failures += [failure for failure in part.failures if failure not in result.failures]
    for copies in alike.values():
        scope, finding = copies[0]
        possible = sum(_file(finding) not in scope.left_out for scope, _ in evaluated)
        if finding.rule.topic == "suppressions" and len(copies) < possible:
            continue  # another scope needs it
        result.findings.append(finding if len(copies) >= possible else replace(finding, applied_with=str(scope)))
    skips = {skip for _, part in evaluated for skip in part.skips}
    result.skips = sorted(skips, key=lambda skip: (skip.rule, skip.reason, skip.message, str(skip.scope)))
    result.findings.sort(key=lambda finding: (finding.order, finding.applied_with, _file(finding)))
    return result


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.fingerprint, finding.place.spot if finding.place else None, finding.violation.message


def _file(finding: Finding) -> str:
    return finding.place.spot.file if finding.place else ""
