"""Commands whose reader goes away early: they end well and say nothing of it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pydicom.data
import pytest

from eds_spark_imaging.cli.options import Format
from eds_spark_imaging.cli.output import is_of_system, system_line, until_closed
from eds_spark_imaging.cli.progress import progress_on_terminal
from eds_spark_imaging.cli.rows import print_texts
from eds_spark_imaging.cli.synth import make_hospital
from eds_spark_imaging.runs import events

COMMANDS = (
    ["--help"],
    ["describe"],
    ["describe", "dicom_instance"],
    ["header", pydicom.data.get_testdata_file("CT_small.dcm")],
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_a_closed_pipe_is_no_error(arguments: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "eds_spark_imaging.cli", *arguments]
    with os.fdopen(write, "wb") as closed:
        ran = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


CT = pydicom.data.get_testdata_file("CT_small.dcm")
FULL = "cannot read or write: No space left on device"


def shell(line: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command by ``sh``, which redirects its streams."""
    command = ["sh", "-c", f'exec "$0" -m eds_spark_imaging.cli {line}', sys.executable, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **variables}
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
@pytest.mark.parametrize("line", ["describe", 'header "$1"', "--help"])
def test_a_full_disk_is_one_line(line: str) -> None:
    ran = shell(f"{line} > /dev/full", CT)
    assert (ran.returncode, ran.stderr) == (4, f"error: {FULL}\n")


@pytest.mark.parametrize(
    ("line", "code", "out", "err"),
    [
        ("describe >&-", 0, False, ""),
        ('header "$1" >&-', 0, False, ""),
        ("header nope.dcm 2>&-", 4, False, ""),
        ("header nope.dcm 2> /dev/full", 4, False, ""),
        ('header nope.dcm "$1" 2>&-', 4, True, ""),
        ("header nope.dcm >&-", 4, False, "error: nope.dcm: no such file\n"),
        ("synth --out /proc/x", 4, False, "error: /proc/x: No such file or directory\n"),
        ("synth --out \"$(printf '/tmp/x\\377')\"", 3, False, "error: --out is not in UTF-8: /tmp/x\\udcff\n"),
        ("demo --out /proc/x", 4, False, "error: /proc/x: No such file or directory\n"),
    ],
)
def test_streams_that_are_closed_and_folders_that_cannot_be(line: str, code: int, out: bool, err: str) -> None:
    ran = shell(line, CT)
    assert (ran.returncode, bool(ran.stdout), ran.stderr) == (code, out, err)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_of_files_are_bytes(tmp_path: Path, encoding: str) -> None:
    """All files are printed, and JSON gives the names back."""
    names = [b"a\xff.dcm", "é\U0001f600.dcm".encode(), b"c.dcm"]
    paths = [os.fsdecode(os.fsencode(tmp_path) + b"/" + name) for name in names]
    for path in paths:
        shutil.copy(CT, path)
    ran = shell('header "$@"', *paths, PYTHONIOENCODING=f"{encoding}:strict", PYTHONUTF8="1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [json.loads(line)["path"] for line in ran.stdout.splitlines()] == paths
    ran = shell('index --lake "$1" --source "$2"', str(tmp_path), paths[0])
    assert ran.returncode == 3
    assert ran.stderr.startswith("error: a place is not in UTF-8")


def test_only_files_of_the_command_line_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    error = PermissionError(13, "Permission denied", "/pacs/DUPONT^JEAN.dcm")
    assert is_of_system(error)
    assert system_line(error) == "cannot read or write: Permission denied"
    monkeypatch.setattr(sys, "argv", ["eds-imaging", "/pacs/DUPONT^JEAN.dcm"])
    assert system_line(error).startswith("/pacs/DUPONT^JEAN.dcm: ")


@pytest.mark.parametrize("error", [ConnectionRefusedError(111, "refused"), OSError("no number"), ValueError("x")])
def test_other_faults_keep_their_traceback(error: Exception) -> None:
    assert not is_of_system(error)


def test_a_broken_pipe_elsewhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()

    def command() -> None:
        raise BrokenPipeError

    with os.fdopen(read), os.fdopen(write, "w") as read_by_somebody:
        monkeypatch.setattr(sys, "stdout", read_by_somebody)
        with pytest.raises(BrokenPipeError):
            until_closed(command)()


def test_every_line_on_standard_error_is_json_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(events.VARIABLE, "json")
    make_hospital(tmp_path / "hospital", patients=1, seed=1)
    print_texts(["a"], [["1"], ["2"]], Format.TABLE, limit=1)
    texts = [json.loads(line)["text"] for line in capsys.readouterr().err.splitlines()]
    assert [text.split()[0] for text in texts] == ["synth", "only"]


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
