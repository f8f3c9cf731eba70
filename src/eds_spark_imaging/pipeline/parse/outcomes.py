"""The accounting of what was read: members of archives, and the files that were opened."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.pipeline.parse.primaries import with_own_flags
from eds_spark_imaging.pipeline.parse.staging import PARSED, QUARANTINED, REMOVED, Found, Staging
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.transforms.duplicates import status_of
from eds_spark_imaging.workers.crash import crash_point

_OUTCOME = ("status", "reason", "header_bytes", "bytes_read")
_MEMBER = ("source", "size", "archive")


def write_members(context: Context, staging: Staging, found: Found) -> None:
    """Members of archives: new ones, changed ones, and those that an archive read to its end no longer has."""
    if not found.contents.has_archives:
        return
    staged, run_id = staging.rows, staging.run_id
    members = _outcome(staged.where(F.col("archive").isNotNull()), found.flags, run_id)
    if staging.is_repeated:  # an archive may be gone by now
        removed = context.lake.read("dicom_file").where(F.col("status") == REMOVED)
        removed = removed.select(F.col("path").alias("archive"), F.lit(REMOVED).alias("_now"))
        members = members.join(removed, "archive", "left").withColumn("status", F.coalesce("_now", "status"))
    members = members.select("path", *_MEMBER, *_OUTCOME, "changed_run")
    whole = (
        staged.where(F.col("archive").isNull())
        .groupBy("path")
        .agg(F.every(F.col("status") != QUARANTINED).alias("whole"))
    )
    whole = whole.where("whole").select(F.col("path").alias("archive"))
    last_member = F.concat("archive", F.lit("!\U0010ffff"))
    least, most = whole.agg(F.min("archive"), F.max(last_member)).collect()[0]
    there = F.col("path").between(least, most)  # where the members of these archives lie
    known = context.lake.read("dicom_file").where(F.col("archive").isNotNull() & (F.col("status") != REMOVED) & there)
    lost = known.join(whole, "archive", "left_semi").join(members.select("path"), "path", "left_anti")
    lost = lost.withColumns({"status": F.lit(REMOVED), "reason": F.lit(None), "changed_run": F.lit(run_id)})
    rows = members.unionByName(lost.select(*members.columns)).withColumn("first_run", F.lit(run_id))
    columns = [*_MEMBER, *_OUTCOME, "changed_run"]
    context.lake.merge("dicom_file", rows, ["path"], columns, insert=True, late=staging.late)
    crash_point("members")


def write_outcomes(context: Context, staging: Staging, found: Found) -> None:
    """What became of the files that were opened: with it, the staging is published."""
    rows = _outcome_of_files(staging, found)
    within = staging.work.within if staging.work else None
    context.lake.merge("dicom_file", rows, ["path"], [*_OUTCOME, "changed_run"], late=staging.late, within=within)
    crash_point("outcome")


def _outcome(staged: DataFrame, flags: DataFrame | None, run_id: str) -> DataFrame:
    """The rows of ``staged`` as the accounting has them: whether a readable file is primary is known only now."""
    rows = with_own_flags(staged, flags)
    status = F.when(F.col("status") == PARSED, status_of()).otherwise(F.col("status"))
    return rows.withColumns({"status": status, "changed_run": F.lit(run_id)})


def _outcome_of_files(staging: Staging, found: Found) -> DataFrame:
    opened = staging.rows.where(F.col("archive").isNull())
    files = _outcome(opened, found.flags, staging.run_id).select("path", *_OUTCOME, "changed_run")
    if not found.contents.has_archives:
        return files
    # One row for an archive that was read in parts; what went wrong in any of them counts.
    parts = Window.partitionBy("path")
    worst = F.row_number().over(parts.orderBy(F.col("status") != PARSED, F.col("status") != QUARANTINED, "reason"))
    files = files.withColumns({"_place": worst, "bytes_read": F.sum("bytes_read").over(parts)})
    return files.where("_place = 1").drop("_place")
