"""What a run of `parse` has staged: one row for each file and member that it read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.archives import SUFFIXES
from eds_spark_imaging.errors import AccountingError
from eds_spark_imaging.pipeline.parse.marks import Marks
from eds_spark_imaging.runs.context import SLOWEST, Context, Run
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.files import FileStatus

PARSED, QUARANTINED, REMOVED = map(str, (FileStatus.PARSED, FileStatus.QUARANTINED, FileStatus.REMOVED))


@dataclass(frozen=True)
class Work:
    """What is read and published at a time: how many ``files``, in how many ``shares``.

    ``opened``: the paths of those that had been opened before, None where there are none. ``within`` is true of the
    rows ``t`` of all of them in dicom_file.
    """

    rows: DataFrame
    files: int
    shares: int
    opened: DataFrame | None
    within: Column


@dataclass(frozen=True)
class Staging:
    """What a run has staged of its ``work``, which is not known of a run that was killed; it may have published a part.

    ``opened``: the paths of the files and members that may have been read before, None where there are none. ``marks``
    tell who read them: maybe an earlier version of this package.
    """

    run_id: str
    rows: DataFrame
    marks: Marks
    work: Work | None
    opened: DataFrame | None

    @classmethod
    def of(cls, context: Context, run_id: str, work: Work | None) -> Staging:
        """The staging of a run."""
        folder, schema = context.lake.staging(run_id), context.catalogue.staged.spark_ddl
        rows = context.spark.read.schema(schema).parquet(folder)
        marks = Marks.stored_in(HadoopPath(context.spark, folder))
        if work:
            return cls(run_id, rows, marks, work, work.opened and _of_opened(rows, work.opened))
        return cls(run_id, rows, marks, None, rows.select("path").distinct())

    @property
    def is_repeated(self) -> bool:
        """True where another run has staged it, which was killed."""
        return self.work is None

    @property
    def late(self) -> tuple[str, ...]:
        """What a file gets that `index` has found changed or gone since a killed run had read it.

        It stays to be parsed or taken out; that it was opened is noted, since it may have an instance by now.
        """
        return ("bytes_read",) if self.is_repeated else ()

    @property
    def readable(self) -> DataFrame:
        """The rows of files whose header could be read."""
        return self.rows.where(F.col("status") == PARSED)


@dataclass(frozen=True)
class Contents:
    """What there is among the rows of a staging, and the columns of dicom_instance with a value."""

    rows: int
    has_archives: bool
    has_issues: bool
    filled: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """What publication has to know before it writes.

    ``replaced``: the rows of dicom_instance, slim, that earlier runs wrote for the files, None where there are none.
    ``flags``: see :func:`flags_of`.
    """

    contents: Contents
    replaced: DataFrame | None
    flags: DataFrame | None


def _of_opened(rows: DataFrame, opened: DataFrame) -> DataFrame:
    """The paths among the staged rows that were opened before; a member is with its archive."""
    names = opened.select(F.col("path").alias("_opened"))
    found = rows.join(names, F.coalesce("archive", "path") == F.col("_opened"), "left_semi")
    return found.select("path").distinct()


def look_at(run: Run, staging: Staging) -> Contents:
    """Count what was read. Raises AccountingError unless each file of the work has one outcome."""
    staged, work = staging.rows, staging.work
    is_member = F.col("archive").isNotNull()
    is_archive = reduce(Column.__or__, [F.lower("path").endswith(suffix) for suffix in SUFFIXES])
    counted = {
        "n": F.count(F.lit(1)),
        "bytes": F.sum("bytes_read"),
        "with_issues": F.count_if(F.size("issues") > 0),
        "filled": F.array_distinct(F.flatten(F.collect_set("filled"))),
    }
    groups = staged.groupBy("status", is_member.alias("is_member"), is_archive.alias("is_archive"))
    rows = groups.agg(*[column.alias(name) for name, column in counted.items()]).collect()
    opened = sum(row["n"] for row in rows if not row["is_member"])
    if work and opened != work.files:  # an archive that was split has a row for each part
        opened = staged.where(~is_member).select("path").distinct().count()
    if work and opened != work.files:
        raise AccountingError(f"the accounting does not balance: {work.files} files to parse, {opened} have an outcome")
    run.count(files_parsed=sum(row["n"] for row in rows))
    for row in sorted(rows, key=lambda row: row["status"]):
        run.count(**{"readable" if row["status"] == PARSED else row["status"]: row["n"]})
    run.bytes_read = (run.bytes_read or 0) + sum(row["bytes"] or 0 for row in rows)
    timed = staged.where("seconds IS NOT NULL").select("path", "seconds", "bytes_read")
    run.slowest += [tuple(row) for row in timed.orderBy(F.desc("seconds")).limit(SLOWEST).collect()]
    return Contents(
        rows=sum(row["n"] for row in rows),
        has_archives=any(row["is_member"] or row["is_archive"] for row in rows),
        has_issues=any(row["with_issues"] for row in rows),
        filled=tuple(sorted({name for row in rows for name in row["filled"]})),
    )
