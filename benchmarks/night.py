"""Times a night at the scale of a hospital group: each job at its first run, with nothing new, and with 1 % new.

    python -m benchmarks.night --instances 1000000
    python -m benchmarks.night --instances 4000000 16000000 --memory 12g --jobs build link cross marts

The lake and the base centrale are made as rows (`benchmarks/night_rows.py`), without files: 16 instances an exam, a
person, 4 diagnoses and 5 acts for each exam. Of the 1 % new instances, 95 in 100 are of new exams and 5 are further
instances of exams of the last weeks, or of any time with ``--scattered``; 1 % more people, and diagnoses and acts of
these weeks of anybody, come with them. Read: bytes and rows by Spark's own counters of stages; rewritten: files that a
commit took out of a table. The share of the first run is one of processor time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks.night_rows import Sizes, instances, write_lake, write_warehouse
from eds_spark_imaging.config import Config
from eds_spark_imaging.pipeline.jobs import JOBS, Options
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.session import spark_session

NAMES = ("parse", "build", "link", "cross", "marts")
NEW = 0.01
OF_KNOWN_EXAMS = 0.05  # of the new instances


class Cost(NamedTuple):
    """What a run of a job took."""

    seconds: float
    core_seconds: float
    megabytes: float
    rows: int
    rewritten: int


def core_seconds(spark: SparkSession) -> float:
    """Processor time of the JVM so far: it holds better than the clock on a machine that others share."""
    gateway: Any = spark.sparkContext._gateway
    fields = Path(f"/proc/{gateway.jvm.java.lang.ProcessHandle.current().pid()}/stat").read_text().rpartition(")")[2]
    return sum(map(int, fields.split()[11:13])) / os.sysconf("SC_CLK_TCK")


def read_so_far(spark: SparkSession) -> tuple[float, int]:
    """Bytes and rows that all stages so far have read from tables and files."""
    gateway: Any = spark.sparkContext
    quantiles = gateway._gateway.new_array(gateway._gateway.jvm.double, 0)
    stages = gateway._jsc.sc().statusStore().stageList(None, False, False, quantiles, None)
    found = [stages.apply(number) for number in range(stages.size())]
    return sum(stage.inputBytes() for stage in found), sum(stage.inputRecords() for stage in found)


def rewritten(context: Context) -> dict[str, int]:
    """Files that commits have taken out, by table."""
    counts = {}
    for table in context.catalogue:
        if context.lake.exists(table.name):
            history = context.spark.sql(f"DESCRIBE HISTORY {context.lake.identifier(table.name)}").collect()
            metrics = [row["operationMetrics"] for row in history]
            counts[table.name] = sum(int(each.get("numTargetFilesRemoved") or 0) for each in metrics)
    return counts


def run(context: Context, name: str) -> Cost:
    """One run of a job."""
    files, before = sum(rewritten(context).values()), read_so_far(context.spark)
    began, worked = time.monotonic(), core_seconds(context.spark)
    JOBS[name](context, Options())
    seconds, worked = time.monotonic() - began, core_seconds(context.spark) - worked
    after = read_so_far(context.spark)
    gone = sum(rewritten(context).values()) - files
    return Cost(seconds, worked, (after[0] - before[0]) / 1e6, after[1] - before[1], gone)


def measure(spark: SparkSession, place: Path, sizes: Sizes, jobs: list[str], scattered: bool) -> None:
    """All jobs on one lake."""
    warehouse = place / "warehouse"
    context = Context(spark, Config().with_places((str(place),), str(place / "lake"), str(warehouse)))
    everyone = sizes.persons
    began = time.monotonic()
    number = F.col("id")
    rows = instances(context, sizes, F.floor(number / sizes.of_exam), number % sizes.of_exam, spark)
    write_lake(context, sizes, rows, "20260101T000000000000-parse-000000")
    write_warehouse(spark, warehouse, sizes, everyone)
    print(f"\n{sizes.instances:,} instances, made in {time.monotonic() - began:.0f} s\n", flush=True)
    print(
        "| job | run | s | core s | MB read | rows read | files rewritten | of the first run |",
        "|---|---|---|---|---|---|---|---|",
        sep="\n",
    )
    first = {name: show(name, "first", run(context, name)) for name in jobs}
    for name in jobs:
        show(name, "nothing new", run(context, name), first[name])
    more = sizes.times(NEW, first=sizes.exams)
    known = int(more.instances * OF_KNOWN_EXAMS)
    here = F.floor((number - known) / sizes.of_exam) + sizes.exams
    old = F.floor(F.rand(1) * sizes.exams) if scattered else sizes.exams - 1 - number % max(1, known)
    exam = F.when(number < known, old).otherwise(here).cast("bigint")
    within = F.when(number < known, number + 100).otherwise((number - known) % sizes.of_exam).cast("bigint")
    rows = instances(context, replace(more, persons=everyone), exam, within, spark)
    write_lake(context, more, rows, "20990101T000000000000-parse-000001")
    write_warehouse(spark, warehouse, more, everyone + more.persons)
    for name in jobs:
        show(name, "1 % new", run(context, name), first[name])


def show(name: str, what: str, cost: Cost, first: Cost | None = None) -> Cost:
    """One row of the table."""
    share = f"{cost.core_seconds / first.core_seconds:.3f}" if first else ""
    figures = f"{cost.seconds:.1f} | {cost.core_seconds:.1f} | {cost.megabytes:,.0f} | {cost.rows:,} | {cost.rewritten}"
    print(f"| {name} | {what} | {figures} | {share} |", flush=True)
    return cost


def main() -> None:
    """Print Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, nargs="+", default=[1_000_000])
    parser.add_argument("--jobs", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--scattered", action="store_true", help="further instances of exams of any time")
    parser.add_argument("--memory", default="4g", help="heap of the driver")
    given = parser.parse_args()
    settings = {
        "spark.master": "local[2]",
        "spark.driver.memory": given.memory,
        "spark.ui.retainedStages": "100000",  # their counters are what is shown
        "spark.ui.retainedTasks": "1000",
    }
    spark = spark_session("night", settings)
    spark.sparkContext.setLogLevel("ERROR")
    for count in given.instances:
        place = Path(tempfile.mkdtemp(prefix="night-", dir=os.environ.get("TMPDIR")))
        exams = count // 16
        try:
            measure(spark, place, Sizes(count, exams, exams, exams * 4, exams * 5), given.jobs, given.scattered)
        finally:
            shutil.rmtree(place)
    spark.stop()


if __name__ == "__main__":
    main()
