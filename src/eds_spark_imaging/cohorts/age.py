"""The age at the exam in SQL, in completed years, by what the lake has of the birth."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

PLAUSIBLE: Final = "study_datetime_quality IN ('complete', 'date_only', 'fallback')"
_LIFE: Final = "BETWEEN 0 AND 130"
_HEADER: Final = f"CASE WHEN e.patient_age {_LIFE} THEN CAST(floor(e.patient_age) AS INT) END"
_SINCE_YEAR: Final = "year(e.study_datetime) - e.birth_year"
_BEFORE_BIRTHDAY: Final = "date_format(e.study_datetime, 'MMdd') < date_format(e.patient_birth_date, 'MMdd')"
_SINCE_BIRTH: Final = f"year(e.study_datetime) - year(e.patient_birth_date) - CAST({_BEFORE_BIRTHDAY} AS INT)"
_UNKNOWN_BIRTH: Final = 1900  # and before: such dates stand for unknown ones


def age_sql(columns: Collection[str]) -> str:
    """The age of the row ``e`` of ``imaging_study``, which has those columns; null where nothing plausible tells it.

    The birth date comes before PatientAge, which machines compute or people type.
    """
    if "age_at_exam" in columns:
        return f"coalesce(e.age_at_exam, {_HEADER})"
    if "birth_year" in columns:  # the birthday may be still to come: the last choice
        return f"coalesce({_HEADER}, CASE WHEN {_SINCE_YEAR} {_LIFE} THEN {_SINCE_YEAR} END)"
    plausible = f"e.{PLAUSIBLE} AND year(e.patient_birth_date) > {_UNKNOWN_BIRTH}"
    return (
        f"coalesce(\n      CASE WHEN {plausible}\n        AND {_SINCE_BIRTH} {_LIFE}"
        f"\n        THEN {_SINCE_BIRTH} END,\n      {_HEADER})"
    )
