"""Cohorts over a few patients written out by hand: who is in, after which step, and with which match."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from frames import frame
from pyspark.sql import SparkSession

from eds_spark_imaging.cohorts import Cohort, attrition_sql, cohort_sql, steps_sql
from eds_spark_imaging.cohorts.age import age_sql
from eds_spark_imaging.cohorts.definition import GROUPS
from eds_spark_imaging.errors import ConfigError
from eds_spark_imaging.tables import Catalogue

AT = dt.datetime(2020, 1, 15, 9)
# uid: (person, visit, day, modalities, hospital, description)
EXAMS = {
    "a1": (1, 11, 0, ["CT"], "066", "SCANNER THORAX"),
    "a2": (1, 12, 40, ["CT", "SR"], "066", "TDM TAP"),
    "b1": (2, 21, 5, ["MR"], "066", "IRM Crâne"),
    "b2": (2, None, 6, ["CT"], "014", None),
    "c1": (3, 31, 1, ["CT"], "014", "thorax"),
    "x1": (None, None, 2, ["CT"], None, "Thorax 100 %"),
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
ACTS = [
    ("a1", 1, "ZBQK002", -2, False),
    ("a2", 2, "ZBQH001", 0, True),
    ("c1", 3, "ZBQK002", -9, False),
    ("a1", 4, "ZBQK002", None, False),  # no date
]
REPORTS = [("a1", 1, AT + dt.timedelta(days=2), True), ("b1", 2, AT, False)]
VERIFIED = {"a1": True, "b1": False}
LONG_AGO = dt.datetime(2010, 1, 16, 23)  # 3652 days before c1: ten years with two leap days
COLUMNS = {
    "study": "study_instance_uid study_datetime study_datetime_quality person_id modalities main_modality hospital_code"
    " study_description patient_birth_date patient_sex removed_at exam_category link_verified",
    "study_visit": "study_instance_uid visit_occurrence_id visit_occurrence_source_value method accepted ambiguous",
    "study_diagnosis": "study_instance_uid condition_occurrence_id condition_code condition_type days_from_exam",
    "study_procedure": "study_instance_uid procedure_occurrence_id procedure_code days_from_exam accepted",
    "study_report": "study_instance_uid note_id note_datetime accepted",
    "series": "study_instance_uid series_instance_uid series_description",
    "acquisition": "study_instance_uid series_instance_uid kvp x_ray_tube_current_min x_ray_tube_current_max",
    "coverage": "hospital_code exam_category month state",
}
BASE = "person_id condition_occurrence_id condition_code condition_type condition_start_datetime"


@pytest.fixture(scope="module")
def lake(spark: SparkSession) -> Iterator[SparkSession]:
    """The tables of a small lake as views, and the diagnoses of the base centrale."""
    visits = [(uid, visit, f"66{visit:07}", "interval", True, False) for uid, (_, visit, *_) in EXAMS.items() if visit]
    month = dt.date(2020, 1, 1)
    rows: dict[str, list[tuple[Any, ...]]] = {
        "study": [
            (
                uid,
                AT + dt.timedelta(days=day),
                "implausible" if uid == "b1" else "complete",
                person,
                modalities,
                modalities[0],
                hospital,
                text,
                dt.date(1950, 1, 15),
                "F",
                dt.datetime(2021, 1, 1) if uid == "gone" else None,
                "scanner" if "CT" in modalities else "irm",
                VERIFIED.get(uid),
            )
            for uid, (person, _, day, modalities, hospital, text) in EXAMS.items()
        ],
        "study_visit": [*visits, ("a1", 99, "660000099", "interval", False, True)],
        "study_diagnosis": DIAGNOSES,
        "study_procedure": ACTS,
        "study_report": REPORTS,
        "series": [("a1", "s1", "axial"), ("a1", "s2", "scout")],
        "acquisition": [
            ("a1", "s1", 120.0, 100.0, 300.0),
            ("a1", "s2", 80.0, 100.0, 300.0),
            ("c1", "s3", 80.0, 50.0, 60.0),
        ],
        "coverage": [
            ("066", "scanner", month, "complete"),
            ("014", "scanner", month, "partial"),
            (None, "scanner", month, "not_connected"),
        ],
    }
    for name, columns in COLUMNS.items():
        table = Catalogue()[f"imaging_{name}"]
        said = [dict(zip(columns.split(), row, strict=True)) for row in rows[name]]
        frame(spark, table, *said).createOrReplaceTempView(table.name)
    frame(spark, BASE, (3, 9, "I639", "DP", LONG_AGO)).createOrReplaceTempView("base_condition_occurrence")
    yield spark
    for name in (*(f"imaging_{name}" for name in COLUMNS), "base_condition_occurrence"):
        spark.catalog.dropTempView(name)


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
        ({"exam": {"description": "/CRÂNE/"}}, ["b1"]),
        ({"exam": {"description": "thorax\\"}}, []),  # a comment may not go on in the next line
        ({"exam": {"link_verified": False}}, ["b1"]),  # which is not unknown
        ({"exam": {"link_verified": True}}, ["a1"]),
        ({"exam": {"uid": ["a1", "none"]}, "report": {"present": True}}, ["a1"]),
        ({"report": {"present": False}}, ["a2", "b1", "b2", "c1", "x1"]),
        ({"report": {"days": [0, 2]}}, ["a1"]),
        ({"report": {"days": [3, 9]}}, []),
        ({"visit": {"present": True}}, ["a1", "a2", "b1", "c1"]),
        ({"visit": {"nda": ["660000012", "660000099"]}}, ["a2"]),  # the latter is not the exam's
        (CANCER, ["a1", "a2"]),
        ({"diagnosis": {"code": "/c34[09]/"}}, ["a1", "c1"]),
        ({"diagnosis": {"code": "I63*"}}, []),  # beyond what the lake has of each exam
        ({"diagnosis": {"code": "I63*", "days": [-365, 0]}}, []),
        ({"diagnosis": {"code": "I63*", "days": [-3652, 0]}}, ["c1"]),
        ({"diagnosis": {"code": "I63*", "days": [-3651, 0]}}, []),
        ({"act": {"code": "ZBQH00101"}}, ["a2"]),  # with its phase and activity
        ({"act": {"code": "ZBQK002", "days": [-7, 0]}}, ["a1"]),
        ({"act": {"code": "ZBQ*", "accepted": True}}, ["a2"]),
        ({"acquisition": {"kvp": [100, 140]}}, ["a1"]),
        ({"acquisition": {"x_ray_tube_current": [40, 70]}}, ["c1"]),
        ({"acquisition": {"x_ray_tube_current": [200, 400]}}, []),
        ({"series": {"description": "AXIAL"}}, ["a1"]),
        ({"series": {"description": "scout"}, "acquisition": {"kvp": 80}}, ["a1"]),
        ({"series": {"description": "axial"}, "acquisition": {"kvp": 80}}, []),  # not one series of the exam
        ({"coverage": {"state": "complete"}}, ["a1"]),
        ({"coverage": {"state": "not_connected"}}, ["x1"]),  # of no known hospital
        ({"patient": {"sex": "F", "age": 70}}, ["a1", "a2", "b2", "c1", "x1"]),  # all but the implausible date
        ({"pick": "first"}, ["a1", "b2", "c1", "x1"]),  # b1 comes before b2 by a date that cannot be
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


def test_a_match_without_a_date_is_not_the_nearest(lake: SparkSession) -> None:
    cohort = Cohort.from_mapping({"cohort": {"name": "a"}, "include": [{"act": {"code": "ZBQK002"}}]})
    rows = {row["study_instance_uid"]: row for row in lake.sql(cohort_sql(cohort)).collect()}
    assert (rows["a1"]["procedure_occurrence_id"], rows["a1"]["act_days"]) == (1, -2)


def test_a_match_without_a_date_is_shown_where_there_is_no_other(lake: SparkSession) -> None:
    undated = lake.table("imaging_study_procedure").where("days_from_exam IS NULL")
    acts = {"act": {"code": "ZBQK002"}}
    cohort = Cohort.from_mapping({"cohort": {"name": "a"}, "include": [acts, acts]})
    undated.createOrReplaceTempView("undated")
    (row,) = lake.sql(cohort_sql(cohort).replace("imaging_study_procedure", "undated")).collect()
    lake.catalog.dropTempView("undated")
    assert (row["study_instance_uid"], row["procedure_occurrence_id"], row["act_days"]) == ("a1", 4, None)


def test_first_and_last_exam_have_dates_that_can_be(lake: SparkSession) -> None:
    head = {"name": "a", "grain": "patient"}
    cohort = Cohort.from_mapping({"cohort": head, "include": [{"visit": {"present": True}}]})
    rows = {row["person_id"]: row for row in lake.sql(cohort_sql(cohort)).collect()}
    assert (rows[1]["first_exam"], rows[1]["last_exam"]) == (AT, AT + dt.timedelta(days=40))
    assert (rows[2]["exams"], rows[2]["first_exam"]) == (1, None)  # b1 alone


BORN = dt.date(1950, 1, 15)


@pytest.mark.parametrize(
    ("day", "quality", "birth", "by_header", "expected"),
    [
        ("2020-01-14", "complete", BORN, 71.0, 69),  # the day before the birthday
        ("2020-01-15", "date_only", BORN, None, 70),
        ("1950-01-15", "complete", BORN, None, 0),
        ("2020-06-01", "complete", dt.date(1900, 1, 1), 45.9, 45),  # a birth date that is unknown
        ("2020-06-01", "complete", dt.date(2021, 1, 1), None, None),  # before the birth
        ("2020-06-01", "complete", dt.date(2021, 1, 1), 1.5, 1),
        ("1812-06-01", "implausible", BORN, 30.0, 30),
        ("2090-06-01", "implausible", BORN, None, None),
        ("2020-06-01", "complete", None, 999.0, None),
    ],
)
def test_age_in_completed_years(
    lake: SparkSession, day: str, quality: str, birth: dt.date | None, by_header: float | None, expected: int | None
) -> None:
    columns = "study_datetime study_datetime_quality patient_birth_date patient_age"
    row = (dt.datetime.fromisoformat(day), quality, birth, by_header)
    frame(lake, columns, row).createOrReplaceTempView("e")
    assert lake.sql(f"SELECT {age_sql(('patient_birth_date',))} AS age FROM e").collect() == [(expected,)]
    lake.catalog.dropTempView("e")


def test_age_without_birth_dates(lake: SparkSession) -> None:
    """Tiers without identities have the age, or the year of birth."""
    columns = "study_datetime age_at_exam:int birth_year:int patient_age:int"
    at = dt.datetime(2020, 6, 1)
    frame(lake, columns, (at, 69, 1950, 71), (at, None, 1950, None)).createOrReplaceTempView("e")
    assert [row[0] for row in lake.sql(f"SELECT {age_sql(('age_at_exam',))} FROM e").collect()] == [69, None]
    assert [row[0] for row in lake.sql(f"SELECT {age_sql(('birth_year',))} FROM e").collect()] == [71, 70]
    lake.catalog.dropTempView("e")


SAMPLES = (True, [0, 1], 1, "2020-01-01", "C34", "ZBQK002", "cim10", "ccam", "complete", "linked", "scanner", "CHEST")
SAMPLES += ("67734004", "R", "with", "DP", "visit_number", "title", "M", "text")


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, criteria in GROUPS.items() for name in criteria if name != "code"]
)
def test_every_criterion_asks_columns_that_there_are(lake: SparkSession, group: str, name: str) -> None:
    codes = {"diagnosis": {"code": "C34"}, "act": {"code": "ZBQK002"}}
    for sample in SAMPLES:
        try:
            step = {group: {**codes.get(group, {}), name: sample}}
            cohort = Cohort.from_mapping({"cohort": {"name": "a"}, "include": [step]})
        except ConfigError:
            continue
        lake.sql(cohort_sql(cohort))  # analysed, not run
        return
    raise AssertionError(f"no sample for {group}.{name}")
