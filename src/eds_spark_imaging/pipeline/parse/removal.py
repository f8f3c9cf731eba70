"""Rows that go: of files that are gone from their source, and of files that were read again."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.pipeline.parse.primaries import flags_of, flip, flipped
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.duplicates import READABLE, STUDY, UID
from eds_spark_imaging.workers.crash import crash_point

REPLACED = ("path", UID, STUDY)  # of the rows that go, what their removal touches
_ROWS_OF_FILE = 1_000_000


def take_out_removed(context: Context, run: Run, seen: str) -> None:
    """Instances and issues go of files that, since the run ``seen``, are removed or nothing to be read any more.

    Files that shared their UID may become primary.
    """
    stays = F.col("status").isin(*READABLE, str(FileStatus.PENDING))
    files = context.lake.read("dicom_file").where(~stays & (F.col("changed_run") > seen))
    # Not the run's own id, by which publication knows what the run has written; before it in the order of runs.
    removal = run.run_id.replace("-parse-", "-gone-")
    with context.lake.scratch("parse") as scratch:
        removed, found = scratch.keep_counted("removed", files.select("path"), files=F.count(F.lit(1)))
        if not found["files"]:
            return
        instances = context.lake.read("dicom_instance")
        leaving = rows_of(instances, removed).select(*REPLACED)
        leaving, found = scratch.keep_counted("leaving", leaving, rows=F.count(F.lit(1)))
        if not found["rows"]:
            return
        flags = flags_of(instances, None, leaving, scratch)
        queue_exams(context, removal, (leaving, flipped(flags)), found["rows"])
        crash_point("removed_touched")
        flip(context, removal, flags)
        crash_point("removed_flipped")
        delete_rows(context, "dicom_issue", leaving)
        crash_point("removed_issues")
        delete_rows(context, "dicom_instance", leaving)
        run.count(instances_removed=found["rows"])


def rows_of(table: DataFrame, paths: DataFrame) -> DataFrame:
    """The rows of a table for files, of whose statistics use is made."""
    return table.where(covering(paths, "path", F.col("path"))).join(paths.select("path"), "path", "left_semi")


def queue_exams(context: Context, run_id: str, touched: Iterable[DataFrame | None], rows: int) -> None:
    """Queue the exams of the rows ``touched``; ``rows``: how many these are, or nearly."""
    exams = reduce(DataFrame.union, [each.select(STUDY) for each in touched if each is not None])
    exams = exams.where(F.col(STUDY).isNotNull()).distinct().withColumn("changed_run", F.lit(run_id))
    exams = exams.coalesce(1 + rows // _ROWS_OF_FILE)
    context.lake.append("dicom_study_touched", exams)  # twice, if this is repeated, which changes nothing


def delete_rows(context: Context, table: str, paths: DataFrame, run_id: str = "") -> None:
    """The rows of ``paths`` go, but for those that the run has written, so that it can be repeated."""
    there = context.lake.read(table).where(F.col("changed_run") != run_id)
    stale = rows_of(there, paths).select("path").distinct()
    if not stale.isEmpty():
        context.lake.merge(table, stale, ["path"], [], delete=F.col("t.changed_run") != run_id)
