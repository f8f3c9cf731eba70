"""Work for Spark that does not depend on each other, side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")

_MOST = 4  # more would have Spark plan and keep too much in memory at a time


def at_once(*tasks: Callable[[], T]) -> list[T]:
    """The results of tasks that do not depend on each other, in their order; raises the error of the first that failed.

    Most steps take Spark and Delta time to plan, whatever the number of rows. All have ended when this returns.
    """
    if len(tasks) == 1:
        return [tasks[0]()]
    with ThreadPoolExecutor(min(len(tasks), _MOST)) as pool:
        running = [pool.submit(task) for task in tasks]
    return [each.result() for each in running]


def both_at_once(first: Callable[[], T], second: Callable[[], U]) -> tuple[T, U]:
    """:func:`at_once` for two tasks whose results are not of one kind."""
    done: list[Any] = at_once(first, second)
    return done[0], done[1]
