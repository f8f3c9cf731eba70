"""Which files a run of `parse` opens, in portions of neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.pipeline.parse.marks import Marks
from eds_spark_imaging.pipeline.parse.staging import QUARANTINED, REMOVED, Work
from eds_spark_imaging.runs.context import Context
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.duplicates import READABLE

_PENDING = str(FileStatus.PENDING)
_COLUMNS = ("path", "source", "size", "was_opened", "changed_run")


@dataclass(frozen=True)
class Selection:
    """Which files a run parses besides the pending ones."""

    outdated: bool = False
    quarantined: bool = False


def portions(context: Context, selection: Selection, seen: str, scratch: Scratch) -> Iterator[Work]:
    """What there is to read, at most about ``files_per_run`` files at a time.

    Files are pending since a later run than ``seen``. A portion holds neighbours by path, so that each touches few
    files of a table that is in that order.
    """
    config = context.config.parse
    files = files_to_parse(context, selection, seen).withColumn("parts", _parts(config.archive_bytes_per_task))
    rows, found = scratch.keep_counted("files", files, files=F.count(F.lit(1)))
    count = -(-found["files"] // config.files_per_run)
    rows = rows.withColumn("portion", F.lit(0))
    if count > 1:
        ranges = rows.repartitionByRange(count, "path").withColumn("portion", F.spark_partition_id())
        rows = scratch.keep("portions", ranges)
    for portion in _totals(rows):
        yield _work(rows.where(F.col("portion") == portion["portion"]), portion)


def _totals(rows: DataFrame) -> list[Row]:
    counted = {
        "files": F.count(F.lit(1)),
        "shares": F.sum("parts"),
        "opened": F.count_if("was_opened"),
        "least": F.min("path"),
        "most": F.max("path"),
        "oldest": F.min("changed_run"),
    }
    return rows.groupBy("portion").agg(*[c.alias(name) for name, c in counted.items()]).orderBy("portion").collect()


def _work(rows: DataFrame, portion: Row) -> Work:
    opened = rows.where("was_opened").select("path") if portion["opened"] else None
    within = F.col("t.path").between(portion["least"], portion["most"])
    within &= F.col("t.changed_run") >= portion["oldest"]
    return Work(rows, portion["files"], portion["shares"], opened, within)


def files_to_parse(context: Context, selection: Selection, seen: str = "") -> DataFrame:
    """Path, source, size and last run of what to open now, and whether it ``was_opened`` before.

    A member of an archive is read with its whole archive.
    """
    files = context.lake.read("dicom_file").withColumn("was_opened", F.col("bytes_read").isNotNull())
    files = files.select(*_COLUMNS, "status", "archive")
    pending = (F.col("status") == _PENDING) & (F.col("changed_run") > seen)
    wanted = files.where(pending).select(*_COLUMNS)
    chosen = []
    if selection.quarantined:
        chosen.append(files.where(F.col("status") == QUARANTINED))
    if selection.outdated:
        old = context.lake.read("dicom_instance").where(F.col("reader_fingerprint") != Marks.of(context).column)
        chosen.append(files.where(F.col("status").isin(*READABLE)).join(old.select("path"), "path", "left_semi"))
    for more in chosen:
        opened = more.select(F.coalesce("archive", "path").alias("path")).distinct()
        # An archive that is gone is not opened, nor is one that is pending opened twice.
        there = files.where(~F.col("status").isin(_PENDING, REMOVED))
        wanted = wanted.union(there.join(opened, "path", "left_semi").select(*_COLUMNS))
    return wanted.distinct() if len(chosen) > 1 else wanted


def _parts(bytes_per_task: int) -> Column:
    """In how many parts a file is read: one, but for large zips, whose directory says where members are."""
    large = F.lower("path").endswith(".zip") & (F.col("size") > bytes_per_task)
    return F.when(large, F.least(F.ceil(F.col("size") / bytes_per_task), F.lit(256)).cast("int")).otherwise(F.lit(1))
