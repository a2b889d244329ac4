"""Where the rule pages and the schemas are: in the wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

from netlint.errors import CatalogueError

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """The folder ``rules`` or ``schemas``.

    Raises CatalogueError where the installation lacks it.
    """
    for base in (_PACKAGE.parent, _PACKAGE / "_data"):
        if (base / name).is_dir() and (base != _PACKAGE.parent or (base / "pyproject.toml").is_file()):
            return base / name
    raise CatalogueError(f"the installation lacks its {name}: install netlint again")
