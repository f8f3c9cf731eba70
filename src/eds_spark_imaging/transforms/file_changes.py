"""What a listing of the sources changes in ``dicom_file``."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.archives import LOOKS_LIKE_MEMBER
from eds_spark_imaging.storage.entries import Problem
from eds_spark_imaging.tables.files import FileStatus

_REMOVED = str(FileStatus.REMOVED)
KEPT = "kept"  # an operation that writes nothing
OPERATIONS = ("new", "changed", "removed", KEPT)


def file_changes(listed: DataFrame, known: DataFrame) -> DataFrame:
    """Rows of dicom_file with ``_op``: new, changed, removed; or kept, where a file is not listed but not gone either.

    ``listed``: source, path, size, modified, problem, unique by path. ``known``: the rows of dicom_file of the same
    sources; of one that is listed in part, as by a delta inventory, those of the files that are listed.
    A file is changed where its size or time differ, where it comes back, or where another source lists it. One that
    is not listed is removed, unless it lies below a folder that could not be listed. Members of archives are never
    listed, see :func:`removed_members`.
    """
    listed = listed.withColumn("problem", F.coalesce("problem", _problem_of_name()))
    known = known.where(F.col("archive").isNull())
    old = known.select("path", *[F.col(c).alias(f"_{c}") for c in ("source", "status", "size", "modified", "reason")])
    joined = listed.withColumn("_listed", F.lit(True)).join(old, "path", "full_outer")
    operation = (
        F.when(F.col("_status").isNull(), "new")
        .when(F.col("_listed") & (~_same() | (F.col("_status") == _REMOVED)), "changed")
        .when(F.col("_listed") | (F.col("_status") == _REMOVED), None)
        .otherwise("removed")
    )
    changes = joined.withColumn("_op", operation).where(F.col("_op").isNotNull())
    changes = _keep_below_unreadable(changes, listed)
    removed = F.col("_op") == "removed"
    return changes.select(
        "path",
        F.coalesce("source", "_source").alias("source"),
        F.when(removed, _REMOVED).otherwise(_listed_status(F.col("problem"))).alias("status"),
        F.when(removed, F.col("_size")).otherwise(F.col("size")).alias("size"),
        F.when(removed, F.col("_modified")).otherwise(F.col("modified")).alias("modified"),
        F.when(~removed, F.col("problem")).alias("reason"),
        F.lit(None).cast("string").alias("archive"),
        "_op",
    )


def removed_members(changes: DataFrame, known: DataFrame) -> DataFrame:
    """Rows as those of ``file_changes`` for the members of archives that these remove.

    Members go with their archive, and come with it when it is parsed.
    """
    archives = changes.where(F.col("_op") == "removed").select(F.col("path").alias("archive"))
    members = known.where(F.col("archive").isNotNull() & (F.col("status") != _REMOVED)).join(
        archives, "archive", "semi"
    )
    return members.select(
        "path",
        "source",
        F.lit(_REMOVED).alias("status"),
        "size",
        "modified",
        F.lit(None).cast("string").alias("reason"),
        "archive",
        F.lit("removed").alias("_op"),
    )


def _problem_of_name() -> Column:
    """A path with the name of an archive and ``!`` in it belongs to a member of that archive, to nothing else."""
    return F.when(F.col("path").rlike(LOOKS_LIKE_MEMBER), str(Problem.LOOKS_LIKE_MEMBER))


def _same() -> Column:
    """A listed file is what it was. Its source counts: it says how the file is read."""
    same = F.col("size").eqNullSafe(F.col("_size")) & F.col("modified").eqNullSafe(F.col("_modified"))
    same &= F.col("source") == F.col("_source")
    return same & (F.col("problem").isNull() | F.col("problem").eqNullSafe(F.col("_reason")))


def _listed_status(problem: Column) -> Column:
    """The status of a listed entry: pending, unless the listing alone tells that it cannot be parsed."""
    return (
        F.when(problem.isNull(), str(FileStatus.PENDING))
        .when(problem == str(Problem.SPECIAL_FILE), str(FileStatus.NOT_DICOM))
        .otherwise(str(FileStatus.QUARANTINED))
    )


def _keep_below_unreadable(changes: DataFrame, listed: DataFrame) -> DataFrame:
    folders = listed.where(F.col("problem") == str(Problem.UNREADABLE_FOLDER)).select(F.col("path").alias("_folder"))
    below = F.col("_op").eqNullSafe("removed") & F.col("path").startswith(F.concat("_folder", F.lit("/")))
    marked = changes.join(F.broadcast(folders), below, "left")
    return marked.withColumn("_op", F.when(F.col("_folder").isNull(), F.col("_op")).otherwise(KEPT)).drop("_folder")
