"""Commands whose reader goes away early: they end well and say nothing of it."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pydicom.data
import pytest

from eds_spark_imaging.cli.output import until_closed
from eds_spark_imaging.cli.progress import progress_on_terminal
from eds_spark_imaging.runs import events

COMMANDS = (["describe"], ["describe", "dicom_instance"], ["header", pydicom.data.get_testdata_file("CT_small.dcm")])


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_a_closed_pipe_is_no_error(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "eds_spark_imaging.cli", *arguments]
    with os.fdopen(write, "wb") as closed:
        ran = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_broken_pipe_elsewhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()

    def command() -> None:
        raise BrokenPipeError

    with os.fdopen(read), os.fdopen(write, "w") as read_by_somebody:
        monkeypatch.setattr(sys, "stdout", read_by_somebody)
        with pytest.raises(BrokenPipeError):
            until_closed(command)()


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_display_outlives_its_reader(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    monkeypatch.setenv(events.VARIABLE, form)
    with io.TextIOWrapper(os.fdopen(write, "wb", buffering=0), write_through=True) as unread:
        monkeypatch.setattr(sys, "stderr", unread)
        progress = progress_on_terminal()
        progress.note("first")
        progress.note("second")
        events.note("third")
