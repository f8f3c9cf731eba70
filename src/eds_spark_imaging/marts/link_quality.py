"""How many exams are linked, by which method."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.marts.groups import DATED, group_key, month_of_exam
from eds_spark_imaging.tables.marts import LINK_QUALITY_BY


def link_quality(studies: DataFrame) -> DataFrame:
    """Rows of ``imaging_link_quality`` from rows of ``imaging_study``; every exam is counted once."""
    groups = (
        studies.withColumn("month", month_of_exam(*DATED))
        .groupBy(*LINK_QUALITY_BY)
        .agg(
            F.count(F.lit(1)).alias("exams"),
            F.count_if(F.coalesce("link_verified", F.lit(False))).alias("exams_verified"),
        )
    )
    total = F.sum("exams").over(Window.partitionBy("hospital_code", "main_modality", "month"))
    return groups.select(
        group_key(LINK_QUALITY_BY),
        *LINK_QUALITY_BY,
        "exams",
        "exams_verified",
        (F.col("exams") / total).alias("share"),
    )
