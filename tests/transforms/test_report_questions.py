"""The questions of the report over exams written by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from frames import frame
from pyspark.sql import SparkSession

from eds_spark_imaging.report import QUESTIONS
from eds_spark_imaging.tables import Catalogue

SQL = {question.key: question.sql for question in QUESTIONS}


@pytest.fixture
def lake(spark: SparkSession) -> Iterator[SparkSession]:
    """One linked patient; one that is not, with three exams under one PatientID; two exams without any."""
    keys = ("study_instance_uid", "study_datetime", "person_id", "patient_id", "link_status")
    rows = [
        ("a", dt.datetime(2020, 1, 5), 1, "8000000001", "linked"),
        ("b", dt.datetime(2020, 2, 5), 1, "123", "linked"),
        *((uid, dt.datetime(2020, 3, 5), None, f"77 {pad}", "unlinked_unknown_id") for uid, pad in ("c ", "d ", "e ")),
        *((uid, dt.datetime(2021, 3, 5), None, None, "unlinked_no_id") for uid in "fg"),
    ]
    same = {"study_datetime_quality": "complete", "hospital_code": "066", "exam_category": "scanner"}
    said = [dict(zip(keys, row, strict=True)) | same for row in rows]
    frame(spark, Catalogue()["imaging_study"], *said).createOrReplaceTempView("imaging_study")
    yield spark
    spark.catalog.dropTempView("imaging_study")


def test_patients_that_are_not_linked_are_counted_by_patient_id(lake: SparkSession) -> None:
    found = {row["status"]: (row["exams"], row["patients"]) for row in lake.sql(SQL["links"]).collect()}
    assert found == {"linked": (2, 1), "unlinked_unknown_id": (3, 1), "unlinked_no_id": (2, 1)}


def test_the_newest_come_first(lake: SparkSession) -> None:
    months = [row["month"].isoformat() for row in lake.sql(SQL["activity"]).collect()]
    assert months == ["2021-03-01", "2020-03-01", "2020-02-01", "2020-01-01"]
    assert [row["year"] for row in lake.sql(SQL["hospitals"]).collect()] == [2021, 2020]
