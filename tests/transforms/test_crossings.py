"""Exams crossed with diagnoses and acts: the person, the window, days, the visit, doubles."""

from __future__ import annotations

from datetime import datetime

import pytest
from chispa import assert_df_equality
from eds_spark_imaging.transforms.crossings import diagnoses, procedures
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.terminology.ccam import parse_ccam
from eds_spark_imaging.terminology.cim10 import normalise_cim10
from eds_spark_imaging.transforms.codes import ccam_activity, ccam_code, ccam_phase, cim10_code, diagnosis_type

pytestmark = pytest.mark.spark


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def studies(spark: SparkSession) -> DataFrame:
    rows = [
        ("1", 10, "linked", at("2024-03-10 10:00")),
        ("2", 10, "linked_recovered", at("2024-03-20")),  # time not known
        ("3", 10, "conflict", at("2024-03-10 10:00")),
        ("4", 10, "linked", None),
        ("5", 20, "linked", at("2024-03-10 10:00")),
    ]
    return spark.createDataFrame(
        rows, "study_instance_uid string, person_id bigint, link_status string, study_datetime timestamp_ntz"
    )


@pytest.fixture(scope="module")
def survivors_(spark: SparkSession) -> DataFrame:
    rows = [("A", 10, "A", 10), ("B", 11, "A", 10), ("C", 20, "C", 20)]
    return spark.createDataFrame(rows, "ipp string, person_id bigint, surviving_ipp string, surviving_person_id bigint")


@pytest.fixture(scope="module")
def visits(spark: SparkSession) -> DataFrame:
    rows = [
        (100, "66001", at("2024-03-08 09:00"), at("2024-03-20 08:00")),
        (101, "66001", at("2024-03-08"), at("2024-03-20")),  # the same stay as AREM has it
        (102, "66002", at("2024-03-10 11:00"), at("2024-03-11 12:00")),  # begins after the exam
        (103, "66003", at("2024-03-10 08:00"), None),  # never closed
    ]
    return spark.createDataFrame(
        rows,
        "visit_occurrence_id bigint, visit_occurrence_source_value string,"
        " visit_start_datetime timestamp_ntz, visit_end_datetime timestamp_ntz",
    )


def test_diagnoses_within_the_window_on_the_surviving_person(
    spark: SparkSession, studies: DataFrame, visits: DataFrame, survivors_: DataFrame
) -> None:
    rows = [
        (1, 11, 100, at("2024-03-12 23:59"), "I21.9", "DA", "ORBIS"),  # on the merged person
        (2, 10, 101, at("2024-03-20"), "I219", "DAS", "AREM"),  # the same, again
        (3, 10, 101, at("2024-03-20"), "I219", "DP", "AREM"),  # another type
        (4, 10, 102, at("2024-03-10 11:30"), "C169+8", "DP", "ORBIS"),
        (5, 10, 103, at("2024-03-10 00:00"), "R074", None, "ORBIS"),
        (6, 10, None, at("2024-03-09 23:00"), "R07.4", None, "ORBIS"),
        (7, 10, None, at("2024-02-28 12:00"), "R07.4", None, "ORBIS"),  # 11 days before exam 1
        (8, 10, None, at("2024-03-12 12:00"), None, None, "ORBIS"),  # no code
    ]
    conditions = spark.createDataFrame(
        rows,
        "condition_occurrence_id bigint, person_id bigint, visit_occurrence_id bigint, condition_start_datetime"
        " timestamp_ntz, condition_source_value string, condition_status_source_value string, cdm_source string",
    )
    found = diagnoses(studies, visits, conditions, survivors_, 10)
    expected = [
        ("1", 1, 10, 100, "I219", "DAS", 2, True, ["AREM", "ORBIS"]),
        ("1", 3, 10, 101, "I219", "DP", 10, True, ["AREM"]),
        ("1", 4, 10, 102, "C169+8", "DP", 0, False, ["ORBIS"]),
        ("1", 5, 10, 103, "R074", None, 0, True, ["ORBIS"]),
        ("1", 6, 10, None, "R074", None, -1, None, ["ORBIS"]),
        ("2", 1, 10, 100, "I219", "DAS", -8, True, ["AREM", "ORBIS"]),
        ("2", 3, 10, 101, "I219", "DP", 0, True, ["AREM"]),
        ("2", 4, 10, 102, "C169+8", "DP", -10, False, ["ORBIS"]),
        ("2", 5, 10, 103, "R074", None, -10, None, ["ORBIS"]),
    ]
    assert_df_equality(
        found.drop("condition_datetime", "condition_source_value"),
        spark.createDataFrame(
            expected,
            "study_instance_uid string, condition_occurrence_id bigint, person_id bigint, visit_occurrence_id bigint,"
            " condition_code string, condition_type string, days_from_exam int, same_visit boolean,"
            " cdm_sources array<string>",
        ),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_acts_keep_their_repetitions_and_count_their_rivals(
    spark: SparkSession, studies: DataFrame, visits: DataFrame, survivors_: DataFrame
) -> None:
    rows = [
        (1, 10, 100, at("2024-03-10 10:05"), "ZBQK00201", "ORBIS"),
        (2, 10, 100, at("2024-03-10 15:00"), "ZBQK00201", "ORBIS"),  # done twice that day
        (3, 10, 101, at("2024-03-10"), "ZBQK002...01", "AREM"),  # the first of them, again
        (4, 10, 100, at("2024-03-10 10:05"), "ZBQK00204", "ORBIS"),  # its anaesthesia
        (5, 10, None, at("2024-03-15 10:00"), "JQGA004-1201", "ORBIS"),  # 5 days from both exams
        (6, 20, None, at("2024-03-11 10:00"), "not an act", "ORBIS"),
    ]
    acts = spark.createDataFrame(
        rows,
        "procedure_occurrence_id bigint, person_id bigint, visit_occurrence_id bigint, procedure_datetime"
        " timestamp_ntz, procedure_source_value string, cdm_source string",
    )
    found = procedures(studies, visits, acts, survivors_, 5)
    expected = [
        ("1", 2, "ZBQK002", "1", "0", 0, True, 0, ["ORBIS"]),
        ("1", 3, "ZBQK002", "1", "0", 0, True, 0, ["AREM", "ORBIS"]),
        ("1", 4, "ZBQK002", "4", "0", 0, True, 0, ["ORBIS"]),
        ("1", 5, "JQGA004", "1", "0", 5, None, 1, ["ORBIS"]),
        ("2", 5, "JQGA004", "1", "0", -5, None, 1, ["ORBIS"]),
        ("5", 6, None, None, None, 1, None, 0, ["ORBIS"]),
    ]
    assert_df_equality(
        found.drop("person_id", "visit_occurrence_id", "procedure_source_value", "procedure_datetime"),
        spark.createDataFrame(
            expected,
            "study_instance_uid string, procedure_occurrence_id bigint, procedure_code string, procedure_activity"
            " string, procedure_phase string, days_from_exam int, same_visit boolean, rivals bigint,"
            " cdm_sources array<string>",
        ),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_columns_of_codes_agree_with_the_plain_functions(spark: SparkSession) -> None:
    stored = [
        "I21.9", " c169+8", "CIM10:B24+0", "", None, "ZBQK00201", "jqga004...01", "JQGA004-12 01", "CCAM:ZBQK002", "ZB",
    ]  # fmt: skip
    frame = spark.createDataFrame([(n, code) for n, code in enumerate(stored)], "n int, code string")
    code = F.col("code")
    rows = frame.select(
        "n", cim10_code(code), ccam_code(code), ccam_phase(code), ccam_activity(code), diagnosis_type(code)
    ).collect()
    for n, cim10, *act, _ in map(tuple, rows):
        parsed = parse_ccam(stored[n])
        assert cim10 == normalise_cim10(stored[n])
        assert act == ([parsed.code, parsed.phase, parsed.activity] if parsed else [None, None, None])
