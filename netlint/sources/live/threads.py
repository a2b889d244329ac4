"""Several requests at a time, and none for ever."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TypeVar

IN_FLIGHT = 4
S = TypeVar("S")
T = TypeVar("T")


def within(seconds: float, function: Callable[[], T]) -> T:
    """What the function gives; TimeoutError where that takes longer, whatever it waits for.

    The thread that still waits then keeps nobody waiting.
    """
    future: Future[T] = Future()
    Thread(target=_settle, args=(future, function), daemon=True).start()
    return future.result(max(0.0, seconds))


def _settle(future: Future[T], function: Callable[[], T]) -> None:
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)


def side_by_side(function: Callable[[S], T], items: Sequence[S]) -> list[T]:
    """What the function gives for each item, ``IN_FLIGHT`` of them at a time; an error is raised.

    The threads keep nobody waiting: an interrupted run ends although a server does not answer.
    """
    futures: list[Future[T]] = [Future() for _ in items]
    todo = deque(zip(futures, items, strict=True))

    def work() -> None:
        while todo:
            try:
                future, item = todo.popleft()
            except IndexError:  # another thread took the last one
                return
            _settle(future, partial(function, item))

    for _ in range(min(IN_FLIGHT, len(items))):
        Thread(target=work, daemon=True).start()
    try:
        return [future.result() for future in futures]
    finally:
        todo.clear()
