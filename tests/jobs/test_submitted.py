"""Jobs in processes of their own: by spark-submit, on real worker processes, and what they print."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest
from commands import run_command

from eds_spark_imaging.spark import jars
from eds_spark_imaging.spark.settings import DELTA_VERSION

PROJECT = Path(__file__).parents[2]


def submit(job: str, *arguments: object, conf: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-submit"), "--master", "local[2]"]
    for key, value in conf.items():
        command += ["--conf", f"{key}={value}"]
    command += ["--jars", ",".join(map(str, jars.local_jars())), str(PROJECT / "jobs" / job), *map(str, arguments)]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600, env=environment)


@pytest.mark.slow
def test_spark_submit_runs_every_job_and_its_settings_win(tree: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    conf = {"spark.sql.session.timeZone": "UTC", "spark.app.name": "given", "spark.ui.enabled": "false"}
    run = submit("run_all.py", "--source", tree, "--lake", lake, conf=conf)
    assert run.returncode == 0, run.stderr[-3000:]
    assert "Exams 4, series 4, instances 4" in run.stdout
    query = "SELECT status, count(*) AS n FROM dicom_file GROUP BY 1"
    shown = run_command("sql", "--lake", lake, "--format", "json", query)
    counts = {row["status"]: row["n"] for row in map(json.loads, shown.stdout.splitlines())}
    assert counts == {"parsed": 4, "duplicate": 1, "not_dicom": 2, "dicomdir": 1, "quarantined": 1}


@pytest.mark.slow  # budget: 2 minutes
def test_workers_that_are_other_processes(tree: Path, tmp_path: Path) -> None:
    config = tmp_path / "cluster.toml"
    config.write_text('[spark]\n"spark.master" = "local-cluster[2,1,1024]"\n')
    run = run_command("run", "--config", config, "--source", tree, "--lake", tmp_path / "lake")
    assert run.returncode == 0, run.stderr[-3000:]
    assert "Exams 4, series 4, instances 4" in run.stdout


@pytest.mark.slow  # budget: 3 minutes; the demonstration's test has all jobs, and `sql` is above
def test_standard_error_of_each_command_is_ours_alone(tree: Path, tmp_path: Path) -> None:
    lake, hospital = tmp_path / "lake", tmp_path / "hospital"
    places = ("--source", tree, "--lake", lake)
    for job in ("index", "parse", "build", "link", "cross", "marts", "maintain"):
        assert run_command(job, *places).returncode == 0
    assert run_command("doctor", *places).returncode == 0
    assert run_command("synth", "--out", hospital, "--patients", "2").returncode == 0
    assert run_command("sql", "--lake", lake, "SELECT no_column FROM dicom_file").returncode == 2


@pytest.mark.slow  # budget: 1 minute
def test_jars_of_the_users_cache(tree: Path, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "eds-spark-imaging" / f"delta-{DELTA_VERSION}"
    folder.mkdir(parents=True)
    for jar in jars.local_jars():
        (folder / jar.name).symlink_to(jar)
    cache = {"EDS_IMAGING_JARS": "", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    ran = run_command("index", "--source", tree, "--lake", tmp_path / "lake", **cache)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("\n") == 1
