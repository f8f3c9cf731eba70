"""The coverage calendar: each hospital's categories, month by month, over the whole history of the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.marts.coverage import Coverage, coverage_of
from eds_spark_imaging.marts.groups import group_key
from eds_spark_imaging.tables.marts import COVERAGE_BY, IMAGING_COVERAGE, CoverageState

_STRAYS: Final = 2  # exams, or a thousandth
_EMPTY_MONTHS: Final = 60
_FITTED = tuple(name for name in IMAGING_COVERAGE.names if name != "group_key")


@dataclass(frozen=True)
class Suspension:
    """A feed known to have stood still from ``first`` to ``last``, whole months; of all hospitals without a code."""

    first: dt.date
    last: dt.date
    hospital_code: str | None = None


def coverage(activity: DataFrame, today: Column, suspensions: Sequence[Suspension] = ()) -> DataFrame:
    """Rows of ``imaging_coverage`` (key ``group_key``) from ``exams`` by hospital, category and month: those of
    ``imaging_activity``, which has them by department too.

    A hospital has a row for each of its categories and every month from the first with coverage of any of them to the
    last with an exam anywhere; of the months before, those in which it has exams: a stray date long before makes one,
    and bears on nothing else. The month of ``today`` and those after it are not over.
    """
    counts = activity.groupBy(*COVERAGE_BY).agg(F.sum("exams").alias("exams"))
    end = counts.agg(F.max("month").alias("_last"), F.max(F.trunc(today, "month")).alias("_running"))
    fitted = (
        counts.crossJoin(F.broadcast(end))
        .groupBy("hospital_code")
        .applyInArrow(_fit(tuple(suspensions)), IMAGING_COVERAGE.only(_FITTED).spark_ddl)
    )
    return fitted.select(group_key(COVERAGE_BY), *_FITTED)


def _fit(suspensions: Sequence[Suspension]) -> Callable[[pa.Table], pa.Table]:
    """For applyInArrow over the counts of one hospital."""

    def fit(counts: pa.Table) -> pa.Table:
        rows = counts.to_pylist()
        hospital, first = rows[0]["hospital_code"], min(_number(row["month"]) for row in rows)
        months = _number(rows[0]["_last"]) - first + 1
        cells: dict[str | None, list[int]] = {}
        for row in rows:
            cells.setdefault(row["exam_category"], [0] * months)[_number(row["month"]) - first] += row["exams"]
        filled = [any(month) for month in zip(*cells.values(), strict=True)]
        kept = {category: without_strays(cell) for category, cell in cells.items()}
        whole = without_strays([sum(month) for month in zip(*kept.values(), strict=True)])
        opened = next(month for month, exams in enumerate(whole) if exams)  # what is before are strays alone
        running = max(_number(rows[0]["_last"]) - _number(rows[0]["_running"]) + 1, 0)
        declared = {
            month - opened
            for s in suspensions
            if s.hospital_code in (None, hospital)
            for month in range(_number(s.first) - first, _number(s.last) - first + 1)
        }
        fitted = {
            category: coverage_of(cell[opened:], whole[opened:], declared, running=min(running, months - opened))
            for category, cell in kept.items()
        }
        begin = min((cell.t_0 for cell in fitted.values() if cell.t_0 is not None), default=months - 1 - opened)
        found = [
            {"hospital_code": hospital, "exam_category": category, **row}
            for category, cell in cells.items()
            for month, row in enumerate(_rows(fitted[category], cell, first, opened))
            if month - opened >= begin or filled[month]
        ]
        return pa.Table.from_pylist(found, schema=IMAGING_COVERAGE.only(_FITTED).arrow_schema)

    return fit


def without_strays(counts: Sequence[int]) -> list[int]:
    """Monthly counts without the few at the beginning that years without any follow: dates that were mistyped."""
    kept, seen = list(counts), 0
    few = max(_STRAYS, sum(counts) // 1000)
    filled = [month for month, count in enumerate(counts) if count]
    for month, following in pairwise(filled):
        seen += counts[month]
        if seen > few:
            break
        if following - month > _EMPTY_MONTHS:
            kept[:following] = [0] * following
    return kept


def _rows(fitted: Coverage, cell: list[int], first: int, opened: int) -> Iterator[dict[str, Any]]:
    """The rows of the months of ``cell``, from the month ``first`` on; ``fitted`` begins ``opened`` months later."""
    start = first + opened
    for month, exams in enumerate(cell):
        judged = month - opened
        yield {
            "month": _day(first + month),
            "exams": exams,
            "completeness": fitted.completeness[judged] if judged >= 0 else 0.0,
            "state": fitted.states[judged] if judged >= 0 else CoverageState.NOT_CONNECTED,
            "t_0": None if fitted.t_0 is None else _day(start + fitted.t_0),
            "t_1": None if fitted.t_1 is None else _day(start + fitted.t_1),
            "c_0": fitted.c_0,
            "error": fitted.error,
            "reference": fitted.reference,
        }


def _number(day: dt.date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1


def _day(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)
