"""What a user sees when something is wrong: one line, its exit code, no traceback, and no Spark started for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file


def imaging(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "eds_spark_imaging.cli", *map(str, arguments)]
    env = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=env)


def only_line(run: subprocess.CompletedProcess[str]) -> str:
    assert run.stdout == ""
    lines = run.stderr.strip().splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


@pytest.mark.parametrize("job", ["run", "index", "parse", "build", "link", "cross", "sql"])
def test_no_lake(job: str, tmp_path: Path) -> None:
    run = imaging(job, *(["SELECT 1"] if job == "sql" else []))
    assert run.returncode == 3
    assert "--lake" in only_line(run)


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    run = imaging("run", "--source", tmp_path / "absent", "--lake", tmp_path / "lake")
    assert run.returncode == 4
    assert f"{tmp_path}/absent does not exist" in only_line(run)


def test_no_source(tmp_path: Path) -> None:
    run = imaging("index", "--lake", tmp_path / "lake")
    assert run.returncode == 3
    assert "--source" in only_line(run)


def test_a_warehouse_that_is_not_there(tmp_path: Path) -> None:
    run = imaging("link", "--warehouse", tmp_path / "absent", "--lake", tmp_path / "lake")
    assert run.returncode == 4
    assert "warehouse" in only_line(run)


def test_a_broken_configuration(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text("[lake\n")
    run = imaging("run", "--config", file)
    assert run.returncode == 3
    assert str(file) in only_line(run)


def test_a_lake_that_is_not_there(tmp_path: Path) -> None:
    run = imaging("sql", "SELECT 1", "--lake", tmp_path / "absent")
    assert run.returncode == 5
    assert "does not exist" in only_line(run)


def test_an_unknown_table() -> None:
    run = imaging("describe", "imaging_studdy")
    assert run.returncode == 5
    assert "imaging_study" in only_line(run)


def test_no_java(tmp_path: Path) -> None:
    run = imaging("run", "--source", tmp_path, "--lake", tmp_path / "lake", PATH=str(tmp_path), JAVA_HOME="")
    assert run.returncode == 6
    assert "install a Java 17 or 21 runtime" in only_line(run)


def test_help_loads_no_spark() -> None:
    code = "import sys; sys.argv = ['x', '--help']\n"
    code += "from eds_spark_imaging.cli import app\n"
    code += "app(standalone_mode=False); assert 'pyspark' not in sys.modules"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    for command in ("demo", "run", "index", "parse", "build", "link", "cross", "sql", "header", "describe", "synth"):
        assert command in run.stdout


def test_header_prints_json_lines_and_says_what_is_missing(tmp_path: Path) -> None:
    text = tmp_path / "readme.txt"
    text.write_text("nothing medical here " * 50)
    run = imaging("header", get_testdata_file("CT_small.dcm"), tmp_path / "absent.dcm", text)
    assert run.returncode == 4
    assert "absent.dcm" in run.stderr
    ct, other = map(json.loads, run.stdout.splitlines())
    assert ct["status"] == "parsed"
    assert ct["values"]["modality"] == "CT"
    assert ct["values"]["study_date"] == "2004-01-19"
    assert ct["issues"] == []
    assert (other["status"], other["values"]) == ("not_dicom", {})


def test_header_explains_units_and_origins() -> None:
    run = imaging("header", "--explain", get_testdata_file("CT_small.dcm"))
    values = json.loads(run.stdout)["values"]
    assert values["kvp"] == {"value": 120.0, "unit": "kV", "from": "KVP"}


def test_describe_lists_tables_and_columns() -> None:
    assert "imaging_acquisition_mr" in imaging("describe").stdout
    assert "study_datetime" in imaging("describe", "imaging_study").stdout
