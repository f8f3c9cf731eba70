"""Dates and times of exams: hospital wall-clock, independent of the session's zone."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F


def date_and_time(date: str, time: str) -> Column:
    """Columns DATE and text time as one TIMESTAMP_NTZ; midnight where the time is null, null without a date.

    ``try_cast`` from text keeps the hour that a change of daylight saving skips, in any session zone.
    """
    return F.expr(f"try_cast(concat(cast({date} AS STRING), ' ', coalesce({time}, '00:00:00')) AS TIMESTAMP_NTZ)")


def first_known(choices: Sequence[tuple[str, Column]]) -> tuple[Column, Column]:
    """The first of the named timestamps that is not null, and its name."""
    value = F.coalesce(*[column for _, column in choices])
    source = F.coalesce(*[F.when(column.isNotNull(), name) for name, column in choices])
    return value, source


def is_plausible(value: Column, today: Column) -> Column:
    """Whether images can be of this date: CT began in 1971 and nothing is dated after its parsing."""
    return (F.year(value) >= 1971) & (F.to_date(value) <= F.date_add(today, 1))


def study_datetime_quality(source: Column, has_time: Column, value: Column, today: Column) -> Column:
    """How far the date of an exam can be trusted."""
    return (
        F.when(value.isNull(), "missing")
        .when(~is_plausible(value, today), "implausible")
        .when(source != "study", "fallback")
        .when(has_time, "complete")
        .otherwise("date_only")
    )
