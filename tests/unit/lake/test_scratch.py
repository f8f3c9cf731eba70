"""Frames that are kept: the same rows whether in files or in memory, whatever becomes of what they were made from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

ROWS = (
    "VALUES (1, 'a', TIMESTAMP_NTZ '2024-03-31 02:30:00', array('x', NULL)), (2, NULL, NULL, NULL) AS t(k, name, at, v)"
)


@pytest.mark.parametrize("in_memory", [False, True])
def test_rows_and_counts_stay_as_they_were(spark: SparkSession, tmp_path: Path, *, in_memory: bool) -> None:
    source = tmp_path / "source"
    made = spark.sql(f"SELECT * FROM {ROWS}")
    made.write.parquet(str(source))
    with Scratch(spark, None if in_memory else str(tmp_path / "scratch")) as scratch:
        frame = spark.read.parquet(str(source))
        kept, counts = scratch.keep_counted("rows", frame, rows=F.count(F.lit(1)), named=F.count("name"))
        made.limit(0).write.mode("overwrite").parquet(str(source))
        assert counts == {"rows": 2, "named": 1}
        assert [(field.name, field.dataType) for field in kept.schema] == [
            (field.name, field.dataType) for field in made.schema
        ]
        for _ in range(2):
            assert kept.orderBy("k").collect() == made.orderBy("k").collect()
        assert kept.join(kept.select("k").alias("other"), "k").count() == 2
    assert not (tmp_path / "scratch").exists()
