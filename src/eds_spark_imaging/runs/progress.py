"""Follows one job at a time and has it shown; fed by what Spark says of the stages that run."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from eds_spark_imaging.runs.status import Display, Ended, Expected, Stages

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession


class Progress:
    """Follows one job at a time."""

    def __init__(self, context: SparkContext | None, display: Display | None) -> None:
        self._context = context
        self._display = display

    @classmethod
    def silent(cls) -> Self:
        """Shows nothing."""
        return cls(None, None)

    def on(self, spark: SparkSession) -> Progress:
        """The same display, fed by this session."""
        return Progress(spark.sparkContext, self._display)

    @contextmanager
    def job(self, job: str, run_id: str, expected: Callable[[], Expected | None]) -> Iterator[Callable[[Ended], None]]:
        """Show the job while the body runs, which calls what it is given once the job ended."""
        display, over = self._display, threading.Event()
        if display is None:
            yield lambda _: None
            return
        display.started(job, run_id)
        follower = threading.Thread(target=self._follow, args=(display, job, run_id, expected, over), daemon=True)
        follower.start()

        def ended(how: Ended) -> None:
            over.set()
            follower.join()
            display.ended(how)

        try:
            yield ended
        finally:
            over.set()

    def _follow(
        self, display: Display, job: str, run_id: str, expected: Callable[[], Expected | None], over: threading.Event
    ) -> None:
        begun = shown = time.monotonic()
        stages = Stages(job, run_id, begun)
        while not over.wait(min(display.period, 1.0)):
            now = time.monotonic()
            status = stages.status(self._running(), expected(), now)
            if status and now - shown >= display.period:
                display.running(status)
                shown = now

    def _running(self) -> list[tuple[int, int, int]]:
        """Each stage that runs, with its completed tasks and all its tasks; none where Spark does not tell."""
        if self._context is None:
            return []
        try:
            tracker = self._context.statusTracker()
            found = [(stage, tracker.getStageInfo(stage)) for stage in tracker.getActiveStageIds()]
        except Exception:  # the display never ends a job
            return []
        return [(stage, info.numCompletedTasks, info.numTasks) for stage, info in found if info is not None]

    def note(self, text: str) -> None:
        """One line of information."""
        if self._display is not None:
            self._display.note(text)
