"""What is shown of a job while it runs: rate and time left from the share of the stage, one line now and then."""

from __future__ import annotations

import datetime as dt
import io
import time

import pytest
from rich.console import Console

from eds_spark_imaging.cli.progress import Lines
from eds_spark_imaging.runs.progress import Progress
from eds_spark_imaging.runs.status import Ended, Expected, Running, Stages

RUN = "20240102T030405-parse-abc"


def ended(error: str | None = None) -> Ended:
    at = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    return Ended("parse", RUN, at, 12.34, error, {"files_parsed": 1200, "quarantined": 0}, 99, 97.2)


def shown(width: int = 200) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=width), text


def test_rate_and_time_left_follow_from_the_share_of_the_stage() -> None:
    stages = Stages("parse", RUN, begun=100.0)
    expected = Expected(8_000, "files", 110.0)
    assert stages.status([(7, 0, 40)], expected, 110.0) == Running("parse", RUN, 10.0, 0, 40, 0.0, "files")
    # A quarter of 8,000 files in 20 seconds: 100 a second, 60 seconds for the other three quarters.
    status = stages.status([(7, 10, 40)], expected, 130.0)
    assert status == Running("parse", RUN, 30.0, 10, 40, 25.0, "files", 100.0, 60.0)
    assert status.text == "25 % of 40 tasks, 100 files/s, 0:01:00 left"


def test_a_new_stage_starts_its_own_clock() -> None:
    stages = Stages("parse", RUN, begun=0.0)
    expected = Expected(1_000, "files", 0.0)
    stages.status([(1, 0, 10)], expected, 0.0)
    assert stages.status([(2, 0, 10)], expected, 500.0) is not None
    status = stages.status([(2, 5, 10)], expected, 505.0)
    assert status is not None
    assert (status.rate, status.seconds_left) == (100.0, 5.0)


def test_without_a_total_or_a_stage() -> None:
    stages = Stages("build", RUN, begun=0.0)
    assert stages.status([], None, 1.0) is None
    stages.status([(1, 0, 4), (2, 0, 4)], None, 1.0)
    status = stages.status([(1, 4, 4), (2, 2, 4)], None, 3.0)
    assert status is not None
    assert status.text == "75 % of 8 tasks"


def test_a_line_for_a_job_that_ended_well_and_none_for_one_that_failed() -> None:
    console, text = shown()
    lines = Lines(console)
    lines.started("parse", RUN)
    lines.running(Running("parse", RUN, 61.0, 10, 40, 25.0, "files", 100.0, 60.0))
    lines.ended(ended())
    lines.ended(ended("InputError"))
    assert text.getvalue().splitlines() == [
        "parse      61.0 s  25 % of 40 tasks, 100 files/s, 0:01:00 left",
        "parse      12.3 s  1,200 files parsed",
    ]


class Tracker:
    """Spark's status: a stage of four tasks, two of them done."""

    numTasks, numCompletedTasks = 4, 2  # noqa: N815 - Spark's names

    def statusTracker(self) -> Tracker:  # noqa: N802
        return self

    def getActiveStageIds(self) -> list[int]:  # noqa: N802
        return [3]

    def getStageInfo(self, stage: int) -> Tracker:  # noqa: N802
        return self


class Broken(Tracker):
    def getActiveStageIds(self) -> list[int]:  # noqa: N802
        raise ConnectionError


class Recorder(Lines):
    period = 0.05

    def __init__(self) -> None:
        super().__init__(Console(file=io.StringIO()))
        self.seen: list[object] = []

    def running(self, status: Running) -> None:
        self.seen.append((status.tasks_done, status.tasks))

    def ended(self, ended: Ended) -> None:
        self.seen.append(ended.outcome)


@pytest.mark.parametrize(("context", "steps"), [(Tracker(), {(2, 4)}), (Broken(), set())])
def test_a_job_is_followed_until_it_ends(context: Tracker, steps: set[object]) -> None:
    display = Recorder()
    with Progress(context, display).job("parse", RUN, lambda: None) as show:  # type: ignore[arg-type]
        time.sleep(0.5)
        show(ended())
    after = list(display.seen)
    time.sleep(0.2)
    assert display.seen == after
    assert display.seen[-1] == "succeeded"
    assert set(display.seen[:-1]) == steps


def test_short_jobs_have_no_line_but_their_last() -> None:
    console, text = shown()
    with Progress(Tracker(), Lines(console)).job("parse", RUN, lambda: None) as show:  # type: ignore[arg-type]
        time.sleep(0.1)
        show(ended())
    assert len(text.getvalue().splitlines()) == 1
