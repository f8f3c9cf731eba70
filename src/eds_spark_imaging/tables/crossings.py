"""Tables that tie exams to the visits, acts, reports and diagnoses of the base centrale."""

from __future__ import annotations

import pyarrow as pa

from eds_spark_imaging.tables.crossing_words import ActMethod, NoAct, NoExam, ReportMethod, VisitMethod
from eds_spark_imaging.tables.spec import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    INT,
    STRING,
    STRINGS,
    WALL_CLOCK,
    Column,
    Table,
)
from eds_spark_imaging.treatment import Treatment
from eds_spark_imaging.vocabulary import Word

EVIDENCE = pa.map_(STRING, STRING)


_STUDY = Column("study_instance_uid", STRING, "The exam", False, identifying=True, treatment=Treatment.PSEUDONYM)
_PERSON = Column("person_id", BIGINT, "The patient, merges followed", False, treatment=Treatment.PSEUDONYM)
_DAYS = "Calendar days from the exam: positive after the exam, negative before. Unit: days"
_SAME_VISIT = (
    "The exam took place during the visit of the {0}: by their visits where both are known, else by its interval; null"
    " where the {0} has no visit, or where the exam is after the start of a visit without end"
)
_SOURCES = "Systems that recorded the {0}: the same stay may be in ORBIS and AREM, and then counts once"


def _weighed(event: str, methods: type[Word], nullable: bool) -> tuple[Column, ...]:
    """The columns of a pair that was weighed."""
    return (
        Column(
            "method",
            STRING,
            "What brought the two together, best first",
            nullable,
            values=methods,
            treatment=Treatment.KEEP,
        ),
        Column(
            "gap_minutes",
            BIGINT,
            f"From the exam to the {event}: positive where the {event} is later; null where the exam has no time."
            " Unit: min",
            treatment=Treatment.GENERALISE,
        ),
        Column(
            "score",
            DOUBLE,
            "Weight of the evidence, in natural logarithms; it ranks and is not a probability",
            treatment=Treatment.DROP,  # it falls with each minute of the gap
        ),
        Column("evidence", EVIDENCE, "Each trait of the pair: agree, differ or missing", treatment=Treatment.DROP),
        Column(
            "rivals", BIGINT, f"Other pairs that were weighed for the exam or the {event}", treatment=Treatment.KEEP
        ),
        Column("ambiguous", BOOLEAN, "Another pair is about as good, so neither is accepted", False),
        Column("accepted", BOOLEAN, f"The {event} is the exam's", False),
    )


IMAGING_STUDY_VISIT = Table(
    name="imaging_study_visit",
    grain="exam x visit it may have been in",
    comment="Visits that an exam may have been in; one of them at most is accepted",
    columns=(
        _STUDY,
        Column(
            "visit_occurrence_id",
            BIGINT,
            "The visit; that of ORBIS where AREM has the stay too",
            False,
            treatment=Treatment.PSEUDONYM,
        ),
        _PERSON,
        *_weighed("visit", VisitMethod, False),
        Column(
            "visit_occurrence_source_value",
            STRING,
            "NDA, the number of the visit file",
            identifying=True,
            treatment=Treatment.PSEUDONYM,
        ),
        Column("visit_source_value", STRING, "Kind of visit, as stored", treatment=Treatment.MASK),
        Column(
            "visit_start_datetime", WALL_CLOCK, "Start of the visit, hospital wall-clock", treatment=Treatment.SHIFT
        ),
        Column("visit_end_datetime", WALL_CLOCK, "End of the visit, hospital wall-clock", treatment=Treatment.SHIFT),
        Column("visit_care_site_id", BIGINT, "Care site of the visit", treatment=Treatment.PSEUDONYM),
        Column(
            "unit_care_site_id",
            BIGINT,
            "Unit in which the patient was at the time, by the visit's passages (UF)",
            treatment=Treatment.PSEUDONYM,
        ),
        Column("unit_code", STRING, "Code of that unit", treatment=Treatment.PSEUDONYM),
        Column("unit_name", STRING, "Name of that unit", treatment=Treatment.ALLOW_BY_NAME),
        Column("cdm_sources", STRINGS, _SOURCES.format("visit"), treatment=Treatment.MASK),
    ),
    keys=("study_instance_uid", "visit_occurrence_id"),
    cluster_by=("person_id", "study_instance_uid"),
    pseudonymised=True,
)

IMAGING_STUDY_PROCEDURE = Table(
    name="imaging_study_procedure",
    grain="exam x act of its patient within the window",
    comment="Acts of the patient near the exam, with a method where they were weighed; its own are accepted",
    columns=(
        _STUDY,
        Column("procedure_occurrence_id", BIGINT, "The act", False, treatment=Treatment.PSEUDONYM),
        _PERSON,
        Column("visit_occurrence_id", BIGINT, "Visit of the act", treatment=Treatment.PSEUDONYM),
        Column(
            "procedure_code",
            STRING,
            "CCAM code, 7 characters; null where the stored code has not that form",
            treatment=Treatment.KEEP,
        ),
        Column(
            "procedure_activity",
            STRING,
            "Activity of the act: 1 the act itself, 4 its anaesthesia",
            treatment=Treatment.KEEP,
        ),
        Column("procedure_phase", STRING, "Phase of the act; 0 for an act of one phase", treatment=Treatment.KEEP),
        Column("procedure_source_value", STRING, "Code as stored", treatment=Treatment.DROP),
        Column("days_from_exam", INT, _DAYS),
        Column("same_visit", BOOLEAN, _SAME_VISIT.format("act")),
        *_weighed("act", ActMethod, True),
        Column(
            "procedure_datetime", WALL_CLOCK, "Date and time of the act, hospital wall-clock", treatment=Treatment.SHIFT
        ),
        Column("cdm_sources", STRINGS, _SOURCES.format("act"), treatment=Treatment.MASK),
    ),
    keys=("study_instance_uid", "procedure_occurrence_id"),
    cluster_by=("procedure_code", "person_id", "study_instance_uid"),
    pseudonymised=True,
)

IMAGING_STUDY_REPORT = Table(
    name="imaging_study_report",
    grain="exam x report that may be its own",
    comment="Reports that may be of an exam; one of them at most is accepted, which exams of one request may share",
    columns=(
        _STUDY,
        Column("note_id", BIGINT, "The report", False, treatment=Treatment.PSEUDONYM),
        _PERSON,
        Column("visit_occurrence_id", BIGINT, "Visit of the report", treatment=Treatment.PSEUDONYM),
        *_weighed("report", ReportMethod, False),
        Column("note_class_source_value", STRING, "Class of the report", treatment=Treatment.MASK),
        Column("note_title", STRING, "Title of the report", identifying=True, treatment=Treatment.DROP),
        Column(
            "note_datetime",
            WALL_CLOCK,
            "Date and time of the report, or of its last change; hospital wall-clock",
            treatment=Treatment.SHIFT,
        ),
    ),
    keys=("study_instance_uid", "note_id"),
    cluster_by=("person_id", "study_instance_uid"),
    pseudonymised=True,
)

IMAGING_STUDY_DIAGNOSIS = Table(
    name="imaging_study_diagnosis",
    grain="exam x diagnosis of its patient within the window",
    comment="Diagnoses of the patient near the exam; one row for each code and type of a stay",
    columns=(
        _STUDY,
        Column("condition_occurrence_id", BIGINT, "The diagnosis", False, treatment=Treatment.PSEUDONYM),
        _PERSON,
        Column("visit_occurrence_id", BIGINT, "Visit of the diagnosis", treatment=Treatment.PSEUDONYM),
        Column("condition_code", STRING, "CIM-10 code, upper case without dot", treatment=Treatment.GENERALISE),
        Column("condition_source_value", STRING, "Code as stored", treatment=Treatment.DROP),
        Column("condition_type", STRING, "DP, DR, DAS or DAD", treatment=Treatment.MASK),
        Column("days_from_exam", INT, _DAYS, False),
        Column("same_visit", BOOLEAN, _SAME_VISIT.format("diagnosis")),
        Column(
            "condition_datetime",
            WALL_CLOCK,
            "Date and time of the diagnosis, hospital wall-clock",
            treatment=Treatment.SHIFT,
        ),
        Column("cdm_sources", STRINGS, _SOURCES.format("diagnosis"), treatment=Treatment.MASK),
    ),
    keys=("study_instance_uid", "condition_occurrence_id"),
    cluster_by=("condition_code", "person_id", "study_instance_uid"),
    pseudonymised=True,
)

IMAGING_EXAM_WITHOUT_PROCEDURE = Table(
    name="imaging_exam_without_procedure",
    grain="linked exam without an act of its own",
    comment="Exams of known patients for which no act is accepted, with the reason",
    columns=(
        _STUDY,
        _PERSON,
        Column("reason", STRING, "Why it has none", False, values=NoAct, treatment=Treatment.KEEP),
        Column("candidates", BIGINT, "Acts that were weighed for the exam", False, treatment=Treatment.KEEP),
    ),
    keys=("study_instance_uid",),
    cluster_by=("person_id", "study_instance_uid"),
    pseudonymised=True,
)

IMAGING_PROCEDURE_WITHOUT_EXAM = Table(
    name="imaging_procedure_without_exam",
    grain="imaging act without an exam of its own",
    comment="Imaging acts that have images of their own, of any patient, for which no exam is accepted",
    columns=(
        Column("procedure_occurrence_id", BIGINT, "The act", False, treatment=Treatment.PSEUDONYM),
        _PERSON,
        Column("visit_occurrence_id", BIGINT, "Visit of the act", treatment=Treatment.PSEUDONYM),
        Column("procedure_code", STRING, "CCAM code, 7 characters", treatment=Treatment.KEEP),
        Column(
            "procedure_datetime", WALL_CLOCK, "Date and time of the act, hospital wall-clock", treatment=Treatment.SHIFT
        ),
        Column("reason", STRING, "Why it has none", False, values=NoExam, treatment=Treatment.KEEP),
        Column("candidates", BIGINT, "Exams that were weighed for the act", False, treatment=Treatment.KEEP),
    ),
    keys=("procedure_occurrence_id",),
    cluster_by=("person_id", "procedure_code"),
)

CROSS_INPUT = Table(
    name="imaging_cross_input",
    grain="patient whose exams have been crossed",
    comment="Hashes of what each patient's crossings were made from; patients whose hashes differ are crossed again",
    columns=(
        _PERSON,
        Column("exams_hash", BIGINT, "Of the patient's linked exams"),
        Column("events_hash", BIGINT, "Of the patient's visits, diagnoses, acts and reports"),
        Column("rules_hash", BIGINT, "Of the configuration of the crossing and the version of this package", False),
    ),
    keys=("person_id",),
    cluster_by=("person_id",),
)


def tables() -> tuple[Table, ...]:
    """The tables of this module, in the order in which the job writes them."""
    return (
        IMAGING_STUDY_VISIT,
        IMAGING_STUDY_PROCEDURE,
        IMAGING_STUDY_REPORT,
        IMAGING_STUDY_DIAGNOSIS,
        IMAGING_EXAM_WITHOUT_PROCEDURE,
        IMAGING_PROCEDURE_WITHOUT_EXAM,
        CROSS_INPUT,
    )
