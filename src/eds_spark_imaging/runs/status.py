"""What is known of a job while it runs and once it ended, and what shows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Expected:
    """``total`` units are worked through by the stages that run after ``since`` (monotonic seconds)."""

    total: int
    unit: str
    since: float


@dataclass(frozen=True)
class Running:
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

    def status(self, stages: Sequence[tuple[int, int, int]], expected: Expected | None, now: float) -> Running | None:
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
        return Running(self._job, self._run_id, now - self._begun, done, tasks, 100 * share, unit, rate, left)


class Display(Protocol):
    """A way to show jobs; ``period`` is how many seconds lie between two calls of ``running`` at the least."""

    period: float

    def started(self, job: str, run_id: str) -> None:
        """A job begins."""

    def running(self, status: Running) -> None:
        """It goes on."""

    def ended(self, ended: Ended) -> None:
        """It ended, however it did."""

    def note(self, text: str) -> None:
        """One line of information."""
