"""The cascade: every person that an exam may belong to, with evidence, and the one that is accepted."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.acceptance import accepted
from eds_spark_imaging.linkage.manual_decisions import rejections
from eds_spark_imaging.linkage.meeting import Meeting
from eds_spark_imaging.linkage.methods import STRENGTHS, Standing
from eds_spark_imaging.linkage.traits import compared, identified_by_traits
from eds_spark_imaging.tables.link_words import LinkMethod

_STANDS_ALONE = [str(method) for method, strength in STRENGTHS.items() if strength.alone > Standing.NONE]


def judged(meeting: Meeting) -> DataFrame:
    """Rows of ``imaging_study_person``: each exam and person that met are compared by their traits.

    What needs traits to be believed is no candidate where the birth date does not agree.
    """
    pairs = _pairs(meeting.found).join(meeting.exams, "study_instance_uid", "inner")
    pairs = pairs.join(meeting.persons, "person_id", "inner")
    believed = (
        F.when(F.exists("methods", lambda method: method.isin(*_STANDS_ALONE)), F.lit(True))
        .when(F.forall("methods", lambda method: method == str(LinkMethod.TRAITS)), identified_by_traits())
        # The birth date without the name, or with another, is not enough to link, but to be looked at.
        .otherwise(F.col("agrees") | F.col("possible"))
    )
    rejected = None if meeting.decisions is None else rejections(meeting.decisions)
    return accepted(compared(pairs).where(believed), rejected)


def _pairs(found: DataFrame) -> DataFrame:
    """One row for each exam and person, with all the methods, best first, and the best match."""
    rank = F.array_position(F.array(*[F.lit(str(method)) for method in LinkMethod]), F.col("method"))
    match = F.struct(rank.alias("rank"), "method", "matched_on", "matched_ipp")
    return (
        found.groupBy("study_instance_uid", "person_id")
        .agg(F.array_sort(F.collect_set(match)).alias("found"))
        .select(
            "study_instance_uid",
            "person_id",
            F.array_distinct(F.col("found.method")).alias("methods"),
            F.element_at("found", 1).alias("best"),
        )
    )
