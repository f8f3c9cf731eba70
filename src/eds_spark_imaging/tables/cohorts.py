"""Tables of cohorts: what each was asked for, and its members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from eds_spark_imaging.tables.spec import BIGINT, INSTANT, INT, STRING, WALL_CLOCK, Column, Table

ATTRITION: Final = pa.list_(
    pa.struct(
        [
            pa.field("step", INT),
            pa.field("text", STRING),
            pa.field("exams", BIGINT),
            pa.field("visits", BIGINT),
            pa.field("patients", BIGINT),
        ]
    )
)

IMAGING_COHORT: Final = Table(
    name="imaging_cohort",
    grain="cohort",
    comment="Cohorts as last made: their definition, what they were made from, and what each step left",
    columns=(
        Column("name", STRING, "Name of the cohort", False),
        Column("grain", STRING, "What a row of the cohort is: exam, visit or patient", False),
        Column("made_table", STRING, "Table of the members", False),
        Column("description", STRING, "What it is for, in the words of its file"),
        Column("definition", STRING, "The definition, as JSON", False),
        Column("definition_hash", STRING, "Hash of the definition: the same cohort has the same", False),
        Column("release", STRING, "Run whose tables it was made from", False),
        Column("made_at", INSTANT, "When", False),
        Column("members", BIGINT, "Rows of the table of members. Unit: exams, visits or patients", False),
        Column(
            "attrition",
            ATTRITION,
            "Exams, visits and patients before the first step (step 0) and left after each",
            False,
        ),
        Column("package_version", STRING, "Version of this package", False),
    ),
    keys=("name",),
)

_KEYS: Final = {"exam": "study_instance_uid", "visit": "visit_occurrence_id", "patient": "person_id"}
_MEMBER: Final = {
    column.name: column
    for column in (
        Column("study_instance_uid", STRING, "The exam"),
        Column("study_datetime", WALL_CLOCK, "Date and time of the exam, hospital wall-clock"),
        Column("study_datetime_quality", STRING, "Quality of that date"),
        Column("person_id", BIGINT, "The patient, merges followed; null where the exam is not linked"),
        Column("visit_occurrence_id", BIGINT, "The exam's visit"),
        Column("exams", BIGINT, "Exams in the cohort. Unit: exams"),
        Column("first_exam", WALL_CLOCK, "The first of those with a plausible date, hospital wall-clock"),
        Column("last_exam", WALL_CLOCK, "The last of those with a plausible date, hospital wall-clock"),
        Column("condition_occurrence_id", BIGINT, "The matching diagnosis nearest in time"),
        Column("condition_code", STRING, "Its CIM-10 code"),
        Column("condition_type", STRING, "Its type: DP, DR, DAS or DAD"),
        Column("diagnosis_days", INT, "Its days from the exam, positive after it. Unit: days"),
        Column("procedure_occurrence_id", BIGINT, "The matching act nearest in time"),
        Column("procedure_code", STRING, "Its CCAM code"),
        Column("act_days", INT, "Its days from the exam, positive after it. Unit: days"),
    )
}


def cohort_members(name: str, grain: str, comment: str, columns: Sequence[str]) -> Table:
    """The table of one cohort's members, with those columns; the key is that of its grain."""
    return Table(
        name=name,
        grain=f"{grain} of the cohort",
        comment=comment,
        columns=tuple(_MEMBER[column] for column in columns),
        keys=(_KEYS[grain],),
    )


def tables() -> tuple[Table, ...]:
    """The tables of this module that every lake may have."""
    return (IMAGING_COHORT,)
