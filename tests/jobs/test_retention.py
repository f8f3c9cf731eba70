"""`maintain` keeps what a release needs, however old the retention of Delta itself would let it become."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from frames import frame, rows
from lakes import named, open_context

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]

FILES = "dicom_file"
DAYS = 10  # longer than Delta keeps files that nobody names


def as_of_then(spark: SparkSession, table: Path) -> None:
    """All that is in the table's folder happened so many days ago."""
    then = (dt.datetime.now(dt.UTC) - dt.timedelta(days=DAYS)).timestamp()
    for path in table.glob("_delta_log/*crc"):
        path.unlink()
    for commit in table.glob("_delta_log/*.json"):
        actions = [json.loads(line) for line in commit.read_text().splitlines()]
        for action in actions:
            for body in action.values():
                times = {"modificationTime", "deletionTimestamp", "timestamp"} & body.keys()
                body.update(dict.fromkeys(times, int(then * 1000)))
        commit.write_text("\n".join(map(json.dumps, actions)))
        commit.with_name(f".{commit.name}.crc").unlink(missing_ok=True)
    for path in table.rglob("*"):
        os.utime(path, (then, then))
    gateway: Any = spark.sparkContext._gateway
    gateway.jvm.org.apache.spark.sql.delta.DeltaLog.clearCache()


@pytest.mark.slow
def test_the_newest_release_can_be_read_before_and_after_maintain(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.opening import open_release
    from eds_spark_imaging.pipeline.maintain import maintain

    context = open_context(spark, tmp_path)
    files = rows("path", ("/1",), ("/2",), source="s", status="pending", first_run="1", changed_run="1")
    context.lake.append(FILES, named(context, FILES, files).coalesce(1))
    version = context.lake.version(FILES)
    spark.sql(f"DELETE FROM {context.lake.identifier(FILES)} WHERE path = '/2'")  # by a run that was killed
    as_of_then(spark, tmp_path / FILES)
    then = dt.datetime.now(dt.UTC) - dt.timedelta(days=DAYS, hours=1)
    columns = " ".join(context.catalogue["imaging_release"].names)
    release = frame(spark, columns, ("1-release", FILES, version, then))
    context.lake.append("imaging_release", release.coalesce(1))

    def read() -> tuple[str, int]:
        _, opened = open_release(context.config, "test")
        assert opened
        return opened.run_id, spark.table(FILES).count()

    assert read() == ("1-release", 2)
    for again in range(2):
        maintain(context)
        details = spark.sql(f"DESCRIBE DETAIL {context.lake.identifier(FILES)}").collect()[0]
        assert details["properties"]["delta.deletedFileRetentionDuration"] == f"interval {DAYS + 1} days"
        assert "delta.logRetentionDuration" not in details["properties"]  # 30 days will do
        assert read() == ("1-release", 2)
        if not again:
            before = context.lake.version(FILES)
    assert context.lake.version(FILES) == before
    spark.catalog.dropTempView(FILES)


def test_the_log_is_kept_as_long_as_the_files(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.retention import set_retention

    lake = open_context(spark, tmp_path).lake
    lake.create(FILES)
    for hours, files, log in ((1000, 42, 42), (200, 9, 30)):
        set_retention(lake, FILES, hours)
        kept = spark.sql(f"DESCRIBE DETAIL {lake.identifier(FILES)}").collect()[0]["properties"]
        assert kept["delta.deletedFileRetentionDuration"] == f"interval {files} days"
        assert kept["delta.logRetentionDuration"] == f"interval {log} days"


def test_members_of_cohorts_go_with_the_retention(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.maintain import maintain

    context = open_context(spark, tmp_path)
    table = context.lake.identifier("cohort_a")
    spark.sql(f"CREATE TABLE {table} (person_id BIGINT) USING delta")
    spark.sql(f"INSERT INTO {table} VALUES (1)")
    spark.sql(f"INSERT OVERWRITE {table} VALUES (2)")
    as_of_then(spark, tmp_path / "cohort_a")
    cohort = {"name": "a", "grain": "patient", "made_table": "cohort_a", "definition": "{}", "definition_hash": "0"}
    cohort |= {"release": "", "members": 1, "package_version": "1", "made_at": dt.datetime.now(dt.UTC)}
    names = context.catalogue["imaging_cohort"].names
    row = tuple({**dict.fromkeys(names), **cohort, "attrition": []}[name] for name in names)
    made = spark.createDataFrame([row], context.catalogue["imaging_cohort"].spark_ddl)
    context.lake.append("imaging_cohort", made.coalesce(1))
    maintain(context)
    assert len(list((tmp_path / "cohort_a").glob("*.parquet"))) == 1
    assert [tuple(row) for row in spark.table(table).collect()] == [(2,)]
