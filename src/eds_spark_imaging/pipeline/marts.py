"""The job `marts`: tables of counts over the whole lake, brought up to date."""

from __future__ import annotations

import datetime as dt
import json
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import SuspensionConfig
from eds_spark_imaging.lake.lake import Changes, Lake
from eds_spark_imaging.lake.pruning import covering
from eds_spark_imaging.marts.activity import activity, device_days
from eds_spark_imaging.marts.calendar import Suspension, coverage
from eds_spark_imaging.marts.clock_faults import clock_faults, early_days
from eds_spark_imaging.marts.fill_rates import fill_rates
from eds_spark_imaging.marts.groups import DATED, TRUSTED
from eds_spark_imaging.marts.link_quality import link_quality
from eds_spark_imaging.marts.months import ALL_MONTHS, Months, exams_of, months_of, series_of_months, together
from eds_spark_imaging.pipeline.touched import Touched, touched_since
from eds_spark_imaging.runs.context import LARGE_LAKE, Context
from eds_spark_imaging.runs.rules import rules_hash
from eds_spark_imaging.spark.at_once import at_once
from eds_spark_imaging.tables.marts import ClockFault

_STUDY = "study_instance_uid"

_FILES = 32  # of the mart of fill rates, which has a row for each device, month and parameter

_MANY_ROWS = 4 * 1024 * 1024  # bytes of a lake whose mart of fill rates has so many that compiled expressions pay

# What marts are made from: where none of these has a new version, there is nothing to count.
_INPUTS = ("imaging_study", "imaging_series", "imaging_acquisition", "imaging_study_procedure")


def marts(context: Context) -> None:
    """Count the months anew in which exams, series or acts have changed, and write the rows that differ."""
    with context.run("marts") as run:
        run.main_count = "rows"
        now = {name: context.lake.version(name) for name in _INPUTS}
        seen = _seen(context)
        run.watermark = _as_text(context, now)
        if seen == now:
            return
        if run.lake_bytes > _MANY_ROWS and not run.large_lake:
            run.compile_expressions()
        touched = touched_since(context.lake, seen, now)
        tables = _Tables.of(context.lake, touched)
        turns = (
            tables.link_quality(),
            tables.activity([_suspension(s) for s in context.config.suspensions]),
            tables.devices(),
        )
        done = at_once(
            *[partial(_sync_in_turn, context, run.run_id, marts) for marts in turns],
            lambda: {"imaging_fill_rate": sync_fill_rates(context, run.run_id, touched.series).total},
        )
        changed = dict(ChainMap(*done))
        run.count(rows=sum(changed.values()))
        run.count(**{f"{name.removeprefix('imaging_')}_changed": rows for name, rows in changed.items()})


def _as_text(context: Context, versions: Mapping[str, int]) -> str:
    return json.dumps({"versions": versions, "rules": _rules(context)})


def _rules(context: Context) -> int:
    """What decides how marts are counted, beside the rows: attributes and suspensions."""
    return rules_hash(context.fingerprint, [asdict(each) for each in context.config.suspensions])


def _seen(context: Context) -> Mapping[str, int]:
    """The versions that the last run has counted; none where all is to be counted, as under other rules."""
    text = context.newest_watermark("marts")
    seen = json.loads(text) if text.startswith("{") else {}
    return seen["versions"] if seen.get("rules") == _rules(context) else {}


@dataclass(frozen=True)
class _Mart:
    """What makes the rows of a mart in ``months``, its rows by their column ``at``."""

    name: str
    counted: Callable[[], DataFrame]
    months: Months = ALL_MONTHS
    at: str = "month"


@dataclass(frozen=True)
class _Tables:
    """The tables that marts count, of exams that still have files: those of the months that changes have touched."""

    lake: Lake
    touched: Touched
    studies: DataFrame
    series: DataFrame
    trusted: DataFrame

    @classmethod
    def of(cls, lake: Lake, touched: Touched) -> _Tables:
        """As they are in the lake."""
        studies = lake.read("imaging_study").where("removed_at IS NULL")
        return cls(lake, touched, studies, lake.read("imaging_series"), exams_of(studies, touched.trusted, TRUSTED))

    def link_quality(self) -> Iterator[_Mart]:
        """The states of links."""
        dated = exams_of(self.studies, self.touched.dated, DATED)
        yield _Mart("imaging_link_quality", lambda: link_quality(dated), self.touched.dated)

    def activity(self, suspensions: list[Suspension]) -> Iterator[_Mart]:
        """What was done, then what the lake covers of it, which is made from the former."""
        months = self.touched.trusted
        series, acts = self._of_trusted(self.series), self._of_trusted(self.lake.read("imaging_study_procedure"))
        yield _Mart("imaging_activity", lambda: activity(self.trusted, series, acts), months)
        yield _Mart(
            "imaging_coverage", lambda: coverage(self.lake.read("imaging_activity"), F.current_date(), suspensions)
        )

    def devices(self) -> Iterator[_Mart]:
        """The days of devices, then the faults of their clocks, which are told by the former."""
        months = self.touched.series
        series = series_of_months(self.series, months)
        yield _Mart("imaging_device_day", lambda: device_days(series, self.studies), months, "day")
        days = self.lake.read("imaging_device_day")
        faulty = months if months.are_all else together([months, _early_months(self.lake, days)])
        of_faulty = series_of_months(self.series, faulty)
        yield _Mart(
            "imaging_clock_fault",
            lambda: clock_faults(of_faulty, self.studies, days),
            faulty,
            "day",
        )

    def _of_trusted(self, rows: DataFrame) -> DataFrame:
        return rows if self.touched.trusted.are_all else rows.join(self.trusted.select(_STUDY), _STUDY, "left_semi")


def _early_months(lake: Lake, days: DataFrame) -> Months:
    """The months in which a device is, or was said to be, before its time: that depends on all of its days."""
    told = lake.read("imaging_clock_fault").where(F.col("fault") == str(ClockFault.BEFORE_DEVICE))
    month = F.trunc("day", "month")
    return together([months_of(early_days(days), month), months_of(told, month)])


def _sync_in_turn(context: Context, run_id: str, marts: Iterable[_Mart]) -> dict[str, int]:
    """Rows written or deleted, by mart."""
    return {mart.name: _sync(context, run_id, mart).total for mart in marts}


def _sync(context: Context, run_id: str, mart: _Mart) -> Changes:
    if mart.months.are_all:
        return context.lake.sync(mart.name, mart.counted(), run_id)
    month = F.trunc(mart.at, "month")
    scope = context.lake.read(mart.name).where(mart.months.hold(month)).select("group_key")
    return context.lake.sync(mart.name, mart.counted(), run_id, scope=scope, within=mart.months.span(F.col(mart.at)))


def sync_fill_rates(context: Context, run_id: str, months: Months) -> Changes:
    """Bring ``imaging_fill_rate`` up to date, of devices and ``months`` whose series have changed alone.

    The parameters are the widest of the tables.
    """
    lake, name = context.lake, "imaging_fill_rate"
    with lake.scratch("marts") as scratch:
        series = series_of_months(lake.read("imaging_series"), months)
        acquisitions = lake.read("imaging_acquisition")
        if not months.are_all:
            series = scratch.keep("series", series)
            acquisitions = acquisitions.where(covering(series, _STUDY, F.col(_STUDY)))

        def counted() -> DataFrame:
            rows = fill_rates(series, acquisitions, context.catalogue.attributes)
            # Later runs change a few months, and write the files of these anew.
            large = not lake.exists(name) and lake.bytes_known() > LARGE_LAKE
            return rows.repartition(_FILES, "month") if large else rows

        return _sync(context, run_id, _Mart(name, counted, months))


def _suspension(given: SuspensionConfig) -> Suspension:
    first, last = (dt.date.fromisoformat(f"{month}-01") for month in (given.first, given.last))
    return Suspension(first, last, given.hospital)
