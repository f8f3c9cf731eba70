"""Progress of the jobs on standard error; standard output is for results.

A bar on a terminal, a line now and then elsewhere, JSON lines on request (:mod:`logs`). All are fed by what Spark says
of the stages that run.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

MOVE, LINE = 0.3, 30.0  # seconds between moves of a bar, and between lines where there is no terminal


@dataclass(frozen=True)
class Expected:
    """``total`` units are worked through by the stages that run after ``since`` (monotonic seconds)."""

    total: int
    unit: str
    since: float


@dataclass(frozen=True)
class Status:
    """A job while it runs: tasks of the running stages, and what follows from their share where a total is known."""

    job: str
    run_id: str
    seconds: float
    tasks_done: int
    tasks: int
    percent: float
    unit: str | None = None
    rate: float | None = None
    seconds_left: float | None = None

    @property
    def text(self) -> str:
        """The status in words."""
        parts = [f"{self.percent:.0f} % of {self.tasks:,} tasks"]
        if self.rate is not None:
            parts.append(f"{self.rate:,.0f} {self.unit}/s")
        if self.seconds_left is not None:
            parts.append(f"{dt.timedelta(seconds=round(self.seconds_left))} left")
        return ", ".join(parts)


@dataclass(frozen=True)
class Ended:
    """How a run of a job ended; ``error`` is the class of what ended it."""

    job: str
    run_id: str
    at: dt.datetime
    seconds: float
    error: str | None
    counts: Mapping[str, int]
    bytes_read: int | None
    rows_per_second: float | None

    @property
    def outcome(self) -> str:
        """In one word."""
        return "failed" if self.error else "succeeded"

    @property
    def text(self) -> str:
        """One line for people."""
        said = ", ".join(f"{value:,} {name.replace('_', ' ')}" for name, value in self.counts.items() if value)
        return f"{self.job:<8}{self.seconds:7.1f} s  {said or 'nothing new'}"


class Stages:
    """The stages that run, and since when each does: Spark tells the one, we note the other."""

    def __init__(self, job: str, run_id: str, begun: float) -> None:
        self._job, self._run_id, self._begun = job, run_id, begun
        self._since: dict[int, float] = {}

    def status(self, stages: Sequence[tuple[int, int, int]], expected: Expected | None, now: float) -> Status | None:
        """The status for (stage, completed tasks, tasks) of the running stages at ``now``; None where none runs.

        The time left is that of these stages, not of the job.
        """
        if not stages:
            return None
        since = min(self._since.setdefault(stage, now) for stage, _, _ in stages)
        done, tasks = (sum(stage[place] for stage in stages) for place in (1, 2))
        share, running = done / max(tasks, 1), now - since
        rate = left = None
        if expected and done and running > 0:
            rate = expected.total * share / running
            left = running * (1 - share) / share
        unit = expected.unit if expected else None
        return Status(self._job, self._run_id, now - self._begun, done, tasks, 100 * share, unit, rate, left)


class Display(Protocol):
    """A way to show jobs; ``period`` is how many seconds lie between two calls of ``running`` at the least."""

    period: float

    def started(self, job: str, run_id: str) -> None:
        """A job begins."""

    def running(self, status: Status) -> None:
        """It goes on."""

    def ended(self, ended: Ended) -> None:
        """It ended, however it did."""

    def note(self, text: str) -> None:
        """One line of information."""


class Lines:
    """A line for each job that ended well, and one now and then for a long one. What failed says so itself."""

    period = LINE

    def __init__(self, console: Console) -> None:
        self._console = console

    def started(self, job: str, run_id: str) -> None:
        """Nothing: short jobs have one line."""

    def running(self, status: Status) -> None:
        """One line."""
        self.note(f"{status.job:<8}{status.seconds:7.1f} s  {status.text}")

    def ended(self, ended: Ended) -> None:
        """One line."""
        if not ended.error:
            self.note(ended.text)

    def note(self, text: str) -> None:
        """One line."""
        self._console.print(text, highlight=False, soft_wrap=True, markup=False)


class Terminal(Lines):
    """A bar while a job runs."""

    period = MOVE

    def started(self, job: str, run_id: str) -> None:
        """Show the bar."""
        columns = (TextColumn("{task.description:<8}"), BarColumn(), TextColumn("{task.fields[what]}"))
        self._bar = Bar(*columns, TimeElapsedColumn(), console=self._console, transient=True)
        self._task = self._bar.add_task(job, total=None, what="")
        self._bar.start()

    def running(self, status: Status) -> None:
        """Move it."""
        self._bar.update(self._task, total=status.tasks, completed=status.tasks_done, what=status.text)

    def ended(self, ended: Ended) -> None:
        """Take it away."""
        self._bar.stop()
        super().ended(ended)


class Progress:
    """Follows one job at a time."""

    def __init__(self, context: SparkContext | None, display: Display | None) -> None:
        self._context = context
        self._display = display

    @classmethod
    def silent(cls) -> Self:
        """Shows nothing."""
        return cls(None, None)

    @classmethod
    def on_terminal(cls) -> Self:
        """Shows jobs on standard error, in the form that fits it or that was asked for."""
        from eds_spark_imaging import logs  # noqa: PLC0415 - it knows this module

        if logs.structured():
            return cls(None, logs.Events())
        console = Console(stderr=True)
        return cls(None, Terminal(console) if console.is_terminal else Lines(console))

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
