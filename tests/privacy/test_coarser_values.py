"""Values that are coarser in a tier, and dates that are none: what is left tells neither shift nor minute."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from frames import frame

from eds_spark_imaging.config import ProjectConfig
from eds_spark_imaging.config.sections.projects import Precision

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark


def test_what_stands_for_no_date_is_null(spark: SparkSession) -> None:
    from pyspark.sql import functions as F

    from eds_spark_imaging.privacy.dates import moved
    from eds_spark_imaging.tables.spec import DATE, WALL_CLOCK

    days = [dt.date(1, 1, 1), dt.date(1899, 12, 31), dt.date(1900, 1, 1), dt.date(1970, 1, 1), dt.date(9999, 12, 31)]
    rows = frame(spark, "d:date", *[(day,) for day in (*days, dt.date(2020, 2, 29))])
    date = moved(F.col("d"), DATE, F.lit(364), Precision.SECOND)
    time = moved(F.col("d").cast("timestamp_ntz"), WALL_CLOCK, F.lit(364), Precision.HOUR)
    found = [tuple(row) for row in rows.select(date, time).collect()]
    assert found == [*[(None, None)] * 5, (dt.date(2021, 2, 27), dt.datetime(2021, 2, 27))]


def test_a_gap_tells_no_minutes_where_times_are_hours(spark: SparkSession) -> None:
    from pyspark.sql import functions as F

    from eds_spark_imaging.privacy.generalisation import rules

    rows = frame(spark, "gap_minutes:bigint", (-495,), (59,), (-59,), (125,), (None,))
    for times, expected in (("hour", [-480, 0, 0, 120, None]), ("minute", [-495, 59, -59, 125, None])):
        rule = rules(ProjectConfig("heart", times=times))["gap_minutes"]
        assert [row[0] for row in rows.select(rule.value(F.lit(0))).collect()] == expected


def test_the_oldest_are_told_by_the_year_that_is_shown(spark: SparkSession) -> None:
    """At 10 June 2020: 95 years, 90 since the day, 89 until the morrow; moved to June of 2019 and of 2021."""
    from pyspark.sql import functions as F

    from eds_spark_imaging.privacy.generalisation import rules

    births = (dt.date(1925, 3, 1), dt.date(1930, 6, 10), dt.date(1930, 6, 11), dt.date(1980, 1, 1))
    exam = dt.datetime(2020, 6, 10, 10)
    rows = frame(spark, "patient_birth_date:date study_datetime:timestamp_ntz", *[(birth, exam) for birth in births])
    for birth, days, expected in (
        ("age", -364, [90, 90, 89, 40]),
        ("year", 0, [1930, 1930, 1930, 1980]),
        ("year", -364, [1929, 1930, 1930, 1980]),
        ("year", 364, [1931, 1931, 1931, 1980]),
    ):
        rule = rules(ProjectConfig("heart", birth=birth))["patient_birth_date"]
        assert [row[0] for row in rows.select(rule.value(F.lit(days))).collect()] == expected
