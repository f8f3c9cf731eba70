"""Marts over exams written by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.marts.activity import activity, device_days
from eds_spark_imaging.marts.calendar import Suspension, coverage
from eds_spark_imaging.tables.marts import IMAGING_ACTIVITY, IMAGING_COVERAGE, IMAGING_DEVICE_DAY

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


def test_coverage_has_every_month_of_the_lake(spark: SparkSession, studies: DataFrame) -> None:
    other = spark.createDataFrame([exam("o", "2019-11-05", hospital="014")], STUDY)
    suspension = Suspension(dt.date(2020, 2, 1), dt.date(2020, 2, 1), "066")
    found = coverage(studies.unionByName(other), [suspension])
    assert found.columns == IMAGING_COVERAGE.names
    rows = {(row["hospital_code"], row["month"].isoformat()): row for row in found.collect()}
    assert len(rows) == 2 * 5
    assert [rows["066", f"{m}-01"]["exams"] for m in ("2019-11", "2019-12", "2020-01", "2020-02", "2020-03")] == [
        0,
        0,
        4,
        0,
        1,
    ]
    assert rows["066", "2020-02-01"]["state"] == "suspended"
    assert rows["066", "2019-12-01"]["state"] == "not_connected"
    assert rows["066", "2020-01-01"]["t_0"] == dt.date(2020, 1, 1)
    assert rows["014", "2020-02-01"]["state"] == "no_activity"
