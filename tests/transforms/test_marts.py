"""Marts over exams written by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
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
    "study_instance_uid string, study_datetime timestamp_ntz, study_datetime_quality string, hospital_code string,"
    " exam_category string, person_id bigint, number_of_series bigint, number_of_instances bigint"
)

MONTHS = ("2019-11", "2019-12", "2020-01", "2020-02", "2020-03")


def exam(
    uid: str, at: str, person: int | None = None, quality: str = "complete", hospital: str = "066"
) -> tuple[Any, ...]:
    return uid, dt.datetime.fromisoformat(at), quality, hospital, "scanner", person, 2, 100


@pytest.fixture
def studies(spark: SparkSession) -> DataFrame:
    rows = [
        exam("a", "2020-01-06 09:00", 1),  # a Monday
        exam("b", "2020-01-06 18:00", 1),
        exam("c", "2020-01-11 10:00", 2),  # a Saturday
        exam("d", "2020-01-07", None, "date_only"),
        exam("e", "2020-03-02 08:00", 3),
        exam("f", "1812-01-01 08:00", 3, "implausible"),
    ]
    return spark.createDataFrame(rows, STUDY)


def test_activity_counts_every_dated_exam_once(spark: SparkSession, studies: DataFrame) -> None:
    acts = spark.createDataFrame(
        [("a", -3, True), ("a", -1, True), ("b", -4, True), ("c", 0, False)],
        "study_instance_uid string, days_from_exam int, accepted boolean",
    )
    series = spark.createDataFrame(
        [("a", "RADIO"), ("a", "RADIO"), ("a", "BLOC"), *((uid, "RADIO") for uid in "bcde")],
        "study_instance_uid string, institutional_department_name string",
    )
    found = activity(studies, series, acts)
    assert found.columns == IMAGING_ACTIVITY.names
    january, march = sorted(found.collect(), key=lambda row: row["month"])
    assert january["group_key"] == "066|RADIO|scanner|2020-01-01"
    assert (january["exams"], january["series"], january["instances"], january["patients"]) == (4, 8, 400, 2)
    assert (january["exams_in_hours"], january["exams_out_of_hours"]) == (1, 2)
    assert january["act_to_exam_days_median"] == 2.5  # of 1 (the nearer of two) and 4
    assert (march["exams"], march["exams_in_hours"], march["act_to_exam_days_median"]) == (1, 1, None)


def test_device_days(spark: SparkSession, studies: DataFrame) -> None:
    rows = [
        ("a", "SN1", "Model", "CT1", dt.datetime(2020, 1, 6, 9, 1), 50),
        ("a", "SN1", "Model", "CT1", dt.datetime(2020, 1, 6, 9, 9), 50),
        ("b", "SN1", "Model", "CT1", dt.datetime(2020, 1, 6, 18, 2), 10),
        ("d", "SN1", "Model", "CT1", dt.datetime(2020, 1, 6), 10),  # no time
        ("c", None, "Model", "CT1", dt.datetime(2020, 1, 6, 7), 10),
    ]
    series = spark.createDataFrame(
        rows,
        "study_instance_uid string, device_serial_number string, manufacturer_model_name string, station_name string,"
        " series_datetime timestamp_ntz, number_of_instances bigint",
    ).withColumn("exam_category", F.lit("of the series"))
    found = device_days(series, studies)
    assert found.columns == IMAGING_DEVICE_DAY.names
    (day,) = found.collect()
    assert (day["exams"], day["series"], day["instances"]) == (3, 4, 120)
    assert (day["first_series_at"], day["last_series_at"]) == (rows[0][4], rows[2][4])


def test_coverage_has_every_month_from_the_first_with_coverage(spark: SparkSession, studies: DataFrame) -> None:
    stray = [exam("s", "1975-06-01", hospital="066")]  # plausible by itself
    other = spark.createDataFrame([exam("o", "2019-11-05", hospital="014"), *stray], STUDY)
    suspension = Suspension(dt.date(2020, 2, 1), dt.date(2020, 2, 1), "066")
    dated = studies.unionByName(other).withColumn("month", month_of_exam(*TRUSTED)).where("month IS NOT NULL")
    found = coverage(dated.withColumn("exams", F.lit(1)), [suspension])
    assert found.columns == IMAGING_COVERAGE.names
    rows = {(row["hospital_code"], row["month"].isoformat()): row for row in found.collect()}
    assert {month for hospital, month in rows if hospital == "066"} == {f"{m}-01" for m in MONTHS[2:]}
    assert {month for hospital, month in rows if hospital == "014"} == {f"{m}-01" for m in MONTHS}
    assert [rows["066", f"{m}-01"]["exams"] for m in MONTHS[2:]] == [4, 0, 1]
    assert rows["066", "2020-02-01"]["state"] == "suspended"
    assert rows["066", "2020-01-01"]["t_0"] == dt.date(2020, 1, 1)
    assert rows["014", "2020-02-01"]["state"] == "no_activity"


ATTRIBUTES = (
    attribute("KVP", "double", "acquisition", modalities=("CT",)),
    attribute("XRayTubeCurrent", "double", "acquisition", "min_max", modalities=("CT",)),
    attribute("EchoTime", "double", "acquisition", modalities=("MR",)),
    attribute("Rows", "bigint", "acquisition"),
    attribute("Manufacturer", "string", "series"),
)


def test_fill_rates(spark: SparkSession) -> None:
    may, june = dt.datetime(2020, 5, 31, 23), dt.datetime(2020, 6, 1)
    series = spark.createDataFrame(
        [("e", f"e.{n}", "SN1", "M", at, "run1") for n, at in enumerate((may, may, may, june, None))]
        + [("f", "f.0", None, "M", june, "run1")],
        "study_instance_uid string, series_instance_uid string, device_serial_number string,"
        " manufacturer_model_name string, series_datetime timestamp_ntz, changed_run string",
    )
    acquisitions = spark.createDataFrame(
        [
            ("e", "e.0", "CT", 120.0, 80.0, None, 512, "run1"),
            ("e", "e.1", "CT", None, 0.0, None, 512, "run2"),
            ("e", "e.2", "MR", None, None, 30.0, None, "run1"),
            ("e", "e.3", "CT", 100.0, None, None, 512, "run1"),
            ("e", "e.4", "CT", 100.0, None, None, 512, "run1"),
            ("f", "f.0", "CT", 100.0, None, None, 512, "run1"),
        ],
        "study_instance_uid string, series_instance_uid string, main_modality string, kvp double,"
        " x_ray_tube_current_min double, echo_time double, rows bigint, changed_run string",
    )
    found = fill_rates(series, acquisitions, ATTRIBUTES)
    assert found.columns == IMAGING_FILL_RATE.names
    rows = {
        (r["device_serial_number"], r["main_modality"], f"{r['month']:%m}", r["attribute"]): r for r in found.collect()
    }
    assert {key: (r["filled"], r["series"]) for key, r in rows.items()} == {
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
    at = dt.datetime(2020, 5, 31, 10)
    exams = [
        ("e", at, "complete"),
        ("d", dt.datetime(2020, 5, 31), "date_only"),
        ("old", dt.datetime(1999, 1, 1), "complete"),
    ]
    studies = spark.createDataFrame(
        [(*e, "066") for e in exams],
        "study_instance_uid string, study_datetime timestamp_ntz, study_datetime_quality string, hospital_code string",
    )

    def row(study: str, day: str, time: str | None, until: str | None = None) -> tuple[Any, ...]:
        date = dt.date.fromisoformat(day)
        last = dt.date.fromisoformat(until) if until else date
        return (
            study,
            "SN1",
            "M",
            dt.datetime.fromisoformat(f"{day} {time or '00:00:00'}"),
            "series",
            date,
            last,
            time,
            None,
        )

    right = [row("e", "2020-05-31", "10:05:00")] * 120
    series = spark.createDataFrame(
        [
            *right,
            row("e", "2020-05-31", "08:59:00"),
            row("e", "2020-05-31", "08:30:00"),
            row("e", "2020-05-31", "09:01:00"),  # within an hour
            row("e", "2020-05-31", "02:00:00", until="2020-06-01"),  # of which day?
            row("d", "2020-05-31", "02:00:00"),  # the exam has no time
            row("e", "2020-06-02", "10:00:00"),
            row("old", "1999-01-01", "00:00:00"),
            row("d", "2031-01-01", None),
        ],
        "study_instance_uid string, device_serial_number string, manufacturer_model_name string,"
        " series_datetime timestamp_ntz, series_datetime_source string, acquisition_date_min date,"
        " acquisition_date_max date, acquisition_time_min string, acquisition_date_time_min timestamp_ntz",
    )
    # 128 series of the device, one of them in 1999: the hundredth of them is of 2020.
    days = series.groupBy(*_DEVICE, F.to_date("series_datetime").alias("day")).agg(F.count("*").alias("series"))
    assert [r["day"].isoformat() for r in early_days(days).collect()] == ["1999-01-01"]
    found = clock_faults(series, studies, days, F.lit(dt.date(2020, 6, 30)))
    assert found.columns == IMAGING_CLOCK_FAULT.names
    rows = {(r["fault"], r["day"].isoformat()): (r["series"], r["hours_median"]) for r in found.collect()}
    assert rows == {
        ("before_study", "2020-05-31"): (2, pytest.approx(-(61 + 90) / 2 / 60)),
        ("after_study", "2020-06-02"): (1, 48.0),
        ("before_device", "1999-01-01"): (1, 0.0),
        ("in_future", "2031-01-01"): (1, None),
    }
