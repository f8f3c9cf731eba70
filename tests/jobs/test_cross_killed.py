"""The job `cross` killed by SIGKILL after some tables, then run again: all are those of an undisturbed run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from crossing_hospital import make_hospital
from lakes import open_context, write_exams

from eds_spark_imaging.tables.crossings import tables

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.slow]  # some 4 minutes

# All tables are written by one function, four at a time: one of the first, one in the middle and the last.
POINTS = ["imaging_study_visit", "imaging_study_report", "imaging_procedure_without_exam"]

# The job in a process of its own.
SCRIPT = """
import sys
from dataclasses import replace
from eds_spark_imaging.config import Config
from eds_spark_imaging.pipeline.jobs import Options, run_jobs
from eds_spark_imaging.spark.settings import SMALL_CONF
config = replace(Config().with_places((), sys.argv[1], sys.argv[2]), spark={
    "spark.master": "local[2]", "spark.sql.shuffle.partitions": "2", "spark.databricks.delta.snapshotPartitions": "1",
    **SMALL_CONF})
run_jobs(["cross"], config, Options())
"""


def cross(context: Context) -> None:
    from eds_spark_imaging.pipeline.cross import cross as job

    with context.lake.lock():
        job(context)


def content(context: Context) -> dict[str, list[str]]:
    """What the tables say, without the names of runs."""
    found = {}
    for table in tables():
        frame = context.lake.read(table.name)
        kept = [f"CAST({name} AS STRING)" for name in frame.columns if not name.endswith(("_run", "row_hash"))]
        found[table.name] = sorted(map(str, frame.selectExpr(*kept).collect()))
    return found


@pytest.fixture(scope="module")
def places(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A lake crossed with an older base centrale, the newer one, and what the tables should say of it."""
    from eds_spark_imaging.pipeline.link import link

    folder = tmp_path_factory.mktemp("cross_killed")
    made = make_hospital(folder, 12, seed=3)
    lake, base = folder / "lake", folder / "warehouse"
    newer = folder / "newer"
    shutil.copytree(base, newer)
    for name, key in (("procedure_occurrence", "procedure_occurrence_id"), ("note", "note_id")):
        file = base / name / "part-0.parquet"
        rows = pq.read_table(file)
        pq.write_table(rows.filter(pc.equal(pc.bit_wise_and(rows[key], 1), 0)), file)  # half of them came later
    context = open_context(spark, lake, warehouse=base)
    write_exams(context, made.studies, made.series)
    link(context)
    cross(context)
    undisturbed = folder / "undisturbed"
    shutil.copytree(lake, undisturbed)
    context = open_context(spark, undisturbed, warehouse=newer)
    before = content(context)
    cross(context)
    expected = content(context)
    assert all(before[name] != expected[name] for name in ("imaging_study_procedure", "imaging_study_report"))
    return {"folder": folder, "lake": lake, "base": newer, "expected": expected}


def test_killed_after_three_tables_in_turn(spark: SparkSession, places: dict[str, Any]) -> None:
    """Each run takes up what the one before has left, and dies later."""
    lake = places["folder"] / "lake-killed"
    shutil.copytree(places["lake"], lake)
    command = [sys.executable, "-c", SCRIPT, str(lake), str(places["base"])]
    for point in POINTS:
        killed = subprocess.run(
            command, env=os.environ | {"EDS_IMAGING_CRASH_AT": point}, capture_output=True, timeout=300, check=False
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    context = open_context(spark, lake, warehouse=places["base"])
    cross(context)
    assert content(context) == places["expected"]
