"""Lakes that have not all tables yet, and databases that have tables of another lake."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lakes import named, open_context

from eds_spark_imaging.errors import LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]


def test_a_view_needs_every_table_that_it_joins(spark: SparkSession, tmp_path: Path) -> None:
    lake = open_context(spark, tmp_path).lake
    lake.create("imaging_series")  # as where the first `build` was killed
    assert lake.register() == ["imaging_series"]
    lake.create("imaging_study")
    assert "imaging_unmapped_description" in lake.register()
    assert spark.sql("SELECT * FROM imaging_unmapped_description").count() == 0
    for name in lake.register():
        spark.catalog.dropTempView(name)


def test_a_database_is_of_one_lake(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.registration import register_in_database

    database, name = "of_one_lake", "dicom_file"
    contexts = [open_context(spark, tmp_path / place) for place in ("one", "two")]
    row = {"path": "/1", "source": "s", "status": "pending", "first_run": "1-index", "changed_run": "1-index"}
    for context in contexts:
        context.lake.append(name, named(context, name, [row]).coalesce(1))
    try:
        for _ in range(2):  # it may be done again
            assert register_in_database(contexts[0].lake, database) == [name]
        with pytest.raises(LakeError, match=rf"{database} has another dicom_file, at file:{tmp_path}/one/"):
            register_in_database(contexts[1].lake, database)
        assert spark.table(f"{database}.{name}").count() == 1
    finally:
        spark.sql(f"DROP DATABASE IF EXISTS {database} CASCADE")
