"""What a restore leaves: tables by the declaration of this version, or the lake as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lakes import named, open_context

from eds_spark_imaging.config import Config, LakeConfig, ProjectConfig
from eds_spark_imaging.errors import LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.usefixtures("few_attributes")]

FILES, ISSUES = "dicom_file", "dicom_issue"


def add(context: Context, path: str, run_id: str) -> None:
    row = {"path": path, "source": "s", "status": "pending", "first_run": run_id, "changed_run": run_id}
    context.lake.append(FILES, named(context, FILES, [row]).coalesce(1))


def release(context: Context) -> str:
    from eds_spark_imaging.lake.releases import write_release

    run_id = context.new_run_id("release")
    write_release(context.lake, run_id)
    return run_id


@pytest.mark.slow
def test_a_release_from_before_an_upgrade(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.restore import restore

    context = open_context(spark, tmp_path / "lake")
    table = context.lake.identifier(FILES)
    spark.sql(
        f"CREATE TABLE {table} (path STRING NOT NULL, source STRING NOT NULL, status STRING NOT NULL,"
        " changed_run STRING NOT NULL) USING delta"
        " TBLPROPERTIES ('delta.constraints.known_status' = 'status = \\'parsed\\'')"
    )
    spark.sql(f"INSERT INTO {table} VALUES ('/a', 's', 'parsed', '1-parse-a')")
    before = release(context)
    context.bring_up_to_date()
    add(context, "/b", "2-index-b")
    release(context)

    restore(context, before)
    assert [row["path"] for row in context.lake.read(FILES).collect()] == ["/a"]
    new = open_context(spark, tmp_path / "new")
    new.lake.create(FILES)
    made = [spark.sql(f"DESCRIBE DETAIL {each.lake.identifier(FILES)}").first() for each in (context, new)]
    properties = [{k: v.replace(" ", "") for k, v in row["properties"].items()} for row in made if row]
    assert properties[0] == properties[1]
    later = open_context(spark, tmp_path / "lake")
    version = later.lake.version(FILES)
    later.bring_up_to_date()
    assert later.lake.version(FILES) == version  # it is by then
    add(later, "/c", "3-index-c")


def test_a_release_whose_files_are_gone_changes_nothing(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.pipeline.restore import restore

    context = open_context(spark, tmp_path)
    issue = {"path": "/1", "source": "s", "changed_run": "1-parse"}
    add(context, "/1", "1-index")
    context.lake.append(ISSUES, named(context, ISSUES, [issue]).coalesce(1))
    before = release(context)
    add(context, "/2", "2-index")
    spark.sql(f"DELETE FROM {context.lake.identifier(ISSUES)}")
    staged = tmp_path / "_staging" / "run" / "_SUCCESS"
    staged.parent.mkdir(parents=True)
    staged.touch()
    for file in (tmp_path / ISSUES).glob("*.parquet"):
        file.unlink()
    with pytest.raises(LakeError, match="dicom_issue cannot go back to version 1: its files are gone"):
        restore(context, before)
    assert context.lake.read(FILES).count() == 2
    assert staged.exists()
    with context.lake.lock():  # nothing is in the way of other runs
        pass


def test_no_job_writes_into_half_a_lake(spark: SparkSession, tmp_path: Path) -> None:
    from eds_spark_imaging.lake.restoring import begin_restore
    from eds_spark_imaging.pipeline.pseudonymise.job import _locked

    project = Config(projects=(ProjectConfig("heart"),))
    context = open_context(spark, tmp_path / "lake", config=project)
    context.lake.create("imaging_study")
    begin_restore(spark, context.lake.root, "1-release")
    with pytest.raises(LakeError, match="`eds-imaging restore 1-release` again"), context.lake.lock():
        pass
    tier = LakeConfig(path=str(tmp_path / "tier"))
    with pytest.raises(LakeError, match="a restore was interrupted"), _locked(context, "heart", tier):
        pass
    with context.lake.lock(to_restore=True):
        pass
