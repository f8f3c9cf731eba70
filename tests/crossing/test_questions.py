"""Questions of analysts as the documentation has them, on a few rows whose answers are counted by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

TEXT = (Path(__file__).parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")


def question(beginning: str) -> str:
    """The query under a sentence of the documentation."""
    found = re.search(rf"^{re.escape(beginning)}.*?```sql\n(.*?)```", TEXT, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module", autouse=True)
def tables(spark: SparkSession) -> Iterator[None]:
    rows = {
        # Patient 1: two chest CTs before the first C34, one after it, one of the head. Patient 2: C34 long after.
        "imaging_study": (
            [
                ("a", 1, day("2024-01-01 10:00"), "CT", "066", None),
                ("b", 1, day("2024-01-20 10:00"), "CT", "066", None),
                ("c", 1, day("2024-02-20 10:00"), "CT", "066", None),
                ("d", 1, day("2024-01-20 11:00"), "CT", "066", None),
                ("e", 2, day("2024-01-01 10:00"), "CT", "011", None),
                ("f", 2, day("2024-01-02 10:00"), "MR", "011", None),
                ("g", 2, day("2024-01-03 10:00"), "MR", "011", day("2024-06-01 00:00")),  # no longer there
                ("h", 3, day("2024-01-03 10:00"), "MR", None, None),
            ],
            "study_instance_uid string, person_id bigint, study_datetime timestamp_ntz, main_modality string,"
            " hospital_code string, removed_at timestamp_ntz",
        ),
        "imaging_study_procedure": (
            [("a", 1, "ZBQK001", True), ("b", 2, "ZBQH001", True), ("b", 3, "ECQH010", True), ("c", 4, "ZBQK001", True),
             ("d", 5, "ACQK001", True), ("d", 2, "ZBQH001", False), ("e", 6, "ZBQK001", True)],
            "study_instance_uid string, procedure_occurrence_id bigint, procedure_code string, accepted boolean",
        ),
        "imaging_study_visit": (
            [("a", 10, True), ("b", 11, True), ("b", 12, False), ("f", 20, True), ("h", 30, False)],
            "study_instance_uid string, visit_occurrence_id bigint, accepted boolean",
        ),
        "imaging_study_diagnosis": (
            [
                ("a", 1, "C341", "DP", 13, False, day("2024-01-30 08:00")),
                ("b", 1, "C341", "DP", 13, False, day("2024-01-30 08:00")),
                ("b", 1, "C349", "DAS", 13, False, day("2024-03-01 08:00")),
                ("c", 1, "C341", "DP", 13, False, day("2024-01-30 08:00")),
                ("e", 2, "C349", "DP", 21, False, day("2024-09-01 08:00")),
                ("e", 2, "I219", "DP", 20, True, day("2024-01-01 08:00")),
                ("f", 2, "I219", "DP", 20, True, day("2024-01-01 08:00")),
                ("f", 2, "I214", "DP", 20, True, day("2024-01-02 08:00")),
                ("h", 3, "I219", "DAS", 30, True, day("2024-01-03 08:00")),
            ],
            "study_instance_uid string, person_id bigint, condition_code string, condition_type string,"
            " visit_occurrence_id bigint, same_visit boolean, condition_datetime timestamp_ntz",
        ),
        "imaging_exam_without_procedure": (
            [("f", 2), ("g", 2), ("h", 3)], "study_instance_uid string, person_id bigint",
        ),
    }  # fmt: skip
    for name, (values, schema) in rows.items():
        spark.createDataFrame(values, schema).createOrReplaceTempView(name)
    yield
    for name in rows:
        spark.catalog.dropTempView(name)


def test_chest_ct_before_the_first_lung_cancer(spark: SparkSession) -> None:
    rows = spark.sql(question("CT of the chest in the 30 days before the first diagnosis")).collect()
    assert [tuple(row) for row in rows] == [(2, 2, 1)]  # a and b once each, though b has two acts and two diagnoses


def test_heart_attacks_by_hospital_and_month(spark: SparkSession) -> None:
    rows = spark.sql(question("Exams of patients with a heart attack as main diagnosis")).collect()
    assert [(row["hospital_code"], row["exams"], row["visits"], row["patients"]) for row in rows] == [("011", 2, 1, 1)]


def test_mr_without_act(spark: SparkSession) -> None:
    rows = spark.sql(question("MR exams without act")).collect()
    assert [tuple(row) for row in rows] == [(2, 1, 2)]
