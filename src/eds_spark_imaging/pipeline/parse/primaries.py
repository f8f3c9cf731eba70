"""Which of the files that share a SOPInstanceUID stands for it, after a run, and what that changes in the tables."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.transforms.duplicates import CONTENT, FLAGS, UID, status_of, with_flags
from eds_spark_imaging.workers.crash import crash_point


def flags_of(
    instances: DataFrame | None, readable: DataFrame | None, replaced: DataFrame | None, scratch: Scratch
) -> DataFrame | None:
    """``FLAGS`` of the files that share a UID, or shared one with a file of the run; ``_new``: the run's own.

    ``readable`` are the run's own files, ``replaced`` the rows of ``instances`` that go; None stands for no rows. Most
    files share no UID, and are not in it: they are primary. None where that is so of all.
    """
    shared = _shared(instances, readable, replaced, scratch)
    if shared is None:
        return None
    files = []
    if readable is not None:
        files.append(readable.select(*CONTENT).withColumn("_new", F.lit(True)))
    if instances is not None:
        was = [F.col(flag).alias(f"_was_{flag}") for flag in FLAGS]
        others = instances.where(covering(shared, UID, F.col(UID))).select(*CONTENT, *was)
        files.append(_without(others, readable, replaced).withColumn("_new", F.lit(False)))
    rows = files[0] if len(files) == 1 else files[0].unionByName(files[1], allowMissingColumns=True)
    if instances is None:
        rows = rows.withColumns(
            {"_was_is_primary": F.lit(None).cast("boolean"), "_was_uid_conflict": F.lit(None).cast("string")}
        )
    return scratch.keep("flags", with_flags(rows.join(shared, UID, "left_semi")))


def _shared(
    instances: DataFrame | None, readable: DataFrame | None, replaced: DataFrame | None, scratch: Scratch
) -> DataFrame | None:
    """The UIDs that several files have, or that a file of the run has had; None where there are none.

    Of the table only UIDs are read to find them, and paths where some are to be left out.
    """
    own = [rows.select(UID).where(F.col(UID).isNotNull()) for rows in (readable, replaced) if rows is not None]
    uids = own[0] if len(own) == 1 else own[0].union(own[1])
    found = []
    if readable is not None:
        found.append(own[0].groupBy(UID).count().where("count > 1").select(UID))
    if instances is not None:
        uids = scratch.keep("uids", uids.distinct())
        others = instances.where(covering(uids, UID, F.col(UID)))
        others = others.select(UID) if replaced is None else _without(others.select(UID, "path"), readable, replaced)
        found.append(others.select(UID).join(uids, UID, "left_semi"))
    shared = found[0] if len(found) == 1 else found[0].union(found[1])
    shared = scratch.keep("shared", shared.distinct())
    return None if shared.isEmpty() else shared


def _without(others: DataFrame, readable: DataFrame | None, replaced: DataFrame | None) -> DataFrame:
    """Rows of other files than the run's own, and than those that go; a run without these has no row there yet."""
    if replaced is None:
        return others
    others = others.join(replaced.select("path"), "path", "left_anti")
    return others if readable is None else others.join(readable.select("path"), "path", "left_anti")


def with_own_flags(rows: DataFrame, flags: DataFrame | None) -> DataFrame:
    """Rows of the run's own files with their ``FLAGS``."""
    if flags is None:
        return rows.withColumns({"is_primary": F.lit(True), "uid_conflict": F.lit(None).cast("string")})
    own = flags.where("_new").select("path", *FLAGS)
    return rows.join(own, "path", "left").withColumn("is_primary", F.coalesce("is_primary", F.lit(True)))


def flipped(flags: DataFrame | None) -> DataFrame | None:
    """Files that are not the run's own, and whose flags the run's files change."""
    if flags is None:
        return None
    same = F.col("is_primary").eqNullSafe(F.col("_was_is_primary"))
    return flags.where(~F.col("_new") & ~(same & F.col("uid_conflict").eqNullSafe(F.col("_was_uid_conflict"))))


def flip(context: Context, run_id: str, flags: DataFrame | None) -> None:
    """Flags of files that are not the run's own: the accounting first, since dicom_instance tells what to repeat."""
    rows = flipped(flags)
    if rows is None or rows.isEmpty():
        return
    rows = rows.select("path", *FLAGS, "_was_is_primary", F.lit(run_id).alias("changed_run"))
    status = rows.where("is_primary != _was_is_primary").select("path", status_of().alias("status"), "changed_run")
    if not status.isEmpty():
        context.lake.merge("dicom_file", status, ["path"], ["status", "changed_run"])
        crash_point("flipped_status")
    context.lake.merge("dicom_instance", rows, ["path"], [*FLAGS, "changed_run"])
