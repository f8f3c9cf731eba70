"""Views that join each exam with what is its own, or its patient's, so that nobody needs to know the keys."""

from __future__ import annotations

from eds_spark_imaging.lake.view import View

_EXAM = (
    "study_instance_uid", "person_id", "ipp", "study_datetime", "hospital_code", "main_modality", "modalities",
    "study_description",
)  # fmt: skip
_PAIR = ("method", "gap_minutes", "score")


def _view(name: str, table: str, grain: str, comment: str, *columns: str, where: str = "x.accepted") -> View:
    """All exams beside the rows of ``table`` that ``where`` keeps, null where none is."""
    exam = ", ".join(f"e.{column}" for column in _EXAM)
    own = ", ".join(f"x.{column}" for column in columns)
    query = f"""
        SELECT {exam}, {own}
        FROM imaging_study e LEFT JOIN {table} x ON x.study_instance_uid = e.study_instance_uid AND {where}
        WHERE e.removed_at IS NULL"""
    return View(name, table, grain, comment, lambda _: query)


EXAM_VIEWS = (
    _view(
        "exam_with_visit",
        "imaging_study_visit",
        "exam",
        "Every exam with its visit, null where none is accepted",
        "visit_occurrence_id",
        "visit_occurrence_source_value",
        "visit_source_value",
        "visit_start_datetime",
        "visit_end_datetime",
        "unit_code",
        "unit_name",
        *_PAIR,
    ),
    _view(
        "exam_with_acts",
        "imaging_study_procedure",
        "exam x act that is its own; an exam without act has one row",
        "Every exam with the acts that are its own; count exams by study_instance_uid",
        "procedure_occurrence_id",
        "procedure_code",
        "procedure_datetime",
        "visit_occurrence_id",
        *_PAIR,
    ),
    _view(
        "exam_with_report",
        "imaging_study_report",
        "exam",
        "Every exam with its report, null where none is accepted",
        "note_id",
        "note_class_source_value",
        "note_title",
        "note_datetime",
        "visit_occurrence_id",
        *_PAIR,
    ),
    _view(
        "exam_with_diagnoses",
        "imaging_study_diagnosis",
        "exam x diagnosis of its patient within the window; an exam without diagnosis has one row",
        "Every exam with the diagnoses of its patient within the window; count exams by study_instance_uid",
        "condition_occurrence_id",
        "condition_code",
        "condition_type",
        "condition_datetime",
        "days_from_exam",
        "same_visit",
        "visit_occurrence_id",
        where="true",
    ),
)
