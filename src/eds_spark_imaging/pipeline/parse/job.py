"""The job `parse`: headers of pending files to ``dicom_instance``, ``dicom_issue``, and the outcome of each file.

One pass over the files writes a run-scoped staging table; :func:`publish` brings it into the tables, and can be
repeated from any point. A run that was killed after its staging was whole is published by the next one before anything else;
one that was killed earlier leaves nothing but files to delete.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.pipeline.parse.publication import publish
from eds_spark_imaging.pipeline.parse.removal import take_out_removed
from eds_spark_imaging.pipeline.parse.staging import Work
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.duplicates import READABLE
from eds_spark_imaging.workers.crash import crash_point
from eds_spark_imaging.workers.parsing import parse_batches


@dataclass(frozen=True)
class Selection:
    """Which files a run parses besides the pending ones."""

    outdated: bool = False
    quarantined: bool = False


def parse(context: Context, selection: Selection = Selection()) -> None:
    """Parse what is pending (and what ``selection`` adds), and take in the files that went away."""
    with context.run("parse") as run:
        run.main_count = "files_parsed"
        # First: a file that is gone must not stand for a UID that it shares with files of this run.
        take_out_removed(context, run)
        if _recover(context, run):
            take_out_removed(context, run)
        files = files_to_parse(context, selection)
        parts = _parts(context.config.parse.archive_bytes_per_task)
        counted = {"files": F.count(F.lit(1)), "shares": F.sum(parts), "opened_before": F.count_if("was_opened")}
        work = files.agg(*[column.alias(name) for name, column in counted.items()]).first()
        if work and work["files"]:
            run.expect(work["files"])
            with ThreadPoolExecutor(1) as other:
                created = other.submit(_create_tables, context)
                stage(context, run.run_id, files.withColumn("parts", parts), work["shares"])
                created.result()
            run.expect(None)
            published = publish(context, run, run.run_id, Work(work["files"], bool(work["opened_before"])))
            if published.has_archives:  # which may have lost members
                take_out_removed(context, run)


def _create_tables(context: Context) -> None:
    for name in ("dicom_study_touched", "dicom_issue"):
        context.lake.create(name)


def files_to_parse(context: Context, selection: Selection) -> DataFrame:
    """Path, source and size of what to open now, and whether it ``was_opened`` before.

    A member of an archive is read with its whole archive.
    """
    columns = ("path", "source", "size", "was_opened")
    files = context.lake.read("dicom_file").withColumn("was_opened", F.col("bytes_read").isNotNull())
    files = files.select(*columns, "status", "archive")
    wanted = files.where(F.col("status") == str(FileStatus.PENDING)).select(*columns)
    more = []
    if selection.quarantined:
        more.append(files.where(F.col("status") == str(FileStatus.QUARANTINED)))
    if selection.outdated:
        old = context.lake.read("dicom_instance").where(F.col("reader_fingerprint") != context.fingerprints())
        more.append(files.where(F.col("status").isin(*READABLE)).join(old.select("path"), "path", "left_semi"))
    for chosen in more:
        opened = chosen.select(F.coalesce("archive", "path").alias("path")).distinct()
        # An archive that is gone is not opened, nor is one that is pending opened twice.
        there = files.where(~F.col("status").isin(str(FileStatus.PENDING), str(FileStatus.REMOVED)))
        wanted = wanted.union(there.join(opened, "path", "left_semi").select(*columns))
    return wanted.distinct() if len(more) > 1 else wanted


def stage(context: Context, run_id: str, files: DataFrame, count: int) -> None:
    """Read every header once; the staging folder is whole once its ``_SUCCESS`` is there.

    ``files``: path, source, size, and in how many ``parts`` a file is read; ``count`` is the sum of these.
    """
    partitions = max(context.parallelism * 2, -(-count // context.config.parse.files_per_task))
    options = {source.name: source.reader_options for source in context.config.sources}
    work = parse_batches(context.catalogue, options)
    shares = files.withColumn("part", F.explode(F.sequence(F.lit(0), F.col("parts") - 1)))
    rows = shares.select("path", "source", "size", "part", "parts")
    rows = rows.repartition(min(partitions, count)).mapInArrow(work, context.catalogue.staged.spark_ddl)
    rows.write.mode("overwrite").parquet(context.lake.staging(run_id))
    crash_point("staged")


def _parts(bytes_per_task: int) -> Column:
    """In how many parts a file is read: one, but for large zips, whose directory says where members are."""
    large = F.lower("path").endswith(".zip") & (F.col("size") > bytes_per_task)
    return F.when(large, F.least(F.ceil(F.col("size") / bytes_per_task), F.lit(256)).cast("int")).otherwise(F.lit(1))


def _recover(context: Context, run: Run) -> bool:
    """Publish what a killed run had staged whole, and delete what it had not; whether there was the former."""
    root = HadoopPath(context.spark, context.lake.staging(""))
    found = False
    for name in sorted(root.children()):
        folder = root / name
        if "_SUCCESS" in folder.children():
            publish(context, run, name)
            run.count(recovered_runs=1)
            found = True
        else:
            folder.delete()
    return found
