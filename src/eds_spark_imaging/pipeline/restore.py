"""Every table and watermark back to a release."""

from __future__ import annotations

from pyspark.errors import PySparkException

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import Release, newest_release, write_release
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.access import IMAGING_ACCESS, TIER_VALUE
from eds_spark_imaging.tables.links import LINK_DECISION
from eds_spark_imaging.tables.runs import RELEASE

_RUNS = "imaging_run"
# Runs are marked as undone instead; what people have decided is theirs, and taken in by the next `link`; what projects
# were given they have, and their tiers stand in lakes that are not restored.
_KEPT = (_RUNS, RELEASE, LINK_DECISION.name, IMAGING_ACCESS.name, TIER_VALUE.name)
_MARK = "_restoring"


def restore(context: Context, run_id: str) -> None:
    """Go back to the release ``run_id``. LakeError where it is not there, or its files are no longer.

    It takes several commits. A mark in the lake says that it has begun; until it is through, no other run begins.
    """
    release = newest_release(context.lake, run_id)
    if release is None:
        raise LakeError("the lake has no release")
    mark = HadoopPath(context.spark, f"{context.lake.root}/{_MARK}")
    with context.run("restore") as run:
        mark.delete()
        mark.create_once(run_id.encode())
        _restore(context, run, release)
        mark.delete()
    write_release(context.lake, context.new_run_id("release"))


def check_whole(lake: Lake) -> None:
    """LakeError where a restore has begun and was not finished."""
    content = HadoopPath(lake.spark, f"{lake.root}/{_MARK}").content()
    if content is not None:
        name = content.decode(errors="replace")
        raise LakeError(f"a restore was interrupted: run `eds-imaging restore {name}` again, to its end")


def _restore(context: Context, run: Run, release: Release) -> None:
    lake = context.lake
    HadoopPath(context.spark, lake.staging("")).delete()  # read by runs that will not have been
    tables = [table.name for table in context.catalogue if table.name not in _KEPT and lake.exists(table.name)]
    for name in tables:
        version = release.versions.get(name)
        if version == lake.version(name):
            continue
        run.count(tables_restored=1)
        if version is None:  # made since
            context.spark.sql(f"DELETE FROM {lake.identifier(name)}").collect()
        else:
            _restore_table(lake, name, version)
    undone = f"UPDATE {lake.identifier(_RUNS)} SET outcome = 'undone' WHERE outcome = 'succeeded' AND run_id > "
    if lake.exists(_RUNS):
        context.spark.sql(f"{undone}'{release.run_id}' AND job NOT IN ('maintain', 'restore')").collect()
    context.forget_past()


def _restore_table(lake: Lake, name: str, version: int) -> None:
    try:
        lake.spark.sql(f"RESTORE TABLE {lake.identifier(name)} TO VERSION AS OF {version}").collect()
    except PySparkException as error:
        raise LakeError(
            f"{name} cannot go back to version {version}: its files are gone; choose a later release"
        ) from error
