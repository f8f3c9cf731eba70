"""The job `maintain`: few, clustered files for each table, and an end for files that no reader needs any more."""

from __future__ import annotations

import datetime as dt
import math

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import Release, forget_releases, is_current, newest_release, write_release
from eds_spark_imaging.lake.retention import set_retention
from eds_spark_imaging.pipeline.checks import check_accounting
from eds_spark_imaging.runs.context import Context, Run

_QUEUE, _STUDY, _RUN = "dicom_study_touched", "study_instance_uid", "changed_run"
_QUEUE_DAYS = 30
_SETTINGS = {
    # A cluster of files of this size is left as it is. By default only one of 100 GB is, and new rows would have all
    # that is smaller written again at each time.
    "spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.threshold": str(16 * 1024**3),
    # The record of the run tells what it did; without this each vacuum adds two versions to each table.
    "spark.databricks.delta.vacuum.logging.enabled": "false",
}


def maintain(context: Context) -> None:
    """Prove the accounting whole, then compact, cluster and vacuum every table.

    Raises LakeError where there is no table, AccountingError where the accounting does not balance.

    Stagings of runs that were killed are left to `parse`, which publishes those that are whole.
    """
    names = [table.name for table in context.catalogue if context.lake.exists(table.name)]
    names += _tables_of_cohorts(context.lake)
    if not names:
        raise LakeError("no tables in the lake: run the jobs first")
    for key, value in _SETTINGS.items():
        if context.spark.conf.get(key, None) is None:
            context.spark.conf.set(key, value)
    release = newest_release(context.lake)
    unchanged = is_current(context.lake, release)
    with context.run("maintain") as run:
        run.count(tables=len(names))
        check_accounting(context)
        hours = kept_hours(context.config.maintain.vacuum_hours, release, run.started_at)
        if release:
            run.count(release_rows_deleted=forget_releases(context.lake, hours, release.run_id))
        if _QUEUE in names:
            _shorten_queue(context, run)
        for name in names:
            _maintain(context, run, name, hours)
    if unchanged:  # the same rows in other files, which stay as long as those of any release
        write_release(context.lake, context.new_run_id("release"))


def kept_hours(configured: int, release: Release | None, now: dt.datetime) -> int:
    """How long files are kept: as configured, and at least those of the newest release, whatever its age."""
    age = now - release.released_at if release else dt.timedelta()
    return max(configured, math.ceil(age.total_seconds() / 3600) + 1)


def _tables_of_cohorts(lake: Lake) -> list[str]:
    rows = lake.read("imaging_cohort").select("made_table").distinct().collect()
    return sorted(row[0] for row in rows if lake.exists(row[0]))


def _maintain(context: Context, run: Run, name: str, hours: int) -> None:
    lake = context.lake
    set_retention(lake, name, hours)
    before = lake.size(name)
    lake.optimize(name)
    compacted = lake.size(name)
    lake.vacuum(name)
    after = lake.size(name)
    run.count(
        tables_changed=int(after.files != before.files or after.bytes != before.bytes),
        files_before=before.files,
        files_after=after.files,
        bytes_before=before.bytes,
        bytes_after=after.bytes,
        stored_files_deleted=compacted.stored_files - after.stored_files,
        stored_bytes_deleted=compacted.stored_bytes - after.stored_bytes,
    )


def _shorten_queue(context: Context, run: Run) -> None:
    stale = stale_touches(context.lake.read(_QUEUE), _horizon(context, run))
    count = stale.count()
    if count:
        context.lake.merge(_QUEUE, stale, [_RUN, _STUDY], [], delete=F.lit(True))
    run.count(queue_rows_deleted=count)


def _horizon(context: Context, run: Run) -> str:
    """The run before which rows of the queue are of no use: 30 days old, and taken in by a `build` that succeeded."""
    old = (run.started_at - dt.timedelta(days=_QUEUE_DAYS)).strftime("%Y%m%dT%H%M%S%f")
    return min(old, context.last_watermark("build"))


def stale_touches(queue: DataFrame, horizon: str) -> DataFrame:
    """Rows of ``dicom_study_touched`` from before the run ``horizon``, but for the last one of each exam.

    A `build` takes only rows of later runs than those it has seen, so it never looks at these again; `build --rebuild`
    asks which exams there are, and for that the last row of each is enough.
    """
    last = F.max(_RUN).over(Window.partitionBy(_STUDY))
    older = queue.withColumn("_last", last).where((F.col(_RUN) < horizon) & (F.col(_RUN) < F.col("_last")))
    return older.select(_RUN, _STUDY).distinct()
