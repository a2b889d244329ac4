"""What is not applied together: folders that hold differing copies of one object are alternatives.

An input is one scope, so that everything in it is held against everything else. Where two folders have differing copies
of an object (overlays, environments, regions, examples), they cannot be applied together: each is one alternative, and
the files that are in none belong to all. Every alternative is evaluated by itself. Copies in one folder contradict each
other and stay a conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from netlint.engine import Result
from netlint.findings import Finding
from netlint.snapshot import Snapshot

MOST = 20
"""So many scopes are evaluated at most; further alternatives of a folder are left to the last of them."""


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
    count = min(MOST, max(map(len, groups), default=0))
    files = snapshot.reading.holding
    applied = []
    for number in range(count):
        chosen = [group[min(number, len(group) - 1)] for group in groups]
        others = {folder for group in groups for folder in group} - set(chosen)
        left_out = frozenset(file for file in files if _innermost(file, {*others, *chosen}) in others)
        applied.append(Scope(tuple(chosen), left_out))
    return applied


def _alternatives(snapshot: Snapshot) -> list[list[str]]:
    """Folders that exclude each other, in groups: those of one folder above them."""
    groups: defaultdict[str, set[str]] = defaultdict(set)
    for conflict in snapshot.conflicts:
        files = [snapshot.origins.file(origin) for origin in (conflict.used, *conflict.ignored)]
        for file in files[1:]:
            above, first, second = _parting(files[0], file)
            if first and second:
                groups[above] |= {first, second}
    return [sorted(groups[above]) for above in sorted(groups)]


def _parting(one: str, other: str) -> tuple[str, str, str]:
    """The folder in which two files part, and the folder of each in it; empty ones where a file is in it itself."""
    ones, others = PurePosixPath(one).parts[:-1], PurePosixPath(other).parts[:-1]
    shared = 0
    while shared < min(len(ones), len(others)) and ones[shared] == others[shared]:
        shared += 1
    above = str(PurePosixPath(*ones[:shared]))
    if len(ones) == shared or len(others) == shared:
        return above, "", ""
    return above, str(PurePosixPath(*ones[: shared + 1])), str(PurePosixPath(*others[: shared + 1]))


def _innermost(file: str, folders: Iterable[str]) -> str:
    """The innermost of the folders that holds the file; empty for none."""
    return max((folder for folder in folders if file.startswith(f"{folder}/")), key=len, default="")


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
    skips = [skip for _, part in evaluated for skip in part.skips]
    result.skips = sorted(set(skips), key=lambda skip: (skip.rule, skip.reason, skip.message))
    result.findings.sort(key=lambda finding: (finding.order, finding.applied_with, _file(finding)))
    return result


def _identity(finding: Finding) -> tuple[object, ...]:
    return finding.fingerprint, finding.place.spot if finding.place else None, finding.violation.message


def _file(finding: Finding) -> str:
    return finding.place.spot.file if finding.place else ""
