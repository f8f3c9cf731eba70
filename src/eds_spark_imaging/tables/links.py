"""Tables that tie exams to the base centrale: persons with their evidence, decisions by hand, diagnoses, acts."""

from __future__ import annotations

from enum import StrEnum

import pyarrow as pa

from eds_spark_imaging.tables.spec import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INSTANT,
    INT,
    STRING,
    STRINGS,
    WALL_CLOCK,
    Column,
    Table,
)


class LinkStatus(StrEnum):
    """How an exam stands with its patient: every exam has exactly one."""

    LINKED = "linked"  # by the exact IPP
    LINKED_RECOVERED = "linked_recovered"  # by any other method
    CONFLICT = "conflict"  # the identifiers lead to a person whom traits or dates contradict
    AMBIGUOUS = "ambiguous"  # several persons fit equally
    UNLINKED_UNKNOWN_ID = "unlinked_unknown_id"  # an identifier that leads nowhere
    UNLINKED_NO_ID = "unlinked_no_id"  # no identifier, or a placeholder
    NOT_A_PATIENT = "not_a_patient"  # phantom, test, quality control
    NOT_ATTEMPTED = "not_attempted"  # no base centrale was given


LINKED = (LinkStatus.LINKED, LinkStatus.LINKED_RECOVERED)


class LinkCause(StrEnum):
    """Why an exam is linked, or linked again."""

    EXAM = "exam"  # it is new, or its identity fields changed
    DECISION = "decision"  # somebody decided by hand
    RULES = "rules"  # the configuration of the link, or the version of this package
    BASE_CENTRALE = "base_centrale"  # an identity, merge, visit, act or report that the exam meets


class Decision(StrEnum):
    """What a person may decide on an exam and a patient."""

    ACCEPT = "accept"  # the exam is this patient's, whatever the cascade finds
    REJECT = "reject"  # the exam is not this patient's


_STUDY = Column("study_instance_uid", STRING, "The exam", False, identifying=True)
_METHOD = "manual, ipp, ipp_merged, ipp_cleaned, nip, other_patient_id, visit_number, accession_number, traits, "
_METHODS = _METHOD + "ipp_one_digit, nip_elsewhere or probabilistic"
_TRAIT = "agree, compatible, missing or differ"


def _in(column: str, values: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


LINK_COLUMNS = (
    Column("ipp", STRING, "IPP of the patient that the exam is linked to, merges followed", identifying=True),
    Column("person_id", BIGINT, "The patient that the exam is linked to, merges followed"),
    Column("link_status", STRING, f"One of {', '.join(LinkStatus)}"),
    Column("link_method", STRING, f"Best method that led to the patient: {_METHODS}"),
    Column("link_score", DOUBLE, "Strength of the link, 0 to 1; it ranks links and is not a probability"),
    Column("link_verified", BOOLEAN, "True where identity traits of the header agree with those of the patient"),
    Column("link_run", STRING, "Run that last changed the link"),
)

EVIDENCE = pa.struct(
    [
        ("matched_on", STRING),
        ("matched_ipp", STRING),
        ("family_name", STRING),
        ("given_name", STRING),
        ("birth_date", STRING),
        ("sex", STRING),
        ("contradictions", STRINGS),
    ]
)

IMAGING_STUDY_PERSON = Table(
    name="imaging_study_person",
    grain="exam x person it may belong to",
    comment="Candidate links between exams and patients, with the evidence for and against each",
    columns=(
        _STUDY,
        Column("person_id", BIGINT, "The person, merges followed", False),
        Column("ipp", STRING, "IPP of the person, merges followed", identifying=True),
        Column("method", STRING, f"Best method that led to the person: {_METHODS}", False),
        Column("methods", STRINGS, "All methods that led to the person, best first"),
        Column("score", DOUBLE, "Strength, 0 to 1; it ranks and is not a probability", False),
        Column("verified", BOOLEAN, "Identity traits of the header agree with the person's", False),
        Column(
            "evidence",
            EVIDENCE,
            f"Column of the exam that led here, IPP before merges, each trait ({_TRAIT}), and what contradicts",
            identifying=True,
        ),
        Column("rank", INT, "Place among the exam's candidates, 1 is the best", False),
        Column("accepted", BOOLEAN, "The exam is linked to this person; true once per exam at the most", False),
        Column(
            "reason",
            STRING,
            "Why not accepted: contradicted, rejected_by_hand, needs_traits, rival (equally good), outranked or"
            " improbable",
        ),
    ),
    keys=("study_instance_uid", "person_id"),
    cluster_by=("study_instance_uid", "person_id"),
    checks=(("score_range", "score BETWEEN 0 AND 1"), ("accepted_reason", "accepted = (reason IS NULL)")),
)

IMAGING_STUDY_LINK_HISTORY = Table(
    name="imaging_study_link_history",
    grain="change of the link of an exam",
    comment="Every change of a link, appended: when, in which run, from what to what",
    columns=(
        _STUDY,
        Column("link_run", STRING, "Run that changed the link", False),
        Column("changed_at", INSTANT, "When that run changed it", False),
        Column("change", STRING, "What changed: first, status, person, method or verified", False),
        Column("cause", STRING, f"Why the exam was linked again: one of {', '.join(LinkCause)}", False),
        Column("previous_status", STRING, "Status before; null at the first linking"),
        Column("previous_person_id", BIGINT, "Patient before"),
        Column("previous_ipp", STRING, "IPP before", identifying=True),
        Column("previous_method", STRING, "Method before"),
        Column("link_status", STRING, "Status after", False),
        Column("person_id", BIGINT, "Patient after"),
        Column("ipp", STRING, "IPP after", identifying=True),
        Column("link_method", STRING, "Method after"),
    ),
    keys=("study_instance_uid", "link_run"),
    cluster_by=("study_instance_uid", "link_run"),
    checks=(("status", _in("link_status", LinkStatus)),),
)

LINK_DECISION = Table(
    name="link_decision",
    grain="decision by hand on an exam and a patient",
    comment="Decisions of the identity-vigilance team: people insert rows, the link obeys the last one of each pair",
    columns=(
        _STUDY,
        Column("ipp", STRING, "IPP of the patient; a merged one stands for the surviving one", False, True),
        Column("decision", STRING, "accept: the exam is this patient's; reject: it is not", False),
        Column("decided_by", STRING, "Who decided", False),
        Column("decided_at", INSTANT, "When; of several decisions the last one counts", False),
        Column("comment", STRING, "Why, in words", identifying=True),
    ),
    keys=(),
    cluster_by=("study_instance_uid",),
    checks=(("known_decision", f"lower(trim(decision)) IN ({', '.join(repr(str(d)) for d in Decision)})"),),
)

LINK_INPUT = Table(
    name="imaging_study_link_input",
    grain="exam that has been linked",
    comment="Hashes of what each link was made from; exams whose hashes differ are linked again",
    columns=(
        _STUDY,
        Column("exam_hash", BIGINT, "Of the identifying part of the exam", False),
        Column("decision_hash", BIGINT, "Of the decisions by hand on the exam; null where there are none"),
        Column("rules_hash", BIGINT, "Of the configuration of the link and the version of this package", False),
        Column(
            "base_hash",
            BIGINT,
            "Of the persons that share a key with the exam, their traits, and how they were found; null without any",
        ),
    ),
    keys=("study_instance_uid",),
    cluster_by=("study_instance_uid",),
)

_DAYS = "Calendar days from the exam: positive after the exam, negative before. Unit: days"
_SAME_VISIT = (
    "The exam took place during the visit of the {0}; null where the {0} has no visit, or where the exam is after the"
    " start of a visit without end"
)
_SOURCES = "Systems that recorded the {0}: the same stay may be in ORBIS and AREM, and then counts once"

IMAGING_STUDY_DIAGNOSIS = Table(
    name="imaging_study_diagnosis",
    grain="exam x diagnosis of its patient within the window",
    comment="Diagnoses of the patient near the exam; one row for each code and type of a stay",
    columns=(
        _STUDY,
        Column("condition_occurrence_id", BIGINT, "The diagnosis", False),
        Column("person_id", BIGINT, "The patient, merges followed", False),
        Column("visit_occurrence_id", BIGINT, "Visit of the diagnosis"),
        Column("condition_code", STRING, "CIM-10 code, upper case without dot"),
        Column("condition_source_value", STRING, "Code as stored"),
        Column("condition_type", STRING, "DP, DR, DAS or DAD"),
        Column("days_from_exam", INT, _DAYS, False),
        Column("same_visit", BOOLEAN, _SAME_VISIT.format("diagnosis")),
        Column("condition_datetime", WALL_CLOCK, "Date and time of the diagnosis, hospital wall-clock"),
        Column("cdm_sources", STRINGS, _SOURCES.format("diagnosis")),
    ),
    keys=("study_instance_uid", "condition_occurrence_id"),
    cluster_by=("condition_code", "person_id", "study_instance_uid"),
)

IMAGING_STUDY_PROCEDURE = Table(
    name="imaging_study_procedure",
    grain="exam x act of its patient within the window",
    comment="Acts of the patient near the exam",
    columns=(
        _STUDY,
        Column("procedure_occurrence_id", BIGINT, "The act", False),
        Column("person_id", BIGINT, "The patient, merges followed", False),
        Column("visit_occurrence_id", BIGINT, "Visit of the act"),
        Column("procedure_code", STRING, "CCAM code, 7 characters; null where the stored code has not that form"),
        Column("procedure_activity", STRING, "Activity of the act: 1 the act itself, 4 its anaesthesia"),
        Column("procedure_phase", STRING, "Phase of the act; 0 for an act of one phase"),
        Column("procedure_source_value", STRING, "Code as stored"),
        Column("days_from_exam", INT, _DAYS, False),
        Column("same_visit", BOOLEAN, _SAME_VISIT.format("act")),
        Column("rivals", BIGINT, "Other exams of the patient that are as near to the act in days, or nearer", False),
        Column("procedure_datetime", WALL_CLOCK, "Date and time of the act, hospital wall-clock"),
        Column("cdm_sources", STRINGS, _SOURCES.format("act")),
    ),
    keys=("study_instance_uid", "procedure_occurrence_id"),
    cluster_by=("procedure_code", "person_id", "study_instance_uid"),
)


# Tables whose rows are only added: by the job itself, or by people.
APPENDED = (IMAGING_STUDY_LINK_HISTORY.name, LINK_DECISION.name)


def tables() -> tuple[Table, ...]:
    """The tables of this module, in the order in which the jobs write them."""
    return (
        IMAGING_STUDY_PERSON,
        IMAGING_STUDY_LINK_HISTORY,
        LINK_INPUT,
        LINK_DECISION,
        IMAGING_STUDY_DIAGNOSIS,
        IMAGING_STUDY_PROCEDURE,
    )
