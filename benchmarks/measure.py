"""Runs a command in a fresh process: wall time, and the memory of the whole process tree."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

INTERVAL = 0.02  # seconds between two samples
MIB = 1 << 20
_PSS = re.compile(rb"^(Pss|Pss_Anon): +(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """One run of a command."""

    seconds: float
    exit_code: int
    largest_rss: int
    """Bytes of the largest single process, as the kernel counted (ru_maxrss)."""
    peak: int = 0
    """Bytes of all processes together at the worst sample; shared pages count once (PSS)."""
    peak_anonymous: int = 0
    """The part of it that is no page of a file."""
    errors: str = ""


def run(command: list[str], folder: Path, sample: bool = False) -> Run:
    """Standard output goes nowhere; with ``sample`` the memory is watched, which costs a little time."""
    with tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        watcher = _Watcher(process.pid) if sample else None
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if watcher:
            watcher.stop()
        errors.seek(0)
        text = errors.read().decode(errors="replace")
    peak = (watcher.peak, watcher.peak_anonymous) if watcher else (0, 0)
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(seconds, process.returncode, usage.ru_maxrss * unit, *peak, text[-2000:])


class _Watcher:
    """Adds up the proportional set sizes of a process and its descendants, again and again."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.peak = 0
        self.peak_anonymous = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL):
            sizes = [_memory(pid) for pid in _tree(self.pid)]
            total = sum(size for size, _ in sizes)
            if total > self.peak:
                self.peak, self.peak_anonymous = total, sum(anonymous for _, anonymous in sizes)


def _tree(pid: int) -> list[int]:
    """A process and its descendants; the kernel lists the children of each thread."""
    found = [pid]
    for parent in found:
        try:
            for task in Path(f"/proc/{parent}/task").iterdir():
                found += [int(child) for child in (task / "children").read_bytes().split()]
        except OSError:
            continue  # it has ended meanwhile
    return found


def _memory(pid: int) -> tuple[int, int]:
    """PSS and anonymous PSS in bytes."""
    try:
        sizes = dict(_PSS.findall(Path(f"/proc/{pid}/smaps_rollup").read_bytes()))
    except OSError:
        return 0, 0
    return int(sizes.get(b"Pss", 0)) * 1024, int(sizes.get(b"Pss_Anon", 0)) * 1024
