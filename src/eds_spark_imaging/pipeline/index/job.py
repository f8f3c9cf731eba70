"""The job `index`: list the sources on the executors and bring ``dicom_file`` up to date."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.errors import AccountingError
from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.pipeline.index.listing import Listing, listing
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.file_changes import KEPT, OPERATIONS, file_changes, removed_members
from eds_spark_imaging.workers.crash import crash_point

MAX_REMOVED = 0.05  # of the files of a source
_ROWS_OF_FILE = 500_000  # of the table


def index(context: Context, *, allow_removals: bool = False) -> None:
    """List every source; new, changed, restored and removed files become rows or changes of ``dicom_file``.

    Raises AccountingError where more than 5 % of a source's files are gone and ``allow_removals`` is false (an
    unmounted share deletes nothing).
    """
    with context.run("index") as run, context.lake.scratch("index") as scratch:
        run.main_count = "files_listed"
        whole = [source.name for source in context.config.sources if not source.is_partial]
        listed = listing(context, scratch)
        run.count(files_listed=listed.whole + listed.part)
        known = _known(context, whole, listed)
        by_operation = {name: F.count_if(F.col("_op") == name) for name in OPERATIONS}
        changes, counts = scratch.keep_counted("changes", file_changes(listed.rows, known), **by_operation)
        if counts["removed"]:
            members = removed_members(changes, known)
            members, member_counts = scratch.keep_counted("members", members, removed=F.count(F.lit(1)))
            changes = changes.unionByName(members)
            counts["removed"] += member_counts["removed"]
            if not allow_removals:
                _check_removals(known, changes)
        run.count(**counts)
        _write(context, run, changes.where(F.col("_op") != KEPT))
        if whole:
            _check_balance(context, whole, listed.whole + counts[KEPT])


def _known(context: Context, whole: list[str], listed: Listing) -> DataFrame:
    """The files of the sources listed ``whole``, and of those that the lake has of others, the ones that are listed."""
    files = context.lake.read("dicom_file")
    if not listed.whole + listed.part:
        return files.where(F.col("source").isin(whole))
    ours, others = files.where(F.col("source").isin(whole)), files.where(~F.col("source").isin(whole))
    if listed.part:
        others = others.where(covering(listed.rows, "path", F.col("path")))
    return ours.unionByName(others.join(listed.rows.select("path"), "path", "left_semi"))


def _check_removals(known: DataFrame, changes: DataFrame) -> None:
    gone_by_source = changes.where(F.col("_op") == "removed").groupBy("source").count().collect()
    removed = {row["source"]: row["count"] for row in gone_by_source}
    present = known.where(F.col("status") != str(FileStatus.REMOVED)).groupBy("source").count().collect()
    for row in present:
        lost = removed.get(row["source"], 0)
        if lost > MAX_REMOVED * row["count"] and lost > 1:
            raise AccountingError(
                f"source {row['source']}: {lost} of {row['count']} files are gone; if that is right, --allow-removals"
            )


def _check_balance(context: Context, names: list[str], expected: int) -> None:
    """AccountingError unless the sources that were listed whole have the files listed, and those kept though not."""
    files = context.lake.read("dicom_file").where(F.col("source").isin(names))
    present = files.where(F.col("archive").isNull() & (F.col("status") != str(FileStatus.REMOVED))).count()
    if present != expected:
        raise AccountingError(f"the accounting does not balance: {expected} files are there, dicom_file has {present}")


def _write(context: Context, run: Run, changes: DataFrame) -> None:
    stamped = changes.withColumns({"changed_run": F.lit(run.run_id), "first_run": F.lit(run.run_id)})
    if run.counts["changed"] or run.counts["removed"]:
        changed = stamped.where(F.col("_op") != "new").drop("_op", "first_run")
        update = ["source", "status", "size", "modified", "reason", "changed_run"]
        context.lake.merge("dicom_file", changed, ["path"], update)
        crash_point("files_changed")
    if run.counts["new"]:
        new = stamped.where(F.col("_op") == "new").drop("_op")
        context.lake.append("dicom_file", _in_order(new, run.counts["new"]))
    else:
        context.lake.create("dicom_file")


def _in_order(new: DataFrame, count: int) -> DataFrame:
    """By path, which compresses, and lets `parse` and later runs look at few files of the table."""
    if count <= _ROWS_OF_FILE:
        return new.coalesce(1).sortWithinPartitions("path")
    return new.repartitionByRange(-(-count // _ROWS_OF_FILE), "path").sortWithinPartitions("path")
