"""Times that a machine cannot have written with its clock right: by device, day and fault."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.marts.groups import group_key
from eds_spark_imaging.tables.marts import CLOCK_FAULT_BY
from eds_spark_imaging.tables.marts import ClockFault as Fault

_DEVICE = ("device_serial_number", "manufacturer_model_name")
_LEAST = 100  # series of a device of which the first hundredth says when its use began
_DAYS_BEFORE = 365
_HOURS_BEFORE, _HOURS_AFTER = 1, 24


def first_days(device_days: DataFrame) -> DataFrame:
    """By device, its series ``_of_device`` and the day, ``_before``, on which its use cannot have begun yet.

    From rows of ``imaging_device_day``.
    """
    first = F.expr("CAST(percentile(unix_date(day), 0.01, series) AS INT)")
    before = F.date_add(F.date_from_unix_date(first), -_DAYS_BEFORE)
    return device_days.groupBy(*_DEVICE).agg(F.sum("series").alias("_of_device"), before.alias("_before"))


def early_days(device_days: DataFrame) -> DataFrame:
    """The rows of ``imaging_device_day`` that are before the use of their device can have begun."""
    return device_days.join(_renamed(first_days(device_days)), _same_device(), "inner").where(_is_early())


def clock_faults(series: DataFrame, studies: DataFrame, device_days: DataFrame) -> DataFrame:
    """Rows of ``imaging_clock_fault`` (key ``group_key``) of some days' ``series``; one may have several faults.

    Only series whose own date is known, and that tell their device; times are compared where both are complete.
    The future is later than the run that wrote the series (``changed_run``): so it is whenever they are counted.
    ``device_days``: all rows of ``imaging_device_day``.
    """
    exams = studies.select("study_instance_uid", "hospital_code", "study_datetime", "study_datetime_quality")
    own = series.where("series_datetime_source IN ('series', 'acquisition') AND device_serial_number IS NOT NULL")
    dated = own.join(exams, "study_instance_uid", "inner").withColumn("day", F.to_date("series_datetime"))
    known = dated.join(_renamed(first_days(device_days)), _same_device(), "inner")
    hours = F.when(F.col("study_datetime_quality") == "complete", _hours_from_study())
    told = known.withColumn("_hours", hours).withColumn("fault", F.explode(_faults()))
    groups = told.groupBy(*CLOCK_FAULT_BY).agg(
        F.count(F.lit(1)).alias("series"), F.median("_hours").alias("hours_median")
    )
    return groups.select(group_key(CLOCK_FAULT_BY), *groups.columns)


def _renamed(devices: DataFrame) -> DataFrame:
    return F.broadcast(devices.withColumnsRenamed({c: f"_{c}" for c in _DEVICE}))


def _is_early() -> Column:
    return (F.col("_of_device") >= _LEAST) & (F.col("day") < F.col("_before"))


def _same_device() -> list[Column]:
    return [F.col(c).eqNullSafe(F.col(f"_{c}")) for c in _DEVICE]


def _faults() -> Column:
    tests = {
        Fault.IN_FUTURE: F.col("day") > F.date_add(_day_of_run(), 1),
        Fault.BEFORE_DEVICE: _is_early(),
        Fault.BEFORE_STUDY: F.col("_hours") <= -_HOURS_BEFORE,
        Fault.AFTER_STUDY: F.col("_hours") >= _HOURS_AFTER,
    }
    return F.array_compact(F.array(*[F.when(test, F.lit(str(fault))) for fault, test in tests.items()]))


def _day_of_run() -> Column:
    """The day, UTC, of the run that wrote the row: an id begins with it."""
    return F.expr("CAST(try_to_timestamp(left(changed_run, 8), 'yyyyMMdd') AS DATE)")


def _hours_from_study() -> Column:
    """From the study to the first acquisition; null where that has no time."""
    return F.expr("CAST(timestampdiff(MINUTE, study_datetime, first_acquired_at) AS DOUBLE) / 60")
