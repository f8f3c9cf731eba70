"""The listing of the sources as a frame, and what it changes in ``dicom_file``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.listing import Problem, walk
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.tables.spec import BIGINT, STRING

if TYPE_CHECKING:
    from collections.abc import Callable

LISTED = pa.schema([("source", STRING), ("path", STRING), ("size", BIGINT), ("modified", BIGINT), ("problem", STRING)])
LISTED_DDL = "source string, path string, size bigint, modified bigint, problem string"
_BATCH = 10_000


def list_batches() -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """For mapInArrow over rows (source, folder): the entries of each folder's subtree, schema ``LISTED``."""

    def list_folders(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            for source, folder in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
                rows = []
                for entry in walk(folder):
                    rows.append((source, *entry))
                    if len(rows) == _BATCH:
                        yield listed_batch(rows)
                        rows = []
                if rows:
                    yield listed_batch(rows)

    return list_folders


def listed_batch(rows: Sequence[tuple[object, ...]]) -> pa.RecordBatch:
    """Rows (source, path, size, modified, problem) as one Arrow batch."""
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), LISTED, strict=True)],
        schema=LISTED,
    )


def listed_status(problem: Column) -> Column:
    """The status of a listed entry: pending, unless the listing alone tells that it cannot be parsed."""
    return (
        F.when(problem.isNull(), str(FileStatus.PENDING))
        .when(problem == str(Problem.SPECIAL_FILE), str(FileStatus.NOT_DICOM))
        .otherwise(str(FileStatus.QUARANTINED))
    )


def file_changes(listed: DataFrame, known: DataFrame) -> DataFrame:
    """What a listing changes in ``dicom_file``: rows with ``_op`` new, changed or removed.

    ``listed``: source, path, size, modified, problem, unique by path. ``known``: the rows of dicom_file of the same
    sources. A file is changed where its size or time differ, or where it comes back. A file that the listing lacks
    is removed, unless it lies below a folder that could not be listed.
    """
    old = known.select("path", *[F.col(c).alias(f"_{c}") for c in ("source", "status", "size", "modified", "reason")])
    joined = listed.withColumn("_listed", F.lit(True)).join(old, "path", "full_outer")
    same = F.col("size").eqNullSafe(F.col("_size")) & F.col("modified").eqNullSafe(F.col("_modified"))
    same &= F.col("source") == F.col("_source")  # a source says how its files are read
    same &= F.coalesce(F.col("problem").eqNullSafe(F.col("_reason")), F.lit(False)) | F.col("problem").isNull()
    operation = (
        F.when(F.col("_status").isNull(), "new")
        .when(F.col("_listed").isNull() & (F.col("_status") != str(FileStatus.REMOVED)), "removed")
        .when(F.col("_listed") & (~same | (F.col("_status") == str(FileStatus.REMOVED))), "changed")
    )
    changes = joined.withColumn("_op", operation).where(F.col("_op").isNotNull())
    changes = _keep_below_unreadable(changes, listed)
    removed = F.col("_op") == "removed"
    return changes.select(
        "path",
        F.coalesce("source", "_source").alias("source"),
        F.when(removed, str(FileStatus.REMOVED)).otherwise(listed_status(F.col("problem"))).alias("status"),
        F.when(removed, F.col("_size")).otherwise(F.col("size")).alias("size"),
        F.when(removed, F.col("_modified")).otherwise(F.col("modified")).alias("modified"),
        F.when(~removed, F.col("problem")).alias("reason"),
        F.lit(None).cast("string").alias("archive"),
        "_op",
    )


def _keep_below_unreadable(changes: DataFrame, listed: DataFrame) -> DataFrame:
    folders = listed.where(F.col("problem") == str(Problem.UNREADABLE_FOLDER)).select(F.col("path").alias("_folder"))
    below = F.col("_op").eqNullSafe("removed") & F.col("path").startswith(F.concat("_folder", F.lit("/")))
    return changes.join(F.broadcast(folders), below, "left_anti")
