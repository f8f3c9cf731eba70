"""Releases: the versions of all tables that belong together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import functions as F

from eds_spark_imaging.errors import LakeError
from eds_spark_imaging.lake.lake import Lake
from eds_spark_imaging.tables.runs import RELEASE

_RUNS = "imaging_run"


@dataclass(frozen=True)
class Release:
    """What readers see by default: a version of each table."""

    run_id: str
    versions: Mapping[str, int]
    released_at: dt.datetime


def newest_release(lake: Lake, run_id: str | None = None) -> Release | None:
    """The newest release, or the one named; None before the first. LakeError where the one named is not there."""
    if not lake.exists(RELEASE):
        rows = []
    else:
        table = lake.read(RELEASE)
        chosen = table if run_id is None else table.where(F.col("run_id") == run_id)
        versions = F.map_from_entries(F.collect_list(F.struct("table_name", "version"))).alias("versions")
        at = F.max(F.unix_micros("released_at")).alias("at")
        rows = chosen.groupBy("run_id").agg(versions, at).orderBy(F.desc("run_id")).limit(1).collect()
    if rows:
        moment = dt.datetime.fromtimestamp(rows[0]["at"] / 1e6, dt.UTC)
        return Release(rows[0]["run_id"], rows[0]["versions"], moment)
    if run_id is not None:
        raise LakeError(f"no release {run_id}: `SELECT DISTINCT run_id FROM {RELEASE}` shows those there are")
    return None


def current_versions(lake: Lake) -> dict[str, int]:
    """The version of each table as it stands."""
    found = {table.name: lake.version(table.name) for table in lake.catalogue if table.name != RELEASE}
    return {name: version for name, version in found.items() if version >= 0}


def is_current(lake: Lake, release: Release | None) -> bool:
    """True where no table but the record of runs has changed since the release."""
    now = current_versions(lake)
    return release is not None and {**now, _RUNS: 0} == {**release.versions, _RUNS: 0}


def write_release(lake: Lake, run_id: str) -> None:
    """The tables as they stand are a release, unless nothing has changed since the last one."""
    if is_current(lake, newest_release(lake)):
        return
    at = dt.datetime.now(dt.UTC)
    rows = [(run_id, name, version, at) for name, version in current_versions(lake).items()]
    frame = lake.spark.createDataFrame(rows, lake.catalogue[RELEASE].spark_ddl)
    lake.append(RELEASE, frame.coalesce(1))


def forget_releases(lake: Lake, hours: int, keep: str) -> int:
    """Releases older than the retention go, whose files may be gone, but for the one to ``keep``; how many rows."""
    oldest = dt.datetime.now(dt.UTC) - dt.timedelta(hours=hours)
    old = lake.read(RELEASE).where((F.col("released_at") < F.lit(oldest)) & (F.col("run_id") != keep))
    old = old.select("run_id", "table_name")
    count = old.count()
    if count:
        lake.merge(RELEASE, old, ["run_id", "table_name"], [], delete=F.lit(True))
    return count
