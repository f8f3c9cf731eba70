"""Every table and watermark back to a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.errors import PySparkException

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.lake.releases import Release, newest_release, write_release
from eds_spark_imaging.lake.restoring import begin_restore, end_restore
from eds_spark_imaging.lake.schema import forget_declarations
from eds_spark_imaging.runs.context import Context, Run
from eds_spark_imaging.spark.hadoop import HadoopPath
from eds_spark_imaging.tables.access import IMAGING_ACCESS, TIER_VALUE
from eds_spark_imaging.tables.cohorts import IMAGING_COHORT
from eds_spark_imaging.tables.links import LINK_DECISION
from eds_spark_imaging.tables.runs import RELEASE

_RUNS = "imaging_run"
# Runs are marked as undone instead; what people have decided is theirs, and taken in by the next `link`; what projects
# were given they have. Tiers and tables of cohorts are not restored, nor is what tells of them.
_KEPT = (_RUNS, RELEASE, LINK_DECISION.name, IMAGING_ACCESS.name, TIER_VALUE.name, IMAGING_COHORT.name)


def restore(context: Context, run_id: str) -> None:
    """Go back to the release ``run_id``. LakeError where it is not there, or its files are no longer.

    It takes several commits. A mark in the lake says that it has begun; until it is through, no other run begins.
    Tables that go back to the declaration of an earlier version of this package are brought to ours again.
    """
    release = newest_release(context.lake, run_id)
    if release is None:
        raise LakeError("the lake has no release")
    with context.run("restore") as run:
        changes = dict(_changes(context.lake, release))
        for name, version in changes.items():
            if version is not None and not context.lake.can_restore(name, version):
                raise _are_gone(name, version)
        begin_restore(context.spark, context.lake.root, run_id)
        _restore(context, run, release, changes)
        context.bring_up_to_date()
        end_restore(context.spark, context.lake.root)
    write_release(context.lake, context.new_run_id("release"))


def _changes(lake: Lake, release: Release) -> Iterator[tuple[str, int | None]]:
    """The tables that are not as in the release, with their version there; None of those made since."""
    for name in [table.name for table in lake.catalogue if table.name not in _KEPT and lake.exists(table.name)]:
        version = release.versions.get(name)
        if version != lake.version(name):
            yield name, version


def _restore(context: Context, run: Run, release: Release, changes: Mapping[str, int | None]) -> None:
    lake = context.lake
    HadoopPath(context.spark, lake.staging("")).delete()  # read by runs that will not have been
    forget_declarations(lake)
    for name, version in changes.items():
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
        lake.restore(name, version)
    except PySparkException as error:
        raise _are_gone(name, version) from error


def _are_gone(name: str, version: int) -> LakeError:
    return LakeError(f"{name} cannot go back to version {version}: its files are gone; choose a later release")
