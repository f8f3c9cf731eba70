"""Imaging activity: exams by hospital, department, category and month, and devices by day."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.marts.groups import TRUSTED, group_key, month_of_exam
from eds_spark_imaging.tables.marts import ACTIVITY_BY, DEVICE_DAY_BY

_OPENS, _CLOSES = 8, 18  # hours of a working day
_WEEKEND = (1, 7)  # Spark's days of the week, Sunday first


def activity(studies: DataFrame, series: DataFrame, procedures: DataFrame) -> DataFrame:
    """Rows of ``imaging_activity`` (key ``group_key``) from exams that have files, with their acts.

    Every exam with a date to be trusted is counted once. Only exams with a time count in or out of hours. The
    department is that of most of its ``series``, the act the accepted one nearest in time among ``procedures``, rows
    of ``imaging_study_procedure``; of two as near, the one before the exam; one without a date tells no delay.
    """
    departments = series.groupBy("study_instance_uid").agg(
        F.mode("institutional_department_name", deterministic=True).alias("department")
    )
    delays = (
        procedures.where("accepted AND days_from_exam IS NOT NULL")
        .groupBy("study_instance_uid")
        .agg(F.min_by(-F.col("days_from_exam"), F.struct(F.abs("days_from_exam"), "days_from_exam")).alias("_delay"))
    )
    timed = F.col("study_datetime_quality") == "complete"
    exams = studies.withColumn("month", month_of_exam(*TRUSTED)).join(delays, "study_instance_uid", "left")
    exams = exams.join(departments, "study_instance_uid", "left")
    groups = (
        exams.where("month IS NOT NULL")
        .groupBy(*ACTIVITY_BY)
        .agg(
            F.count(F.lit(1)).alias("exams"),
            F.sum("number_of_series").alias("series"),
            F.sum("number_of_instances").alias("instances"),
            F.count_distinct("person_id").alias("patients"),
            F.count_if(timed & ~_out_of_hours()).alias("exams_in_hours"),
            F.count_if(timed & _out_of_hours()).alias("exams_out_of_hours"),
            F.median("_delay").alias("act_to_exam_days_median"),
        )
    )
    return groups.select(group_key(ACTIVITY_BY), *groups.columns)


def device_days(series: DataFrame, studies: DataFrame) -> DataFrame:
    """Rows of ``imaging_device_day`` (key ``group_key``): what each device did on each day that it was used.

    Series without a time of their own count, but do not stretch the hours of use.
    """
    exams = studies.select("study_instance_uid", "hospital_code", F.col("exam_category").alias("_category"))
    used = (
        series.where("series_datetime IS NOT NULL AND device_serial_number IS NOT NULL")
        .join(exams, "study_instance_uid", "inner")
        .withColumn("day", F.to_date("series_datetime"))
    )
    is_own = ~F.col("series_datetime_source").eqNullSafe("study") & (F.col("series_datetime") != F.col("day"))
    own_time = F.when(is_own, F.col("series_datetime"))
    groups = used.groupBy(*DEVICE_DAY_BY).agg(
        F.min("station_name").alias("station_name"),
        F.min("_category").alias("exam_category"),
        F.count_distinct("study_instance_uid").alias("exams"),
        F.count(F.lit(1)).alias("series"),
        F.sum("number_of_instances").alias("instances"),
        F.min(own_time).alias("first_series_at"),
        F.max(own_time).alias("last_series_at"),
    )
    return groups.select(group_key(DEVICE_DAY_BY), *groups.columns)


def _out_of_hours() -> Column:
    """At night or at the weekend, by the wall clock. Public holidays are working days here."""
    at = F.col("study_datetime")
    return F.dayofweek(at).isin(*_WEEKEND) | ~F.hour(at).between(_OPENS, _CLOSES - 1)
