"""The cascade: every person that an exam may belong to, with evidence, and the one that is accepted."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.config import LinkConfig
from eds_spark_imaging.transforms.identity.acceptance import accepted, last_decisions
from eds_spark_imaging.transforms.identity.base import BaseCentrale
from eds_spark_imaging.transforms.identity.directory import directory
from eds_spark_imaging.transforms.identity.exams import exams as exams_of
from eds_spark_imaging.transforms.identity.keys import exam_keys
from eds_spark_imaging.transforms.identity.matches import by_hand, matches
from eds_spark_imaging.transforms.identity.methods import METHODS, Standing
from eds_spark_imaging.transforms.identity.persons import traits_of_persons
from eds_spark_imaging.transforms.identity.traits import compared, identified_by_traits

_STANDS_ALONE = [method.name for method in METHODS if method.alone > Standing.NONE]


def candidates(studies: DataFrame, base: BaseCentrale, config: LinkConfig) -> DataFrame:
    """Rows of ``imaging_study_person`` (key: exam, person) for the exams of ``studies``, rows of ``imaging_study``.

    All keys of an exam are looked up in one directory of all keys of persons; then each exam and person that met
    are compared by their traits. What needs traits to be believed and has none is not a candidate.
    """
    exams = exams_of(studies, config)
    persons = traits_of_persons(base.identity, base.person, base.survivors)
    decisions = None if base.decisions is None else last_decisions(base.decisions)
    keys = exam_keys(exams.where("NOT is_phantom"), base.survivors.select("ipp"), config)
    found = matches(keys, directory(base, persons), base, config)
    if decisions is not None:
        found = found.unionByName(by_hand(decisions, base.survivors))
    pairs = _pairs(found).join(exams, "study_instance_uid", "inner").join(persons, "person_id", "inner")
    believed = (
        F.when(F.exists("methods", lambda method: method.isin(*_STANDS_ALONE)), F.lit(True))
        .when(F.forall("methods", lambda method: method == "traits"), identified_by_traits())
        .otherwise(F.col("agrees"))
    )
    return accepted(compared(pairs).where(believed), decisions, base.survivors)


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
