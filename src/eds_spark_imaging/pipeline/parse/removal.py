"""Rows that go: of files that are gone from their source, and of files that were read again."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.pipeline.parse.primaries import flags_of, flip, is_flipped
from eds_spark_imaging.pipeline.parse.staging import REMOVED
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.transforms.duplicates import STUDY, UID
from eds_spark_imaging.workers.crash import crash_point

REPLACED = ("path", UID, STUDY)  # of the rows that go, what their removal touches


def take_out_removed(context: Context, run: Run) -> None:
    """Instances and issues of removed files go; files that shared their UID may become primary."""
    files = context.lake.read("dicom_file")
    removed = files.where(F.col("status") == REMOVED).select("path")
    if removed.isEmpty():
        return
    instances = context.lake.read("dicom_instance")
    leaving = instances.join(removed, "path", "left_semi").select(*REPLACED)
    # Not the run's own id, by which publication knows what the run has written; before it in the order of runs.
    removal = run.run_id.replace("-parse-", "-gone-")
    with context.lake.scratch("parse") as scratch:
        leaving = scratch.keep("leaving", leaving)
        count = leaving.count()
        if not count:
            return
        none = instances.limit(0)
        flags = flags_of(instances, none, leaving, scratch).rows
        queue_exams(context, removal, none, leaving, flags)
        crash_point("removed_touched")
        flip(context, removal, flags)
        crash_point("removed_flipped")
        delete_rows(context, "dicom_issue", leaving)
        crash_point("removed_issues")
        delete_rows(context, "dicom_instance", leaving)
        run.count(instances_removed=count)


def queue_exams(context: Context, run_id: str, readable: DataFrame, replaced: DataFrame, flags: DataFrame) -> None:
    """Queue the exams of the new rows, of the rows they replace, and of files that become or cease to be primary."""
    others = flags.where(is_flipped()).select(STUDY)
    touched = readable.select(STUDY).union(replaced.select(STUDY)).union(others)
    rows = touched.where(F.col(STUDY).isNotNull()).distinct().withColumn("changed_run", F.lit(run_id)).coalesce(1)
    context.lake.append("dicom_study_touched", rows)  # twice, if this is repeated, which changes nothing


def delete_rows(context: Context, table: str, paths: DataFrame, run_id: str = "") -> None:
    """The rows of ``paths`` go, but for those that the run has written, so that it can be repeated."""
    there = context.lake.read(table).where(F.col("changed_run") != run_id).select("path").distinct()
    stale = there.join(paths.select("path"), "path", "left_semi")
    if not stale.isEmpty():
        context.lake.merge(table, stale, ["path"], [], delete=F.col("t.changed_run") != run_id)
