"""Publication of what a run of `parse` has staged: every step may be repeated, ``dicom_file`` is the commit point."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.archives import SUFFIXES
from eds_spark_imaging.errors import AccountingError
from eds_spark_imaging.lake.lake import bounds_of
from eds_spark_imaging.pipeline.parse.primaries import flags_of, flip, is_flipped, with_own_flags
from eds_spark_imaging.runs.context import SLOWEST, Context, Run
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.files import FileStatus
from eds_spark_imaging.transforms.duplicates import STUDY, UID, status_of
from eds_spark_imaging.workers.crash import crash_point
from eds_spark_imaging.workers.packing import unpack

BESIDE = ("dicom_study_touched", "dicom_issue")  # what is written beside the instances
_PARSED, _QUARANTINED, _REMOVED = map(str, (FileStatus.PARSED, FileStatus.QUARANTINED, FileStatus.REMOVED))
_OUTCOME = ("status", "reason", "header_bytes", "bytes_read")
_REPLACED = ("path", UID, STUDY)  # of the rows that go, what their removal touches
_MEMBER = ("source", "size", "archive")


@dataclass(frozen=True)
class Work:
    """What a run set out to read: how many ``files``, and whether ``any_again`` had been opened before."""

    files: int
    any_again: bool


@dataclass(frozen=True)
class Staging:
    """What a run has staged.

    ``any_again`` where some of the files may have been opened before; ``is_repeated`` where the run was killed, and may
    have published a part.
    """

    run_id: str
    rows: DataFrame
    any_again: bool
    is_repeated: bool

    @property
    def late(self) -> tuple[str, ...]:
        """What a file gets that `index` has found changed or gone since a killed run had read it.

        It stays to be parsed or taken out; that it was opened is noted, since it may have an instance by now.
        """
        return ("bytes_read",) if self.is_repeated else ()

    @property
    def readable(self) -> DataFrame:
        """The rows of files whose header could be read."""
        return self.rows.where(F.col("status") == _PARSED)


@dataclass(frozen=True)
class Contents:
    """What there is among the rows of a staging, and the columns of dicom_instance with a value."""

    has_archives: bool
    has_issues: bool
    filled: tuple[str, ...]


def publish(context: Context, run: Run, staged_run: str, work: Work | None = None) -> Contents:
    """Bring a whole staging into the tables, and delete it; tells what it held.

    Raises AccountingError, before anything is written, where it does not have one outcome for each file of ``work``,
    which is not known of a run that was killed. What does not depend on each other goes on at once: most of these
    steps take Spark and Delta time to plan, whatever the number of rows.
    """
    schema = context.catalogue.staged.spark_ddl
    rows = context.spark.read.schema(schema).parquet(context.lake.staging(staged_run))
    staging = Staging(staged_run, rows, any_again=work is None or work.any_again, is_repeated=work is None)
    with context.lake.scratch("parse") as scratch, ThreadPoolExecutor(2) as beside:
        looked = beside.submit(_look_at, context, run, staging, work)
        # Read before it is there, where this run makes it: Spark then leaves out what is joined with it.
        instances = context.lake.read("dicom_instance")
        created = beside.submit(context.lake.create, "dicom_instance")
        again = _parsed_before(instances, staging)
        again = scratch.keep("again", again) if staging.any_again else again
        flags = flags_of(instances, staging.readable, again, scratch)
        contents = looked.result()
        created.result()
        touched = beside.submit(_touch_exams, context, staging, again, flags.rows)
        issues = beside.submit(_write_issues, context, staging, contents)
        if staging.any_again or flags.any:
            touched.result()  # before what tells which exams they were is changed
        flip(context, staged_run, flags.rows)
        crash_point("flipped")
        outcome = _outcome_of_files(staging, contents, flags.rows)
        bounds = beside.submit(bounds_of, outcome, "path")
        _write_instances(context, staging, contents, again, flags.rows)
        crash_point("instances")
        touched.result()
        issues.result()
        if contents.has_archives:
            _write_members(context, staging, flags.rows)
            crash_point("members")
        # The accounting of the files that were opened, last.
        columns = [*_OUTCOME, "changed_run"]
        context.lake.merge("dicom_file", outcome, ["path"], columns, late=staging.late, within=bounds.result())
        crash_point("outcome")
    HadoopPath(context.spark, context.lake.staging(staged_run)).delete()
    return contents


def take_out_removed(context: Context, run: Run) -> None:
    """Instances and issues of removed files go; files that shared their UID may become primary."""
    files = context.lake.read("dicom_file")
    gone = files.where(F.col("status") == _REMOVED).select("path")
    if gone.isEmpty():
        return
    instances = context.lake.read("dicom_instance")
    leaving = instances.join(gone, "path", "left_semi").select(*_REPLACED)
    # Not the run's own id, by which publication knows what the run has written; before it in the order of runs.
    removal = run.run_id.replace("-parse-", "-gone-")
    with context.lake.scratch("parse") as scratch:
        leaving = scratch.keep("leaving", leaving)
        count = leaving.count()
        if not count:
            return
        none = instances.limit(0)
        flags = flags_of(instances, none, leaving, scratch).rows
        _touch(context, removal, none, leaving, flags)
        crash_point("removed_touched")
        flip(context, removal, flags)
        crash_point("removed_flipped")
        _delete(context, "dicom_issue", leaving)
        crash_point("removed_issues")
        _delete(context, "dicom_instance", leaving)
        run.count(instances_removed=count)


def _look_at(context: Context, run: Run, staging: Staging, work: Work | None) -> Contents:
    """Count what was read. Raises AccountingError."""
    staged = staging.rows
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
        run.count(**{"readable" if row["status"] == _PARSED else row["status"]: row["n"]})
    run.bytes_read = (run.bytes_read or 0) + sum(row["bytes"] or 0 for row in rows)
    timed = staged.where("seconds IS NOT NULL").select("path", "seconds", "bytes_read")
    run.slowest += [tuple(row) for row in timed.orderBy(F.desc("seconds")).limit(SLOWEST).collect()]
    return Contents(
        has_archives=any(row["is_member"] or row["is_archive"] for row in rows),
        has_issues=any(row["with_issues"] for row in rows),
        filled=tuple(sorted({name for row in rows for name in row["filled"]})),
    )


def _parsed_before(instances: DataFrame, staging: Staging) -> DataFrame:
    """The rows of dicom_instance that earlier runs wrote for the files, slim: they will be replaced."""
    rows = instances.where(F.col("changed_run") != staging.run_id).select(*_REPLACED)
    if not staging.any_again:  # of a frame known to be empty, the optimiser leaves out whatever is joined with it
        return rows.limit(0)
    return rows.join(staging.rows.select("path"), "path", "left_semi")


def _touch(context: Context, run_id: str, readable: DataFrame, again: DataFrame, flags: DataFrame) -> None:
    """Queue the exams of the new rows, of the rows they replace, and of files that become or cease to be primary."""
    others = flags.where(is_flipped()).select(STUDY)
    touched = readable.select(STUDY).union(again.select(STUDY)).union(others)
    rows = touched.where(F.col(STUDY).isNotNull()).distinct().withColumn("changed_run", F.lit(run_id)).coalesce(1)
    context.lake.append("dicom_study_touched", rows)  # twice, if this is repeated, which changes nothing


def _touch_exams(context: Context, staging: Staging, again: DataFrame, flags: DataFrame) -> None:
    _touch(context, staging.run_id, staging.readable, again, flags)
    crash_point("touched")


def _delete(context: Context, table: str, paths: DataFrame, run_id: str = "") -> None:
    """The rows of ``paths`` go, but for those that the run has written, so that it can be repeated."""
    there = context.lake.read(table).where(F.col("changed_run") != run_id).select("path").distinct()
    stale = there.join(paths.select("path"), "path", "left_semi")
    if not stale.isEmpty():
        context.lake.merge(table, stale, ["path"], [], delete=F.col("t.changed_run") != run_id)


def _write_issues(context: Context, staging: Staging, contents: Contents) -> None:
    if staging.any_again:
        _delete(context, "dicom_issue", staging.rows, staging.run_id)
        crash_point("issues_deleted")
    if not contents.has_issues:
        return
    issues = staging.rows.where(F.size("issues") > 0).select("path", "source", F.explode("issues").alias("issue"))
    rows = issues.select("path", "source", "issue.*", F.lit(staging.run_id).alias("changed_run"))
    if not (staging.is_repeated and _is_written(context, "dicom_issue", staging)):
        context.lake.append("dicom_issue", rows)
    crash_point("issues")


def _write_instances(
    context: Context, staging: Staging, contents: Contents, again: DataFrame, flags: DataFrame
) -> None:
    """Only columns with a value are written: Delta reads the others of the table as null."""
    work, schema = unpack(context.catalogue["dicom_instance"], contents.filled or ("path", "source"))
    rows = staging.rows.where(F.col("packed").isNotNull()).select("packed").mapInArrow(work, schema)
    rows = with_own_flags(rows, flags).withColumns(
        {"reader_fingerprint": context.fingerprints(), "changed_run": F.lit(staging.run_id)}
    )
    if staging.any_again:
        _delete(context, "dicom_instance", again, staging.run_id)
        crash_point("instances_deleted")
    if not (staging.is_repeated and _is_written(context, "dicom_instance", staging)):
        context.lake.append("dicom_instance", rows)


def _is_written(context: Context, table: str, staging: Staging) -> bool:
    """Whether a run that was killed had come as far as appending its rows.

    Delta's own transaction ids would tell too, but have each append read the whole log.
    """
    rows = context.lake.read(table).where(F.col("changed_run") == staging.run_id)
    return not rows.join(staging.rows.select("path"), "path", "left_semi").isEmpty()


def _outcome(staged: DataFrame, flags: DataFrame, run_id: str) -> DataFrame:
    """The rows of ``staged`` as the accounting has them: whether a readable file is primary is known only now."""
    rows = with_own_flags(staged, flags)
    status = F.when(F.col("status") == _PARSED, status_of()).otherwise(F.col("status"))
    return rows.withColumns({"status": status, "changed_run": F.lit(run_id)})


def _write_members(context: Context, staging: Staging, flags: DataFrame) -> None:
    """Members of archives: new ones, changed ones, and those that an archive read to its end no longer has."""
    staged, run_id = staging.rows, staging.run_id
    members = _outcome(staged.where(F.col("archive").isNotNull()), flags, run_id)
    if staging.is_repeated:  # an archive may be gone by now
        removed = context.lake.read("dicom_file").where(F.col("status") == _REMOVED)
        removed = removed.select(F.col("path").alias("archive"), F.lit(_REMOVED).alias("_now"))
        members = members.join(removed, "archive", "left").withColumn("status", F.coalesce("_now", "status"))
    members = members.select("path", *_MEMBER, *_OUTCOME, "changed_run")
    whole = staged.groupBy("path").agg(F.every(F.col("status") != _QUARANTINED).alias("whole"))
    whole = whole.where("whole").select(F.col("path").alias("archive"))
    known = context.lake.read("dicom_file").where(F.col("archive").isNotNull() & (F.col("status") != _REMOVED))
    gone = known.join(whole, "archive", "left_semi").join(members.select("path"), "path", "left_anti")
    gone = gone.withColumns({"status": F.lit(_REMOVED), "reason": F.lit(None), "changed_run": F.lit(run_id)})
    rows = members.unionByName(gone.select(*members.columns)).withColumn("first_run", F.lit(run_id))
    context.lake.merge(
        "dicom_file", rows, ["path"], [*_MEMBER, *_OUTCOME, "changed_run"], insert=True, late=staging.late
    )


def _outcome_of_files(staging: Staging, contents: Contents, flags: DataFrame) -> DataFrame:
    """What the accounting gets to know of the files that were opened."""
    opened = staging.rows.where(F.col("archive").isNull())
    files = _outcome(opened, flags, staging.run_id).select("path", *_OUTCOME, "changed_run")
    if not contents.has_archives:
        return files
    # One row for an archive that was read in parts; what went wrong in any of them counts.
    parts = Window.partitionBy("path")
    worst = F.row_number().over(parts.orderBy(F.col("status") != _PARSED, F.col("status") != _QUARANTINED, "reason"))
    files = files.withColumns({"_place": worst, "bytes_read": F.sum("bytes_read").over(parts)})
    return files.where("_place = 1").drop("_place")
