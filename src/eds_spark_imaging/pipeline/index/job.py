"""The job `index`: list the sources on the executors and bring ``dicom_file`` up to date."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.errors import AccountingError
from eds_spark_imaging.pipeline.index.listing import listing
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.file_changes import KEPT, OPERATIONS, file_changes, removed_members
from eds_spark_imaging.workers.crash import crash_point

MAX_REMOVED = 0.05  # of the files of a source


def index(context: Context, *, allow_removals: bool = False) -> None:
    """List every source; new, changed, restored and removed files become rows or changes of ``dicom_file``.

    Raises AccountingError where more than 5 % of a source's files are gone and ``allow_removals`` is false (an
    unmounted share deletes nothing).
    """
    with context.run("index") as run, context.lake.scratch("index") as scratch:
        run.main_count = "files_listed"
        names = [source.name for source in context.config.sources]
        partial = [source.name for source in context.config.sources if source.is_partial]
        listed, count = listing(context, scratch)
        run.count(files_listed=count)
        known = _known(context, names, listed)
        by_operation = {name: F.count_if(F.col("_op") == name) for name in OPERATIONS}
        changes, counts = scratch.keep_counted("changes", file_changes(listed, known, partial), **by_operation)
        if counts["removed"]:
            members = removed_members(changes, known)
            members, gone = scratch.keep_counted("members", members, removed=F.count(F.lit(1)))
            changes = changes.unionByName(members)
            counts["removed"] += gone["removed"]
            if not allow_removals:
                _check_removals(known, changes)
        run.count(**counts)
        _write(context, run, changes.where(F.col("_op") != KEPT))
        _check_balance(context, run, names)


def _known(context: Context, names: list[str], listed: DataFrame) -> DataFrame:
    """The files of these sources, and listed ones that the lake has under another source's name."""
    files = context.lake.read("dicom_file")
    ours = F.col("source").isin(names)
    return files.where(ours).unionByName(files.where(~ours).join(listed.select("path"), "path", "left_semi"))


def _check_removals(known: DataFrame, changes: DataFrame) -> None:
    gone_by_source = changes.where(F.col("_op") == "removed").groupBy("source").count().collect()
    removed = {row["source"]: row["count"] for row in gone_by_source}
    present = known.where(F.col("status") != str(FileStatus.REMOVED)).groupBy("source").count().collect()
    for row in present:
        gone = removed.get(row["source"], 0)
        if gone > MAX_REMOVED * row["count"] and gone > 1:
            raise AccountingError(
                f"source {row['source']}: {gone} of {row['count']} files are gone; if that is right, --allow-removals"
            )


def _check_balance(context: Context, run: Run, names: list[str]) -> None:
    """AccountingError unless the files of the sources are those listed, and those kept though not listed."""
    is_present = F.col("archive").isNull() & (F.col("status") != str(FileStatus.REMOVED))
    counts = context.lake.read("dicom_file").groupBy("source").agg(F.count_if(is_present).alias("n")).collect()
    present = sum(row["n"] for row in counts if row["source"] in names)
    expected = run.counts["files_listed"] + run.counts[KEPT]
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
        context.lake.append("dicom_file", stamped.where(F.col("_op") == "new").drop("_op"))
    else:
        context.lake.create("dicom_file")
