"""Which paths git would ignore, by the patterns in ``.gitignore`` and ``.git/info/exclude``.

Source: gitignore(5). Patterns are matched by pathspec.
"""

from __future__ import annotations

from pathlib import Path

from pathspec import GitIgnoreSpec

FILES = (".gitignore", ".git")
"""What there is in a folder with patterns of its own."""


class Ignored:
    """The patterns that hold in one folder: its own and those of the folders around it."""

    def __init__(self, folder: str, above: Ignored | None = None) -> None:
        """``folder``: an absolute path; ``above`` is what holds in the folder that contains it."""
        self._prefix = folder.rstrip("/") + "/"
        self._above = above
        files = [self._prefix + ".gitignore", self._prefix + ".git/info/exclude"]
        lines = [line for file in files for line in _lines(Path(file))]
        self._spec = GitIgnoreSpec.from_lines(lines) if lines else None

    def covers(self, path: str, is_folder: bool) -> bool:
        """Whether git ignores this absolute path; the innermost pattern that matches decides."""
        if self._spec is not None:
            relative = path.removeprefix(self._prefix) + ("/" if is_folder else "")
            verdict = self._spec.check_file(relative).include
            if verdict is not None:
                return verdict
        return self._above is not None and self._above.covers(path, is_folder)


def around(folder: Path) -> Ignored | None:
    """What holds outside of ``folder`` up to the root of its repository; None outside of any."""
    parents = list(folder.parents)
    root = next((number for number, parent in enumerate(parents) if (parent / ".git").exists()), None)
    if (folder / ".git").exists() or root is None:
        return None
    found = None
    for parent in reversed(parents[: root + 1]):
        found = Ignored(str(parent), found)
    return found


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []
