"""Two processes say together what one says."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from netlint import catalogue, engine, evaluation, sources
from netlint.checks import CHECKS
from netlint.cluster import Cluster
from netlint.errors import NetlintError
from netlint.evaluation import Evaluation, evaluate
from netlint.findings import Violation
from netlint.forks import ENDED
from netlint.memory import resident
from tests.support.program import ROOT

BROKEN = ROOT / "examples" / "broken-cluster"
AROUND_SERVICES = "services-without-pods"


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "WORTH_A_PROCESS", 0)
    monkeypatch.setattr(evaluation, "MOST_COPIED", 1 << 40)
    monkeypatch.setattr(evaluation, "cores", lambda: 2)


def evaluated() -> list[Evaluation]:
    """What all rules say of the broken example."""
    rules = catalogue.selected((), ())
    snapshot, _ = sources.read(sources.Files((str(BROKEN),)), engine.kinds_read(rules), "default")
    return evaluate(rules, Cluster(snapshot))


def failures(evaluations: list[Evaluation]) -> list[tuple[str, str]]:
    return [(found.rule, found.message) for each in evaluations if (found := each.failure)]


def test_one_process_or_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "cores", lambda: 2)
    alone = evaluated()
    monkeypatch.setattr(evaluation, "MOST_COPIED", 1 << 40)
    monkeypatch.setattr(evaluation, "WORTH_A_PROCESS", 0)

    assert evaluated() == alone
    assert [each.rule.name for each in alone if each.verdicts] != []


@pytest.mark.usefixtures("two_processes")
def test_much_is_evaluated_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def tell(_: Cluster) -> Iterator[Violation]:
        raise ZeroDivisionError(f"in process {os.getpid() == parent}")
        yield

    parent = os.getpid()
    monkeypatch.setitem(CHECKS, AROUND_SERVICES, tell)
    monkeypatch.setattr(evaluation, "MOST_COPIED", resident() // 2)

    assert failures(evaluated()) == [(AROUND_SERVICES, "ZeroDivisionError: in process True")]


@pytest.mark.usefixtures("two_processes")
def test_a_check_that_crashes_in_the_other_process_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(_: Cluster) -> Iterator[Violation]:
        raise ZeroDivisionError(f"in process {os.getpid() == parent}")
        yield

    parent = os.getpid()
    monkeypatch.setitem(CHECKS, AROUND_SERVICES, crash)

    assert failures(evaluated()) == [(AROUND_SERVICES, "ZeroDivisionError: in process False")]


@pytest.mark.usefixtures("two_processes")
def test_a_process_that_is_killed_is_told_of_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHECKS, AROUND_SERVICES, lambda _: os.kill(os.getpid(), signal.SIGKILL))

    with pytest.raises(NetlintError) as told:
        evaluated()

    assert str(told.value) == ENDED
