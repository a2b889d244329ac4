"""Processes forked from this one, each of which does one piece of the work and sends back what it found."""

from __future__ import annotations

import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from signal import SIGKILL
from types import TracebackType
from typing import Any, BinaryIO

from netlint.errors import NetlintError

_PR_SET_PDEATHSIG = 1
ENDED = "another process, which did part of the work, was ended from outside; is there enough memory?"


class Child:
    """One process, and the pipe on which it answers."""

    def __init__(self, work: Callable[[BinaryIO], None]) -> None:
        """Start ``work``, which writes its answer, one pickle after the other, to the stream it is given."""
        answer, out = os.pipe()
        parent = os.getpid()
        self._process = os.fork()
        if not self._process:
            _perform(work, answer, out, parent)
        os.close(out)
        self._answer = os.fdopen(answer, "rb")

    def received(self) -> Any:
        """The next pickle.

        Raises RuntimeError with the child's traceback as a note where that is what it sent, MemoryError where it had
        not enough of that, NetlintError where it was ended before it could answer.
        """
        try:
            answer = pickle.load(self._answer)  # noqa: S301 - our own child wrote it
        except (EOFError, pickle.UnpicklingError) as error:
            raise NetlintError(ENDED) from error
        if isinstance(answer, str):
            raise _crash(answer)
        return answer

    @property
    def has_more(self) -> bool:
        """Whether another pickle follows; waits for it."""
        return bool(self._answer.peek(1))

    def wait(self) -> None:
        """Wait for the end of the process. Raises NetlintError unless it ended by itself: its answer may lack parts."""
        self._answer.close()
        _, status = os.waitpid(self._process, 0)
        if status:
            raise NetlintError(ENDED)

    def end(self) -> None:
        """End the process at once."""
        self._answer.close()
        with suppress(ProcessLookupError):
            os.kill(self._process, SIGKILL)
        with suppress(ChildProcessError):  # it was waited for
            os.waitpid(self._process, 0)


class Children:
    """Processes that do not outlive the block they are started in."""

    def __init__(self) -> None:
        """No process is started yet."""
        self._running: list[Child] = []

    def __enter__(self) -> Children:
        """The collection itself."""
        return self

    def start(self, work: Callable[[BinaryIO], None]) -> None:
        """Start one more; see `Child`."""
        self._running.append(Child(work))

    def __iter__(self) -> Iterator[Child]:
        """Each process in turn, to be read to its end."""
        while self._running:
            child = self._running[0]
            yield child
            self._running.remove(child)
            child.wait()

    def __exit__(self, *raised: type[BaseException] | BaseException | TracebackType | None) -> None:
        """End those whose answer nobody waits for any more, as after a KeyboardInterrupt."""
        for child in self._running:
            child.end()


def cores() -> int:
    """The number of cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS has no such call
        return os.cpu_count() or 1


def _crash(trace: str) -> Exception:
    """The error in this process that stands for one in another."""
    last = trace.rstrip().rpartition("\n")[2]
    if last.startswith("MemoryError"):
        return MemoryError()
    error = RuntimeError(f"a process crashed: {last}")
    error.add_note(trace)
    return error


def _end_with(parent: int) -> None:
    """Let this process end as soon as its parent does, however that ends.

    Source: prctl(2), PR_SET_PDEATHSIG. Elsewhere it ends when it wants to answer: nobody reads.
    """
    with suppress(ImportError, OSError, AttributeError):
        from ctypes import CDLL

        CDLL(None).prctl(_PR_SET_PDEATHSIG, SIGKILL)
    if os.getppid() != parent:  # it ended before
        os._exit(1)


def _perform(work: Callable[[BinaryIO], None], answer: int, out: int, parent: int) -> None:
    """Do the work in the new process, which ends here, or with its parent."""
    status = 1
    try:
        _end_with(parent)
        os.close(answer)  # or a parent that is no more would leave this process writing forever
        with os.fdopen(out, "wb") as stream:
            try:
                work(stream)
            except BaseException:  # the parent raises it again
                pickle.dump(traceback.format_exc(), stream)
        status = 0
    finally:
        os._exit(status)
