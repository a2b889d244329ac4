"""The outputs of a run: reports on the terminal and in files, each in its own format."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from netlint.errors import NetlintError, UsageError
from netlint.reports import FORMATS, Detail, Report, render

COLORS = ("auto", "always", "never")


@dataclass(frozen=True, slots=True)
class Output:
    """One report to write; ``path`` None: standard output."""

    form: str
    path: Path | None
    detail: Detail = field(default_factory=Detail)


def plan(form: str, files: Iterable[str], detail: Detail, *, quiet: bool, color: str) -> list[Output]:
    """The outputs that ``--format``, ``--output`` and ``--quiet`` ask for.

    ``--format json --output report.json`` writes the file and shows text on the terminal. Raises
    UsageError for a format or a colour mode that does not exist.
    """
    _refuse_unknown("--format", form, FORMATS)
    _refuse_unknown("--color", color, COLORS)
    outputs = []
    on_terminal = form
    for file in files:
        name, path = _named(file)
        outputs.append(Output(name or form, path, detail))
        on_terminal = on_terminal if name else "text"
    if not quiet:
        outputs.append(Output(on_terminal, None, replace(detail, color=colored(color))))
    return outputs


def _named(file: str) -> tuple[str | None, Path]:
    """Format and path of an ``--output``; a path with an equals sign has a slash before it."""
    name, equals, path = file.partition("=")
    if not equals or "/" in name:
        name, path = "", file
    elif name not in FORMATS:
        known = ", ".join(FORMATS)
        raise UsageError(f"--output {file!r}: choose one of {known} for its format, or write ./{file} for the file")
    if not path:
        raise UsageError(f"--output {file!r} names no file")
    return name or None, Path(path)


def tells_people(outputs: Iterable[Output]) -> bool:
    """Whether standard output gets a report for people, which says what could not be read."""
    return any(output.path is None and output.form != "json" for output in outputs)


def publish(report: Report, outputs: Iterable[Output]) -> None:
    """Write all of them, each even if another one fails; NetlintError then says which failed."""
    failed = []
    for output in outputs:
        text = render(output.form, replace(report, detail=output.detail))
        if output.path is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            continue
        try:
            write(output.path, text)
        except OSError as error:
            failed.append(f"{output.path}: {error.strerror}")
    if failed:
        raise NetlintError(f"the report could not be written: {'; '.join(failed)}")


def write(path: Path, text: str | bytes) -> None:
    """Replace a regular file as a whole or not at all; write to anything else directly.

    Raises OSError where that is not possible.
    """
    content = text.encode() if isinstance(text, str) else text
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        path.write_bytes(content)
        return
    target = path.resolve()
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(target.stat().st_mode & 0o7777 if target.exists() else 0o666 & ~_umask())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def colored(mode: str) -> bool:
    """Whether to colour: for people, not in files and pipes, not with NO_COLOR (no-color.org), but with FORCE_COLOR."""
    if mode != "auto":
        return mode == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def _refuse_unknown(option: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise UsageError(f"{option} {value!r}: choose one of {', '.join(known)}")
