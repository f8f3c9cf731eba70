"""Pairs of the workers, as rows of the tables of visits and reports; exams without act and acts without exam."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.tables.crossing_words import NoAct, NoExam
from eds_spark_imaging.tables.crossings import (
    IMAGING_EXAM_WITHOUT_PROCEDURE,
    IMAGING_PROCEDURE_WITHOUT_EXAM,
    IMAGING_STUDY_REPORT,
    IMAGING_STUDY_VISIT,
)
from eds_spark_imaging.terminology.act_table import own_acts

# Passages by the sort of unit that a patient was in, best first.
_PASSAGES = ("PASS UF", "PASS UC", "RUM", "PASS UH")


def visit_table(
    pairs: DataFrame, exams: DataFrame, stays: DataFrame, details: DataFrame | None, units: DataFrame | None
) -> DataFrame:
    """Rows of ``imaging_study_visit`` from pairs of visits; ``details`` are passages, ``units`` care sites, if any."""
    stay = stays.where("is_stay").select(
        F.col("stay_id").alias("event_id"),
        "visit_occurrence_source_value",
        "visit_source_value",
        "visit_start_datetime",
        "visit_end_datetime",
        F.col("care_site_id").alias("visit_care_site_id"),
        "cdm_sources",
    )
    rows = pairs.join(stay, "event_id", "inner")
    if details is None or units is None:
        nothing = F.lit(None)
        rows = rows.withColumns(
            {"unit_care_site_id": nothing.cast("bigint")}
            | {name: nothing.cast("string") for name in ("unit_code", "unit_name")}
        )
    else:
        passed = _units(pairs, exams, stays, details, units)
        rows = rows.join(passed, ["study_instance_uid", "event_id"], "left")
    return rows.withColumnRenamed("event_id", "visit_occurrence_id").select(*IMAGING_STUDY_VISIT.names)


def _units(pairs: DataFrame, exams: DataFrame, stays: DataFrame, details: DataFrame, units: DataFrame) -> DataFrame:
    """The unit of each accepted visit at the time of the exam; the latest passage that began before it."""
    when = exams.select("study_instance_uid", F.get("moments", F.lit(0)).alias("_at"))
    kind = F.upper(F.trim("visit_detail_type_source_value"))
    rank = F.array_position(F.array(*[F.lit(name) for name in _PASSAGES]), kind)
    start, end = F.col("visit_detail_start_datetime"), F.col("visit_detail_end_datetime")
    within = F.col("_at").between(F.date_trunc("day", start), F.coalesce(end, F.col("_at")))
    passages = details.join(stays.select("visit_occurrence_id", "stay_id"), "visit_occurrence_id", "inner").select(
        F.col("stay_id").alias("event_id"), "care_site_id", start, end, rank.alias("_rank"), "visit_detail_id"
    )
    best = Window.partitionBy("study_instance_uid", "event_id").orderBy(
        "_rank", start.desc_nulls_last(), "visit_detail_id"
    )
    return (
        pairs.where("accepted")
        .select("study_instance_uid", "event_id")
        .join(when, "study_instance_uid", "inner")
        .join(passages.where("_rank > 0"), "event_id", "inner")
        .where(within)
        .withColumn("_place", F.row_number().over(best))
        .where("_place = 1")
        .join(units, "care_site_id", "left")
        .select(
            "study_instance_uid",
            "event_id",
            F.col("care_site_id").alias("unit_care_site_id"),
            F.col("care_site_source_value").alias("unit_code"),
            F.col("care_site_name").alias("unit_name"),
        )
    )


def report_table(pairs: DataFrame, notes: DataFrame) -> DataFrame:
    """Rows of ``imaging_study_report`` from pairs of reports."""
    note = notes.select(
        F.col("note_id").alias("event_id"),
        "visit_occurrence_id",
        "note_class_source_value",
        "note_title",
        "note_datetime",
    )
    return (
        pairs.join(note, "event_id", "inner")
        .withColumnRenamed("event_id", "note_id")
        .select(*IMAGING_STUDY_REPORT.names)
    )


def exams_without_act(exams: DataFrame, acts: DataFrame, pairs: DataFrame) -> DataFrame:
    """Rows of ``imaging_exam_without_procedure``; ``exams`` of ``frames.exam_rows``, ``acts`` of ``acts_once``."""
    days = _with_images(acts).select("person_id", F.to_date("event_datetime").alias("_day")).distinct()
    dated = exams.select("study_instance_uid", "person_id", F.explode("moments").alias("_at"))
    near = _near(dated, days, "study_instance_uid")
    without_date = F.when(F.size("moments") == 0, str(NoAct.NO_DATE))
    reason = F.coalesce(
        _weighed(), without_date, F.when(F.col("_near"), str(NoAct.NONE_AGREES)), F.lit(str(NoAct.NONE_NEAR))
    )
    return (
        _alone(exams, pairs, "study_instance_uid", "event_id")
        .join(near, "study_instance_uid", "left")
        .withColumn("reason", reason)
        .select(*IMAGING_EXAM_WITHOUT_PROCEDURE.names)
    )


def acts_without_exam(acts: DataFrame, exams: DataFrame, pairs: DataFrame) -> DataFrame:
    """Rows of ``imaging_procedure_without_exam``; ``acts`` of ``procedures.acts_once``, ``exams`` of ``exam_rows``."""
    imaging = _with_images(acts)
    moments = exams.select("person_id", F.explode("moments").alias("_at"))
    days = moments.select("person_id", F.to_date("_at").alias("_day")).distinct()
    near = _near(imaging.withColumn("_at", F.col("event_datetime")), days, "event_id")
    linked = exams.select("person_id").distinct().withColumn("_linked", F.lit(True))
    reason = F.coalesce(
        _weighed(),
        F.when(F.col("_linked").isNull(), str(NoExam.NO_LINKED_EXAM)),
        F.when(F.col("_near"), str(NoExam.NONE_AGREES)),
        F.lit(str(NoExam.NONE_NEAR)),
    )
    return (
        _alone(imaging, pairs, "event_id", "study_instance_uid")
        .join(near, "event_id", "left")
        .join(linked, "person_id", "left")
        .withColumn("reason", reason)
        .withColumnsRenamed({"event_id": "procedure_occurrence_id", "event_datetime": "procedure_datetime"})
        .select(*IMAGING_PROCEDURE_WITHOUT_EXAM.names)
    )


def _with_images(acts: DataFrame) -> DataFrame:
    """Acts that have images of their own, by the project's table; anaesthesia has none."""
    codes = [code for code, act in own_acts().items() if act.is_exam]
    itself = F.coalesce(F.col("procedure_activity"), F.lit("1")) != "4"
    return acts.where(F.col("procedure_code").isin(codes) & itself)


def _alone(rows: DataFrame, pairs: DataFrame, own: str, other: str) -> DataFrame:
    """Those of ``rows`` that no pair is accepted for, with what the pairs of each say."""
    taken = pairs.where("accepted").select(other).distinct().withColumn("_taken", F.lit(True))
    said = (
        pairs.join(taken, other, "left")
        .groupBy(own)
        .agg(
            F.count(F.lit(1)).alias("_candidates"),
            F.bool_or("accepted").alias("_accepted"),
            F.bool_or("ambiguous").alias("_ambiguous"),
            F.bool_or(F.coalesce("_taken", F.lit(False))).alias("_others"),
        )
    )
    return (
        rows.join(said, own, "left")
        .where(~F.coalesce("_accepted", F.lit(False)))
        .withColumn("candidates", F.coalesce("_candidates", F.lit(0)).cast("bigint"))
    )


def _weighed() -> Column:
    """The reason where pairs were weighed; the words are those of exams and acts alike."""
    return (
        F.when(F.col("_ambiguous"), str(NoAct.AMBIGUOUS))
        .when(F.col("_others"), str(NoAct.TAKEN))
        .when(F.col("candidates") > 0, str(NoAct.DOUBTFUL))
    )


def _near(dated: DataFrame, days: DataFrame, own: str) -> DataFrame:
    """Which of ``dated`` rows, at ``_at``, have one of the patient's ``days`` within a day."""
    close = F.abs(F.date_diff("_day", F.to_date("_at"))) <= 1
    return dated.join(days, "person_id", "inner").where(close).select(own).distinct().withColumn("_near", F.lit(True))
