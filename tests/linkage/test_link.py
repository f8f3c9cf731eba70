"""The cascade of the patient link on one small hospital group: every method, contradiction and status."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage import (
    BaseCentrale,
    candidates,
    decide,
    link_history,
    not_attempted,
    survivors,
    with_requests,
)
from eds_spark_imaging.tables.links import IMAGING_STUDY_LINK_HISTORY, IMAGING_STUDY_PERSON, LINK_COLUMNS, LinkStatus
from eds_spark_imaging.tables.spec import sql_type

pytestmark = pytest.mark.spark

# person_id, IPP, birth name, used name, given name, birth date, sex, NIP, its domain, merged into, date of death
PEOPLE = [
    (1, "8000000001", "MARTIN", None, "JEAN", date(1950, 3, 14), "M", "123", "G1", None, None),
    (2, "8000000002", "LEFÈVRE", "DURAND", "MARIE-ANNE", date(1962, 7, 21), "F", "123", "G2", None, None),
    (3, "8000000033", "PETIT", None, "PAUL", date(1971, 11, 30), "M", "456", "G1", None, datetime(2019, 5, 2, 10)),
    (4, "8000000044", "NGUYEN", None, "LIN", date(1980, 1, 1), "F", None, None, None, None),
    (None, "8000000005", "MARTIN", None, "JEAN", date(1950, 3, 14), "M", None, None, "8000000001", None),
    (6, "8000000066", "LEROY", None, "ANNA", date(1990, 6, 15), "F", None, None, None, None),
    (7, "8000000077", "LEROY", None, "ZOE", date(1990, 6, 15), "F", None, None, None, None),  # her twin
    (8, "8000000088", "DOUBLE", None, "LUC", date(1985, 2, 20), "M", None, None, None, datetime(2021, 1, 1)),
    (9, "8000000099", "DOUBLE", None, "LUC", date(1985, 2, 20), "M", None, None, None, None),  # the same, not merged
]  # fmt: skip

MARTIN = {"patient_name": "MARTIN^JEAN", "patient_birth_date": date(1950, 3, 14), "patient_sex": "M"}
DURAND = {"patient_name": "Durand^Marie Anne", "patient_birth_date": date(1962, 7, 21), "patient_sex": "F"}
PETIT = {"patient_name": "PETIT^PAUL", "patient_birth_date": date(1971, 11, 30), "patient_sex": "M"}
EXAM_DAY = datetime(2020, 1, 10, 9, 0)

LINKED, RECOVERED, CONFLICT = "linked", "linked_recovered", "conflict"

# What the exam says -> status, method, person, verified.
CASES: dict[str, tuple[Mapping[str, Any], tuple[str, str | None, int | None, bool]]] = {
    "exact": ({"patient_id": "8000000001", **MARTIN}, (LINKED, "ipp", 1, True)),
    "no traits": ({"patient_id": "8000000001"}, (LINKED, "ipp", 1, False)),
    "cleaned": ({"patient_id": "IPP 08000000001", **MARTIN}, (RECOVERED, "ipp_cleaned", 1, True)),
    "merged": ({"patient_id": "8000000005", **MARTIN}, (RECOVERED, "ipp_merged", 1, True)),
    "used name": ({"patient_id": "8000000002", **DURAND}, (LINKED, "ipp", 2, True)),
    "birth name, no accent": (
        {"patient_id": "8000000002", **DURAND, "patient_name": "LEFEVRE MARIE"}, (LINKED, "ipp", 2, True)
    ),
    "default date": (
        {"patient_id": "8000000001", **MARTIN, "patient_birth_date": date(1950, 1, 1)}, (LINKED, "ipp", 1, True)
    ),
    "default date of another year": (
        {"patient_id": "8000000001", **MARTIN, "patient_birth_date": date(1970, 1, 1)}, (LINKED, "ipp", 1, False)
    ),
    "after death, with a double": (
        {"patient_id": "8000000088", "patient_name": "DOUBLE^LUC", "patient_birth_date": date(1985, 2, 20),
         "study_datetime": datetime(2022, 1, 1)},
        ("conflict", None, None, False),
    ),
    "year 1900, sex O": (
        {"patient_id": "8000000001", "patient_birth_date": date(1900, 5, 5), "patient_sex": "O"},
        (LINKED, "ipp", 1, False),
    ),
    "born on 1 January": (
        {"patient_id": "8000000044", "patient_name": "NGUYEN^LIN", "patient_birth_date": date(1980, 1, 1)},
        (LINKED, "ipp", 4, True),
    ),
    "sex swapped": ({"patient_id": "8000000001", **MARTIN, "patient_sex": "F"}, (LINKED, "ipp", 1, True)),
    "one part of the date": (
        {"patient_id": "8000000001", **MARTIN, "patient_birth_date": date(1950, 3, 15)}, (LINKED, "ipp", 1, False)
    ),
    "two parts of the date": (
        {"patient_id": "8000000001", **MARTIN, "patient_birth_date": date(1951, 3, 15)}, (CONFLICT, None, None, False)
    ),
    "other name": (
        {"patient_id": "8000000001", **MARTIN, "patient_name": "DUBOIS^ALAIN"}, (CONFLICT, None, None, False)
    ),
    "two traits": (
        {"patient_id": "8000000001", **MARTIN, "patient_name": "MARTIN^ALAIN", "patient_sex": "F"},
        (CONFLICT, None, None, False),
    ),
    "after death": (
        {"patient_id": "8000000033", **PETIT}, (CONFLICT, None, None, False)
    ),
    "before death": (
        {"patient_id": "8000000033", **PETIT, "study_datetime": datetime(2019, 5, 2, 23)}, (LINKED, "ipp", 3, True)
    ),
    "before birth": (
        {"patient_id": "8000000001", **MARTIN, "study_datetime": datetime(1949, 5, 2)}, (CONFLICT, None, None, False)
    ),
    "long before birth": (
        {"patient_id": "8000000001", **MARTIN, "study_datetime": datetime(1949, 5, 2),
         "study_datetime_quality": "implausible"},
        (CONFLICT, None, None, False),
    ),
    "traits alone, before birth": (
        {"patient_id": "INCONNU", **MARTIN, "study_datetime": datetime(1949, 5, 2)}, (CONFLICT, None, None, False)
    ),
    "accession of an impossible person": (
        {"accession_number": "A770", **MARTIN, "patient_birth_date": date(1951, 3, 15)},
        ("unlinked_no_id", None, None, False),
    ),
    "date of 1900": (
        {"patient_id": "8000000001", **MARTIN, "study_datetime": datetime(1900, 1, 1),
         "study_datetime_quality": "implausible"},
        (LINKED, "ipp", 1, True),
    ),
    "date of the future": (
        {"patient_id": "8000000033", **PETIT, "study_datetime": datetime(2099, 1, 1),
         "study_datetime_quality": "implausible"},
        (LINKED, "ipp", 3, True),
    ),
    "IPP of another": ({"patient_id": "8000000002", **MARTIN}, (RECOVERED, "traits", 1, True)),
    "two patients in the files": (
        {"patient_id": "8000000001", **MARTIN, "conflicts": ["patient_birth_date", "patient_id"]},
        (CONFLICT, None, None, False),
    ),
    "two identifiers of one patient": (
        {"patient_id": "8000000001", **MARTIN, "conflicts": ["patient_id"]}, (LINKED, "ipp", 1, True)
    ),
    "two identifiers, no traits": (
        {"patient_id": "8000000001", "conflicts": ["patient_id"]}, ("unlinked_unknown_id", None, None, False)
    ),
    "NIP of the group": ({"patient_id": "0123", "hospital_code": "066"}, (RECOVERED, "nip", 1, False)),
    "NIP of another group": ({"patient_id": "123", "hospital_code": "H2"}, (RECOVERED, "nip", 2, False)),
    "NIP by issuer": ({"patient_id": "123", "issuer_of_patient_id": "g2"}, (RECOVERED, "nip", 2, False)),
    "NIP, no hospital": ({"patient_id": "123"}, ("unlinked_unknown_id", None, None, False)),
    "NIP, no hospital, date": (
        {"patient_id": "123", "patient_birth_date": date(1962, 7, 21)}, (RECOVERED, "nip_elsewhere", 2, True)
    ),
    "other id": (
        {"patient_id": "?", "other_patient_ids": ["8000000001"]}, (RECOVERED, "other_patient_id", 1, False)
    ),
    "NDA for an id": ({"patient_id": "66 1234560"}, (RECOVERED, "visit_number", 1, False)),
    "NDA as admission": ({"admission_id": "661234560"}, (RECOVERED, "visit_number", 1, False)),
    "NDA of long ago": (
        {"admission_id": "661234560", "study_datetime": datetime(2015, 1, 1)}, ("unlinked_no_id", None, None, False)
    ),
    "accession": ({"accession_number": "A770", "hospital_code": "066"}, (RECOVERED, "accession_number", 2, False)),
    "accession elsewhere": (
        {"accession_number": "A770", "hospital_code": "H2"}, ("unlinked_no_id", None, None, False)
    ),
    "traits alone": ({"patient_id": "INCONNU", **DURAND}, (RECOVERED, "traits", 2, True)),
    "truncated": (
        {**DURAND, "patient_name": "LEFEV^MARIE ANNE"}, (RECOVERED, "traits", 2, True)
    ),
    "twin": (
        {"patient_name": "LEROY^ZOE", "patient_birth_date": date(1990, 6, 15)}, (RECOVERED, "traits", 7, True)
    ),
    "either twin": (
        {"patient_name": "LEROY", "patient_birth_date": date(1990, 6, 15)}, ("unlinked_no_id", None, None, False)
    ),
    "doubles": (
        {"patient_name": "DOUBLE^LUC", "patient_birth_date": date(1985, 2, 20)}, ("ambiguous", None, None, False)
    ),
    "double by IPP": (
        {"patient_id": "8000000088", "patient_name": "DOUBLE^LUC", "patient_birth_date": date(1985, 2, 20)},
        (LINKED, "ipp", 8, True),
    ),
    "one digit, only the date to confirm": (
        {"patient_id": "8000000010", "patient_birth_date": date(1950, 3, 14)}, (RECOVERED, "ipp_one_digit", 1, True)
    ),
    "one digit, nothing to confirm": ({"patient_id": "8000000030"}, ("unlinked_unknown_id", None, None, False)),
    "IPP and NDA disagree": (
        {"patient_id": "8000000002", "admission_id": "661234560"}, ("ambiguous", None, None, False)
    ),
    "IPP and NDA disagree, traits tell": (
        {"patient_id": "8000000002", "admission_id": "661234560", **MARTIN}, (RECOVERED, "visit_number", 1, True)
    ),
    "unknown": ({"patient_id": "8999999999"}, ("unlinked_unknown_id", None, None, False)),
    "none": ({}, ("unlinked_no_id", None, None, False)),
    "placeholder": (
        {"patient_id": "W/I", "patient_name": "INCONNU^HOMME", "patient_birth_date": date(1900, 1, 1)},
        ("unlinked_no_id", None, None, False),
    ),
    "phantom": ({"patient_id": "8000000001", "patient_name": "PHANTOM^ACR"}, ("not_a_patient", None, None, False)),
    "phantom in French": (
        {"patient_id": "8000000001", "patient_name": "FANTÔME^MENSUEL"}, ("not_a_patient", None, None, False)
    ),
    "quality control by its id": ({"patient_id": "CQ20240110"}, ("not_a_patient", None, None, False)),
    "a name like a test": (
        {"patient_id": "8000000001", "patient_name": "TESTARD^JEAN"}, (LINKED, "ipp", 1, False)
    ),
    "quality control": (
        {"patient_id": "8000000001", "quality_control_subject": "YES"}, ("not_a_patient", None, None, False)
    ),
}  # fmt: skip

STUDY = (
    "study_instance_uid string, patient_id string, issuer_of_patient_id string, other_patient_ids array<string>,"
    " patient_name string, patient_birth_date date, patient_sex string, accession_number string, admission_id string,"
    " hospital_code string, study_datetime timestamp_ntz, study_datetime_quality string, conflicts array<string>,"
    " quality_control_subject string"
)
STUDY_COLUMNS = [part.split()[0] for part in STUDY.split(",")]


@pytest.fixture(scope="module")
def studies(spark: SparkSession) -> DataFrame:
    rows = [{"study_datetime": EXAM_DAY, **says, "study_instance_uid": name} for name, (says, _) in CASES.items()]
    return spark.createDataFrame([tuple(row.get(c) for c in STUDY_COLUMNS) for row in rows], STUDY)


@pytest.fixture(scope="module")
def base(spark: SparkSession) -> BaseCentrale:
    identity = spark.createDataFrame(
        [(p[1], p[9], p[7], p[8], p[2], p[3], p[4], p[5], p[6]) for p in PEOPLE],
        "ipp string, merged_into_ipp string, nip string, nip_domain string, birth_name string, used_name string,"
        " first_given_name string, birth_date date, sex string",
    )
    person = spark.createDataFrame(
        [(p[0], p[1], p[5].year, p[5].month, p[5].day, None, p[10], p[6].lower()) for p in PEOPLE if p[0] is not None],
        "person_id bigint, person_source_value string, year_of_birth int, month_of_birth int, day_of_birth int,"
        " birth_datetime timestamp_ntz, death_datetime timestamp_ntz, gender_source_value string",
    )
    visits = spark.createDataFrame(
        [
            (100, 1, "661234560", 12, datetime(2020, 1, 8), datetime(2020, 1, 12)),
            (101, 2, "669999999", 12, datetime(2020, 1, 8), None),
        ],
        "visit_occurrence_id bigint, person_id bigint, visit_occurrence_source_value string, care_site_id bigint,"
        " visit_start_datetime timestamp_ntz, visit_end_datetime timestamp_ntz",
    )
    procedures = spark.createDataFrame(
        [(2, 101, datetime(2020, 1, 9), "A770"), (3, None, datetime(2010, 1, 9), "A770")],
        "person_id bigint, visit_occurrence_id bigint, procedure_datetime timestamp_ntz, accession_number string",
    )
    care_site = spark.createDataFrame(
        [
            (1, "G1", "Groupe 1", "Groupe hospitalier (GH)"),
            (2, "G2", "Groupe 2", "Groupe Hospitalier (GH)"),
            (10, "066", "PSL", "Hôpital"),
            (11, "021", "H2", "Hôpital"),
            (12, "UF1", "Radiologie", "Unité Fonctionnelle (UF)"),
        ],
        "care_site_id bigint, care_site_source_value string, care_site_short_name string,"
        " care_site_type_source_value string",
    )
    tree = spark.createDataFrame(
        [(10, 1, 57, 46233688), (11, 2, 57, 46233688), (12, 10, 57, 46233688), (11, 1, 57, 99), (11, 1, 56, 46233688)],
        "fact_id_1 bigint, fact_id_2 bigint, domain_concept_id_1 bigint, relationship_concept_id bigint",
    )
    return BaseCentrale(
        person=person,
        survivors=survivors(identity, person).persist(),
        identity=identity,
        visits=visits,
        procedures=procedures,
        care_site=care_site,
        fact_relationship=tree,
    )


@pytest.fixture(scope="module")
def found(studies: DataFrame, base: BaseCentrale) -> DataFrame:
    return candidates(studies, base, LinkConfig()).persist()


def decided(studies: DataFrame, candidates: DataFrame) -> dict[str, tuple[Any, ...]]:
    rows = decide(studies, candidates, LinkConfig()).collect()
    assert len(rows) == studies.count()
    return {r.study_instance_uid: (r.link_status, r.link_method, r.person_id, r.link_verified) for r in rows}


def test_every_case_of_the_cascade(studies: DataFrame, found: DataFrame) -> None:
    links = decided(studies, found)
    assert links == {name: expected for name, (_, expected) in CASES.items()}
    assert {status for status, *_ in links.values()} == set(LinkStatus) - {LinkStatus.NOT_ATTEMPTED}


def test_rows_are_of_the_declared_table_and_tell_their_reasons(found: DataFrame) -> None:
    declared = [(c.name, sql_type(c.type).lower().replace(", ", ",").replace(": ", ":")) for c in IMAGING_STUDY_PERSON]
    assert found.dtypes == declared
    rows = found.collect()
    assert len({(r.study_instance_uid, r.person_id) for r in rows}) == len(rows)
    assert all(r.accepted == (r.reason is None) and 0 <= r.score <= 1 for r in rows)
    told = {(r.study_instance_uid, r.person_id): (r.reason, r.rank, r.evidence.contradictions) for r in rows}
    assert told["IPP of another", 1] == (None, 1, [])
    assert told["IPP of another", 2] == ("contradicted", 2, ["birth_date", "names", "two_traits"])
    assert told["after death", 3] == ("contradicted", 1, ["after_death"])
    assert told["doubles", 8][0] == told["doubles", 9][0] == "rival"
    assert told["IPP and NDA disagree", 1][0] == told["IPP and NDA disagree", 2][0] == "rival"
    assert told["two identifiers, no traits", 1][0] == "needs_traits"


def test_without_identities_only_dates_and_sex_tell(
    spark: SparkSession, studies: DataFrame, base: BaseCentrale
) -> None:
    bare = BaseCentrale(
        person=base.person, survivors=survivors(None, base.person), visits=base.visits, procedures=base.procedures
    )
    wanted = {
        "exact": (LINKED, "ipp", 1, True),
        "other name": (LINKED, "ipp", 1, True),
        "sex swapped": (LINKED, "ipp", 1, False),
        "two parts of the date": (CONFLICT, None, None, False),
        "merged": (RECOVERED, "ipp_one_digit", 1, True),
        "IPP of another": (CONFLICT, None, None, False),
        "NIP of the group": ("unlinked_unknown_id", None, None, False),
        "one digit, only the date to confirm": (RECOVERED, "ipp_one_digit", 1, True),
        "NDA for an id": (RECOVERED, "visit_number", 1, False),
        "traits alone": ("unlinked_no_id", None, None, False),
    }
    some = studies.where(studies.study_instance_uid.isin(*wanted))
    assert decided(some, candidates(some, bare, LinkConfig())) == wanted


def test_decisions_by_hand_are_obeyed(spark: SparkSession, studies: DataFrame, base: BaseCentrale) -> None:
    at = datetime(2024, 1, 1)
    decisions = spark.createDataFrame(
        [
            ("exact", "8000000001", "reject", "ana", at),
            ("two parts of the date", "8000000001", "accept", "ana", at),
            ("doubles", "8000000088", "accept", "ana", at),
            ("doubles", "8000000099", "Accept", "bob", datetime(2024, 2, 1)),
            ("no traits", "8000000001", "reject", "ana", at),
            ("no traits", "8000000001", "accept", "bob", datetime(2024, 2, 1)),
        ],
        "study_instance_uid string, ipp string, decision string, decided_by string, decided_at timestamp",
    )
    fields = {name: getattr(base, name) for name in BaseCentrale.__slots__}
    with_hand = BaseCentrale(**(fields | {"decisions": decisions}))
    wanted = {
        "exact": ("unlinked_unknown_id", None, None, False),
        "two parts of the date": (LINKED, "manual", 1, False),
        "doubles": (RECOVERED, "manual", 9, True),
        "no traits": (LINKED, "manual", 1, False),
        "merged": (RECOVERED, "ipp_merged", 1, True),
    }
    some = studies.where(studies.study_instance_uid.isin(*wanted))
    assert decided(some, candidates(some, with_hand, LinkConfig())) == wanted


def test_studies_may_lack_most_columns_and_bring_others(spark: SparkSession, base: BaseCentrale) -> None:
    """NIP domains of the configuration; requests of the series as keys of their exam."""
    bare = spark.createDataFrame(
        [("1", "123", "066", None), ("2", None, None, None), ("3", None, "066", EXAM_DAY)],
        "study_instance_uid string, patient_id string, hospital_code string, study_datetime timestamp_ntz",
    )
    series = spark.createDataFrame(
        [("3", ["A770"]), ("3", None), ("3", ["A770", "B1"])],
        "study_instance_uid string, request_accession_number array<string>",
    )
    asked = with_requests(bare, series)
    found = candidates(asked, base, LinkConfig(nip_domains={"066": "G2"}))
    assert decided(asked, found) == {
        "1": (RECOVERED, "nip", 2, False),
        "2": ("unlinked_no_id", None, None, False),
        "3": (RECOVERED, "accession_number", 2, False),
    }


def test_links_that_were_not_attempted(spark: SparkSession) -> None:
    rows = not_attempted(spark.createDataFrame([("1",)], "study_instance_uid string"))
    assert [column.name for column in LINK_COLUMNS if column.name != "link_run"] == rows.columns[1:]
    assert [tuple(row) for row in rows.collect()] == [("1", None, None, "not_attempted", None, None, False)]


def test_history_tells_what_changed(spark: SparkSession) -> None:
    schema = (
        "study_instance_uid string, ipp string, person_id bigint, link_status string, link_method string,"
        " link_verified boolean"
    )
    before = [
        ("new", None, None, None, None, None),
        ("same", "A", 1, "linked", "ipp", True),
        ("moved", "A", 1, "linked", "ipp", True),
        ("lost", "A", 1, "linked", "ipp", True),
    ]
    after = [
        ("new", "A", 1, "linked", "ipp", False),
        ("same", "A", 1, "linked", "ipp", True),
        ("moved", "B", 2, "linked", "ipp", True),
        ("lost", None, None, "conflict", None, False),
        ("unseen", None, None, "unlinked_no_id", None, False),
    ]
    rows = link_history(
        spark.createDataFrame(before, schema),
        spark.createDataFrame(after, schema).withColumn("cause", F.lit("exam")),
        "run-2",
        F.lit("2024-01-01 00:00:00").cast("timestamp"),
    )
    assert rows.columns == IMAGING_STUDY_LINK_HISTORY.names
    told = {r.study_instance_uid: (r.change, r.previous_person_id, r.person_id, r.link_run) for r in rows.collect()}
    assert told == {
        "new": ("first", None, 1, "run-2"),
        "moved": ("person", 1, 2, "run-2"),
        "lost": ("status", 1, None, "run-2"),
        "unseen": ("first", None, None, "run-2"),
    }
