"""Exams and events by windows of days: the person, days, the visit, stays and acts that two sources have."""

from __future__ import annotations

from datetime import datetime

import pytest
from chispa import assert_df_equality
from frames import frame, rows
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.crossing.diagnoses import diagnoses
from eds_spark_imaging.crossing.events import stays
from eds_spark_imaging.crossing.frames import at_known_hospitals
from eds_spark_imaging.crossing.procedures import acts_once, procedures
from eds_spark_imaging.crossing.workers import PAIRS_DDL
from eds_spark_imaging.linkage.care_sites import hospitals_of_care_sites
from eds_spark_imaging.linkage.ids import accession_number
from eds_spark_imaging.terminology.ccam import parse_ccam
from eds_spark_imaging.terminology.cim10 import normalise_cim10
from eds_spark_imaging.transforms.codes import ccam_activity, ccam_code, ccam_phase, cim10_code, diagnosis_type
from eds_spark_imaging.warehouse.contract import PROCEDURE_OCCURRENCE

pytestmark = pytest.mark.spark


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def exams(spark: SparkSession) -> DataFrame:
    return frame(
        spark,
        "study_instance_uid person_id study_datetime exam_stay_id:bigint",
        ("1", 10, at("2024-03-10 10:00"), None),
        ("2", 10, at("2024-03-20"), None),  # time not known
        ("4", 10, None, None),
        ("5", 20, at("2024-03-10 10:00"), None),
        ("6", 20, at("2024-03-12 10:00"), 104),  # its visit is known
    )


@pytest.fixture(scope="module")
def survivors_(spark: SparkSession) -> DataFrame:
    columns = "ipp person_id surviving_ipp:string surviving_person_id:bigint"
    return frame(spark, columns, ("A", 10, "A", 10), ("B", 11, "A", 10), ("C", 20, "C", 20))


@pytest.fixture(scope="module")
def visits(spark: SparkSession) -> DataFrame:
    return frame(
        spark,
        "visit_occurrence_id person_id visit_occurrence_source_value visit_start_datetime visit_end_datetime"
        " cdm_source",
        (100, 11, "66001", at("2024-03-08 09:00"), at("2024-03-20 08:00"), "ORBIS"),
        (99, 10, "66001", at("2024-03-08"), at("2024-03-20"), "AREM"),  # the same stay, of the surviving person
        (102, 10, "66002", at("2024-03-10 11:00"), at("2024-03-11 12:00"), "ORBIS"),  # begins after the exam
        (103, 10, "66003", at("2024-03-10 08:00"), None, "ORBIS"),  # never closed
        (104, 20, None, at("2024-03-11 10:00"), at("2024-03-12 08:00"), "ORBIS"),
        (105, 20, None, at("2024-03-12 08:00"), at("2024-03-12 18:00"), "ORBIS"),  # holds the exam, is not its visit
    )


@pytest.fixture(scope="module")
def known_stays(visits: DataFrame, survivors_: DataFrame) -> DataFrame:
    return stays(visits, survivors_)


def test_a_stay_of_two_sources_is_one(known_stays: DataFrame) -> None:
    found = {row["visit_occurrence_id"]: row for row in known_stays.collect()}
    assert {key: (row["stay_id"], row["is_stay"]) for key, row in found.items()} == {
        100: (100, True),
        99: (100, False),
        102: (102, True),
        103: (103, True),
        104: (104, True),
        105: (105, True),
    }
    assert found[100]["person_id"] == 10
    assert found[100]["visit_start_datetime"] == at("2024-03-08")
    assert found[100]["cdm_sources"] == ["AREM", "ORBIS"]


def test_visits_meet_in_a_number_that_is_one_and_where_they_touch(spark: SparkSession, survivors_: DataFrame) -> None:
    visits = frame(
        spark,
        "visit_occurrence_id person_id visit_occurrence_source_value visit_start_datetime visit_end_datetime"
        " cdm_source",
        (1, 10, "66 12345671", at("2024-03-08 09:00"), at("2024-03-20 08:00"), "ORBIS"),
        (2, 10, "0006612345671", at("2024-03-08"), at("2024-03-20"), "AREM"),  # the same stay
        (3, 10, "6612345671", at("2024-05-08"), at("2024-05-09"), "ORBIS"),  # the file, months later
        (4, 10, "CONSULTATION", at("2024-06-01 09:00"), at("2024-06-01 10:00"), "ORBIS"),
        (5, 10, "CONSULTATION", at("2024-06-01 09:30"), at("2024-06-01 11:00"), "AREM"),
        (6, 10, "6612345999", at("2024-07-01 08:00"), at("2024-07-01 09:00"), "ORBIS"),  # two treatments of a day
        (7, 10, "6612345999", at("2024-07-01 14:00"), at("2024-07-01 15:00"), "ORBIS"),
        (8, 10, "6612345888", at("2024-08-01 08:00"), None, "ORBIS"),  # nobody has closed it
        (9, 10, "6612345888", at("2024-08-01"), at("2024-08-09"), "AREM"),
        (10, 20, "6612345671", at("2024-03-08"), at("2024-03-20"), "AREM"),  # of another person
    )
    found = {row["visit_occurrence_id"]: row["stay_id"] for row in stays(visits, survivors_).collect()}
    assert found == {1: 1, 2: 1, 3: 3, 4: 4, 5: 5, 6: 6, 7: 7, 8: 8, 9: 8, 10: 10}


def test_the_line_of_an_order_stays_apart(spark: SparkSession) -> None:
    stored = {
        "66-1234567/2": "661234567-2", " 2019001234-1 ": "2019001234-1", "2019001234": "2019001234", "a.12": "A12",
        "--1": "1", "": None, "---": None,
    }  # fmt: skip
    found = frame(spark, "n:int stored:string", *enumerate(stored)).select("n", accession_number(F.col("stored")))
    assert [row[1] for row in found.orderBy("n").collect()] == list(stored.values())


def test_hospitals_go_by_one_form_of_their_code_and_unknown_codes_by_none(spark: SparkSession) -> None:
    exams = frame(spark, "study_instance_uid hospital_code", ("1", "66"), ("2", "PSL"), ("3", "99"), ("4", None))
    sites = frame(
        spark,
        "care_site_id care_site_source_value care_site_short_name care_site_type_source_value",
        (1, "066", "psl", "Hôpital"),
    )
    tree = frame(spark, "fact_id_1 fact_id_2 domain_concept_id_1 relationship_concept_id", (9, 9, 57, 46233688))
    found = at_known_hospitals(exams, hospitals_of_care_sites(sites, tree))
    assert {row["study_instance_uid"]: row["hospital_code"] for row in found.collect()} == {
        "1": "66", "2": "PSL", "3": None, "4": None,
    }  # fmt: skip


def test_diagnoses_within_the_window_on_the_surviving_person(
    spark: SparkSession, exams: DataFrame, known_stays: DataFrame, survivors_: DataFrame
) -> None:
    conditions = frame(
        spark,
        "condition_occurrence_id person_id visit_occurrence_id condition_start_datetime condition_source_value"
        " condition_status_source_value cdm_source",
        (1, 11, 100, at("2024-03-12 23:59"), "I21.9", "DA", "ORBIS"),  # on the merged person
        (2, 10, 99, at("2024-03-20"), "I219", "DAS", "AREM"),  # the same, again
        (3, 10, 99, at("2024-03-20"), "I219", "DP", "AREM"),  # another type
        (4, 10, 102, at("2024-03-10 11:30"), "C169+8", "DP", "ORBIS"),
        (5, 10, 103, at("2024-03-10 00:00"), "R074", None, "ORBIS"),
        (6, 10, None, at("2024-03-09 23:00"), "R07.4", None, "ORBIS"),
        (7, 10, None, at("2024-02-28 12:00"), "R07.4", None, "ORBIS"),  # 11 days before exam 1
        (8, 10, None, at("2024-03-12 12:00"), None, None, "ORBIS"),  # no code
        (9, 20, 105, at("2024-03-12 12:00"), "C349", "DP", "ORBIS"),  # of a visit that is not the exam's
    )
    found = diagnoses(exams, known_stays, conditions, survivors_, 10)
    expected = [
        ("1", 1, 10, 100, "I219", "DAS", 2, True, ["AREM", "ORBIS"]),
        ("1", 3, 10, 99, "I219", "DP", 10, True, ["AREM"]),
        ("1", 4, 10, 102, "C169+8", "DP", 0, False, ["ORBIS"]),
        ("1", 5, 10, 103, "R074", None, 0, True, ["ORBIS"]),
        ("1", 6, 10, None, "R074", None, -1, None, ["ORBIS"]),
        ("2", 1, 10, 100, "I219", "DAS", -8, True, ["AREM", "ORBIS"]),
        ("2", 3, 10, 99, "I219", "DP", 0, True, ["AREM"]),
        ("2", 4, 10, 102, "C169+8", "DP", -10, False, ["ORBIS"]),
        ("2", 5, 10, 103, "R074", None, -10, None, ["ORBIS"]),
        ("5", 9, 20, 105, "C349", "DP", 2, False, ["ORBIS"]),
        ("6", 9, 20, 105, "C349", "DP", 0, False, ["ORBIS"]),
    ]
    assert_df_equality(
        found.drop("condition_datetime", "condition_source_value"),
        frame(
            spark,
            "study_instance_uid condition_occurrence_id person_id visit_occurrence_id condition_code condition_type"
            " days_from_exam same_visit cdm_sources",
            *expected,
        ),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_acts_keep_their_repetitions(
    spark: SparkSession, exams: DataFrame, known_stays: DataFrame, survivors_: DataFrame
) -> None:
    acts = rows(
        "procedure_occurrence_id person_id visit_occurrence_id procedure_datetime procedure_source_value cdm_source",
        (1, 10, 100, at("2024-03-10 10:05"), "ZBQK00201", "ORBIS"),
        (2, 10, 100, at("2024-03-10 15:00"), "ZBQK00201", "ORBIS"),  # done twice that day
        (3, 10, 99, at("2024-03-10"), "ZBQK002...01", "AREM"),  # the first of them, again
        (4, 10, 100, at("2024-03-10 10:05"), "ZBQK00204", "ORBIS"),  # its anaesthesia
        (5, 10, None, at("2024-03-15 10:00"), "JQGA004-1201", "ORBIS"),  # 5 days from both exams
        (6, 20, None, at("2024-03-11 10:00"), "not an act", "ORBIS"),
    )
    pairs = spark.createDataFrame(
        [("act", 10, "1", 1, "visit", 5, 0, False, True, 7.5, {"visit": "agree"}),
         ("act", 20, "6", 6, "time", -1440, 0, False, False, 1.0, {})],
        PAIRS_DDL,
    )  # fmt: skip
    found = procedures(exams, acts_once(frame(spark, PROCEDURE_OCCURRENCE, *acts), known_stays, survivors_), pairs, 5)
    expected = [
        ("1", 1, "ZBQK002", "1", "0", 0, True, "visit", True, ["AREM", "ORBIS"]),
        ("1", 2, "ZBQK002", "1", "0", 0, True, None, False, ["ORBIS"]),
        ("1", 4, "ZBQK002", "4", "0", 0, True, None, False, ["ORBIS"]),
        ("1", 5, "JQGA004", "1", "0", 5, None, None, False, ["ORBIS"]),
        ("2", 5, "JQGA004", "1", "0", -5, None, None, False, ["ORBIS"]),
        ("5", 6, None, None, None, 1, None, None, False, ["ORBIS"]),
        ("6", 6, None, None, None, -1, None, "time", False, ["ORBIS"]),
    ]
    columns = (
        "study_instance_uid procedure_occurrence_id procedure_code procedure_activity procedure_phase days_from_exam"
        " same_visit method accepted cdm_sources"
    )
    assert_df_equality(
        found.select(*columns.split()),
        frame(spark, columns, *expected),
        ignore_row_order=True,
        ignore_nullable=True,
    )


def test_an_act_without_activity_is_that_of_activity_one(
    spark: SparkSession, known_stays: DataFrame, survivors_: DataFrame
) -> None:
    acts = rows(
        "procedure_occurrence_id person_id visit_occurrence_id procedure_datetime procedure_source_value cdm_source",
        (1, 10, 100, at("2024-03-10 10:05"), "ZBQK002", "ORBIS"),
        (2, 10, 99, at("2024-03-10"), "ZBQK002...01", "AREM"),
        (3, 10, 99, at("2024-03-10"), "ZBQK002...04", "AREM"),  # its anaesthesia
    )
    found = acts_once(frame(spark, PROCEDURE_OCCURRENCE, *acts), known_stays, survivors_).collect()
    assert {row["event_id"]: row["cdm_sources"] for row in found} == {1: ["AREM", "ORBIS"], 3: ["AREM"]}


def test_columns_of_codes_agree_with_the_plain_functions(spark: SparkSession) -> None:
    stored = [
        "I21.9", " c169+8", "CIM10:B24+0", "", None, "ZBQK00201", "jqga004...01", "JQGA004-12 01", "CCAM:ZBQK002", "ZB",
        "ZBQK002-4", "ZBQK0021", "ZBQK002-1-0", "ZBQK002+F", "ZBQK002010",
    ]  # fmt: skip
    code = F.col("code")
    found = frame(spark, "n:int code:string", *enumerate(stored)).select(
        "n", cim10_code(code), ccam_code(code), ccam_phase(code), ccam_activity(code), diagnosis_type(code)
    )
    for n, cim10, *act, _ in map(tuple, found.collect()):
        parsed = parse_ccam(stored[n])
        assert cim10 == normalise_cim10(stored[n])
        assert act == ([parsed.code, parsed.phase, parsed.activity] if parsed else [None, None, None])
