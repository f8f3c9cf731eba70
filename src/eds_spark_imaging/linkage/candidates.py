"""The cascade: every person that an exam may belong to, with evidence, and the one that is accepted."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.linkage.acceptance import accepted
from eds_spark_imaging.linkage.base import BaseCentrale
from eds_spark_imaging.linkage.manual_decisions import rejections
from eds_spark_imaging.linkage.meeting import Meeting, meet
from eds_spark_imaging.linkage.methods import METHODS, Standing
from eds_spark_imaging.linkage.persons import traits_of_persons
from eds_spark_imaging.linkage.traits import compared, identified_by_traits

_STANDS_ALONE = [method.name for method in METHODS if method.alone > Standing.NONE]


def candidates(studies: DataFrame, base: BaseCentrale, config: LinkConfig) -> DataFrame:
    """Rows of ``imaging_study_person`` (key: exam, person) for the exams of ``studies``, rows of ``imaging_study``."""
    persons = traits_of_persons(base.identity, base.person, base.survivors)
    return judged(meet(studies, base, persons, config))


def judged(meeting: Meeting) -> DataFrame:
    """Rows of ``imaging_study_person``: each exam and person that met are compared by their traits.

    What needs traits to be believed and has none is not a candidate.
    """
    pairs = _pairs(meeting.found).join(meeting.exams, "study_instance_uid", "inner")
    pairs = pairs.join(meeting.persons, "person_id", "inner")
    believed = (
        F.when(F.exists("methods", lambda method: method.isin(*_STANDS_ALONE)), F.lit(True))
        .when(F.forall("methods", lambda method: method == "traits"), identified_by_traits())
        .otherwise(F.col("agrees"))
    )
    rejected = None if meeting.decisions is None else rejections(meeting.decisions)
    return accepted(compared(pairs).where(believed), rejected)


def _pairs(found: DataFrame) -> DataFrame:
    """One row for each exam and person, with all the methods, best first, and the best match."""
    rank = F.array_position(F.array(*[F.lit(method.name) for method in METHODS]), F.col("method"))
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
