"""Where reports go, and how files are written."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from netlint.engine import Result
from netlint.errors import NetlintError, UsageError
from netlint.outputs import Output, plan, publish, write
from netlint.reports import Detail, Report, printable
from netlint.snapshot import Snapshot

EMPTY = Report(Result(Snapshot(), []), "2026-01-05T10:00:00Z", None, 0, "error", False)


def planned(form: str, *files: str, quiet: bool = False) -> list[tuple[str, str | None]]:
    return [
        (output.form, str(output.path) if output.path else None)
        for output in plan(form, files, Detail(), quiet=quiet, color="never")
    ]


def test_what_the_options_ask_for() -> None:
    assert planned("text") == [("text", None)]
    assert planned("json") == [("json", None)]
    assert planned("json", "report.json") == [("json", "report.json"), ("text", None)]
    assert planned("json", "report.json", quiet=True) == [("json", "report.json")]
    assert planned("concise", "json=a.json", "text=b.txt") == [("json", "a.json"), ("text", "b.txt"), ("concise", None)]
    assert planned("text", "./odd=name.txt") == [("text", "odd=name.txt"), ("text", None)]


def test_unknown_format_and_colour() -> None:
    with pytest.raises(UsageError, match="--format 'xml': choose one of text, concise, json"):
        plan("xml", [], Detail(), quiet=False, color="auto")
    with pytest.raises(UsageError, match="--color 'blue': choose one of auto, always, never"):
        plan("text", [], Detail(), quiet=False, color="blue")


@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ("xml=a.xml", "choose one of text, concise, json for its format, or write ./xml=a.xml for the file"),
        ("json=", "names no file"),
        ("", "names no file"),
    ],
)
def test_an_output_that_is_none(output: str, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        planned("text", output)
    assert str(raised.value).replace(" names", ": names") == f"--output {output!r}: {problem}"


def test_a_file_is_replaced_with_its_mode_and_through_its_link(tmp_path: Path) -> None:
    target = tmp_path / "real.json"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(target)
    before = target.stat().st_ino
    write(link, "new\n")
    assert link.is_symlink()
    assert target.read_text() == "new\n"
    assert target.stat().st_ino != before
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.json", "real.json"]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        write(tmp_path / "new.json", "x")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o640


def test_a_pipe_is_written_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write(pipe, "through\n")
    reader.join(10)
    assert read == ["through\n"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_one_report_that_cannot_be_written_does_not_stop_the_others(tmp_path: Path) -> None:
    outputs = [Output("json", tmp_path / "no" / "folder.json"), Output("concise", tmp_path / "there.txt")]
    with pytest.raises(NetlintError) as raised:
        publish(EMPTY, outputs)
    assert str(raised.value) == (
        f"the report could not be written: {tmp_path}/no/folder.json: No such file or directory"
    )
    assert (tmp_path / "there.txt").read_text() == ""


def test_text_of_others_cannot_steer_a_terminal() -> None:
    assert printable("a\x1b[31mb\n\u202ec\x9b") == "a\\u001b[31mb\\u000a\\u202ec\\u009b"
