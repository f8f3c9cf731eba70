"""`run --every`: its period, what is tried again, and how it ends. No Spark is started."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from eds_spark_imaging.cli.jobs import seconds
from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import AccountingError, ConfigError, InputError, LakeError
from eds_spark_imaging.lake.lock import LakeInUseError
from eds_spark_imaging.pipeline import jobs


@pytest.mark.parametrize(
    ("text", "length"), [("90s", 90), ("10m", 600), ("1h", 3600), ("1.5h", 5400), (" 2m ", 120), ("168h", 604800)]
)
def test_periods(text: str, length: float) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "0s", "0.5s", "10 m", "1d", "1e3s", "169h", "1h30m", "٣m"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        seconds(text)


class Runs:
    """Stands for the runs: each call does the next of ``steps``; after the last one it asks to stop."""

    def __init__(self, steps: list[Any], stop: int) -> None:
        self.steps, self.stop, self.begun = steps, stop, list[float]()

    def __call__(self, *_: object) -> None:
        self.begun.append(time.monotonic())
        step = self.steps.pop(0)
        if not self.steps:
            os.kill(os.getpid(), self.stop)
        if isinstance(step, Exception):
            raise step
        time.sleep(step)


@pytest.fixture
def repeat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    source = tmp_path / "source"
    source.mkdir()
    config = Config().with_places((str(source),), str(tmp_path / "lake"))

    def start(steps: list[Any], period: float = 0.3, stop: int = signal.SIGTERM) -> Runs:
        runs = Runs(steps, stop)
        monkeypatch.setattr(jobs, "_run", runs)
        monkeypatch.setattr(jobs, "spark_session", lambda *_, **__: None)
        jobs.repeat_jobs(["index"], config, jobs.Options(), period)
        return runs

    return start


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_runs_begin_a_period_apart_until_a_signal_which_ends_after_the_run(repeat: Any, stop: int) -> None:
    before = signal.getsignal(stop)
    runs = repeat([0, 0, 0.2], stop=stop)
    gaps = [b - a for a, b in zip(runs.begun, runs.begun[1:], strict=False)]
    assert all(0.3 <= gap < 1.5 for gap in gaps)
    assert len(gaps) == 2
    assert time.monotonic() - runs.begun[-1] >= 0.2  # the last one was let finish
    assert signal.getsignal(stop) == before


def test_a_run_longer_than_the_period_is_followed_at_once(repeat: Any) -> None:
    runs = repeat([0.6, 0])
    assert runs.begun[1] - runs.begun[0] < 1.0


@pytest.mark.parametrize("error", [LakeInUseError("the lake is in use"), InputError("source a is not there")])
def test_what_may_pass_is_reported_and_tried_again(
    repeat: Any, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = repeat([error, 0])
    assert len(runs.begun) == 2
    assert f"error: {error}\n" in capsys.readouterr().err


@pytest.mark.parametrize("error", [LakeError("not writable"), ConfigError("no"), AccountingError("gone"), ValueError()])
def test_every_other_error_ends_it(repeat: Any, error: Exception) -> None:
    with pytest.raises(type(error)):
        repeat([error, 0])


def test_a_second_signal_ends_a_run(repeat: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)

    monkeypatch.setattr(Runs, "__call__", twice)
    with pytest.raises(KeyboardInterrupt):
        repeat([0])
