"""Coarser values: each rule gives the column of the tier and how it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from pyspark.sql import Column
from pyspark.sql import functions as F

from eds_spark_imaging.config.sections.projects import Birth, Precision, ProjectConfig
from eds_spark_imaging.tables import spec

OLDEST = 90  # years: people of this age and older are one group, as in 45 CFR 164.514(b)(2)(i)(C)
_YOUNGEST, _LONGEST_LIFE = 0, 130
# Letter, two digits, then up to three more; the PMSI pads some codes with +.
CIM10_FORM = r"^[A-Z][0-9]{2}([0-9]{0,3}|[0-9]?\+[0-9]{1,2})$"


class Rule(NamedTuple):
    """``column`` of the tier in place of the nominative one, and its ``value`` in terms of the nominative row.

    ``value`` is given the days by which the patient's dates are moved.
    """

    column: spec.Column
    value: Callable[[Column], Column]


def rules(project: ProjectConfig) -> Mapping[str, Rule]:
    """The rules by the name of the nominative column."""
    return {
        "patient_birth_date": _YEAR if project.birth == Birth.YEAR else _AGE,
        "patient_age": Rule(
            spec.Column("patient_age", spec.INT, f"Age that the machine wrote, {OLDEST} and over together. Unit: a"),
            lambda _: _years(F.floor("patient_age")),
        ),
        "patient_size": Rule(
            spec.Column("patient_size", spec.DOUBLE, "Height of the patient to 0.05, at most 2. Unit: m"),
            lambda _: F.least(F.round(F.col("patient_size") * 20) / 20, F.lit(2.0)),
        ),
        "patient_weight": Rule(
            spec.Column("patient_weight", spec.DOUBLE, "Weight of the patient to 5, at most 150. Unit: kg"),
            lambda _: F.least(F.round(F.col("patient_weight") / 5) * 5, F.lit(150.0)),
        ),
        "condition_code": Rule(
            spec.Column("condition_code", spec.STRING, "CIM-10 code; null where the text has not the form of one"),
            lambda _: F.when(F.col("condition_code").rlike(CIM10_FORM), F.col("condition_code")),
        ),
        "gap_minutes": Rule(
            spec.Column(
                "gap_minutes",
                spec.BIGINT,
                "From the exam to the event: positive where the event is later; null where the exam has no time; whole"
                " hours, cut towards 0, where times are cut to hours. Unit: min",
            ),
            # Of an event without time, which stands at midnight, the minutes are those of the exam.
            lambda _: F.expr("gap_minutes div 60 * 60" if project.times == Precision.HOUR else "gap_minutes"),
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


def _birth_year(days: Column) -> Column:
    # People of 90 are told by the year that the tier shows: the true one would tell which way their dates are moved.
    shown = F.year(F.date_add(F.col("study_datetime").cast("date"), days))
    born = F.greatest(F.year("patient_birth_date"), shown - OLDEST)
    return F.when(_age_at_exam().between(_YOUNGEST, _LONGEST_LIFE), born)


_AGE = Rule(
    spec.Column("age_at_exam", spec.INT, f"Age at the exam by the birth date, {OLDEST} and over together. Unit: a"),
    lambda _: _years(_age_at_exam()),
)
_YEAR = Rule(
    spec.Column("birth_year", spec.INT, f"Year of birth; of people of {OLDEST} and over that of {OLDEST} years"),
    _birth_year,
)
