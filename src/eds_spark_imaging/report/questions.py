"""What the report asks of the tables: one SELECT a section, whose answer is small whatever the lake's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LEAST_PATIENTS: Final = 5  # of a cell that is shown
# A patient that is not linked is one PatientID, and exams without any may all be of one.
_PATIENT = "coalesce(CAST(person_id AS STRING), concat('PatientID ', trim(patient_id)), '')"
_PATIENTS = f"count(DISTINCT {_PATIENT})"
_IS_LINKED = "link_status IN ('linked', 'linked_recovered')"
# Exams without a date to be trusted are one more month and year: a total less the others would tell them.
_DATED = "CASE WHEN study_datetime_quality IN ('complete', 'date_only') THEN study_datetime END"


def _share(condition: str, among: str = "true") -> str:
    """The share of exams with the condition, null where one of its two sides is of few patients: it would tell them."""
    sides = (f"count(DISTINCT CASE WHEN {among} AND {which} {condition} THEN {_PATIENT} END)" for which in ("", "NOT"))
    few = " OR ".join(f"{side} BETWEEN 1 AND {LEAST_PATIENTS - 1}" for side in sides)
    return f"CASE WHEN NOT ({few}) THEN avg(CASE WHEN {among} THEN CAST({condition} AS INT) END) END"


@dataclass(frozen=True)
class Question:
    """A section of the report. ``chart`` names how it is drawn; ``needs`` are tables without which it is left out.

    Of ``masked`` columns nothing is shown in rows with fewer than ``LEAST_PATIENTS`` in ``patients``, nor in a second
    row of the same total. ``totals``: columns by which sums of the rows are in the report, here or in another section.
    Rows that may be masked are in an order that tells no counts.
    """

    key: str
    sql: str
    chart: str | None
    needs: tuple[str, ...]
    masked: tuple[str, ...] = ()
    totals: tuple[tuple[str, ...], ...] = ()
    rows_shown: int = 200


QUESTIONS: Final = (
    Question(
        "summary",
        f"""
        SELECT count(*) AS exams, coalesce(sum(number_of_series), 0) AS series,
          coalesce(sum(number_of_instances), 0) AS instances, count(DISTINCT person_id) AS patients,
          {_share(f"({_IS_LINKED})")} AS linked, {_share("link_verified", _IS_LINKED)} AS verified
        FROM imaging_study WHERE removed_at IS NULL
        """,
        None,
        ("imaging_study",),
        ("patients", "linked", "verified"),
    ),
    Question(
        "activity",
        f"""
        SELECT CAST(trunc({_DATED}, 'MM') AS DATE) AS month, exam_category AS category, count(*) AS exams,
          {_PATIENTS} AS patients
        FROM imaging_study WHERE removed_at IS NULL
        GROUP BY ALL ORDER BY month DESC, category
        """,
        "months",
        ("imaging_study",),
        ("exams", "patients"),
        ((), ("year",)),
    ),
    Question(
        "hospitals",
        f"""
        SELECT year({_DATED}) AS year, hospital_code AS hospital, count(*) AS exams,
          {_PATIENTS} AS patients
        FROM imaging_study WHERE removed_at IS NULL
        GROUP BY ALL ORDER BY year DESC, hospital
        """,
        "heat",
        ("imaging_study",),
        ("exams", "patients"),
        ((), ("year",), ("hospital",)),
    ),
    Question(
        "coverage",
        """
        SELECT hospital_code AS hospital, exam_category AS category, min(month) AS month, max(month) AS until, state
        FROM (
          SELECT *, 12 * year(month) + month(month)
            - row_number() OVER (PARTITION BY hospital_code, exam_category, state ORDER BY month) AS run
          FROM imaging_coverage
        )
        GROUP BY hospital_code, exam_category, state, run ORDER BY hospital, category, month DESC
        """,
        "calendar",
        ("imaging_coverage",),
        rows_shown=5000,
    ),
    Question(
        "links",
        f"""
        SELECT hospital_code AS hospital, link_status AS status, count(*) AS exams,
          {_PATIENTS} AS patients
        FROM imaging_study WHERE removed_at IS NULL GROUP BY ALL ORDER BY hospital, status
        """,
        "shares",
        ("imaging_study",),
        ("exams", "patients"),
        ((), ("hospital",), ("status",)),
    ),
    Question(
        "link_methods",
        f"""
        SELECT link_method AS method, link_status AS status, count(*) AS exams, {_PATIENTS} AS patients,
          {_share("link_verified")} AS verified
        FROM imaging_study WHERE removed_at IS NULL AND link_method IS NOT NULL GROUP BY ALL ORDER BY method, status
        """,
        "bars",
        ("imaging_study",),
        ("exams", "patients", "verified"),
        ((), ("status",)),
    ),
    Question(
        "files",
        """
        SELECT status, reason, count(*) AS files_count FROM dicom_file
        GROUP BY ALL ORDER BY files_count DESC, status, reason
        """,
        None,
        ("dicom_file",),
    ),
    Question(
        "issues",
        """
        SELECT attribute, reason, count(*) AS values FROM dicom_issue
        GROUP BY ALL ORDER BY values DESC, attribute, reason LIMIT 30
        """,
        None,
        ("dicom_issue",),
    ),
    Question(
        "unmapped",
        f"""
        SELECT coalesce(e.study_description, s.series_description, s.protocol_name, s.body_part_examined) AS text,
          s.main_modality AS modality, count(*) AS series,
          {_PATIENTS} AS patients
        FROM imaging_series AS s JOIN imaging_study AS e USING (study_instance_uid)
        WHERE e.removed_at IS NULL AND s.terms_version IS NOT NULL AND coalesce(size(s.body_parts), 0) <= 0
        GROUP BY ALL HAVING text IS NOT NULL AND patients >= {LEAST_PATIENTS} ORDER BY series DESC, text LIMIT 30
        """,
        None,
        ("imaging_series", "imaging_study"),
        ("text", "series", "patients"),
    ),
)
