"""Months that a change touches: marts are counted anew for these alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.marts.groups import month_of_exam

MOST = 48  # a change of more months is counted as one of all


@dataclass(frozen=True)
class Months:
    """The first days of months; None stands for what is of no month. Without ``days``: every month."""

    days: frozenset[dt.date | None] | None = None

    @property
    def are_all(self) -> bool:
        """True where nothing is left out."""
        return self.days is None

    def hold(self, month: Column) -> Column:
        """Whether a month is one of these."""
        if self.days is None:
            return F.lit(True)
        named = sorted(day for day in self.days if day is not None)
        tests = [month.isin(named)] if named else []
        tests += [month.isNull()] if None in self.days else []
        return reduce(Column.__or__, tests, F.lit(False))

    def span(self, at: Column) -> Column:
        """True of every datetime or date in one of these months, in a form that the statistics of files can use.

        With None among the months it is true of all: what is of no month may have a date.
        """
        if self.days is None or None in self.days:
            return F.lit(True)
        tests = [(at >= F.lit(first)) & (at < F.lit(end) if end else F.lit(True)) for first, end in self._ranges()]
        return reduce(Column.__or__, tests, F.lit(False))

    def _ranges(self) -> list[tuple[dt.date, dt.date | None]]:
        """Neighbouring months as one, each with the first day after it; None after the last that a date can have."""
        found: list[tuple[dt.date, dt.date | None]] = []
        for day in sorted(day for day in self.days or () if day is not None):
            end = _next(day)
            if found and found[-1][1] == day:
                found[-1] = (found[-1][0], end)
            else:
                found.append((day, end))
        return found


def _next(month: dt.date) -> dt.date | None:
    if month.month < 12:
        return month.replace(month=month.month + 1)
    return month.replace(year=month.year + 1, month=1) if month.year < dt.MAXYEAR else None


ALL_MONTHS = Months()


def months_of(rows: DataFrame, month: Column) -> Months:
    """The distinct values of ``month`` over the rows; every month where there are more than :data:`MOST`."""
    found = [row[0] for row in rows.select(month).distinct().limit(MOST + 1).collect()]
    return Months(frozenset(found)) if len(found) <= MOST else ALL_MONTHS


def together(months: Iterable[Months]) -> Months:
    """The months of each."""
    sets = [each.days for each in months]
    known = [days for days in sets if days is not None]
    return Months(frozenset[dt.date | None]().union(*known)) if len(known) == len(sets) else ALL_MONTHS


def exams_of(studies: DataFrame, months: Months, qualities: Sequence[str]) -> DataFrame:
    """The rows of ``studies`` whose exams are of the months, for marts that trust dates of ``qualities``."""
    if months.are_all:
        return studies
    return studies.where(months.span(F.col("study_datetime")) & months.hold(month_of_exam(*qualities)))


def series_of_months(series: DataFrame, months: Months) -> DataFrame:
    """The rows of ``series`` that are of the months by their own date."""
    if months.are_all:
        return series
    at = F.col("series_datetime")
    return series.where(months.span(at) & months.hold(F.trunc(at, "month")))
