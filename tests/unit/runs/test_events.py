"""Structured logs: each line one JSON object, for jobs and for errors, without what rows or messages quote."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eds_spark_imaging.cli.progress import progress_on_terminal
from eds_spark_imaging.errors import InputError
from eds_spark_imaging.runs import events as logs
from eds_spark_imaging.runs.status import Ended, Running

RUN = "20240102T030405-parse-abc"


@pytest.fixture
def as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.VARIABLE, "json")


def events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    found = [json.loads(line) for line in captured.err.splitlines()]
    for event in found:
        assert dt.datetime.fromisoformat(event.pop("time")).tzinfo == dt.UTC
    return found


@pytest.mark.usefixtures("as_json")
def test_events_of_a_job(capsys: pytest.CaptureFixture[str]) -> None:
    display = progress_on_terminal()._display
    assert display is not None
    assert display.period == 30
    display.started("parse", RUN)
    display.running(Running("parse", RUN, 30.5, 1, 4, 25.0, "files", 100.0, 60.0))
    at = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    display.ended(Ended("parse", RUN, at, 121.5, "InputError", {"files_parsed": 7}, 99, 0.1))
    started, progress, ended = events(capsys)
    assert (started["event"], started["job"], started["run_id"]) == ("job_started", "parse", RUN)
    assert progress["event"] == "job_progress"
    assert (progress["percent"], progress["rate"], progress["unit"]) == (25.0, 100.0, "files")
    assert progress["seconds_left"] == 60.0
    assert ended == {
        "event": "job_ended",
        "job": "parse",
        "run_id": RUN,
        "outcome": "failed",
        "error": "InputError",
        "seconds": 121.5,
        "counts": {"files_parsed": 7},
        "bytes_read": 99,
        "rows_per_second": 0.1,
    }


@pytest.mark.usefixtures("as_json")
def test_an_error_of_a_user(capsys: pytest.CaptureFixture[str]) -> None:
    logs.report(InputError("x"), "source a:\nnot there", 4)
    expected = {"event": "error", "error": "InputError", "message": "source a: not there", "exit_code": 4}
    assert events(capsys) == [expected]


@pytest.mark.usefixtures("as_json")
def test_a_fault_says_where_but_not_what(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        int("DUPONT^JEAN")
    except ValueError as error:
        logs.report_fault(error)
    (event,) = events(capsys)
    assert (event["event"], event["error"]) == ("fault", "ValueError")
    assert event["stack"][0].startswith("test_events.py:")
    assert "DUPONT" not in json.dumps(event)


def test_lines_of_text_without_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(logs.VARIABLE, raising=False)
    logs.report(InputError("x"), "source a:\nnot there", 4)
    logs.note("done")
    assert capsys.readouterr().err == "error: source a: not there\ndone\n"


def test_the_option_wins_and_leaves_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(logs.VARIABLE, "json")
    logs.choose(logs.LogFormat.TEXT)
    assert not logs.structured()
    assert os.environ[logs.VARIABLE] == "json"
    logs.choose(None)
    assert logs.structured()


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["--log-format", "json"], {}), ([], {logs.VARIABLE: "json"})],
    ids=["option", "environment"],
)
def test_the_last_line_of_a_command(arguments: list[str], environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "eds_spark_imaging.cli", "index", *arguments]
    command += ["--source", str(tmp_path / "absent"), "--lake", str(tmp_path / "lake")]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    assert run.returncode == 4
    event = json.loads(run.stderr)
    assert (event["event"], event["error"], event["exit_code"]) == ("error", "InputError", 4)
