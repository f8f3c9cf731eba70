"""One link and one status for every exam."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.methods import STRENGTHS, Standing
from eds_spark_imaging.tables.link_words import LinkMethod, LinkStatus, Refusal

# Numbers that may be another's anyway: that they lead to an impossible person is no conflict.
_WEAK = [str(method) for method, strength in STRENGTHS.items() if strength.alone == Standing.WEAK]


def decide(exams: DataFrame, candidates: DataFrame) -> DataFrame:
    """One row for each exam of ``exams``, with the columns of the link; ``link_run`` is left to the job.

    ``exams`` are of :func:`exams`, ``candidates`` all rows of ``imaging_study_person`` of these.
    """
    by_ipp = F.array_contains("methods", str(LinkMethod.IPP)).alias("by_ipp")
    link = F.struct("ipp", "person_id", "method", "score", "verified", by_ipp)
    contradicted = (F.col("reason") == str(Refusal.CONTRADICTED)) & ~F.col("method").isin(*_WEAK)
    doubtful = F.col("reason").isin(str(Refusal.RIVAL), str(Refusal.NEEDS_TRAITS))
    outcomes = candidates.groupBy("study_instance_uid").agg(
        F.max(F.when(F.col("accepted"), link)).alias("link"),
        F.coalesce(F.bool_or(doubtful), F.lit(False)).alias("is_doubtful"),
        F.coalesce(F.bool_or(contradicted), F.lit(False)).alias("is_contradicted"),
    )
    has_id = F.col("patient_id").isNotNull() | (F.size("other_ids") > 0)
    known = exams.select("study_instance_uid", "is_phantom", has_id.alias("has_id"))
    return known.join(outcomes, "study_instance_uid", "left").select(
        "study_instance_uid",
        "link.ipp",
        "link.person_id",
        _status().alias("link_status"),
        F.col("link.method").alias("link_method"),
        F.col("link.score").alias("link_score"),
        F.coalesce("link.verified", F.lit(False)).alias("link_verified"),
    )


def _status() -> Column:
    return (
        F.when(F.col("link.by_ipp"), str(LinkStatus.LINKED))
        .when(F.col("link").isNotNull(), str(LinkStatus.LINKED_RECOVERED))
        .when(F.col("is_phantom"), str(LinkStatus.NOT_A_PATIENT))
        .when(F.col("is_contradicted"), str(LinkStatus.CONFLICT))
        .when(F.col("is_doubtful"), str(LinkStatus.AMBIGUOUS))
        .when(F.col("has_id"), str(LinkStatus.UNLINKED_UNKNOWN_ID))
        .otherwise(str(LinkStatus.UNLINKED_NO_ID))
    )
