"""A whole run that finds all as the last one left it runs no job, and is on record as the others are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lakes import named

from eds_spark_imaging.config import Config

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from eds_spark_imaging.runs.context import Context

pytestmark = pytest.mark.spark


class Night:
    """Runs over a folder of one file, with jobs that do nothing but leave a watermark, and the jobs they ran."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "source"
        self.source.mkdir()
        (self.source / "1").touch()
        self.config = Config().with_places((str(self.source),), str(folder / "lake"))
        self.ran: list[str] = []

    def job(self, name: str) -> Any:
        def run(context: Context, _: object) -> None:
            self.ran.append(name)
            with context.run(name) as run:
                run.watermark = f"{name} has seen this"

        return run

    def run(self, *names: str, **options: Any) -> Context:
        from eds_spark_imaging.pipeline import jobs

        self.ran.clear()
        return jobs.run_jobs(list(names or jobs.JOBS), self.config, jobs.Options(**options))


@pytest.fixture
def night(spark: SparkSession, tmp_path: Path) -> Iterator[Night]:
    from eds_spark_imaging.pipeline import jobs

    night = Night(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "_ALL", {name: night.job(name) for name in jobs.JOBS})
        yield night


def test_no_job_runs_where_nothing_has_changed(night: Night) -> None:
    from eds_spark_imaging.lake.releases import current_versions
    from eds_spark_imaging.pipeline.jobs import JOBS

    versions = current_versions(night.run().lake)
    assert night.ran == list(JOBS)
    context = night.run()
    assert night.ran == []
    assert {**current_versions(context.lake), "imaging_run": 0} == {**versions, "imaging_run": 0}
    rows = context.lake.read("imaging_run").orderBy("run_id").collect()
    assert [(row["job"], row["outcome"], row["watermark"]) for row in rows] == [
        (name, "succeeded", f"{name} has seen this") for name in JOBS
    ] * 2
    assert len({row["run_id"] for row in rows}) == len(rows)


def test_all_jobs_run_where_the_source_or_a_table_has_changed(night: Night) -> None:
    from eds_spark_imaging.pipeline.jobs import JOBS

    context = night.run()
    (night.source / "2").touch()
    night.run()
    assert night.ran == list(JOBS)
    decision = {"study_instance_uid": "1.2", "ipp": "8000000001", "decision": "accept", "decided_by": "somebody"}
    row = decision | {"decided_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
    context.lake.append("link_decision", named(context, "link_decision", [row]))
    night.run()
    assert night.ran == list(JOBS)
    night.run()
    assert night.ran == []


def test_what_is_asked_for_is_done(night: Night) -> None:
    from eds_spark_imaging.pipeline.jobs import JOBS
    from eds_spark_imaging.pipeline.parse.selection import Selection

    night.run()
    night.run("build")
    assert night.ran == ["build"]
    night.run()
    assert night.ran == list(JOBS), "another run has written its record"
    for options in ({"rebuild": True}, {"allow_removals": True}, {"selection": Selection(outdated=True)}):
        night.run(**options)
        assert night.ran == list(JOBS)


def test_a_run_that_fails_leaves_no_standstill(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    from eds_spark_imaging.errors import InputError
    from eds_spark_imaging.pipeline import jobs

    def fail(_: Context, __: object) -> None:
        raise InputError("out of reach")

    with monkeypatch.context() as patch:
        patch.setitem(jobs._ALL, "marts", fail)
        with pytest.raises(InputError):
            night.run()
    night.run()
    assert night.ran == list(jobs.JOBS)
