"""Which paths git would ignore, by the patterns in ``.gitignore`` and ``.git/info/exclude``.

Source: gitignore(5), and git's wildmatch.c for what it leaves open. Names are bytes to git, and so they are here.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from netlint import side_files

FILES = (".gitignore", ".git")
"""What there is in a folder with patterns of its own."""

_TOKEN = re.compile(
    rb"(?P<stars>\*+)|(?P<one>\?)|\\(?P<escaped>.)"
    rb"|\[(?P<not>[!^]?)(?P<set>\]?(?:\[:[a-z]+:\]|\\.|[^\]\\])*)\]|(?P<plain>[^\\\[])",
    re.DOTALL,
)
_SPECIAL = re.compile(rb"[*?\[\\]|$")
_IN_SET = re.compile(rb"\[:(?P<name>[a-z]+):\]|(?P<first>\\?.)(?:-(?P<last>\\.|[^\]\\]))?", re.DOTALL)
_NAMED = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"digit": rb"0-9",
    b"lower": rb"a-z",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb"\t-\r ",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}


class _Pattern(NamedTuple):
    """One line: a regular expression for paths below its folder, and what it decides."""

    expression: bytes
    ignores: bool
    only_folders: bool


class Ignored:
    """The patterns that hold in one folder: its own and those of the folders around it."""

    def __init__(self, folder: str, above: Ignored | None = None) -> None:
        """``folder``: an absolute path; ``above`` is what holds in the folder that contains it.

        Raises OSError where a file with patterns is there and cannot be read.
        """
        self._prefix = folder.rstrip("/") + "/"
        self._above = above
        files = [self._prefix + ".git/info/exclude", self._prefix + ".gitignore"]
        patterns = [pattern for file in files for pattern in _patterns(Path(file))]
        self._of_folders = _Decision(patterns)
        self._of_files = _Decision(pattern for pattern in patterns if not pattern.only_folders)

    def covers(self, path: str, is_folder: bool) -> bool:
        """Whether git ignores this absolute path, whose folder it does not; the innermost pattern decides."""
        decision = self._of_folders if is_folder else self._of_files
        verdict = decision.on(path.removeprefix(self._prefix))
        if verdict is not None:
            return verdict
        return self._above is not None and self._above.covers(path, is_folder)


class _Decision:
    """All patterns of a folder in one expression; the last that matches decides."""

    def __init__(self, patterns: Iterable[_Pattern]) -> None:
        latest = list(patterns)[::-1]
        self._ignores = [pattern.ignores for pattern in latest]
        self._expression = re.compile(b"|".join(b"(%s)" % pattern.expression for pattern in latest), re.DOTALL)

    def on(self, path: str) -> bool | None:
        """Whether a path is ignored; None where no pattern matches."""
        if not self._ignores:
            return None
        match = self._expression.fullmatch(os.fsencode(path))
        return None if match is None or match.lastindex is None else self._ignores[match.lastindex - 1]


def around(folder: Path) -> Ignored | None:
    """What holds outside of ``folder`` up to the root of its repository; None outside of any.

    Raises OSError where a file with patterns is there and cannot be read.
    """
    parents = list(folder.parents)
    root = next((number for number, parent in enumerate(parents) if (parent / ".git").exists()), None)
    if (folder / ".git").exists() or root is None:
        return None
    ignored = None
    for parent in reversed(parents[: root + 1]):
        ignored = Ignored(str(parent), ignored)
    return ignored


def _patterns(file: Path) -> Iterator[_Pattern]:
    try:
        text = side_files.read(file)
    except (FileNotFoundError, NotADirectoryError):
        return
    for line in text.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if not line.startswith(b"#"):
            pattern = _pattern(_without_spaces(line.removesuffix(b"\r")))
            if pattern is not None:
                yield pattern


def _without_spaces(line: bytes) -> bytes:
    """The line without the spaces at its end, unless a backslash stands before them."""
    bare = line.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return bare + b" " if backslashes % 2 and len(bare) < len(line) else bare


def _pattern(line: bytes) -> _Pattern | None:
    ignores = not line.startswith(b"!")
    glob = line if ignores else line[1:]
    only_folders = glob.endswith(b"/")
    glob = glob.removesuffix(b"/")
    if not glob:
        return None
    anywhere = b"/" not in glob  # then it is held against the last name of a path
    expression = _expression(glob.removeprefix(b"/"), across=not anywhere)
    if expression is None:
        return None
    return _Pattern(b"(?:.*/)?" + expression if anywhere else expression, ignores, only_folders)


def _expression(glob: bytes, across: bool) -> bytes | None:
    """A regular expression for a glob; None for one that matches nothing.

    ``across``: two stars between slashes reach across folders. Git cuts off what stands before the first
    special character, so that they do that there as well.
    """
    special = _SPECIAL.search(glob)
    starts = {0, special.start() if special else 0}
    parts: list[bytes] = []
    at = 0
    while at < len(glob):
        token = _TOKEN.match(glob, at)
        part = token and _part(token)
        if token is None or part is None:
            return None
        start, at = token.span()
        if across and len(token["stars"] or b"") > 1 and (start in starts or glob[start - 1 : start] == b"/"):
            if at == len(glob):
                part = b".*"
            elif glob[at : at + 1] == b"/":
                part, at = b"(?:.*/)?", at + 1
        parts.append(part)
    return b"".join(parts)


def _part(token: re.Match[bytes]) -> bytes | None:
    if token["stars"]:
        return b"[^/]*"
    if token["one"]:
        return b"[^/]"
    if token["set"] is not None:
        members = _members(token["set"])
        return members and b"(?!/)[%s%s]" % (b"^" if token["not"] else b"", members)
    return re.escape(token["escaped"] or token["plain"])


def _members(written: bytes) -> bytes | None:
    """What is in brackets, for a regular expression; None for a class that git does not know."""
    members = b""
    for member in _IN_SET.finditer(written):
        if member["name"] is not None:
            if member["name"] not in _NAMED:
                return None
            members += _NAMED[member["name"]]
            continue
        first, last = member["first"][-1:], (member["last"] or b"")[-1:]
        members += re.escape(first) + (b"-" + re.escape(last) if first < last else b"")
    return members or None
