"""Counts over the exams, for the marts."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.tables.marts import LINK_QUALITY_BY


def link_quality(studies: DataFrame) -> DataFrame:
    """Rows of ``imaging_link_quality`` from rows of ``imaging_study``; every exam is counted once."""
    dated = F.col("study_datetime_quality").isin("complete", "date_only", "fallback")
    month = F.when(dated, F.trunc("study_datetime", "month"))
    groups = (
        studies.withColumn("month", month)
        .groupBy(*LINK_QUALITY_BY)
        .agg(
            F.count(F.lit(1)).alias("exams"),
            F.count_if(F.coalesce("link_verified", F.lit(False))).alias("exams_verified"),
        )
    )
    total = F.sum("exams").over(Window.partitionBy("hospital_code", "main_modality", "month"))
    parts = [F.coalesce(F.col(name).cast("string"), F.lit("")) for name in LINK_QUALITY_BY]
    return groups.select(
        F.concat_ws("|", *parts).alias("group_key"),
        *LINK_QUALITY_BY,
        "exams",
        "exams_verified",
        (F.col("exams") / total).alias("share"),
    )
