"""Why an exam is not in an export: each exam of the lake is exported, or has one reason."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.exports.words import NotExported


def exams_with_reason(studies: DataFrame, reasons: dict[NotExported, Column]) -> DataFrame:
    """``studies`` with ``reason``, null where the exam is exported; of ``reasons`` the first whose condition holds."""
    cases = [F.when(condition, F.lit(str(word))) for word, condition in reasons.items()]
    return studies.withColumn("reason", F.coalesce(*cases))


def not_exported(exams: DataFrame) -> DataFrame:
    """Rows (``study_instance_uid``, ``reason``), one for each exam that is not exported."""
    return exams.where("reason IS NOT NULL").select("study_instance_uid", "reason")


def is_dated() -> Column:
    """Whether the date of the exam can be believed."""
    return F.col("study_datetime").isNotNull() & ~F.col("study_datetime_quality").isin("implausible", "missing")
