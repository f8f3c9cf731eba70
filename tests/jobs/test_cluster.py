"""A standalone cluster as the documents have it: a master, two workers, and an environment that is shipped packed."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyspark
import pytest
from commands import run_command

from eds_spark_imaging.spark import jars
from eds_spark_imaging.tables import Catalogue

pytestmark = pytest.mark.slow  # budget: 6 minutes

PROJECT = Path(__file__).parents[2]
SPARK = Path(pyspark.__file__).parent
# Workers know nothing of the project, nor of the Python that runs the tests.
PLAIN = {name: os.environ[name] for name in ("HOME", "JAVA_HOME") if name in os.environ}
PLAIN |= {"PATH": os.environ["PATH"].replace(str(Path(sys.executable).parent), ""), "SPARK_HOME": str(SPARK)}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ``env`` and, without PySpark, ``environment.tar.gz``: by the commands of docs/engineers.md."""
    folder = tmp_path_factory.mktemp("environment")
    text = (PROJECT / "docs" / "engineers.md").read_text("utf-8")
    commands = re.search(r"```console\n(python3 -m venv env\n[^`]*)export PYSPARK", text)
    assert commands
    for line in commands[1].strip().splitlines():
        words = line.replace("python3", sys.executable).replace("install .", f"install -q {PROJECT}").split()
        subprocess.run(
            [str(folder / words[0]) if words[0].startswith("env/") else words[0], *words[1:]], cwd=folder, check=True
        )
    assert (folder / "environment.tar.gz").stat().st_size < 300_000_000
    return folder


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a master with two workers of one core."""
    folder = tmp_path_factory.mktemp("cluster")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, log = f"spark://127.0.0.1:{port}", folder / "log"
    deploy = "org.apache.spark.deploy"
    servers = [[f"{deploy}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"]]
    for name in ("a", "b"):
        options = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / name), "--webui-port", "0"]
        servers.append([f"{deploy}.worker.Worker", "--host", "127.0.0.1", *options, address])
    with ExitStack() as stack, log.open("wb") as output:
        for server in servers:
            command = [str(SPARK / "bin" / "spark-class"), *server]
            started = subprocess.Popen(command, env=PLAIN, stdout=output, stderr=output)
            stack.callback(started.wait, 60)
            stack.callback(started.terminate)
        end = time.monotonic() + 120
        while log.read_text(errors="replace").count("Successfully registered with master") < 2:
            assert time.monotonic() < end, log.read_text(errors="replace")[-2000:]
            time.sleep(0.5)
        yield address


def test_the_tables_are_those_of_a_local_run(tree: Path, tmp_path: Path, environment: Path, master: str) -> None:
    shutil.copytree(PROJECT / "jobs", tmp_path / "jobs")  # no sources of the project beside them
    defaults = (PROJECT / "conf" / "spark-defaults.conf").read_text("utf-8")
    kept = [line for line in defaults.splitlines() if not line.startswith("spark.jars.")]
    (tmp_path / "spark.conf").write_text("\n".join(kept))
    command = [
        str(SPARK / "bin" / "spark-submit"),
        "--master",
        master,
        "--properties-file",
        str(tmp_path / "spark.conf"),
    ]
    command += ["--archives", f"{environment}/environment.tar.gz#environment", "--total-executor-cores", "2"]
    command += ["--jars", ",".join(map(str, jars.local_jars())), "--conf", "spark.sql.shuffle.partitions=2"]
    command += ["--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.ui.enabled=false"]
    command += [str(tmp_path / "jobs" / "run_all.py"), "--source", str(tree), "--lake", str(tmp_path / "cluster")]
    python = {"PYSPARK_DRIVER_PYTHON": f"{environment}/env/bin/python", "PYSPARK_PYTHON": "./environment/bin/python"}
    run = subprocess.run(command, env=PLAIN | python, capture_output=True, text=True, check=False, timeout=600)
    assert run.returncode == 0, run.stderr[-3000:]
    assert "Exams 4, series 4, instances 4" in run.stdout

    here = run_command("run", "--source", tree, "--lake", tmp_path / "local")
    assert here.returncode == 0, here.stderr
    names = [path.name for path in (tmp_path / "local").iterdir() if (path / "_delta_log").is_dir()]
    assert len(names) > 8
    for name in set(names) - {"imaging_run", "imaging_release"}:
        assert rows(tmp_path / "cluster" / name, name) == rows(tmp_path / "local" / name, name), name


def rows(place: Path, name: str) -> list[str]:
    """Without names of runs."""
    kept = [column for column in Catalogue()[name].names if not column.endswith("_run")]
    return sorted(map(str, pl.read_delta(str(place)).select(kept).iter_rows()))
