"""What runs leave in ``imaging_run``: one commit for several, what Spark read, what later runs learn from it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lakes import open_context

from eds_spark_imaging.errors import InputError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark


def failing(context: Context, job: str) -> None:
    with context.run(job) as run:
        run.watermark = "9"
        raise InputError("a source is gone")


def test_several_runs_in_one_commit_and_what_the_next_ones_know(spark: SparkSession, tmp_path: Path) -> None:
    context = open_context(spark, tmp_path / "lake")
    with context.records_together():
        for job, watermark in (("build", "5"), ("link", "b"), ("build", "3"), ("link", "a")):
            with context.run(job) as run:
                run.watermark = watermark
        assert context.lake.version("imaging_run") == -1
        assert (context.last_watermark("build"), context.newest_watermark("link")) == ("5", "a")
    assert context.lake.version("imaging_run") == 1  # made, and written once
    with pytest.raises(InputError), context.records_together():
        failing(context, "build")
    later = open_context(spark, tmp_path / "lake")
    for known in (context, later):  # a run that failed has taken nothing in
        assert (known.last_watermark("build"), known.last_watermark("cross")) == ("5", "")
        assert (known.newest_watermark("build"), known.newest_watermark("link")) == ("3", "a")
    with later.run("index") as run:
        pass
    rows = later.lake.read("imaging_run").orderBy("run_id").collect()
    assert [row["job"] for row in rows] == ["build", "link", "build", "link", "build", "index"]
    assert [row["outcome"] for row in rows].count("failed") == 1
    assert rows[-1]["run_id"] == run.run_id


def test_what_spark_reads_and_writes(spark: SparkSession, tmp_path: Path) -> None:
    context = open_context(spark, tmp_path / "lake")
    spark.range(1000).coalesce(1).write.parquet(str(tmp_path / "before"))
    with context.run("build") as run:
        numbers = spark.read.parquet(str(tmp_path / "before"))
        numbers.write.parquet(str(tmp_path / "after"))
        run.expect(1000)  # looks in between
        assert numbers.selectExpr("sum(id)").first() is not None
    with context.run("marts"):
        pass
    build, marts = context.lake.read("imaging_run").orderBy("run_id").collect()
    assert (build["input_rows"], build["output_rows"]) == (2000, 1000)
    assert build["input_bytes"] > 2000
    assert build["output_bytes"] > 1000
    assert marts["output_rows"] == 0
    assert marts["input_rows"] < 100  # of Delta's own log at most
