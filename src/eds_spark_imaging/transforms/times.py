"""Dates and times of exams: hospital wall-clock, independent of the session's zone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as F

FIRST_CT: Final = 1971  # no exam that is in an archive of images was before this year


def date_and_time(date: str, time: str) -> Column:
    """Columns DATE and text time as one TIMESTAMP_NTZ; midnight where the time is null, null without a date.

    ``try_cast`` from text keeps the hour that a change of daylight saving skips, in any session zone.
    """
    return F.expr(f"try_cast(concat(cast({date} AS STRING), ' ', coalesce({time}, '00:00:00')) AS TIMESTAMP_NTZ)")


def moment(what: str, otherwise: str = "NULL") -> Column:
    """When an instance says that it was, by the columns ``<what>_date`` and ``<what>_time``: a struct of rank and time.

    The smallest of several is the earliest that can be: ranks go from whole moments to days (at midnight), and these
    two from before the first CT. ``otherwise`` is SQL that gives a whole moment where the pair of columns does not. Of
    times that differ between frames the earliest counts.
    """
    of_frames = f"IF(frame_periods['{what}_date'] IS NULL, frame_periods['{what}_time'].min, NULL)"
    time = f"coalesce({of_frames}, {what}_time)"
    whole = f"coalesce(try_cast(concat(CAST({what}_date AS STRING), ' ', {time}) AS TIMESTAMP_NTZ), {otherwise})"
    at = f"coalesce({whole}, CAST({what}_date AS TIMESTAMP_NTZ))"
    rank = f"IF({whole} IS NULL, 1, 0) + IF(year({at}) < {FIRST_CT}, 2, 0)"
    return F.expr(f"IF({at} IS NULL, NULL, named_struct('rank', {rank}, 'at', {at}))")


def whole(moments: str) -> Column:
    """The time of a column of :func:`moment`, null where it is a day only."""
    return F.expr(f"IF({moments}.rank % 2 = 0, {moments}.at, NULL)")


def first_known(choices: Sequence[tuple[str, Column]]) -> tuple[Column, Column]:
    """The first of the named timestamps that is not null, and its name."""
    value = F.coalesce(*[column for _, column in choices])
    source = F.coalesce(*[F.when(column.isNotNull(), name) for name, column in choices])
    return value, source


def is_plausible(value: Column, today: Column) -> Column:
    """Whether images can be of this date: none is from before the first CT, or from after its parsing."""
    return (F.year(value) >= FIRST_CT) & (F.to_date(value) <= F.date_add(today, 1))


def study_datetime_quality(source: Column, has_time: Column, value: Column, today: Column) -> Column:
    """How far the date of an exam can be trusted."""
    return (
        F.when(value.isNull(), "missing")
        .when(~is_plausible(value, today), "implausible")
        .when(source != "study", "fallback")
        .when(has_time, "complete")
        .otherwise("date_only")
    )
