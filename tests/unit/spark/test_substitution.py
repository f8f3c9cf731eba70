"""What Spark would put into statements from the environment and its settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from eds_spark_imaging.tables.spec import sql_text

pytestmark = pytest.mark.spark

NAMES = "${x} ${env:PATH} ${spark.app.name} it's \\"


def test_text_stays_text_in_queries_and_in_comments_of_tables(spark: SparkSession, tmp_path: Path) -> None:
    assert spark.sql(f"SELECT {sql_text(NAMES)} AS a -- {NAMES[:-1]}").collect()[0]["a"] == NAMES
    table = f"delta.`{tmp_path}/t`"
    spark.sql(f"CREATE TABLE {table} (k STRING COMMENT {sql_text(NAMES)}) USING delta CLUSTER BY (k)")
    assert spark.table(table).schema["k"].metadata["comment"] == NAMES
