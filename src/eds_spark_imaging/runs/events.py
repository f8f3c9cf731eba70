"""Structured logs: one JSON object a line on standard error, where EDS_IMAGING_LOG or --log-format asks for it.

Times, jobs, counts and rates; no path of a file and no identifier. The message of an error is the line that people
would see: it may name places that the configuration names.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING

from eds_spark_imaging import __version__
from eds_spark_imaging.errors import ConfigError

if TYPE_CHECKING:
    from eds_spark_imaging.runs.status import Ended, Running

VARIABLE = "EDS_IMAGING_LOG"


class LogFormat(StrEnum):
    """Forms of what goes to standard error."""

    TEXT = "text"
    JSON = "json"


_chosen: LogFormat | None = None


def choose(form: LogFormat | None) -> LogFormat | None:
    """Have this process write the form; with None the environment decides."""
    global _chosen  # noqa: PLW0603 - one choice a process
    _chosen = form
    return form


def check_environment() -> None:
    """ConfigError where the environment asks for a form that there is not."""
    given = os.environ.get(VARIABLE)
    if given and given not in list(LogFormat):
        raise ConfigError(f"{VARIABLE} is {' or '.join(LogFormat)}, not {given!r}")


def structured() -> bool:
    """True where JSON lines are asked for."""
    return (_chosen or os.environ.get(VARIABLE)) == LogFormat.JSON


def emit(event: str, **values: object) -> None:
    """Write one event."""
    time = dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")
    _line(json.dumps({"time": time, "event": event, **values}))


def note(text: str) -> None:
    """One line of information."""
    if structured():
        emit("note", text=text)
    else:
        _line(text)


def report(error: BaseException, text: str, code: int) -> None:
    """One line for an error that a user can cause, with its exit code."""
    line = " ".join(text.split())
    if structured():
        emit("error", error=type(error).__name__, message=line, exit_code=code)
    else:
        _line(f"error: {line}")


def _line(text: str) -> None:
    with suppress(OSError):  # nobody reads it, or its disk is full: no reason to end a job
        print(text, file=sys.stderr, flush=True)


def report_fault(error: BaseException) -> None:
    """One event for a fault of this software: where it was, but not what it says, which may quote values."""
    frames = traceback.extract_tb(error.__traceback__)
    stack = [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
    emit("fault", error=type(error).__name__, stack=stack, exit_code=1)


class Events:
    """The display of jobs as events."""

    period = 30.0  # seconds between two events of progress

    def started(self, job: str, run_id: str) -> None:
        """A job begins."""
        emit("job_started", job=job, run_id=run_id, package_version=__version__)

    def running(self, status: Running) -> None:
        """It goes on."""
        emit("job_progress", **asdict(status))

    def ended(self, ended: Ended) -> None:
        """It ended, however it did."""
        values = {**asdict(ended), "outcome": ended.outcome}
        del values["at"]
        emit("job_ended", **values)

    def note(self, text: str) -> None:
        """One line of information."""
        note(text)
