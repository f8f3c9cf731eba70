"""One link and one status for every exam."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage.exams import exams
from eds_spark_imaging.linkage.methods import METHODS, Standing
from eds_spark_imaging.tables.links import LinkStatus

# Numbers that may be another's anyway: that they lead to an impossible person is no conflict.
_WEAK = [method.name for method in METHODS if method.alone == Standing.WEAK]


def decide(studies: DataFrame, candidates: DataFrame, config: LinkConfig) -> DataFrame:
    """One row for each exam of ``studies``, with the columns of the link; ``link_run`` is left to the job.

    ``candidates`` are all rows of ``imaging_study_person`` of these exams.
    """
    link = F.struct(
        "ipp", "person_id", "method", "score", "verified", F.array_contains("methods", "ipp").alias("by_ipp")
    )
    contradicted = (F.col("reason") == "contradicted") & ~F.col("method").isin(*_WEAK)
    outcomes = candidates.groupBy("study_instance_uid").agg(
        F.max(F.when(F.col("accepted"), link)).alias("link"),
        F.coalesce(F.bool_or(F.col("reason") == "rival"), F.lit(False)).alias("is_rivalled"),
        F.coalesce(F.bool_or(contradicted), F.lit(False)).alias("is_contradicted"),
    )
    has_id = F.col("patient_id").isNotNull() | (F.size("other_ids") > 0)
    known = exams(studies, config).select("study_instance_uid", "is_phantom", has_id.alias("has_id"))
    return known.join(outcomes, "study_instance_uid", "left").select(
        "study_instance_uid",
        "link.ipp",
        "link.person_id",
        _status().alias("link_status"),
        F.col("link.method").alias("link_method"),
        F.col("link.score").alias("link_score"),
        F.coalesce("link.verified", F.lit(False)).alias("link_verified"),
    )


def not_attempted(studies: DataFrame) -> DataFrame:
    """The columns of the link where no base centrale is given: the same columns as :func:`decide`."""
    return studies.select(
        "study_instance_uid",
        F.lit(None).cast("string").alias("ipp"),
        F.lit(None).cast("bigint").alias("person_id"),
        F.lit(str(LinkStatus.NOT_ATTEMPTED)).alias("link_status"),
        F.lit(None).cast("string").alias("link_method"),
        F.lit(None).cast("double").alias("link_score"),
        F.lit(False).alias("link_verified"),
    )


def _status() -> Column:
    return (
        F.when(F.col("link.by_ipp"), str(LinkStatus.LINKED))
        .when(F.col("link").isNotNull(), str(LinkStatus.LINKED_RECOVERED))
        .when(F.col("is_phantom"), str(LinkStatus.NOT_A_PATIENT))
        .when(F.col("is_contradicted"), str(LinkStatus.CONFLICT))
        .when(F.col("is_rivalled"), str(LinkStatus.AMBIGUOUS))
        .when(F.col("has_id"), str(LinkStatus.UNLINKED_UNKNOWN_ID))
        .otherwise(str(LinkStatus.UNLINKED_NO_ID))
    )
