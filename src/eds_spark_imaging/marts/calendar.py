"""The coverage calendar: each hospital's categories, month by month, over the whole history of the lake."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.marts.coverage import Coverage, coverage_of
from eds_spark_imaging.marts.groups import TRUSTED, group_key, month_of_exam
from eds_spark_imaging.tables.marts import COVERAGE_BY, IMAGING_COVERAGE

_FITTED = tuple(name for name in IMAGING_COVERAGE.names if name != "group_key")


@dataclass(frozen=True)
class Suspension:
    """A feed known to have stood still from ``first`` to ``last``, whole months; of all hospitals without a code."""

    first: dt.date
    last: dt.date
    hospital_code: str | None = None


def coverage(studies: DataFrame, suspensions: Sequence[Suspension] = ()) -> DataFrame:
    """Rows of ``imaging_coverage`` (key ``group_key``) from exams that have files.

    Months run from the first to the last with an exam anywhere; only dates to be trusted count. A hospital has a row
    for each of its categories and every month.
    """
    counts = (
        studies.withColumn("month", month_of_exam(*TRUSTED))
        .where("month IS NOT NULL")
        .groupBy(*COVERAGE_BY)
        .agg(F.count(F.lit(1)).alias("exams"))
    )
    ends = counts.agg(F.min("month").alias("_first"), F.max("month").alias("_last"))
    fitted = (
        counts.crossJoin(F.broadcast(ends))
        .groupBy("hospital_code")
        .applyInArrow(_fit(tuple(suspensions)), IMAGING_COVERAGE.only(_FITTED).spark_ddl)
    )
    return fitted.select(group_key(COVERAGE_BY), *_FITTED)


def _fit(suspensions: Sequence[Suspension]) -> Callable[[pa.Table], pa.Table]:
    """For applyInArrow over the counts of one hospital."""

    def fit(counts: pa.Table) -> pa.Table:
        rows = counts.to_pylist()
        hospital, first, last = rows[0]["hospital_code"], _number(rows[0]["_first"]), _number(rows[0]["_last"])
        months = last - first + 1
        cells: dict[str | None, list[int]] = {}
        for row in rows:
            cells.setdefault(row["exam_category"], [0] * months)[_number(row["month"]) - first] += row["exams"]
        whole = [sum(month) for month in zip(*cells.values(), strict=True)]
        declared = {
            month
            for s in suspensions
            if s.hospital_code in (None, hospital)
            for month in range(_number(s.first) - first, _number(s.last) - first + 1)
        }
        found = [
            {"hospital_code": hospital, "exam_category": category, **row}
            for category, cell in cells.items()
            for row in _rows(coverage_of(cell, whole, declared), cell, first)
        ]
        return pa.Table.from_pylist(found, schema=IMAGING_COVERAGE.only(_FITTED).arrow_schema)

    return fit


def _rows(fitted: Coverage, cell: list[int], first: int) -> Iterator[dict[str, object]]:
    for month, exams in enumerate(cell):
        yield {
            "month": _day(first + month),
            "exams": exams,
            "completeness": fitted.completeness[month],
            "state": fitted.states[month],
            "t_0": None if fitted.t_0 is None else _day(first + fitted.t_0),
            "t_1": None if fitted.t_1 is None else _day(first + fitted.t_1),
            "c_0": fitted.c_0,
            "error": fitted.error,
            "reference": fitted.reference,
        }


def _number(day: dt.date) -> int:
    """Months since year 0."""
    return day.year * 12 + day.month - 1


def _day(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)
