"""Which of the files that share a SOPInstanceUID stands for it, after a run, and what that changes in the tables."""

from __future__ import annotations

from typing import NamedTuple

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.transforms.duplicates import CONTENT, FLAGS, UID, status_of, with_flags
from eds_spark_imaging.workers.crash import crash_point


class Flags(NamedTuple):
    """``FLAGS`` of the files that share a UID, or shared one with a file of the run; ``_new``: the run's own.

    Most files share none, and are not in it: they are primary.
    """

    rows: DataFrame
    any: bool


def flags_of(instances: DataFrame, readable: DataFrame, replaced: DataFrame, scratch: Scratch) -> Flags:
    """Flags after the run: ``readable`` are its own files, ``replaced`` the rows of ``instances`` that go."""
    uids = readable.select(UID).union(replaced.select(UID)).where(F.col(UID).isNotNull()).distinct()
    others = instances.select(*CONTENT, *[F.col(f).alias(f"_was_{f}") for f in FLAGS])
    others = others.join(uids, UID, "left_semi").join(replaced.select("path"), "path", "left_anti")
    others = others.join(readable.select("path"), "path", "left_anti").withColumn("_new", F.lit(False))
    ours = readable.select(*CONTENT).withColumn("_new", F.lit(True))
    files = ours.unionByName(others, allowMissingColumns=True)
    groups = files.where(F.col(UID).isNotNull()).groupBy(UID)
    shared = (
        groups.agg(F.count(F.lit(1)).alias("n"), F.every("_new").alias("new")).where("n > 1 OR NOT new").select(UID)
    )
    if shared.isEmpty():  # of a frame known to be empty, the optimiser leaves out whatever is joined with it
        return Flags(with_flags(files.limit(0)), any=False)
    return Flags(scratch.keep("flags", with_flags(files.join(shared, UID, "left_semi"))), any=True)


def with_own_flags(rows: DataFrame, flags: DataFrame) -> DataFrame:
    """Rows of the run's own files with their ``FLAGS``."""
    own = flags.where("_new").select("path", *FLAGS)
    return rows.join(own, "path", "left").withColumn("is_primary", F.coalesce("is_primary", F.lit(True)))


def is_flipped() -> Column:
    """A file that is not the run's own, and that the run's files change."""
    same = F.col("is_primary").eqNullSafe(F.col("_was_is_primary"))
    return ~F.col("_new") & ~(same & F.col("uid_conflict").eqNullSafe(F.col("_was_uid_conflict")))


def flip(context: Context, run_id: str, flags: DataFrame) -> None:
    """Flags of files that are not the run's own: the accounting first, since dicom_instance tells what to repeat."""
    flipped = flags.where(is_flipped()).select("path", *FLAGS, "_was_is_primary", F.lit(run_id).alias("changed_run"))
    if flipped.isEmpty():
        return
    status = flipped.where("is_primary != _was_is_primary").select("path", status_of().alias("status"), "changed_run")
    if not status.isEmpty():
        context.lake.merge("dicom_file", status, ["path"], ["status", "changed_run"])
        crash_point("flipped_status")
    context.lake.merge("dicom_instance", flipped, ["path"], [*FLAGS, "changed_run"])
