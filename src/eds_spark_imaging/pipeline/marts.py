"""The job `marts`: tables of counts over the whole lake, brought up to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import SuspensionConfig
from eds_spark_imaging.lake.lake import Changes
from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.marts.activity import activity, device_days
from eds_spark_imaging.marts.calendar import Suspension, coverage
from eds_spark_imaging.marts.clock_faults import clock_faults
from eds_spark_imaging.marts.fill_rates import fill_rates, filled_groups, series_of, touched_groups
from eds_spark_imaging.marts.link_quality import link_quality
from eds_spark_imaging.runs.context import Context, Run

# What marts are made from: where none of these has a new version, there is nothing to count.
_INPUTS = ("imaging_study", "imaging_series", "imaging_acquisition", "imaging_study_procedure")


def marts(context: Context) -> None:
    """Count anew where exams, series or acts have changed, and write the rows that differ."""
    with context.run("marts") as run:
        run.main_count = "rows"
        run.watermark = _state_of_inputs(context)
        if run.watermark == context.newest_watermark("marts"):
            return
        for name, counted in _marts(context):
            _count(run, name, context.lake.sync(name, counted(), run.run_id))
        _count(run, "imaging_fill_rate", sync_fill_rates(context, run.run_id))


def _count(run: Run, name: str, done: Changes) -> None:
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
    yield "imaging_clock_fault", lambda: clock_faults(series, studies, F.current_date())
    yield "imaging_coverage", lambda: coverage(studies, suspensions)


def sync_fill_rates(context: Context, run_id: str) -> Changes:
    """Bring ``imaging_fill_rate`` up to date, of devices and months whose series have changed alone.

    The parameters are the widest of the tables.
    """
    lake, name = context.lake, "imaging_fill_rate"
    series, acquisitions, rates = (lake.read(t) for t in ("imaging_series", "imaging_acquisition", name))
    with lake.scratch("marts") as scratch:
        groups = scratch.keep("groups", filled_groups(series, acquisitions))
        touched = scratch.keep("touched", touched_groups(groups, rates))
        devices = scratch.keep("devices", series_of(touched, series))
        if lake.exists(name):
            within = covering(touched, "month", F.col("month"))
            acquisitions = acquisitions.where(covering(devices, "study_instance_uid", F.col("study_instance_uid")))
        else:
            within = None
        same = [groups[c].eqNullSafe(touched[c]) for c in touched.columns]
        changed = groups.join(F.broadcast(touched), same, "left_semi")
        rows = fill_rates(changed, devices, acquisitions, context.catalogue.attributes)
        return lake.sync(name, rows, run_id, scope=_rows_of(touched, rates), within=within)


def _rows_of(touched: DataFrame, rates: DataFrame) -> DataFrame:
    """The keys of the mart's rows of the groups."""
    same = [rates[c].eqNullSafe(touched[c]) for c in touched.columns]
    return rates.join(F.broadcast(touched), same, "left_semi").select("group_key")


def _suspension(given: SuspensionConfig) -> Suspension:
    first, last = (dt.date.fromisoformat(f"{month}-01") for month in (given.first, given.last))
    return Suspension(first, last, given.hospital)
