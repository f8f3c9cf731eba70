"""What readers see between runs, and the way back."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from frames import frame
from lakes import named, open_context

from eds_spark_imaging.config import Config
from eds_spark_imaging.errors import LakeError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = [pytest.mark.spark, pytest.mark.slow]

FILES, ISSUES, QUEUE = "dicom_file", "dicom_issue", "dicom_study_touched"


def work(context: Context, watermark: str, *tables: str) -> None:
    """A run that adds a row to each table."""
    run_id = f"run-{watermark}"
    row = {
        FILES: {"path": f"/r/{watermark}", "source": "s", "status": "pending", "first_run": run_id},
        ISSUES: {"path": f"/r/{watermark}", "source": "s"},
        QUEUE: {"study_instance_uid": watermark},
    }
    with context.run("build") as run:
        for table in tables:
            context.lake.append(table, named(context, table, [row[table] | {"changed_run": run_id}]).coalesce(1))
        run.watermark = watermark


def counts(spark: SparkSession, lake: Path, *, live: bool = False) -> dict[str, int]:
    """The rows that a reader finds."""
    from eds_spark_imaging.lake.opening import open_lake

    for name in (FILES, ISSUES, QUEUE):
        spark.catalog.dropTempView(name)
    open_lake(Config().with_places(lake=str(lake)), "test", live=live)
    there = [name for name in (FILES, ISSUES, QUEUE) if spark.catalog.tableExists(name)]
    return {name: spark.table(name).count() for name in there}


@pytest.fixture
def two_runs(spark: SparkSession, tmp_path: Path) -> tuple[Context, str]:
    """A release, and a run after it that makes a table, adds to another and to the third one nothing."""
    from eds_spark_imaging.lake.releases import write_release

    context = open_context(spark, tmp_path)
    context.bring_up_to_date()
    work(context, "5", FILES, ISSUES)
    release = context.new_run_id("release")
    write_release(context.lake, release)
    work(context, "9", FILES, QUEUE)
    return context, release


def test_readers_see_the_release_and_it_can_be_gone_back_to(
    spark: SparkSession, tmp_path: Path, two_runs: tuple[Context, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from eds_spark_imaging.lake.releases import newest_release
    from eds_spark_imaging.pipeline import restore as module

    context, release = two_runs
    assert counts(spark, tmp_path) == {FILES: 1, ISSUES: 1}
    assert counts(spark, tmp_path, live=True) == {FILES: 2, ISSUES: 1, QUEUE: 1}
    staged = tmp_path / "_staging" / "run" / "_SUCCESS"
    staged.parent.mkdir(parents=True)
    staged.touch()
    with pytest.raises(LakeError, match="no release 20"):
        module.restore(context, "20")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "_restore_table", killed)
        with pytest.raises(KeyboardInterrupt):
            module.restore(context, release)
    with pytest.raises(LakeError, match=f"`eds-imaging restore {release}` again"), context.lake.lock():
        pass

    context = open_context(spark, tmp_path)
    before = context.new_run_id("before")
    with context.lake.lock(to_restore=True):
        module.restore(context, release)
    with context.lake.lock():
        pass
    assert counts(spark, tmp_path, live=True) == {FILES: 1, ISSUES: 1, QUEUE: 0}
    assert counts(spark, tmp_path) == {FILES: 1, ISSUES: 1, QUEUE: 0}  # that is a release too
    assert not staged.exists()
    later = open_context(spark, tmp_path)
    assert later.last_watermark("build") == "5"
    assert later.new_run_id("after") > before
    newest = newest_release(later.lake)
    assert newest
    assert newest.run_id > before
    outcomes = [
        tuple(row) for row in later.lake.read("imaging_run").orderBy("run_id").select("job", "outcome").collect()
    ]
    assert outcomes == [
        ("build", "succeeded"),
        ("build", "undone"),
        ("restore", "failed"),
        ("restore", "succeeded"),
    ]


@pytest.mark.slow
def test_releases_and_the_files_that_they_need(
    spark: SparkSession, tmp_path: Path, two_runs: tuple[Context, str]
) -> None:
    from eds_spark_imaging.lake.releases import newest_release, write_release
    from eds_spark_imaging.pipeline.maintain import maintain

    context, release = two_runs
    old = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)
    rows = [("1-release-a", FILES, 0, old), ("1-release-b", FILES, 1, old)]
    columns = " ".join(context.catalogue["imaging_release"].names)
    context.lake.append("imaging_release", frame(spark, columns, *rows).coalesce(1))
    maintain(context)
    kept = {row[0] for row in context.lake.read("imaging_release").select("run_id").distinct().collect()}
    assert kept == {release}  # the run after it is not whole: it stays the one that readers see
    assert counts(spark, tmp_path)[FILES] == 1

    second = context.new_run_id("release")
    write_release(context.lake, second)
    write_release(context.lake, context.new_run_id("release"))  # nothing has changed: none
    newest = newest_release(context.lake)
    assert newest
    assert newest.run_id == second


def test_files_of_the_newest_release_outlive_the_retention() -> None:
    from eds_spark_imaging.lake.releases import Release
    from eds_spark_imaging.pipeline.maintain import kept_hours

    now = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
    assert kept_hours(168, None, now) == 168
    assert kept_hours(168, Release("r", {}, now - dt.timedelta(hours=3)), now) == 168
    assert kept_hours(168, Release("r", {}, now - dt.timedelta(days=10)), now) == 241
