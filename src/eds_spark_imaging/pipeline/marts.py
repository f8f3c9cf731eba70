"""The job `marts`: tables of counts over the whole lake, brought up to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from pyspark.sql import DataFrame

from eds_spark_imaging.config import SuspensionConfig
from eds_spark_imaging.marts.activity import activity, device_days
from eds_spark_imaging.marts.calendar import Suspension, coverage
from eds_spark_imaging.marts.link_quality import link_quality
from eds_spark_imaging.runs.context import Context

# What marts are made from: where none of these has a new version, there is nothing to count.
_INPUTS = ("imaging_study", "imaging_series", "imaging_study_procedure")


def marts(context: Context) -> None:
    """Count anew where exams, series or acts have changed, and write the rows that differ."""
    with context.run("marts") as run:
        run.main_count = "rows"
        run.watermark = _state_of_inputs(context)
        if run.watermark == context.newest_watermark("marts"):
            return
        for name, counted in _marts(context):
            done = context.lake.sync(name, counted(), run.run_id)
            run.count(rows=done.total, **{f"{name.removeprefix('imaging_')}_changed": done.total})


def _state_of_inputs(context: Context) -> str:
    versions = [f"{name}={context.lake.version(name)}" for name in _INPUTS]
    return ",".join([*versions, f"configuration={context.config.fingerprint}"])


def _marts(context: Context) -> Iterator[tuple[str, Callable[[], DataFrame]]]:
    """Each mart with what makes it of the exams that still have files."""
    studies = context.lake.read("imaging_study").where("removed_at IS NULL")
    series = context.lake.read("imaging_series")
    acts = context.lake.read("imaging_study_procedure")
    suspensions = [_suspension(s) for s in context.config.suspensions]
    yield "imaging_link_quality", lambda: link_quality(studies)
    yield "imaging_activity", lambda: activity(studies, series, acts)
    yield "imaging_device_day", lambda: device_days(series, studies)
    yield "imaging_coverage", lambda: coverage(studies, suspensions)


def _suspension(given: SuspensionConfig) -> Suspension:
    first, last = (dt.date.fromisoformat(f"{month}-01") for month in (given.first, given.last))
    return Suspension(first, last, given.hospital)
