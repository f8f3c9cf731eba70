"""The tier of a project against a plain copy by Spark of the same tables, with 1 % of the exams new, and
with 1 % changed, scattered over all.

    python -m benchmarks.pseudonymise [SERIES]

Exams have four series; a column in three is filled, as in real lakes, where most parameters are those of other
modalities. Both are timed in one process, the copy before and after the tier.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import Config, LakeConfig, ProjectConfig
from eds_spark_imaging.pipeline.pseudonymise.job import bring_up_to_date, tier_of
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.spark.session import spark_session
from eds_spark_imaging.tables import Table, spec
from eds_spark_imaging.tables.spec import sql_type

TABLES = ("imaging_study", "imaging_series", "imaging_acquisition")
SERIES_OF_AN_EXAM = 4
WORDS = 50  # values of a text


def values(table: Table, column: spec.Column, place: int) -> Column:
    """A column of the made-up table in terms of ``exam`` and ``id``."""
    if column.name == "study_instance_uid":
        return F.concat(F.lit("1.2.840.113619.2.55.3.604688119.971."), "exam")
    if column.name == "series_instance_uid":
        return F.concat(F.lit("1.2.840.113619.2.55.3.604688119.972."), "id")
    if column.name in ("ipp", "patient_id"):
        return F.concat(F.lit("8"), F.lpad((F.col("exam") % 100_003).cast("string"), 9, "0"))
    if column.name in ("link_run", "terms_run"):
        return F.lit("1")
    if column.name == "removed_at" or (column.nullable and place % 3):
        return F.lit(None).cast(sql_type(column.type))
    number = F.pmod(F.xxhash64(F.lit(place), "id"), F.lit(WORDS))
    if column.values:
        words = F.array(*map(F.lit, column.values))
        return (F.array(words[0]) if pa.types.is_list(column.type) else words[F.pmod("id", F.size(words))]).cast(
            sql_type(column.type)
        )
    moment = F.timestamp_seconds(1_400_000_000 + F.col("exam") * 977)
    return {
        spec.STRING: F.concat(F.lit(f"{column.name[:8]} "), number),
        spec.STRINGS: F.array(F.concat(F.lit("WORD "), number)),
        spec.DATE: moment.cast("date"),
        spec.WALL_CLOCK: moment.cast("timestamp_ntz"),
    }.get(column.type, F.array(number) if pa.types.is_list(column.type) else number).cast(sql_type(column.type))


def rows(spark: SparkSession, table: Table, exams: range) -> DataFrame:
    """A made-up table of the exams of these numbers."""
    per_exam = 1 if table.name == "imaging_study" else SERIES_OF_AN_EXAM
    ids = spark.range(exams.start * per_exam, exams.stop * per_exam).withColumn("exam", F.floor(F.col("id") / per_exam))
    columns = [column for column in table if column.name not in ("row_hash", "changed_run")]
    return ids.select(*[values(table, column, place).alias(column.name) for place, column in enumerate(columns)])


def timed(work: Callable[[], object]) -> float:
    """Seconds of the work."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    """Print times, MB/s and ratios."""
    series = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    exams = series // SERIES_OF_AN_EXAM
    spark = spark_session("benchmark", {"spark.sql.shuffle.partitions": "8", "spark.driver.memory": "6g"})
    with tempfile.TemporaryDirectory() as folder:
        config = Config(projects=(ProjectConfig("heart"),)).with_places(lake=f"{folder}/lake")
        source = Context(spark, config)
        for name in TABLES:
            source.lake.sync(name, rows(spark, source.catalogue[name], range(exams)), "1")
        size = sum(f.stat().st_size for f in Path(folder, "lake").rglob("*.parquet")) / 1e6

        def copy(place: str) -> None:
            for name in TABLES:
                source.lake.read(name).write.format("delta").save(f"{folder}/{place}/{name}")

        def tier() -> None:
            made = tier_of(source, "heart", LakeConfig(path=f"{folder}/tier"))
            bring_up_to_date(source, made, b"k" * 32)

        before, first = timed(lambda: copy("before")), timed(tier)
        plain = (before + timed(lambda: copy("after"))) / 2
        print(f"{series:,} series, {exams:,} exams, {size:,.0f} MB")
        print(f"plain copy {plain:6.1f} s  {size / plain:6.1f} MB/s")
        print(f"tier       {first:6.1f} s  {size / first:6.1f} MB/s  {plain / first:.2f} of the copy (bar 0.4)")
        print(f"nothing new {timed(tier):5.1f} s")
        for name in TABLES:
            new = rows(spark, source.catalogue[name], range(exams, exams + exams // 100))
            source.lake.sync(name, new, "2", scope=new.select("study_instance_uid"))
        again = timed(tier)
        print(f"1 % new     {again:5.1f} s  {again / first:.1%} of the first run (bar 5 %)")
        some = source.lake.read("imaging_study").where(F.pmod(F.xxhash64("study_instance_uid"), F.lit(100)) == 0)
        changed = some.drop("row_hash", "changed_run").withColumn("number_of_series", F.lit(5).cast("bigint"))
        source.lake.sync("imaging_study", changed, "3", scope=some.select("study_instance_uid"))
        again = timed(tier)
        print(f"1 % changed {again:5.1f} s  {again / first:.1%} of the first run")


if __name__ == "__main__":
    main()
