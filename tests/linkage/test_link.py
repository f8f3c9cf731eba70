"""The cascade of the patient link on the small hospital group of docs/linkage-cases.md, and what else it promises."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from frames import frame, rows
from link_cases import Link, cases, people
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage import (
    BaseCentrale,
    decide,
    judged,
    link_history,
    meet,
    survivors,
    traits_of_persons,
    with_series,
)
from eds_spark_imaging.tables.link_words import LinkMethod, LinkStatus
from eds_spark_imaging.tables.links import IMAGING_STUDY_LINK_HISTORY, IMAGING_STUDY_PERSON
from eds_spark_imaging.tables.spec import sql_type
from eds_spark_imaging.warehouse.contract import PERSON

pytestmark = pytest.mark.spark

CASES = {case.name: case for case in cases()}
LINKED, RECOVERED, CONFLICT = "linked", "linked_recovered", "conflict"

STUDY = (
    "study_instance_uid patient_id issuer_of_patient_id other_patient_ids patient_name patient_birth_date patient_sex"
    " accession_number admission_id hospital_code study_datetime study_datetime_quality conflicts"
    " quality_control_subject series_dates:array<date>"
)


@pytest.fixture(scope="module")
def studies(spark: SparkSession) -> DataFrame:
    return frame(spark, STUDY, *(case.says | {"study_instance_uid": case.name} for case in CASES.values()))


@pytest.fixture(scope="module")
def base(spark: SparkSession) -> BaseCentrale:
    known = people()
    identity = frame(
        spark,
        "ipp merged_into_ipp nip nip_domain birth_name used_name first_given_name birth_date sex",
        *[
            (p["IPP"], p["merged into"], p["NIP"], p["of"], p["birth name"], p["used name"], p["given name"],
             date.fromisoformat(p["birth date"]), p["sex"])
            for p in known
        ],
    )  # fmt: skip
    person = frame(
        spark,
        PERSON,
        *rows(
            "person_id person_source_value year_of_birth month_of_birth day_of_birth death_datetime"
            " gender_source_value",
            *[
                (int(p["person"]), p["IPP"], *map(int, p["birth date"].split("-")),
                 datetime.fromisoformat(p["died"]) if p["died"] else None, p["sex"].lower())
                for p in known if p["person"]
            ],
        ),
    )  # fmt: skip
    return BaseCentrale(
        person=person,
        survivors=survivors(identity, person).persist(),
        identity=identity,
        visits=frame(
            spark,
            "visit_occurrence_id person_id visit_occurrence_source_value care_site_id visit_start_datetime"
            " visit_end_datetime",
            (100, 1, "661234560", 12, datetime(2020, 1, 8), datetime(2020, 1, 12)),
            (101, 2, "669999999", 12, datetime(2020, 1, 8), None),
        ),
        procedures=frame(
            spark,
            "person_id visit_occurrence_id procedure_datetime accession_number",
            (1, 100, datetime(2020, 1, 9), "66200042"),
            (2, 101, datetime(2020, 1, 9), "A770"),
            (3, None, datetime(2010, 1, 9), "A770"),
        ),
        care_site=frame(
            spark,
            "care_site_id care_site_source_value care_site_short_name care_site_type_source_value",
            (1, "G1", "Groupe 1", "Groupe hospitalier (GH)"),
            (2, "G2", "Groupe 2", "Groupe Hospitalier (GH)"),
            (10, "066", "PSL", "Hôpital"),
            (11, "021", "H2", "Hôpital"),
            (12, "UF1", "Radiologie", "Unité Fonctionnelle (UF)"),
        ),
        fact_relationship=frame(
            spark,
            "fact_id_1 fact_id_2 domain_concept_id_1 relationship_concept_id",
            (10, 1, 57, 46233688),
            (11, 2, 57, 46233688),
            (12, 10, 57, 46233688),
            (11, 1, 57, 99),
            (11, 1, 56, 46233688),
        ),
    )


def candidates(studies: DataFrame, base: BaseCentrale, config: LinkConfig) -> tuple[DataFrame, DataFrame]:
    """Exams and candidates."""
    meeting = meet(studies, base, traits_of_persons(base.identity, base.person, base.survivors), config)
    return meeting.exams, judged(meeting)


def decided(exams: DataFrame, found: DataFrame) -> dict[str, Link]:
    rows = decide(exams, found).collect()
    assert len(rows) == exams.count()
    return {r.study_instance_uid: (r.link_status, r.link_method, r.person_id, r.link_verified) for r in rows}


@pytest.fixture(scope="module")
def exams_and_found(studies: DataFrame, base: BaseCentrale) -> tuple[DataFrame, DataFrame]:
    exams, found = candidates(studies, base, LinkConfig())
    return exams, found.persist()


@pytest.fixture(scope="module")
def found(exams_and_found: tuple[DataFrame, DataFrame]) -> DataFrame:
    return exams_and_found[1]


@pytest.fixture(scope="module")
def links(exams_and_found: tuple[DataFrame, DataFrame]) -> dict[str, Link]:
    return decided(*exams_and_found)


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, links: dict[str, Link]) -> None:
    assert links[name] == CASES[name].link


def test_the_cases_show_every_status_and_method() -> None:
    assert {case.link[0] for case in CASES.values()} == set(LinkStatus) - {LinkStatus.NOT_ATTEMPTED}
    methods = {case.link[1] for case in CASES.values()} - {None}
    assert methods == set(LinkMethod) - {LinkMethod.MANUAL, LinkMethod.PROBABILISTIC}


def test_rows_are_of_the_declared_table_and_tell_their_reasons(found: DataFrame) -> None:
    declared = [(c.name, sql_type(c.type).lower().replace(", ", ",").replace(": ", ":")) for c in IMAGING_STUDY_PERSON]
    assert found.dtypes == declared
    rows = found.collect()
    assert len({(r.study_instance_uid, r.person_id) for r in rows}) == len(rows)
    assert all(r.accepted == (r.reason is None) and 0 <= r.score <= 1 for r in rows)
    told = {(r.study_instance_uid, r.person_id): (r.reason, r.rank, r.evidence.contradictions) for r in rows}
    assert told["IPP of another", 1] == (None, 1, [])
    assert told["IPP of another", 2] == ("contradicted", 2, ["birth_date", "names", "two_traits"])
    assert told["after death, no traits", 3] == ("contradicted", 1, ["after_death"])
    assert told["sex swapped, nothing else", 1] == ("contradicted", 1, ["unsupported"])
    assert told["doubles", 8][0] == told["doubles", 9][0] == "rival"
    assert told["IPP and NDA disagree", 1][0] == told["IPP and NDA disagree", 2][0] == "rival"
    assert told["two identifiers, no traits", 1][0] == "needs_traits"


def test_dates_that_do_not_fit_are_shown_where_they_are_not_held_against_the_person(found: DataFrame) -> None:
    faults = {r.study_instance_uid: r.date_fault for r in found.where("accepted").collect()}
    assert faults["before birth"] == "before_birth"
    assert faults["after death"] == faults["after death, no traits, the series before"] == "after_death"
    assert faults["before death"] is faults["before digital images"] is None


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
        "sex swapped, no birth date": (CONFLICT, None, None, False),
        "one part of the date": (CONFLICT, None, None, False),
        "default date": (LINKED, "ipp", 1, False),
        "default date of another year": (CONFLICT, None, None, False),
        "after death": (LINKED, "ipp", 3, True),
        "two parts of the date": (CONFLICT, None, None, False),
        "merged": (RECOVERED, "ipp_one_digit", 1, True),
        "IPP of another": (CONFLICT, None, None, False),
        "NIP of the group": ("unlinked_unknown_id", None, None, False),
        "one digit, only the date to confirm": (RECOVERED, "ipp_one_digit", 1, True),
        "NDA for an id": (RECOVERED, "visit_number", 1, False),
        "traits alone": ("unlinked_no_id", None, None, False),
    }
    some = studies.where(studies.study_instance_uid.isin(*wanted))
    assert decided(*candidates(some, bare, LinkConfig())) == wanted


def test_decisions_by_hand_are_obeyed(spark: SparkSession, studies: DataFrame, base: BaseCentrale) -> None:
    at = datetime(2024, 1, 1)
    decisions = frame(
        spark,
        "study_instance_uid ipp decision decided_by decided_at",
        ("exact", "8000000001", "reject", "ana", at),
        ("two parts of the date", "8000000001", "accept", "ana", at),
        ("doubles", "8000000088", "accept", "ana", at),
        ("doubles", "8000000099", "Accept", "bob", datetime(2024, 2, 1)),
        ("no traits", "8000000001", "reject", "ana", at),
        ("no traits", "8000000001", "accept", "bob", datetime(2024, 2, 1)),
        ("either twin", "IPP 08000000066", "accept", "ana", at),
        ("refused, and another identifier", "8000000002", "reject", "ana", at),
    )
    fields = {name: getattr(base, name) for name in BaseCentrale.__slots__}
    with_hand = BaseCentrale(**(fields | {"decisions": decisions}))
    wanted = {
        "exact": ("unlinked_unknown_id", None, None, False),
        "two parts of the date": (LINKED, "manual", 1, False),
        "doubles": (RECOVERED, "manual", 9, True),
        "no traits": (LINKED, "manual", 1, False),
        "merged": (RECOVERED, "ipp_merged", 1, True),
        "either twin": (RECOVERED, "manual", 6, True),
        "refused, and another identifier": (RECOVERED, "other_patient_id", 1, False),
    }
    refused = {"patient_id": "8000000002", "other_patient_ids": ["8000000001"], "patient_name": "MARTIN^J"}
    refused_exam = frame(spark, STUDY, refused | {"study_instance_uid": "refused, and another identifier"})
    some = studies.where(studies.study_instance_uid.isin(*wanted)).unionByName(refused_exam)
    assert decided(*candidates(some, with_hand, LinkConfig())) == wanted


def test_studies_may_lack_most_columns_and_bring_others(spark: SparkSession, base: BaseCentrale) -> None:
    """NIP domains of the configuration; requests of the series as keys of their exam."""
    bare = frame(
        spark,
        "study_instance_uid patient_id hospital_code study_datetime",
        ("1", "123", "066", None),
        ("2", None, None, None),
        ("3", None, "066", datetime(2020, 1, 10)),
    )
    requests = [("3", ["A770"]), ("3", None), ("3", ["A770", "B1"])]
    series = frame(spark, "study_instance_uid request_accession_number", *requests)
    asked = with_series(bare, series)
    assert decided(*candidates(asked, base, LinkConfig(nip_domains={"066": "G2"}))) == {
        "1": (RECOVERED, "nip", 2, False),
        "2": ("unlinked_no_id", None, None, False),
        "3": (RECOVERED, "accession_number", 2, False),
    }


def test_an_other_identifier_is_of_the_issuer_that_its_item_names(spark: SparkSession, base: BaseCentrale) -> None:
    """PS3.3 C.12.1: each item of OtherPatientIDsSequence has its own issuer; without one the hospital tells."""
    ids, issuers = "other_patient_ids_patient_id", "other_patient_ids_issuer_of_patient_id"
    exams = frame(
        spark,
        f"study_instance_uid {ids} {issuers} hospital_code patient_birth_date",
        ("of the hospital", ["?", "123"], ["G2", None], "066", None),
        ("of another group", ["456", "0123 "], [None, "g2"], "066", date(1962, 7, 21)),
        ("of nobody known", ["123"], ["Clinique X"], "066", None),
        ("no issuers", ["123"], None, "066", None),
    )
    assert decided(*candidates(exams, base, LinkConfig())) == {
        "of the hospital": (RECOVERED, "other_patient_id", 1, False),
        "of another group": (RECOVERED, "other_patient_id", 2, True),
        "of nobody known": ("unlinked_unknown_id", None, None, False),
        "no issuers": (RECOVERED, "other_patient_id", 1, False),
    }


def test_numbers_and_hospitals_go_by_one_form(spark: SparkSession, base: BaseCentrale) -> None:
    """Zeros in front come and go; a code that no care site has names no other hospital."""
    day = datetime(2020, 1, 10)
    columns = "study_instance_uid patient_id admission_id accession_number hospital_code study_datetime"
    exams = frame(
        spark,
        columns,
        ("padded visit", None, "000661234560", None, None, day),
        ("padded visit as identifier", "0661234560", None, None, None, day),
        ("66", None, None, "A770", "66", day),
        ("no hospital of the tree", None, None, "A770", "H066", day),
        ("another hospital", None, None, "A770", "21", day),
    )
    assert decided(*candidates(exams, base, LinkConfig())) == {
        "padded visit": (RECOVERED, "visit_number", 1, False),
        "padded visit as identifier": (RECOVERED, "visit_number", 1, False),
        "66": (RECOVERED, "accession_number", 2, False),
        "no hospital of the tree": (RECOVERED, "accession_number", 2, False),
        "another hospital": ("unlinked_no_id", None, None, False),
    }


def test_history_tells_what_changed(spark: SparkSession) -> None:
    columns = "study_instance_uid ipp person_id link_status link_method link_verified"
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
    history = link_history(
        frame(spark, columns, *before),
        frame(spark, columns, *after, cause="exam"),
        "run-2",
        F.lit("2024-01-01 00:00:00").cast("timestamp"),
    )
    assert history.columns == IMAGING_STUDY_LINK_HISTORY.names
    told = {r.study_instance_uid: (r.change, r.previous_person_id, r.person_id, r.link_run) for r in history.collect()}
    assert told == {
        "new": ("first", None, 1, "run-2"),
        "moved": ("person", 1, 2, "run-2"),
        "lost": ("status", 1, None, "run-2"),
        "unseen": ("first", None, None, "run-2"),
    }
