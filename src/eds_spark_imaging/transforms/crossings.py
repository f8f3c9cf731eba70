"""Exams crossed with the diagnoses and acts of their patient.

Exams and events meet on the surviving person. Days are whole calendar days between wall-clock dates, positive where
the event comes after the exam.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.tables.links import IMAGING_STUDY_DIAGNOSIS, IMAGING_STUDY_PROCEDURE, LINKED
from eds_spark_imaging.transforms.codes import ccam_activity, ccam_code, ccam_phase, cim10_code, diagnosis_type

_EVENT = ("person_id", "visit_occurrence_id", "cdm_source")


def diagnoses(
    studies: DataFrame, visits: DataFrame, conditions: DataFrame, survivors: DataFrame, window_days: int
) -> DataFrame:
    """Rows of ``imaging_study_diagnosis``: linked exams x diagnoses within ``window_days`` before or after.

    ``studies`` are rows of ``imaging_study`` with their link. A code and type that a stay holds several times (in
    its parts, or in both ORBIS and AREM) counts once, at its first date.
    """
    coded = conditions.select(
        F.col("condition_occurrence_id").alias("event_id"),
        F.col("condition_start_datetime").alias("event_datetime"),
        cim10_code(F.col("condition_source_value")).alias("condition_code"),
        "condition_source_value",
        diagnosis_type(F.col("condition_status_source_value")).alias("condition_type"),
        *_EVENT,
    )
    stays = _in_stays(coded.where("condition_code IS NOT NULL"), visits, survivors)
    events = _once(stays, "condition_code", "condition_type")
    pairs = _cross(studies, events, window_days)
    return pairs.withColumnsRenamed(
        {"event_id": "condition_occurrence_id", "event_datetime": "condition_datetime"}
    ).select(*IMAGING_STUDY_DIAGNOSIS.names)


def procedures(
    studies: DataFrame, visits: DataFrame, acts: DataFrame, survivors: DataFrame, window_days: int
) -> DataFrame:
    """Rows of ``imaging_study_procedure``: linked exams x acts within ``window_days`` before or after.

    The same act may be done twice on a day, so only the n-th mention in one source and the n-th in another are one.
    ``rivals`` is right only if ``studies`` holds all the exams of each patient in it.
    """
    code = F.col("procedure_source_value")
    coded = acts.select(
        F.col("procedure_occurrence_id").alias("event_id"),
        F.col("procedure_datetime").alias("event_datetime"),
        ccam_code(code).alias("procedure_code"),
        ccam_activity(code).alias("procedure_activity"),
        ccam_phase(code).alias("procedure_phase"),
        code,
        *_EVENT,
    )
    stays = _in_stays(coded, visits, survivors).withColumns(
        {
            "_day": F.to_date("event_datetime"),
            "_act": F.coalesce("procedure_code", "procedure_source_value"),
        }
    )
    act = ("_act", "procedure_activity", "procedure_phase", "_day")
    mentions = Window.partitionBy("person_id", "_stay", *act, "cdm_source").orderBy("event_datetime", "event_id")
    events = _once(stays.withColumn("_mention", F.row_number().over(mentions)), *act, "_mention")
    pairs = _cross(studies, events, window_days)
    nearer = (
        Window.partitionBy("event_id")
        .orderBy(F.abs("days_from_exam"))
        .rangeBetween(Window.unboundedPreceding, Window.currentRow)
    )
    return (
        pairs.withColumn("rivals", F.count(F.lit(1)).over(nearer) - 1)
        .withColumnsRenamed({"event_id": "procedure_occurrence_id", "event_datetime": "procedure_datetime"})
        .select(*IMAGING_STUDY_PROCEDURE.names)
    )


def _in_stays(events: DataFrame, visits: DataFrame, survivors: DataFrame) -> DataFrame:
    """Events on their surviving person, with their visit; ``_stay`` names the stay whatever the source.

    AREM's visits have ids of their own: one stay in two sources meets in the visit number. An event without visit
    stands for itself.
    """
    moved = survivors.where("person_id IS NOT NULL").select("person_id", "surviving_person_id")
    own = visits.select(
        "visit_occurrence_id", "visit_occurrence_source_value", "visit_start_datetime", "visit_end_datetime"
    )
    number = F.nullif(F.trim("visit_occurrence_source_value"), F.lit(""))
    stay = F.coalesce(
        F.concat(F.lit("number "), number),
        F.concat(F.lit("visit "), F.col("visit_occurrence_id").cast("string")),
        F.concat(F.lit("event "), F.col("event_id").cast("string")),
    )
    return (
        events.where("event_datetime IS NOT NULL AND event_id IS NOT NULL")
        .join(moved, "person_id", "left")
        .withColumn("person_id", F.coalesce("surviving_person_id", "person_id"))
        .drop("surviving_person_id")
        .join(own, "visit_occurrence_id", "left")
        .withColumn("_stay", stay)
    )


def _once(events: DataFrame, *same: str) -> DataFrame:
    """One of the events of a person and stay that agree in the columns ``same``: the first, with all sources."""
    group = Window.partitionBy("person_id", "_stay", *same)
    order = group.orderBy("event_datetime", F.col("cdm_source").desc_nulls_last(), "event_id")
    return (
        events.withColumns(
            {
                "_place": F.row_number().over(order),
                "cdm_sources": F.array_sort(F.collect_set("cdm_source").over(group)),
            }
        )
        .where("_place = 1")
        .drop("_place", "_stay", "cdm_source")
    )


def _cross(studies: DataFrame, events: DataFrame, window_days: int) -> DataFrame:
    exams = studies.where(F.col("link_status").isin([str(status) for status in LINKED])).select(
        "study_instance_uid", "person_id", "study_datetime"
    )
    days = F.date_diff(F.to_date("event_datetime"), F.to_date("study_datetime"))
    return (
        exams.where("study_datetime IS NOT NULL AND person_id IS NOT NULL")
        .join(events, "person_id", "inner")
        .withColumn("days_from_exam", days)
        .where(F.abs("days_from_exam") <= window_days)
        .withColumn("same_visit", _during_visit())
    )


def _during_visit() -> Column:
    """Whether the exam lies within the event's visit; by whole days at midnight, which stands for a missing time.

    A visit without end may be an open stay or a consultation that nobody closed: only its first day is sure.
    """
    exam, start, end = F.col("study_datetime"), F.col("visit_start_datetime"), F.col("visit_end_datetime")
    timed = exam != F.to_date(exam)
    within_days = F.to_date(exam).between(F.to_date(start), F.to_date(end))
    within = F.when(timed, exam.between(start, end)).otherwise(within_days)
    first_day = F.to_date(exam) == F.to_date(start)
    before = F.to_date(exam) < F.to_date(start)
    unended = F.when(first_day, F.lit(True)).when(before, F.lit(False))
    return F.when(start.isNull(), F.lit(None).cast("boolean")).when(end.isNull(), unended).otherwise(within)
