"""Clients of Hive's protocol, and tables known to a metastore."""

from __future__ import annotations

import datetime as dt
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyspark
import pytest
from commands import run_command
from frames import rows
from lakes import open_context, write_exams

from eds_spark_imaging.errors import SetupError
from eds_spark_imaging.spark.thrift import check_address

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ASK = """
import sys
from eds_spark_imaging.spark.session import spark_session
spark = spark_session("client", {"spark.sql.warehouse.dir": f"{sys.argv[1]}/databases"}, small=True, metastore=True)
for query in ("FROM imaging.imaging_study", "FROM imaging.imaging_acquisition_ct"):
    print(spark.sql("SELECT count(*) " + query).collect()[0][0])
print(spark.sql("DESCRIBE imaging.imaging_study").where("col_name = 'study_instance_uid'").collect()[0]["comment"])
"""
SPARK_HOME = Path(pyspark.__file__).parent
AT = dt.datetime(2024, 3, 31, 2, 30)  # an hour that Paris does not have


def test_an_address_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"127.0.0.1:{port}: Address already in use"):
            check_address("127.0.0.1", port)


@pytest.fixture(scope="module")
def lake(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with one exam, and a second exam after it."""
    from eds_spark_imaging.lake.releases import write_release

    root = tmp_path_factory.mktemp("served") / "lake"
    context = open_context(spark, root)

    def write(*uids: str) -> None:
        series = rows("study_instance_uid", *[(uid,) for uid in uids], main_modality="CT")
        write_exams(context, [row | {"study_datetime": AT} for row in series], series)

    write("1.1")
    context.lake.create("imaging_acquisition")
    context.lake.create("imaging_study_visit")
    write_release(context.lake, "20260131T000000000000-release-000000")
    write("1.1", "1.2")
    return root


@pytest.fixture
def address(lake: Path) -> Iterator[str]:
    """Where the lake is served."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "eds_spark_imaging.cli", "serve-sql", "--lake", lake, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=lake.parent) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()
        server.wait(60)
    assert [path.name for path in lake.parent.iterdir()] == ["lake"]


@pytest.mark.spark
@pytest.mark.slow  # budget: 2 minutes
def test_beeline_reads_the_release(address: str) -> None:
    query = (
        "SELECT study_instance_uid, study_datetime, modalities FROM imaging_study;"
        " SELECT count(*) AS n FROM exam_with_visit; SELECT count(*) AS n FROM imaging_acquisition_ct"
    )
    beeline = [SPARK_HOME / "bin" / "beeline", "-u", address, "-n", "ana", "--silent=true", "--outputformat=csv2"]
    command = [*beeline, "-e", query]
    environment = {**os.environ, "SPARK_HOME": str(SPARK_HOME)}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environment)
    shown = [line.removeprefix(f"0: {address}> ") for line in ran.stdout.splitlines() if line]
    assert shown == [
        "study_instance_uid,study_datetime,modalities",
        "1.1,2024-03-31 02:30:00.0,NULL",
        "n",
        "1",
        "n",
        "0",
    ], ran.stderr


@pytest.mark.spark
@pytest.mark.slow  # budget: 2 minutes
def test_a_database_of_the_metastore_knows_tables_comments_and_views(lake: Path, tmp_path: Path) -> None:
    config = tmp_path / "databases.toml"
    config.write_text(f'[spark]\n"spark.sql.warehouse.dir" = "{tmp_path}/databases"\n')
    made = run_command("register", "imaging", "--config", config, "--lake", lake)
    assert (made.returncode, made.stdout.split()[-1]) == (0, "imaging"), made.stderr
    ran = subprocess.run([sys.executable, "-c", ASK, tmp_path], capture_output=True, text=True, check=False)
    assert ran.stdout.splitlines() == ["2", "0", "UID of the exam, as stored. DICOM StudyInstanceUID"], ran.stderr
    refused = run_command("register", "no-name", "--lake", lake)
    assert (refused.returncode, refused.stderr) == (3, "error: 'no-name' is no name of a database\n")
