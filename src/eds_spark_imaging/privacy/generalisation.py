"""Coarser values: each rule gives the column of the tier and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.config.sections.projects import Birth, ProjectConfig
from eds_spark_imaging.tables import spec

OLDEST = 90  # years: people of this age and older are one group, as in 45 CFR 164.514(b)(2)(i)(C)
_YOUNGEST, _LONGEST_LIFE = 0, 130
# Letter, two digits, then up to three more; the PMSI pads some codes with +.
CIM10_FORM = r"^[A-Z][0-9]{2}([0-9]{0,3}|[0-9]?\+[0-9]{1,2})$"


class Rule(NamedTuple):
    """``column`` of the tier in place of the nominative one, and its ``value`` in terms of the nominative row."""

    column: spec.Column
    value: Callable[[], Column]


def rules(project: ProjectConfig) -> Mapping[str, Rule]:
    """The rules by the name of the nominative column."""
    return {
        "patient_birth_date": _YEAR if project.birth == Birth.YEAR else _AGE,
        "patient_age": Rule(
            spec.Column("patient_age", spec.INT, f"Age that the machine wrote, {OLDEST} and over together. Unit: a"),
            lambda: _years(F.floor("patient_age")),
        ),
        "patient_size": Rule(
            spec.Column("patient_size", spec.DOUBLE, "Height of the patient to 0.05, at most 2. Unit: m"),
            lambda: F.least(F.round(F.col("patient_size") * 20) / 20, F.lit(2.0)),
        ),
        "patient_weight": Rule(
            spec.Column("patient_weight", spec.DOUBLE, "Weight of the patient to 5, at most 150. Unit: kg"),
            lambda: F.least(F.round(F.col("patient_weight") / 5) * 5, F.lit(150.0)),
        ),
        "condition_code": Rule(
            spec.Column("condition_code", spec.STRING, "CIM-10 code; null where the text has not the form of one"),
            lambda: F.when(F.col("condition_code").rlike(CIM10_FORM), F.col("condition_code")),
        ),
    }


def _years(age: Column) -> Column:
    """Whole years, 90 and over together; null where nobody has that age."""
    return F.when(age.between(_YOUNGEST, _LONGEST_LIFE), F.least(age, F.lit(OLDEST)).cast("int"))


def _age_at_exam() -> Column:
    birth = F.col("patient_birth_date")
    day = F.col("study_datetime").cast("date")
    before_birthday = F.date_format(day, "MMdd") < F.date_format(birth, "MMdd")
    return F.year(day) - F.year(birth) - before_birthday.cast("int")


_AGE = Rule(
    spec.Column("age_at_exam", spec.INT, f"Age at the exam by the birth date, {OLDEST} and over together. Unit: a"),
    lambda: _years(_age_at_exam()),
)
_YEAR = Rule(
    spec.Column("birth_year", spec.INT, f"Year of birth; of people of {OLDEST} and over that of {OLDEST} years"),
    lambda: F.when(
        _age_at_exam().between(_YOUNGEST, _LONGEST_LIFE),
        F.greatest(F.year("patient_birth_date"), F.year("study_datetime") - OLDEST),
    ),
)
