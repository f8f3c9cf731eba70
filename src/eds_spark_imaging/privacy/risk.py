"""What is left of the risk: how many patients share what others may know of them."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

# What a person may know of somebody's exam; those that the tier has count.
QUASI_IDENTIFIERS = (
    "hospital_code",
    "month",
    "age_at_exam",
    "birth_year",
    "patient_sex",
    "main_modality",
    "main_body_part",
)


def known_by_others(studies: DataFrame) -> list[str]:
    """The quasi-identifiers among the columns of the tier's imaging_study."""
    there = {*studies.columns, "month"}
    return [name for name in QUASI_IDENTIFIERS if name in there]


def group_sizes(studies: DataFrame, columns: Sequence[str]) -> DataFrame:
    """Exams of the tier grouped by ``columns``: ``patients`` and ``exams`` of each group; a null is a value."""
    patient = F.coalesce("ipp", "person_id", "patient_id", F.lit(""))  # of exams without any: as of one
    rows = studies.withColumns({"month": F.date_format("study_datetime", "yyyy-MM"), "_patient": patient})
    return rows.groupBy(*columns).agg(F.count_distinct("_patient").alias("patients"), F.count(F.lit(1)).alias("exams"))


def least_and_below(k: int) -> tuple[Column, Column]:
    """Of the groups: the patients of the smallest one, and the exams in groups of fewer than ``k`` patients."""
    few = F.when(F.col("patients") < k, F.col("exams")).otherwise(0)
    return F.min("patients").alias("smallest_group"), F.sum(few).alias("exams_in_groups_below_k")
