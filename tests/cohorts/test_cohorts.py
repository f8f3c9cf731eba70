"""Cohorts over a few patients written out by hand: who is in, after which step, and with which match."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from frames import frame
from pyspark.sql import SparkSession

from eds_spark_imaging.cohorts import Cohort, attrition_sql, cohort_sql, steps_sql

AT = dt.datetime(2020, 1, 15, 9)
# uid: (person, visit, day, modalities, hospital, description)
EXAMS = {
    "a1": (1, 11, 0, ["CT"], "066", "SCANNER THORAX"),
    "a2": (1, 12, 40, ["CT", "SR"], "066", "TDM TAP"),
    "b1": (2, 21, 5, ["MR"], "066", "IRM Crâne"),
    "b2": (2, None, 6, ["CT"], "014", None),
    "c1": (3, 31, 1, ["CT"], "014", "thorax"),
    "x1": (None, None, 2, ["CT"], "014", "Thorax 100 %"),
    "gone": (1, None, 3, ["CT"], "066", "thorax"),
}
DIAGNOSES = [  # uid, id, code, type, days
    ("a1", 1, "C341", "DP", 20),
    ("a1", 2, "C349", "DAS", -3),
    ("a1", 3, "C343", "DR", -20),
    ("a2", 1, "C341", "DP", -20),
    ("b1", 4, "I219", "DP", 0),
    ("c1", 5, "C340", "DP", 31),
]
ACTS = [("a1", 1, "ZBQK002", -2, False), ("a2", 2, "ZBQH001", 0, True), ("c1", 3, "ZBQK002", -9, False)]
REPORTS = [("a1", 1, True), ("b1", 2, False)]
COLUMNS = {
    "study": "study_instance_uid study_datetime person_id modalities main_modality hospital_code study_description"
    " patient_age patient_birth_date patient_sex removed_at exam_category",
    "study_visit": "study_instance_uid visit_occurrence_id method accepted ambiguous",
    "study_diagnosis": "study_instance_uid condition_occurrence_id condition_code condition_type days_from_exam",
    "study_procedure": "study_instance_uid procedure_occurrence_id procedure_code days_from_exam accepted",
    "study_report": "study_instance_uid note_id accepted",
    "series": "study_instance_uid series_instance_uid series_description",
    "acquisition": "study_instance_uid kvp x_ray_tube_current_min x_ray_tube_current_max",
    "coverage": "hospital_code exam_category month state",
}


@pytest.fixture(scope="module")
def lake(spark: SparkSession) -> Iterator[SparkSession]:
    """The tables of a small lake as views, with the columns that cohorts ask."""
    visits = [(uid, visit, "nda", True, False) for uid, (_, visit, *_) in EXAMS.items() if visit]
    month = dt.date(2020, 1, 1)
    rows: dict[str, list[tuple[Any, ...]]] = {
        "study": [
            (
                uid,
                AT + dt.timedelta(days=day),
                person,
                modalities,
                modalities[0],
                hospital,
                text,
                None,
                dt.date(1950, 1, 15),
                "F",
                dt.datetime(2021, 1, 1) if uid == "gone" else None,
                "scanner" if "CT" in modalities else "irm",
            )
            for uid, (person, _, day, modalities, hospital, text) in EXAMS.items()
        ],
        "study_visit": [*visits, ("a1", 99, "interval", False, True)],
        "study_diagnosis": DIAGNOSES,
        "study_procedure": ACTS,
        "study_report": REPORTS,
        "series": [("a1", "s1", "axial")],
        "acquisition": [("a1", 120.0, 100.0, 300.0), ("c1", 80.0, 50.0, 60.0)],
        "coverage": [("066", "scanner", month, "complete"), ("014", "scanner", month, "partial")],
    }
    for name, columns in COLUMNS.items():
        frame(spark, columns, *rows[name]).createOrReplaceTempView(f"imaging_{name}")
    yield spark
    for name in COLUMNS:
        spark.catalog.dropTempView(f"imaging_{name}")


def run(spark: SparkSession, steps: list[dict[str, Any]], grain: str = "exam") -> tuple[list[Any], list[int]]:
    """The keys of the cohort's rows, and exams left after each step. A step is its key and what it holds."""
    content: dict[str, Any] = {"cohort": {"name": "test", "grain": grain}, "include": [], "exclude": []}
    for step in steps:
        for key, held in step.items():
            content[key].append(held)
    cohort = Cohort.from_mapping(content, [key for step in steps for key in step])
    spark.sql(steps_sql(cohort)).createOrReplaceTempView("steps")
    row = spark.sql(attrition_sql(cohort)).collect()[0]
    rows = spark.sql(cohort_sql(cohort)).collect()
    assert rows == spark.sql(cohort_sql(cohort, "steps")).collect()
    return [row[0] for row in rows], [row[f"exams_{n}"] for n in range(len(steps) + 1)]


INCLUDE_CT = {"include": {"exam": {"modality": ["CT"]}}}
CANCER = {"diagnosis": {"code": ["C34*"], "type": ["DP", "DR"], "days": [-30, 30]}}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"exam": {"modality": "CT"}}, ["a1", "a2", "b2", "c1", "x1"]),
        ({"exam": {"from": "2020-01-16", "to": "2020-01-21"}}, ["b1", "b2", "c1", "x1"]),
        ({"exam": {"description": "THORAX"}}, ["a1", "c1", "x1"]),
        ({"exam": {"description": "100 %"}}, ["x1"]),
        ({"exam": {"description": "/^(scanner|tdm) T/"}}, ["a1", "a2"]),
        ({"exam": {"uid": ["a1", "none"]}, "report": {"present": True}}, ["a1"]),
        ({"report": {"present": False}}, ["a2", "b1", "b2", "c1", "x1"]),
        ({"visit": {"present": True}}, ["a1", "a2", "b1", "c1"]),
        (CANCER, ["a1", "a2"]),
        ({"diagnosis": {"code": "/C34[09]/"}}, ["a1", "c1"]),
        ({"act": {"code": "ZBQK002", "days": [-7, 0]}}, ["a1"]),
        ({"act": {"code": "ZBQ*", "accepted": True}}, ["a2"]),
        ({"acquisition": {"kvp": [100, 140]}}, ["a1"]),
        ({"acquisition": {"x_ray_tube_current": [40, 70]}}, ["c1"]),
        ({"acquisition": {"x_ray_tube_current": [200, 400]}}, []),
        ({"series": {"description": "AXIAL"}}, ["a1"]),
        ({"coverage": {"state": "complete"}}, ["a1"]),
        ({"patient": {"sex": "F", "age": [70, 70.05]}}, ["a1", "b1", "b2", "c1", "x1"]),
        ({"exam": {"modality": "CT"}, "pick": "first"}, ["a1", "b2", "c1", "x1"]),
        ({"exam": {"modality": "CT"}, "pick": "last"}, ["a2", "b2", "c1", "x1"]),
        ({"exam": {"modality": "MR"}, "of": "patient"}, ["b1", "b2"]),
    ],
)
def test_an_include_keeps(lake: SparkSession, step: dict[str, Any], expected: list[str]) -> None:
    keys, left = run(lake, [{"include": step}])
    assert (keys, left) == (expected, [6, len(expected)])


def test_steps_apply_in_order_with_their_attrition(lake: SparkSession) -> None:
    excluded = {"exclude": {"act": {"code": ["ZBQK002"], "days": [-7, 0]}}}
    assert run(lake, [INCLUDE_CT, {"include": CANCER}, excluded]) == (["a2"], [6, 5, 2, 1])
    # Whoever has the act at any exam goes with all exams.
    of_patient = {"exclude": {"act": {"code": ["ZBQK002"]}, "of": "patient"}}
    assert run(lake, [INCLUDE_CT, of_patient]) == (["b2", "x1"], [6, 5, 2])
    # The first exam of those that are left, which is not the first of all.
    first = {"include": {"exam": {"hospital": "066"}, "pick": "first"}}
    assert run(lake, [INCLUDE_CT, excluded, first]) == (["a2"], [6, 5, 4, 1])


def test_grains(lake: SparkSession) -> None:
    assert run(lake, [INCLUDE_CT], "patient")[0] == [1, 2, 3]
    assert run(lake, [INCLUDE_CT], "visit")[0] == [11, 12, 31]


def test_the_nearest_match_is_shown(lake: SparkSession) -> None:
    cohort = Cohort.from_mapping(
        {
            "cohort": {"name": "a"},
            "include": [{"diagnosis": {"code": "C34*"}}, {"diagnosis": {"code": "C34*", "type": "DR"}}],
        }
    )
    row = lake.sql(cohort_sql(cohort)).collect()[0]
    assert (row["study_instance_uid"], row["condition_occurrence_id"], row["condition_code"]) == ("a1", 2, "C349")
    assert (row["condition_type"], row["diagnosis_days"]) == ("DAS", -3)
    patients = Cohort.from_mapping(
        {"cohort": {"name": "a", "grain": "patient"}, "include": [{"diagnosis": {"code": "C34*", "type": "DP"}}]}
    )
    (first, third) = lake.sql(cohort_sql(patients)).collect()
    assert (first["person_id"], first["exams"], first["condition_occurrence_id"], first["diagnosis_days"]) == (
        1,
        2,
        1,
        20,
    )
    assert (third["person_id"], third["diagnosis_days"]) == (3, 31)
