"""The job `parse`: headers of pending files to ``dicom_instance``, ``dicom_issue``, and the outcome of each file.

Files are read in portions. One pass over the files of a portion writes a run-scoped staging table; :func:`publish`
brings it into the tables, and can be repeated from any point. A staging that a killed run has left whole is published
by the next one before anything else; of one that is not whole nothing is left but files to delete.
"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.pipeline.parse.marks import Marks
from eds_spark_imaging.pipeline.parse.publication import publish
from eds_spark_imaging.pipeline.parse.removal import take_out_removed
from eds_spark_imaging.pipeline.parse.selection import Selection, portions
from eds_spark_imaging.pipeline.parse.staging import Work
from eds_spark_imaging.pipeline.parse.totals import Totals
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.spark.at_once import at_once
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.workers.crash import crash_point
from eds_spark_imaging.workers.parsing import parse_batches

_TASKS_PER_SLOT = 2
_FEW = 1_000  # files whose order does not matter


def parse(context: Context, selection: Selection | None = None) -> None:
    """Parse what is pending (and what ``selection`` adds), and take in the files that went away.

    Raises AccountingError where the accounting does not balance then.
    """
    with context.run("parse") as run, context.lake.scratch("parse_work") as scratch:
        run.main_count = "files_parsed"
        before = Totals.recorded(context)
        seen = before.run if before else ""
        # First: a file that is gone must not stand for a UID that it shares with files of this run.
        take_out_removed(context, run, seen)
        if _recover(context, run):
            take_out_removed(context, run, seen)
        for number, work in enumerate(portions(context, selection or Selection(), seen, scratch)):
            _parse(context, run, number, work, seen)
        run.watermark = Totals.proven(context, run.run_id, before).text


def _parse(context: Context, run: Run, number: int, work: Work, seen: str) -> None:
    """Read and publish one portion; the first has the run's id, the others one that sorts after it."""
    staged_run = run.run_id
    if number:
        crash_point("portion")
        staged_run += f".{number:06d}"
    run.expect(work.files)
    at_once(lambda: stage(context, staged_run, work), lambda: _create_tables(context))
    run.expect(None)
    published = publish(context, run, staged_run, work)
    if published.has_archives:  # which may have lost members
        take_out_removed(context, run, seen)


def _create_tables(context: Context) -> None:
    for name in ("dicom_study_touched", "dicom_issue"):
        context.lake.create(name)


def stage(context: Context, staged_run: str, work: Work) -> None:
    """Read every header once; the staging folder is whole once its ``_SUCCESS`` is there."""
    tasks = max(context.parallelism * _TASKS_PER_SLOT, -(-work.shares // context.config.parse.files_per_task))
    options = {source.name: source.reader_options for source in context.config.sources}
    shares = work.rows.withColumn("part", F.explode(F.sequence(F.lit(0), F.col("parts") - 1)))
    shares = _in_order(shares.select("path", "source", "size", "part", "parts"), min(tasks, work.shares), work.shares)
    rows = shares.mapInArrow(parse_batches(context.catalogue, options), context.catalogue.staged.spark_ddl)
    folder = context.lake.staging(staged_run)
    rows.write.mode("overwrite").parquet(folder)
    Marks.of(context).put_beside(HadoopPath(context.spark, folder))
    crash_point("staged")


def _in_order(shares: DataFrame, tasks: int, count: int) -> DataFrame:
    """Spread over tasks, each with neighbours in order: files of a series are alike, and lie together in the tables."""
    if count <= _FEW:  # without the pass that finds the bounds of ranges
        return shares.repartition(tasks).sortWithinPartitions("path", "part")
    return shares.repartitionByRange(tasks, "path", "part").sortWithinPartitions("path", "part")


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
