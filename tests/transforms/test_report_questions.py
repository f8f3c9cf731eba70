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
    """One linked patient, with an exam of a wrong date and one without files; one that is not linked, with three exams
    under one PatientID; two exams without any.
    """
    keys = ("study_instance_uid", "study_datetime", "person_id", "patient_id", "link_status")
    rows = [
        ("a", dt.datetime(2020, 1, 5), 1, "8000000001", "linked"),
        ("b", dt.datetime(2020, 2, 5), 1, "123", "linked"),
        *((uid, dt.datetime(2020, 3, 5), None, f"77 {pad}", "unlinked_unknown_id") for uid, pad in ("c ", "d ", "e ")),
        *((uid, dt.datetime(2021, 3, 5), None, None, "unlinked_no_id") for uid in "fg"),
    ]
    same = {"study_datetime_quality": "complete", "hospital_code": "066", "exam_category": "scanner"}
    said = [dict(zip(keys, row, strict=True)) | same for row in rows]
    wrong = {"study_instance_uid": "h", "study_datetime": dt.datetime(1900, 1, 1), "person_id": 1, "link_method": "ipp"}
    said.append(same | wrong | {"link_status": "linked", "study_datetime_quality": "implausible"})
    said.append(said[0] | {"study_instance_uid": "i", "removed_at": dt.datetime(2020, 1, 1)})
    frame(spark, Catalogue()["imaging_study"], *said).createOrReplaceTempView("imaging_study")
    yield spark
    spark.catalog.dropTempView("imaging_study")


def test_patients_that_are_not_linked_are_counted_by_patient_id(lake: SparkSession) -> None:
    found = {row["status"]: (row["exams"], row["patients"]) for row in lake.sql(SQL["links"]).collect()}
    assert found == {"linked": (3, 1), "unlinked_unknown_id": (3, 1), "unlinked_no_id": (2, 1)}


def test_the_newest_come_first(lake: SparkSession) -> None:
    months = [row["month"] and row["month"].isoformat() for row in lake.sql(SQL["activity"]).collect()]
    assert months == ["2021-03-01", "2020-03-01", "2020-02-01", "2020-01-01", None]
    assert [row["year"] for row in lake.sql(SQL["hospitals"]).collect()] == [2021, 2020, None]


def test_the_parts_of_each_section_are_all_exams(lake: SparkSession) -> None:
    """What a section left out would be told by the total less what it shows, and masked nowhere."""
    assert [row["exams"] for row in lake.sql(SQL["summary"]).collect()] == [8]
    for key in ("activity", "hospitals", "links"):
        assert sum(row["exams"] for row in lake.sql(SQL[key]).collect()) == 8, key
    (method,) = lake.sql(SQL["link_methods"]).collect()
    assert (method["method"], method["status"], method["exams"], method["patients"]) == ("ipp", "linked", 1, 1)


def test_nothing_is_no_unknown_number(lake: SparkSession) -> None:
    lake.table("imaging_study").where("false").createOrReplaceTempView("imaging_study")
    (row,) = lake.sql(SQL["summary"]).collect()
    assert (row["exams"], row["series"], row["instances"], row["patients"]) == (0, 0, 0, 0)


def test_months_in_a_row_of_one_state_are_one_row_of_the_calendar(spark: SparkSession) -> None:
    states = {
        ("066", "irm"): {"1975-03": "not_connected", "2019-12": "not_connected", "2020-01": "not_connected"},
        ("066", "tep"): {"2019-12": "complete", "2020-01": "suspended", "2020-02": "complete", "2020-03": "complete"},
    }
    rows = [
        (hospital, category, dt.date.fromisoformat(f"{month}-01"), state)
        for (hospital, category), months in states.items()
        for month, state in months.items()
    ]
    frame(spark, "hospital_code exam_category month:date state", *rows).createOrReplaceTempView("imaging_coverage")
    found = [
        (row["category"], f"{row['month']:%Y-%m}", f"{row['until']:%Y-%m}", row["state"])
        for row in spark.sql(SQL["coverage"]).collect()
    ]
    spark.catalog.dropTempView("imaging_coverage")
    assert found == [
        ("irm", "2019-12", "2020-01", "not_connected"),
        ("irm", "1975-03", "1975-03", "not_connected"),  # no row is of the years between
        ("tep", "2020-02", "2020-03", "complete"),
        ("tep", "2020-01", "2020-01", "suspended"),
        ("tep", "2019-12", "2019-12", "complete"),
    ]


def test_texts_of_few_patients_take_no_place_of_others(spark: SparkSession) -> None:
    """In an order by counts, the rows beside a masked one would tell between what it lies."""
    said = [("GENOU", person) for person in range(5)] + [("RARE", 9)] * 8
    exams = [
        {"study_instance_uid": f"{n}", "study_description": text, "person_id": person}
        for n, (text, person) in enumerate(said)
    ]
    exams.append(exams[0] | {"study_instance_uid": "gone", "removed_at": dt.datetime(2020, 1, 1)})
    series = [{"study_instance_uid": row["study_instance_uid"], "terms_version": "1"} for row in exams]
    frame(spark, Catalogue()["imaging_study"], *exams).createOrReplaceTempView("imaging_study")
    frame(spark, Catalogue()["imaging_series"], *series).createOrReplaceTempView("imaging_series")
    found = [(row["text"], row["series"], row["patients"]) for row in spark.sql(SQL["unmapped"]).collect()]
    for name in ("imaging_study", "imaging_series"):
        spark.catalog.dropTempView(name)
    assert found == [("GENOU", 5, 5)]


@pytest.mark.parametrize(
    ("unlinked", "unverified", "expected"),
    [
        (4, 0, (None, 1.0)),  # all exams less the linked ones would be those of four patients
        (5, 5, (15 / 20, 10 / 15)),
        (0, 4, (1.0, None)),
        (5, 12, (15 / 20, None)),  # three patients are verified
        (0, 0, (1.0, 1.0)),
    ],
)
def test_a_share_tells_no_few_patients(
    spark: SparkSession, unlinked: int, unverified: int, expected: tuple[float | None, float | None]
) -> None:
    exams = [
        {"person_id": n, "link_status": "linked", "link_method": "ipp", "link_verified": n >= unverified}
        for n in range(15)
    ]
    other = {"link_status": "unlinked_unknown_id", "link_verified": False}
    exams += [other | {"patient_id": f"{n}"} for n in range(unlinked)]
    rows = [exam | {"study_instance_uid": f"{n}"} for n, exam in enumerate(exams)]
    frame(spark, Catalogue()["imaging_study"], *rows).createOrReplaceTempView("imaging_study")
    (summary,) = spark.sql(SQL["summary"]).collect()
    (method,) = spark.sql(SQL["link_methods"]).collect()
    spark.catalog.dropTempView("imaging_study")
    assert (summary["linked"], summary["verified"]) == pytest.approx(expected)
    assert method["verified"] == pytest.approx(expected[1])
