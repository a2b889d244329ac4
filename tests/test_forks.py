"""What other processes answer, and what is told where they do not."""

from __future__ import annotations

import os
import pickle
import signal
from typing import Any, BinaryIO

import pytest

from netlint.errors import NetlintError
from netlint.forks import ENDED, Child, Children


def answers(child: Child) -> list[Any]:
    found = []
    while child.has_more:
        found.append(child.received())
    return found


def test_all_that_several_processes_answer() -> None:
    with Children() as children:
        for number in range(3):
            children.start(lambda stream, number=number: [pickle.dump((number, one), stream) for one in range(2)])

        assert [answers(child) for child in children] == [[(number, 0), (number, 1)] for number in range(3)]


def test_a_process_that_is_killed_between_two_pieces_has_not_answered() -> None:
    """What it sent is whole, and yet not all."""

    def work(stream: BinaryIO) -> None:
        pickle.dump(["nodes"], stream)
        stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    received = []
    with Children() as children, pytest.raises(NetlintError) as told:
        children.start(work)
        for child in children:
            received += answers(child)

    assert (received, str(told.value)) == ([["nodes"]], ENDED)


def test_what_crashes_in_a_child_is_raised() -> None:
    def work(_: Any) -> None:
        raise LookupError("nowhere")

    with Children() as children:
        children.start(work)
        with pytest.raises(RuntimeError, match="LookupError: nowhere"):
            [child.received() for child in children]
