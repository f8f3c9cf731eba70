"""Marts over exams written by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from frames import frame
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.dicom.declaration.attribute import attribute
from eds_spark_imaging.marts.activity import activity, device_days
from eds_spark_imaging.marts.calendar import Suspension, coverage
from eds_spark_imaging.marts.clock_faults import clock_faults, early_days
from eds_spark_imaging.marts.fill_rates import fill_rates
from eds_spark_imaging.marts.groups import TRUSTED, month_of_exam
from eds_spark_imaging.tables.marts import (
    IMAGING_ACTIVITY,
    IMAGING_CLOCK_FAULT,
    IMAGING_COVERAGE,
    IMAGING_DEVICE_DAY,
    IMAGING_FILL_RATE,
)

_DEVICE = ("device_serial_number", "manufacturer_model_name")
STUDY = (
    "study_instance_uid study_datetime study_datetime_quality hospital_code exam_category person_id number_of_series"
    " number_of_instances"
)
TODAY = dt.date(2020, 4, 20)
MONTHS = ("2019-11", "2019-12", "2020-01", "2020-02", "2020-03")


def exam(
    uid: str, at: str, person: int | None = None, quality: str = "complete", hospital: str = "066"
) -> tuple[Any, ...]:
    return uid, dt.datetime.fromisoformat(at), quality, hospital, "scanner", person, 2, 100


@pytest.fixture
def studies(spark: SparkSession) -> DataFrame:
    return frame(
        spark,
        STUDY,
        exam("a", "2020-01-06 09:00", 1),  # a Monday
        exam("b", "2020-01-06 18:00", 1),
        exam("c", "2020-01-11 10:00", 2),  # a Saturday
        exam("d", "2020-01-07", None, "date_only"),
        exam("e", "2020-03-02 08:00", 3),
        exam("f", "1812-01-01 08:00", 3, "implausible"),
    )


def test_activity_counts_every_dated_exam_once(spark: SparkSession, studies: DataFrame) -> None:
    pairs = [("a", -3, True), ("a", -1, True), ("a", None, True), ("b", -4, True), ("c", 0, False)]
    acts = frame(spark, "study_instance_uid days_from_exam accepted", *pairs)
    departments = [("a", "RADIO"), ("a", "RADIO"), ("a", "BLOC"), *((uid, "RADIO") for uid in "bcde")]
    series = frame(spark, "study_instance_uid institutional_department_name", *departments)
    found = activity(studies, series, acts)
    assert found.columns == IMAGING_ACTIVITY.names
    for days in ((-2, 2), (2, -2)):  # as near: the one before the exam
        near = frame(spark, "study_instance_uid days_from_exam accepted", *[("a", day, True) for day in days])
        assert (
            activity(studies.where("study_instance_uid = 'a'"), series, near).first()["act_to_exam_days_median"] == 2.0
        )
    january, march = sorted(found.collect(), key=lambda row: row["month"])
    assert january["group_key"] == "066|RADIO|scanner|2020-01-01"
    assert (january["exams"], january["series"], january["instances"], january["patients"]) == (4, 8, 400, 2)
    assert (january["exams_in_hours"], january["exams_out_of_hours"]) == (1, 2)
    assert january["act_to_exam_days_median"] == 2.5  # of 1 (the nearer of two) and 4
    assert (march["exams"], march["exams_in_hours"], march["act_to_exam_days_median"]) == (1, 1, None)


def test_device_days(spark: SparkSession, studies: DataFrame) -> None:
    first, last = dt.datetime(2020, 1, 6, 9, 1), dt.datetime(2020, 1, 6, 18, 2)
    series = frame(
        spark,
        "study_instance_uid device_serial_number series_datetime series_datetime_source number_of_instances",
        ("a", "SN1", first, "series", 50),
        ("a", "SN1", dt.datetime(2020, 1, 6, 9, 9), "series", 50),
        ("b", "SN1", last, "acquisition", 10),
        ("b", "SN1", dt.datetime(2020, 1, 6, 23), "study", 10),  # when the exam began, not the series
        ("d", "SN1", dt.datetime(2020, 1, 6), "series", 10),  # no time
        ("c", None, dt.datetime(2020, 1, 6, 7), "series", 10),
        manufacturer_model_name="Model",
        station_name="CT1",
        exam_category="of the series",
    )
    found = device_days(series, studies)
    assert found.columns == IMAGING_DEVICE_DAY.names
    (day,) = found.collect()
    assert (day["exams"], day["series"], day["instances"]) == (3, 5, 130)
    assert (day["first_series_at"], day["last_series_at"]) == (first, last)


def test_what_a_header_says_makes_no_key_of_another_group(spark: SparkSession, studies: DataFrame) -> None:
    devices = [("A|B", "C"), ("A", "B|C"), ("A\\", "B|C"), ("A", None), ("A", "|"), ("A|", None)]
    at = dt.datetime(2020, 1, 6, 9)
    series = frame(
        spark,
        "study_instance_uid device_serial_number manufacturer_model_name series_datetime number_of_instances",
        *[("a", serial, model, at, 1) for serial, model in devices],
        series_datetime_source="series",
        station_name="CT1",
    )
    keys = {row["group_key"] for row in device_days(series, studies).collect()}
    assert len(keys) == len(devices)
    assert {r"066|A\|B|C|2020-01-06", r"066|A\\|B\|C|2020-01-06", "066|A||2020-01-06"} <= keys


def test_coverage_has_every_month_from_the_first_with_coverage(spark: SparkSession, studies: DataFrame) -> None:
    stray = [exam("s", "1975-06-01", hospital="066")]  # plausible by itself
    other = frame(spark, STUDY, exam("o", "2019-11-05", hospital="014"), *stray)
    suspension = Suspension(dt.date(2020, 2, 1), dt.date(2020, 2, 1), "066")
    dated = studies.unionByName(other).withColumn("month", month_of_exam(*TRUSTED)).where("month IS NOT NULL")
    found = coverage(dated.withColumn("exams", F.lit(1)), F.lit(TODAY), [suspension])
    assert found.columns == IMAGING_COVERAGE.names
    cells = {(row["hospital_code"], row["month"].isoformat()): row for row in found.collect()}
    # The stray date has a row of its own, and makes none of the years after it.
    expected = {"1975-06-01", *(f"{m}-01" for m in MONTHS[2:])}
    assert {month for hospital, month in cells if hospital == "066"} == expected
    assert (cells["066", "1975-06-01"]["exams"], cells["066", "1975-06-01"]["state"]) == (1, "not_connected")
    assert {month for hospital, month in cells if hospital == "014"} == {f"{m}-01" for m in MONTHS}
    assert [cells["066", f"{m}-01"]["exams"] for m in MONTHS[2:]] == [4, 0, 1]
    assert cells["066", "2020-02-01"]["state"] == "suspended"
    assert cells["066", "2020-01-01"]["t_0"] == dt.date(2020, 1, 1)
    assert cells["014", "2020-02-01"]["state"] == "no_activity"


def test_the_month_of_today_is_not_judged(spark: SparkSession) -> None:
    months = [(dt.date(2019 + n // 12, n % 12 + 1, 1), 40) for n in range(14)] + [(dt.date(2020, 3, 1), 2)]
    rows = [("066", "scanner", month, exams) for month, exams in months]
    activity = frame(spark, "hospital_code exam_category month:date exams", *rows)
    states = {
        today: [row["state"] for row in coverage(activity, F.lit(today)).orderBy("month").collect()]
        for today in (dt.date(2020, 3, 2), dt.date(2020, 4, 1))
    }
    assert states[dt.date(2020, 3, 2)] == ["complete"] * 14 + ["running"]
    assert states[dt.date(2020, 4, 1)][-1] in ("partial", "suspended")


ATTRIBUTES = (
    attribute("KVP", "double", "acquisition", modalities=("CT",)),
    attribute("XRayTubeCurrent", "double", "acquisition", "min_max", modalities=("CT",)),
    attribute("EchoTime", "double", "acquisition", modalities=("MR",)),
    attribute("Rows", "bigint", "acquisition"),
    attribute("Manufacturer", "string", "series"),
)


def test_fill_rates(spark: SparkSession) -> None:
    may, june = dt.datetime(2020, 5, 31, 23), dt.datetime(2020, 6, 1)
    series = frame(
        spark,
        "study_instance_uid series_instance_uid device_serial_number series_datetime",
        *[("e", f"e.{n}", "SN1", at) for n, at in enumerate((may, may, may, june, None))],
        ("f", "f.0", None, june),
        manufacturer_model_name="M",
        changed_run="run1",
    )
    acquisitions = frame(
        spark,
        "study_instance_uid series_instance_uid main_modality kvp:double x_ray_tube_current_min:double"
        " echo_time:double rows changed_run",
        ("e", "e.0", "CT", 120.0, 80.0, None, 512, "run1"),
        ("e", "e.1", "CT", None, 0.0, None, 512, "run2"),
        ("e", "e.2", "MR", None, None, 30.0, None, "run1"),
        ("e", "e.3", "CT", 100.0, None, None, 512, "run1"),
        ("e", "e.4", "CT", 100.0, None, None, 512, "run1"),
        ("f", "f.0", "CT", 100.0, None, None, 512, "run1"),
    )
    found = fill_rates(series, acquisitions, ATTRIBUTES)
    assert found.columns == IMAGING_FILL_RATE.names
    rates = {
        (r["device_serial_number"], r["main_modality"], f"{r['month']:%m}", r["attribute"]): r for r in found.collect()
    }
    assert {key: (r["filled"], r["series"]) for key, r in rates.items()} == {
        ("SN1", "CT", "05", "kvp"): (1, 2),
        ("SN1", "CT", "05", "x_ray_tube_current"): (2, 2),
        ("SN1", "CT", "05", "rows"): (2, 2),
        ("SN1", "MR", "05", "echo_time"): (1, 1),
        ("SN1", "MR", "05", "rows"): (0, 1),
        ("SN1", "CT", "06", "kvp"): (1, 1),
        ("SN1", "CT", "06", "x_ray_tube_current"): (0, 1),
        ("SN1", "CT", "06", "rows"): (1, 1),
        (None, "CT", "06", "kvp"): (1, 1),
        (None, "CT", "06", "x_ray_tube_current"): (0, 1),
        (None, "CT", "06", "rows"): (1, 1),
    }


def test_clock_faults(spark: SparkSession) -> None:
    studies = frame(
        spark,
        "study_instance_uid study_datetime study_datetime_quality",
        ("e", dt.datetime(2020, 5, 31, 10), "complete"),
        ("d", dt.datetime(2020, 5, 31), "date_only"),
        ("old", dt.datetime(1999, 1, 1), "complete"),
        hospital_code="066",
    )

    def acquired(study: str, day: str, time: str | None) -> tuple[Any, ...]:
        at = dt.datetime.fromisoformat(f"{day} {time or '00:00:00'}")
        return study, at, at if time else None

    right = [acquired("e", "2020-05-31", "10:05:00")] * 120
    series = frame(
        spark,
        "study_instance_uid series_datetime first_acquired_at",
        *right,
        acquired("e", "2020-05-31", "08:59:00"),
        acquired("e", "2020-05-31", "08:30:00"),
        acquired("e", "2020-05-31", "09:01:00"),  # within an hour
        acquired("e", "2020-05-31", None),
        acquired("d", "2020-05-31", "02:00:00"),  # the exam has no time
        acquired("e", "2020-06-02", "10:00:00"),
        acquired("old", "1999-01-01", "00:00:00"),
        acquired("d", "2031-01-01", None),
        device_serial_number="SN1",
        manufacturer_model_name="M",
        series_datetime_source="series",
        changed_run="20200630T235959999999-build-5b1f0e",
    )
    # 128 series of the device, one of them in 1999: the hundredth of them is of 2020.
    days = series.groupBy(*_DEVICE, F.to_date("series_datetime").alias("day")).agg(F.count("*").alias("series"))
    assert [r["day"].isoformat() for r in early_days(days).collect()] == ["1999-01-01"]
    found = clock_faults(series, studies, days)
    assert found.columns == IMAGING_CLOCK_FAULT.names
    faults = {(r["fault"], r["day"].isoformat()): (r["series"], r["hours_median"]) for r in found.collect()}
    assert faults == {
        ("before_study", "2020-05-31"): (2, pytest.approx(-(61 + 90) / 2 / 60)),
        ("after_study", "2020-06-02"): (1, 48.0),
        ("before_device", "1999-01-01"): (1, 0.0),
        ("in_future", "2031-01-01"): (1, None),
    }
