"""Progress of the jobs on the terminal: a bar fed by Spark's status, plain lines where there is no terminal.

All of it goes to standard error; standard output is for results.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

_PERIOD = 0.3  # seconds between looks at Spark's status


class Progress:
    """Shows one job at a time."""

    def __init__(self, context: SparkContext | None, console: Console | None) -> None:
        self._context = context
        self._console = console

    @classmethod
    def silent(cls) -> Self:
        """A display that shows nothing."""
        return cls(None, None)

    @classmethod
    def on_terminal(cls) -> Self:
        """A display on standard error."""
        return cls(None, Console(stderr=True))

    def on(self, spark: SparkSession) -> Progress:
        """The same display, fed by this session."""
        return Progress(spark.sparkContext, self._console)

    @contextmanager
    def job(self, name: str) -> Iterator[None]:
        """Show the tasks of Spark that run while the body does."""
        if self._console is None or self._context is None or not self._console.is_terminal:
            yield
            return
        columns = (TextColumn("{task.description:<8}"), BarColumn(), TextColumn("{task.fields[what]}"))
        ended = threading.Event()
        with Bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=self._console, transient=True) as bar:
            follower = threading.Thread(target=self._follow, args=(bar, name, ended), daemon=True)
            follower.start()
            try:
                yield
            finally:
                ended.set()
                follower.join()

    def _follow(self, bar: Bar, name: str, ended: threading.Event) -> None:
        shown = bar.add_task(name, total=None, what="")
        if self._context is None:
            return
        tracker = self._context.statusTracker()
        while not ended.wait(_PERIOD):
            stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
            running = [stage for stage in stages if stage is not None]
            if running:
                total = sum(stage.numTasks for stage in running)
                done = sum(stage.numCompletedTasks for stage in running)
                bar.update(shown, total=total, completed=done, what=f"{done}/{total} tasks")

    def done(self, job: str, counts: Mapping[str, int], seconds: float) -> None:
        """One line for a job that ended."""
        if self._console is not None:
            said = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in counts.items() if value)
            self._console.print(f"{job:<8}{seconds:7.1f} s  {said or 'nothing new'}", highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """One line of information."""
        if self._console is not None:
            self._console.print(text, highlight=False, soft_wrap=True)
