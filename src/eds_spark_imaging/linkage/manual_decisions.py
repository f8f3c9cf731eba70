"""Decisions by hand: rows of ``link_decision`` as matches that stand above all others, or as refusals."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.ids import cleaned_ipp
from eds_spark_imaging.tables.link_words import Decision, LinkMethod


def last_decisions(decisions: DataFrame, survivors: DataFrame, ipp_pattern: str) -> DataFrame:
    """Rows (``study_instance_uid``, ``person_id``, ``ipp``, ``decision``): the last decision on each exam and
    surviving person; of several persons accepted for an exam, only the last is. At one time, a refusal counts. An IPP
    of the form ``ipp_pattern`` may be written as in a header, with zeros in front.
    """
    latest = F.col("decided_at").desc_nulls_last()
    pair = Window.partitionBy("study_instance_uid", "person_id").orderBy(latest, F.desc("decision"), "ipp")
    kind = Window.partitionBy("study_instance_uid", "decision").orderBy(latest, "person_id")
    known = survivors.where("ipp IS NOT NULL AND surviving_person_id IS NOT NULL")
    ipp = F.coalesce(cleaned_ipp(F.col("ipp"), F.lit(None).cast("string"), ipp_pattern), F.trim("ipp"))
    last = (
        decisions.withColumns({"ipp": ipp, "decision": F.lower(F.trim("decision"))})
        .join(known.select("ipp", F.col("surviving_person_id").alias("person_id")), "ipp", "inner")
        .withColumn("_place", F.row_number().over(pair))
        .where("_place = 1")
        .withColumn("_place", F.row_number().over(kind))
    )
    counts = _is(Decision.REJECT) | (_is(Decision.ACCEPT) & (F.col("_place") == 1))
    return last.where(counts).select("study_instance_uid", "person_id", "ipp", "decision")


def manual_matches(decisions: DataFrame) -> DataFrame:
    """The links of :func:`last_decisions` that somebody accepted, as rows of :func:`matches`."""
    return decisions.where(_is(Decision.ACCEPT)).select(
        "study_instance_uid",
        "person_id",
        F.lit(str(LinkMethod.MANUAL)).alias("method"),
        F.lit("link_decision").alias("matched_on"),
        F.col("ipp").alias("matched_ipp"),
    )


def rejections(decisions: DataFrame) -> DataFrame:
    """Rows (``study_instance_uid``, ``person_id``) of :func:`last_decisions` that somebody rejected."""
    return decisions.where(_is(Decision.REJECT)).select("study_instance_uid", "person_id")


def _is(decision: Decision) -> Column:
    return F.col("decision") == str(decision)
