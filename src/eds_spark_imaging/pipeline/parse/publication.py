"""Publication of what a run of `parse` has staged: named steps in their order, each of which may be repeated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, cast

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.lake.scratch import Scratch
from eds_spark_imaging.pipeline.parse.outcomes import write_members, write_outcomes
from eds_spark_imaging.pipeline.parse.primaries import flags_of, flip, flipped, with_own_flags
from eds_spark_imaging.pipeline.parse.removal import REPLACED, delete_rows, queue_exams, rows_of
from eds_spark_imaging.pipeline.parse.staging import Contents, Found, Staging, Work, look_at
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.spark.at_once import at_once
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.workers.crash import crash_point
from eds_spark_imaging.workers.packing import unpack

PublicationStep = Callable[[Context, Staging, Found], None]


def publish(context: Context, run: Run, staged_run: str, work: Work | None = None) -> Contents:
    """Bring a whole staging into the tables, and delete it; tells what it held.

    Raises AccountingError, before anything is written, where it does not have one outcome for each file of ``work``,
    which is not known of a run that was killed.
    """
    staging = Staging.of(context, staged_run, work)
    with context.lake.scratch("parse") as scratch:
        found = _find(context, run, staging, scratch)
        for steps in _STEPS:
            at_once(*[partial(step, context, staging, found) for step in steps])
    HadoopPath(context.spark, context.lake.staging(staged_run)).delete()
    return found.contents


def _find(context: Context, run: Run, staging: Staging, scratch: Scratch) -> Found:
    """All that the steps have to know, while the table of instances is made where it is not there."""
    instances = context.lake.read("dicom_instance") if context.lake.exists("dicom_instance") else None

    def replaced_and_flags() -> tuple[DataFrame | None, DataFrame | None]:
        replaced = None
        if staging.opened is not None and instances is not None:
            before = instances.where(F.col("changed_run") != staging.run_id)
            opened = scratch.keep("opened", staging.opened)
            replaced = scratch.keep("replaced", rows_of(before, opened).select(*REPLACED))
        return replaced, flags_of(instances, staging.readable, replaced, scratch)

    contents, both, _ = at_once(
        lambda: look_at(run, staging), replaced_and_flags, lambda: context.lake.create("dicom_instance")
    )
    return Found(cast("Contents", contents), *cast("tuple[DataFrame | None, DataFrame | None]", both))


def _queue_exams(context: Context, staging: Staging, found: Found) -> None:
    """Of the new rows, of the rows they replace, and of files that become or cease to be primary."""
    touched = (staging.readable, found.replaced, flipped(found.flags))
    queue_exams(context, staging.run_id, touched, found.contents.rows)
    crash_point("touched")


def _write_issues(context: Context, staging: Staging, found: Found) -> None:
    if staging.opened is not None:
        delete_rows(context, "dicom_issue", staging.opened, staging.run_id)
        crash_point("issues_deleted")
    if not found.contents.has_issues:
        return
    issues = staging.rows.where(F.size("issues") > 0).select("path", "source", F.explode("issues").alias("issue"))
    rows = issues.select("path", "source", "issue.*", F.lit(staging.run_id).alias("changed_run"))
    if not (staging.is_repeated and _is_written(context, "dicom_issue", staging)):
        context.lake.append("dicom_issue", rows)
    crash_point("issues")


def _flip_others(context: Context, staging: Staging, found: Found) -> None:
    """Files of earlier runs become primary, or cease to be."""
    flip(context, staging.run_id, found.flags)
    crash_point("flipped")


def _write_instances(context: Context, staging: Staging, found: Found) -> None:
    """Only columns with a value are written: Delta reads the others of the table as null."""
    work, schema = unpack(context.catalogue["dicom_instance"], found.contents.filled or ("path", "source"))
    rows = staging.rows.where(F.col("packed").isNotNull()).select("packed").mapInArrow(work, schema)
    rows = with_own_flags(rows, found.flags).withColumns(
        {"reader_fingerprint": staging.marks.column, "changed_run": F.lit(staging.run_id)}
    )
    if found.replaced is not None:
        delete_rows(context, "dicom_instance", found.replaced, staging.run_id)
        crash_point("instances_deleted")
    if not (staging.is_repeated and _is_written(context, "dicom_instance", staging)):
        context.lake.append("dicom_instance", rows)
    crash_point("instances")


def _is_written(context: Context, table: str, staging: Staging) -> bool:
    """Whether a run that was killed had come as far as appending its rows.

    Delta's own transaction ids would tell too, but have each append read the whole log.
    """
    rows = context.lake.read(table).where(F.col("changed_run") == staging.run_id)
    return not rows.join(staging.rows.select("path"), "path", "left_semi").isEmpty()


# The order: exams are queued before what tells which they were is changed, and the accounting is the commit point.
_STEPS: Final[tuple[tuple[PublicationStep, ...], ...]] = (
    (_queue_exams, _write_issues),
    (_flip_others,),
    (_write_instances,),
    (write_members,),
    (write_outcomes,),
)
