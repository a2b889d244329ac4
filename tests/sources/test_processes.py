"""The processes that read leave nobody behind."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from netlint.sources.files import processes, tasks
from netlint.sources.finding import search


@pytest.fixture
def work(tmp_path: Path) -> list[tasks.Task]:
    """More than one process takes, and more than a pipe holds."""
    for number in range(4):
        pods = [{"metadata": {"name": f"pod-{number}-{one}", "annotations": {"x": "y" * 400}}} for one in range(4000)]
        text = json.dumps({"apiVersion": "v1", "kind": "PodList", "items": pods})
        (tmp_path / f"{number}.json").write_text(text)
    return tasks.plan(search.find([str(tmp_path)]))


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The processes that are started, by number."""
    fork, found = os.fork, []

    def noted() -> int:
        child = fork()
        if child:
            found.append(child)
        return child

    monkeypatch.setattr(os, "fork", noted)
    return found


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupted_parent_ends_its_children(work, forked, monkeypatch) -> None:
    parent, perform = os.getpid(), processes._perform

    def interrupted(*arguments: Any) -> Any:
        if os.getpid() == parent:
            raise KeyboardInterrupt
        return perform(*arguments)

    monkeypatch.setattr(processes, "_perform", interrupted)
    with pytest.raises(KeyboardInterrupt):
        processes.read(work, "default", 3)
    assert len(forked) == 2
    assert [child for child in forked if is_running(child)] == []


def test_children_of_a_killed_parent_end(work, tmp_path) -> None:
    """The parent is killed while its children wait for it to read what they found."""
    told, tell = os.pipe()
    parent = os.fork()
    if not parent:
        fork = os.fork

        def noted() -> int:
            child = fork()
            if child:
                os.write(tell, child.to_bytes(4, "little"))
            return child

        try:
            os.fork = noted
            perform = processes._perform
            own = os.getpid()
            processes._perform = lambda *arguments: time.sleep(60) if os.getpid() == own else perform(*arguments)
            processes.read(work, "default", 2)
        finally:
            os._exit(0)
    os.close(tell)
    child = int.from_bytes(os.read(told, 4), "little")
    time.sleep(0.5)
    assert is_running(child)
    os.kill(parent, 9)
    os.waitpid(parent, 0)
    for _ in range(100):
        if not is_running(child):
            return
        time.sleep(0.1)
    os.kill(child, 9)
    pytest.fail("a reader outlives its parent")


def test_more_files_than_a_pipe_has_numbers_for(tmp_path) -> None:
    """Empty ones, whose size says nothing of how many there are, and compressed ones, whose size nobody knows."""
    for number in range(40_000):
        (tmp_path / f"{number}.yaml{'.gz' if number % 8 == 0 else ''}").touch()
    planned = tasks.plan(search.find([str(tmp_path)]))
    assert len(planned) <= 2 * tasks.BATCHES
    assert processes.read(planned, "default", 2).reading.files == 40_000
