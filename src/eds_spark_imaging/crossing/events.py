"""Events of the base centrale on their surviving person and in their stay, each once whatever sources have it."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.ids import visit_number
from eds_spark_imaging.tables.spec import KNOWN_YEARS


def on_survivors(events: DataFrame, survivors: DataFrame) -> DataFrame:
    """``events`` with the ``person_id`` that survives its merges."""
    moved = survivors.where("person_id IS NOT NULL").select("person_id", "surviving_person_id")
    return (
        events.join(moved, "person_id", "left")
        .withColumn("person_id", F.coalesce("surviving_person_id", "person_id"))
        .drop("surviving_person_id")
    )


def stays(visits: DataFrame, survivors: DataFrame) -> DataFrame:
    """Visits with their stay: ``stay_id`` is the visit that stands for it, ``is_stay`` marks that one.

    A stay that ORBIS and AREM both have meets in the visit number, where the two touch; ORBIS's visit stands for it,
    with the earliest start and the earliest end that any of them has.
    """
    times = {name: _known(F.col(name)) for name in ("visit_start_datetime", "visit_end_datetime")}
    moved = on_survivors(visits.where("visit_occurrence_id IS NOT NULL"), survivors)
    moved = _by_number(moved.withColumns(times))
    group = Window.partitionBy("person_id", "_stay")
    order = group.orderBy(F.col("cdm_source").desc_nulls_last(), "visit_occurrence_id")
    return moved.withColumns(
        {
            "stay_id": F.first("visit_occurrence_id").over(order),
            "is_stay": F.row_number().over(order) == 1,
            "visit_start_datetime": F.min("visit_start_datetime").over(group),
            "visit_end_datetime": F.min("visit_end_datetime").over(group),
            "cdm_sources": F.array_sort(F.collect_set("cdm_source").over(group)),
        }
    ).drop("_stay")


def _known(moment: Column) -> Column:
    """A time, null where a store writes 0001-01-01 or 9999-12-31 for none."""
    return F.when(F.year(moment).between(KNOWN_YEARS[0], KNOWN_YEARS[-1]), moment)


def _by_number(visits: DataFrame) -> DataFrame:
    """``visits`` with ``_stay``: those of one number and of days that touch, the n-th of each source being one.

    A text without digits is the word for a kind of visit, not a number. A visit without end touches all later ones.
    """
    number = visit_number(F.col("visit_occurrence_source_value"))
    of_number = Window.partitionBy("person_id", "_number")
    in_time = of_number.orderBy("visit_start_datetime", "visit_occurrence_id")
    before = in_time.rowsBetween(Window.unboundedPreceding, -1)
    end = F.to_date(F.coalesce("visit_end_datetime", F.lit("9999-12-31").cast("timestamp_ntz")))
    apart = (F.to_date("visit_start_datetime") > F.max(end).over(before)).cast("int")
    source = Window.partitionBy("person_id", "_number", "_spell", "cdm_source").orderBy("visit_start_datetime")
    alone = F.concat(F.lit("visit "), F.col("visit_occurrence_id").cast("string"))
    return (
        visits.withColumn("_number", F.when(number.rlike("[0-9]"), number))
        .withColumn("_apart", F.coalesce(apart, F.lit(0)))
        .withColumn("_spell", F.sum("_apart").over(in_time))
        .withColumn("_place", F.dense_rank().over(source))
        .withColumn("_stay", F.coalesce(F.concat("_number", F.lit(" "), "_spell", F.lit(" "), "_place"), alone))
        .drop("_number", "_apart", "_spell", "_place")
    )


def in_stays(events: DataFrame, stays: DataFrame, survivors: DataFrame) -> DataFrame:
    """Events on their surviving person, with the stay of their visit and its interval; ``_stay`` names the stay.

    An event without visit stands for itself.
    """
    own = stays.select("visit_occurrence_id", "stay_id", "visit_start_datetime", "visit_end_datetime")
    stay = F.coalesce(
        F.concat(F.lit("visit "), F.coalesce("stay_id", "visit_occurrence_id").cast("string")),
        F.concat(F.lit("event "), F.col("event_id").cast("string")),
    )
    kept = events.where("event_datetime IS NOT NULL AND event_id IS NOT NULL")
    return on_survivors(kept, survivors).join(own, "visit_occurrence_id", "left").withColumn("_stay", stay)


def once(events: DataFrame, *same: str, by_source: bool = False) -> DataFrame:
    """One of the events of a person and stay that agree in the columns ``same``, with all sources.

    The first in time; with ``by_source`` the first that ORBIS has, since AREM knows days alone.
    """
    group = Window.partitionBy("person_id", "_stay", *same)
    source, time = F.col("cdm_source").desc_nulls_last(), F.col("event_datetime")
    order = group.orderBy(*((source, time) if by_source else (time, source)), "event_id")
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


def near(exams: DataFrame, events: DataFrame, window_days: int) -> DataFrame:
    """Exams x events of their patient within ``window_days`` before or after, in whole calendar days.

    ``exams`` are rows (``study_instance_uid``, ``person_id``, ``study_datetime``, ``exam_stay_id``), the last one the
    stay that the exam is known to have been in.
    """
    days = F.date_diff(F.to_date("event_datetime"), F.to_date("study_datetime"))
    return (
        exams.where("study_datetime IS NOT NULL AND person_id IS NOT NULL")
        .join(events, "person_id", "inner")
        .withColumn("days_from_exam", days)
        .where(F.abs("days_from_exam") <= window_days)
        .withColumn("same_visit", same_visit())
    )


def same_visit() -> Column:
    """By the stays where both are known, else by the interval of the event's."""
    return F.coalesce(F.col("exam_stay_id") == F.col("stay_id"), _during_visit())


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
