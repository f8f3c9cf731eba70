"""Exams and the diagnoses of their patient within a window of days."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.crossing.events import in_stays, near, once
from eds_spark_imaging.tables.crossings import IMAGING_STUDY_DIAGNOSIS
from eds_spark_imaging.transforms.codes import cim10_code, diagnosis_type


def diagnoses(
    exams: DataFrame, stays: DataFrame, conditions: DataFrame, survivors: DataFrame, window_days: int
) -> DataFrame:
    """Rows of ``imaging_study_diagnosis``: exams x diagnoses within ``window_days`` before or after.

    ``exams`` as :func:`events.near` takes them. A code and type that a stay holds several times (in its parts, or in
    both ORBIS and AREM) counts once, at its first date.
    """
    coded = conditions.select(
        F.col("condition_occurrence_id").alias("event_id"),
        F.col("condition_start_datetime").alias("event_datetime"),
        cim10_code(F.col("condition_source_value")).alias("condition_code"),
        "condition_source_value",
        diagnosis_type(F.col("condition_status_source_value")).alias("condition_type"),
        "person_id",
        "visit_occurrence_id",
        "cdm_source",
    )
    events = once(
        in_stays(coded.where("condition_code IS NOT NULL"), stays, survivors), "condition_code", "condition_type"
    )
    names = {"event_id": "condition_occurrence_id", "event_datetime": "condition_datetime"}
    return near(exams, events, window_days).withColumnsRenamed(names).select(*IMAGING_STUDY_DIAGNOSIS.names)
