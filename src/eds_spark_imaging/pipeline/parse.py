"""The job `parse`: headers of pending files to ``dicom_instance``, ``dicom_issue``, and the outcome of each file.

One pass over the files writes a run-scoped staging table; its publication can be repeated from any point, and the
accounting in ``dicom_file`` is written last, as the commit point. A run that was killed after its staging was whole
is published by the next one before anything else; one that was killed earlier leaves nothing but files to delete.
"""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from eds_spark_imaging.context import Context, Run, crash_point
from eds_spark_imaging.hadoop import Store
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.duplicates import CONTENT, READABLE, UID, status_of, with_primary
from eds_spark_imaging.transforms.parsing import parse_batches

_STUDY = "study_instance_uid"


@dataclass(frozen=True)
class Selection:
    """Which files a run parses besides the pending ones."""

    outdated: bool = False
    quarantined: bool = False


def parse(context: Context, selection: Selection = Selection()) -> None:
    """Parse what is pending (and what ``selection`` adds), and take in the files that went away."""
    with context.run("parse") as run:
        run.main_count = "files_parsed"
        _recover(context, run)
        pending = files_to_parse(context, selection)
        count = pending.count()
        if count:
            stage(context, run.run_id, pending, count)
            publish(context, run, run.run_id)
        _take_out_removed(context, run)


def files_to_parse(context: Context, selection: Selection) -> DataFrame:
    """Paths and sources to parse now."""
    files = context.lake.read("dicom_file").select("path", "source", "status")
    chosen = F.col("status") == str(FileStatus.PENDING)
    if selection.quarantined:
        chosen |= F.col("status") == str(FileStatus.QUARANTINED)
    wanted = files.where(chosen)
    if selection.outdated:
        old = context.lake.read("dicom_instance").where(F.col("reader_fingerprint") != context.fingerprints())
        wanted = wanted.union(
            files.where(F.col("status").isin(*READABLE)).join(old.select("path"), "path", "left_semi")
        )
    return wanted.select("path", "source")


def stage(context: Context, run_id: str, files: DataFrame, count: int) -> None:
    """Read every header once; the staging folder is whole once its ``_SUCCESS`` is there."""
    partitions = max(context.parallelism * 2, -(-count // context.config.parse.files_per_task))
    options = {source.name: source.reader_options for source in context.config.sources}
    staged = context.catalogue.staged
    work = parse_batches(staged, context.catalogue.attributes, options)
    rows = files.repartition(min(partitions, count)).mapInArrow(work, staged.spark_ddl)
    rows.write.mode("overwrite").parquet(context.lake.staging(run_id))
    crash_point("staged")


def publish(context: Context, run: Run, staged_run: str) -> None:
    """Bring a whole staging into the tables; every step may be repeated."""
    staged = context.spark.read.schema(context.catalogue.staged.spark_ddl).parquet(context.lake.staging(staged_run))
    readable = staged.where(F.col("status") == str(FileStatus.PARSED))
    again = _parsed_before(context, staged, staged_run).persist(StorageLevel.DISK_ONLY)
    flags = _primaries(context, readable, again).persist(StorageLevel.DISK_ONLY)
    try:
        _touch(context, staged_run, readable, again, flags)
        crash_point("touched")
        _write_issues(context, staged_run, staged)
        crash_point("issues")
        _flip(context, staged_run, flags)
        crash_point("flipped")
        _write_instances(context, staged_run, readable, again, flags)
        crash_point("instances")
        _write_outcome(context, staged_run, staged, flags)
        crash_point("outcome")
        _count(run, staged)
    finally:
        flags.unpersist()
        again.unpersist()
    Store(context.spark, context.lake.staging(staged_run)).delete()


def _parsed_before(context: Context, files: DataFrame, run_id: str) -> DataFrame:
    """The rows of dicom_instance that earlier runs wrote for ``files``, slim: they will be replaced."""
    rows = context.lake.read("dicom_instance").where(F.col("changed_run") != run_id).select(*CONTENT[:3], _STUDY)
    return rows.join(files.select("path"), "path", "left_semi")


def _primaries(context: Context, readable: DataFrame, again: DataFrame) -> DataFrame:
    """``is_primary`` of every file that shares a UID with the files of the run; ``_new`` is true for the run's own."""
    uids = readable.select(UID).union(again.select(UID)).where(F.col(UID).isNotNull()).distinct()
    others = context.lake.read("dicom_instance").select(*CONTENT, F.col("is_primary").alias("_was"))
    others = others.join(uids, UID, "left_semi").join(again.select("path"), "path", "left_anti")
    others = others.join(readable.select("path"), "path", "left_anti")
    ours = readable.select(*CONTENT, F.lit(None).cast("boolean").alias("_was"))
    files = ours.withColumn("_new", F.lit(True)).unionByName(others.withColumn("_new", F.lit(False)))
    return with_primary(files)


def _flipped() -> Column:
    return ~F.col("_new") & (F.col("is_primary") != F.col("_was"))


def _touch(context: Context, run_id: str, readable: DataFrame, again: DataFrame, flags: DataFrame) -> None:
    """Queue the exams of the new rows, of the rows they replace, and of files that become or cease to be primary."""
    flipped = flags.where(_flipped()).select("path")
    others = context.lake.read("dicom_instance").join(flipped, "path", "left_semi").select(_STUDY)
    touched = readable.select(_STUDY).union(again.select(_STUDY)).union(others)
    rows = touched.where(F.col(_STUDY).isNotNull()).distinct().withColumn("changed_run", F.lit(run_id)).coalesce(1)
    context.lake.append("dicom_study_touched", rows, f"touched-{run_id}")


def _flip(context: Context, run_id: str, flags: DataFrame) -> None:
    """Primacy of files that are not the run's own: the accounting first, since dicom_instance tells what to repeat."""
    flipped = flags.where(_flipped()).select("path", "is_primary", F.lit(run_id).alias("changed_run"))
    if flipped.isEmpty():
        return
    status = flipped.select("path", status_of().alias("status"), "changed_run")
    context.lake.merge("dicom_file", status, ["path"], ["status", "changed_run"])
    context.lake.merge("dicom_instance", flipped, ["path"], ["is_primary", "changed_run"])


def _delete_older(context: Context, table: str, paths: DataFrame, run_id: str) -> None:
    """Rows that earlier runs wrote for ``paths``; what this run has written stays, so that it can be repeated."""
    there = context.lake.read(table).where(F.col("changed_run") != run_id).select("path").distinct()
    stale = there.join(paths.select("path"), "path", "left_semi")
    if not stale.isEmpty():
        context.lake.merge(table, stale, ["path"], [], delete=F.col("t.changed_run") != run_id)


def _write_issues(context: Context, run_id: str, staged: DataFrame) -> None:
    _delete_older(context, "dicom_issue", staged, run_id)
    issues = staged.where(F.size("issues") > 0).select("path", "source", F.explode("issues").alias("issue"))
    rows = issues.select("path", "source", "issue.*", F.lit(run_id).alias("changed_run"))
    context.lake.append("dicom_issue", rows, f"issues-{run_id}")


def _write_instances(context: Context, run_id: str, readable: DataFrame, again: DataFrame, flags: DataFrame) -> None:
    rows = readable.join(flags.where("_new").select("path", "is_primary"), "path", "inner").withColumns(
        {"reader_fingerprint": context.fingerprints(), "changed_run": F.lit(run_id)}
    )
    _delete_older(context, "dicom_instance", again, run_id)
    context.lake.append("dicom_instance", rows, f"instances-{run_id}")


def _write_outcome(context: Context, run_id: str, staged: DataFrame, flags: DataFrame) -> None:
    """The accounting, last."""
    outcome = ["status", "reason", "header_bytes", "bytes_read"]
    rows = staged.select("path", *outcome).join(flags.select("path", "is_primary"), "path", "left")
    status = F.when(F.col("status") == str(FileStatus.PARSED), status_of()).otherwise(F.col("status"))
    rows = rows.withColumns({"status": status, "changed_run": F.lit(run_id)}).drop("is_primary")
    context.lake.merge("dicom_file", rows, ["path"], [*outcome, "changed_run"])


def _count(run: Run, staged: DataFrame) -> None:
    counts = staged.groupBy("status").agg(F.count(F.lit(1)).alias("n"), F.sum("bytes_read").alias("bytes")).collect()
    run.count(files_parsed=sum(row["n"] for row in counts))
    for row in sorted(counts, key=lambda r: r["status"]):
        run.count(**{"readable" if row["status"] == str(FileStatus.PARSED) else row["status"]: row["n"]})
    run.bytes_read = (run.bytes_read or 0) + sum(row["bytes"] or 0 for row in counts)


def _take_out_removed(context: Context, run: Run) -> None:
    """Instances and issues of removed files go; files that shared their UID may become primary."""
    files = context.lake.read("dicom_file")
    gone = files.where(F.col("status") == str(FileStatus.REMOVED)).select("path")
    if gone.isEmpty():
        return
    instances = context.lake.read("dicom_instance")
    leaving = instances.join(gone, "path", "left_semi").select(*CONTENT[:3], _STUDY).persist(StorageLevel.DISK_ONLY)
    try:
        count = leaving.count()
        if not count:
            return
        none = instances.limit(0)
        flags = _primaries(context, none, leaving).persist(StorageLevel.DISK_ONLY)
        _touch(context, f"{run.run_id}-removed", none, leaving, flags)
        crash_point("removed_touched")
        _flip(context, run.run_id, flags)
        crash_point("removed_flipped")
        _delete_older(context, "dicom_issue", leaving, run.run_id)
        _delete_older(context, "dicom_instance", leaving, run.run_id)
        run.count(instances_removed=count)
        flags.unpersist()
    finally:
        leaving.unpersist()


def _recover(context: Context, run: Run) -> None:
    """Publish what a killed run had staged whole, and delete what it had not."""
    root = Store(context.spark, context.lake.staging("").rstrip("/"))
    for name in sorted(root.children()):
        folder = root / name
        if "_SUCCESS" in folder.children():
            publish(context, run, name)
            run.count(recovered_runs=1)
        else:
            folder.delete()
