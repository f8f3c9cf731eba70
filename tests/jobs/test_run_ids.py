"""Ids of runs sort after those of all runs before, also where the clock went back and where a run was killed."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from lakes import named, open_context

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark

FILES = "dicom_file"


class Clock:
    """A clock that is set by hand."""

    hour = 12

    def now(self, zone: dt.tzinfo) -> dt.datetime:
        return dt.datetime(2026, 1, 31, self.hour, tzinfo=zone)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    from eds_spark_imaging.runs import context

    clock = Clock()
    monkeypatch.setattr(context, "dt", SimpleNamespace(datetime=clock, UTC=dt.UTC))
    return clock


def add(context: Context, path: str, run_id: str) -> None:
    row = {"path": path, "source": "s", "status": "pending", "first_run": run_id, "changed_run": run_id}
    context.lake.append(FILES, named(context, FILES, [row]).coalesce(1))


def test_a_run_that_was_killed_has_had_an_id(spark: SparkSession, tmp_path: Path, clock: Clock) -> None:
    killed = open_context(spark, tmp_path).new_run_id("parse")  # and no record
    clock.hour = 11
    context = open_context(spark, tmp_path)
    with context.run("parse") as run:
        assert run.run_id > killed
        # What was read anew in between begins where ids had come to.
        context.forget_past()
        assert context.new_run_id("release") > run.run_id
    assert len(list((tmp_path / "_last_id").iterdir())) == 1


def test_the_newest_release_is_the_last_one(spark: SparkSession, tmp_path: Path, clock: Clock) -> None:
    from eds_spark_imaging.lake.releases import newest_release, write_release

    context = open_context(spark, tmp_path)
    add(context, "/1", context.new_run_id("index"))
    write_release(context.lake, context.new_run_id("release"))
    clock.hour = 11
    for path, folder_is_there in (("/2", True), ("/3", False)):
        if not folder_is_there:  # a lake that an earlier version has written
            shutil.rmtree(tmp_path / "_last_id")
        context = open_context(spark, tmp_path)
        add(context, path, context.new_run_id("index"))
        write_release(context.lake, context.new_run_id("release"))
        newest = newest_release(context.lake)
        assert newest
        assert newest.versions[FILES] == context.lake.version(FILES)
