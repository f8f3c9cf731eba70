"""Which candidate of an exam is accepted, and why the others are not."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.methods import STRENGTHS, Standing
from eds_spark_imaging.tables.link_words import LinkMethod, Refusal
from eds_spark_imaging.tables.links import IMAGING_STUDY_PERSON


def accepted(pairs: DataFrame, rejected: DataFrame | None) -> DataFrame:
    """Rows of ``imaging_study_person`` from compared pairs of exam and person, of which ``rejected`` were by hand.

    The one candidate of the best standing is accepted; among equals the one whose traits agree in more points. A
    candidate by traits alone gives way to none, but an identifier that traits do not contradict makes it a rival.
    Once an identifier of the exam is contradicted, or its files name several, only agreeing traits count.
    """
    exam = Window.partitionBy("study_instance_uid")
    place = F.struct("standing", "agreeing")
    judged = _with_rejections(pairs, rejected).withColumns({"standing": _standing(), "score": _score()})
    judged = judged.withColumns(
        {
            "place": place,
            "first": F.max(place).over(exam),
            "doubt": F.max(_in_doubt()).over(exam) | F.col("is_mixed"),
            "identified": F.max(_identified()).over(exam),
            "namesake": F.coalesce(F.max(_agreeing_by_traits()).over(exam), F.lit(0)),
        }
    )
    alone = F.count(F.when(F.col("place") == F.col("first"), 1)).over(exam) == 1
    judged = judged.withColumn("accepted", (F.col("place") == F.col("first")) & alone & _is_enough())
    judged = judged.withColumn("reason", _reason(F.max("accepted").over(exam)))
    order = exam.orderBy(F.desc("accepted"), F.desc("standing"), F.desc("agreeing"), F.desc("score"), "person_id")
    return judged.withColumn("rank", F.row_number().over(order)).select(*_columns())


def _with_rejections(pairs: DataFrame, rejected: DataFrame | None) -> DataFrame:
    if rejected is None:
        return pairs.withColumn("is_rejected", F.lit(False))
    marked = rejected.withColumn("is_rejected", F.lit(True))
    joined = pairs.join(marked, ["study_instance_uid", "person_id"], "left")
    return joined.withColumn("is_rejected", F.coalesce("is_rejected", F.lit(False)))


def _by_hand() -> Column:
    return F.array_contains("methods", str(LinkMethod.MANUAL))


def _contradicted() -> Column:
    return (F.size("contradictions") > 0) & ~_by_hand()


def _own_identifier() -> Column:
    """Whether an identifier of the exam itself led to the person, one that would do without traits."""
    return _of_best({method: F.lit(strength.alone == Standing.IDENTIFIED) for method, strength in STRENGTHS.items()})


def _in_doubt() -> Column:
    """Whether an identifier of the exam itself is contradicted, and nobody has settled that by a refusal."""
    return _contradicted() & _own_identifier() & ~F.col("is_rejected")


def _identified() -> Column:
    """Whether the exam's own identifier speaks for the person, or does so with all traits and only the dates against:
    a namesake found by traits must not take the place of either."""
    stands = F.col("standing") == int(Standing.IDENTIFIED)
    return stands | (_in_doubt() & F.col("agrees"))


def _agreeing_by_traits() -> Column:
    return F.when(F.col("standing") == int(Standing.TRAITS), F.col("agreeing"))


def _standing() -> Column:
    alone = _of_best({method: F.lit(int(strength.alone)) for method, strength in STRENGTHS.items()})
    by_traits_alone = F.col("best.method") == str(LinkMethod.TRAITS)
    with_traits = F.when(by_traits_alone, int(Standing.TRAITS)).otherwise(int(Standing.VERIFIED))
    # A date that does not fit is a fault of the date, unless another person fits as well and in the date too.
    with_traits = F.least(with_traits, F.when(F.col("date_fault").isNotNull(), int(Standing.TRAITS)))
    # An identifier that needs traits to be believed needs the birth date among them.
    trusted = F.col("verified") & ((alone > int(Standing.NONE)) | F.col("confirmed"))
    return (
        F.when(_by_hand(), int(Standing.MANUAL))
        .when(F.col("is_rejected") | _contradicted(), int(Standing.NONE))
        .when(trusted, with_traits)
        .otherwise(alone)
    )


def _score() -> Column:
    base = _of_best({method: F.lit(strength.score) for method, strength in STRENGTHS.items()})
    return F.round(
        F.when(_by_hand(), base)
        .when(_contradicted(), base * 0.1)
        .when(F.col("verified"), 1 - (1 - base) * 0.1)
        .when(F.col("differing") > 0, base * 0.7)
        .otherwise(base),
        4,
    )


def _of_best(values: dict[LinkMethod, Column]) -> Column:
    """The value that belongs to the best method."""
    return F.coalesce(*[F.when(F.col("best.method") == str(method), value) for method, value in values.items()])


def _is_enough() -> Column:
    standing = F.col("first.standing")
    return (
        F.when(standing == int(Standing.MANUAL), F.lit(True))
        # Another's identifier may agree in part (JEAN for JEAN-LUC, who is the twin) where the exam's own person
        # agrees in whole.
        .when(standing == int(Standing.VERIFIED), F.col("namesake") <= F.col("first.agreeing"))
        .when(standing == int(Standing.TRAITS), ~F.col("identified"))
        .when(standing > int(Standing.NONE), ~F.col("doubt"))
        .otherwise(F.lit(False))
    )


def _reason(is_linked: Column) -> Column:
    standing, first = F.col("standing"), F.col("first.standing")
    beside_traits = (first == int(Standing.TRAITS)) & (standing == int(Standing.IDENTIFIED))
    better_by_traits = (first == int(Standing.VERIFIED)) & (_agreeing_by_traits() > F.col("first.agreeing"))
    return (
        F.when(F.col("accepted"), F.lit(None).cast("string"))
        .when(F.col("is_rejected"), str(Refusal.REJECTED_BY_HAND))
        .when(_contradicted(), str(Refusal.CONTRADICTED))
        .when(standing == int(Standing.NONE), str(Refusal.NEEDS_TRAITS))
        .when(is_linked, str(Refusal.OUTRANKED))
        .when((first <= int(Standing.IDENTIFIED)) & F.col("doubt"), str(Refusal.NEEDS_TRAITS))
        .when((F.col("place") == F.col("first")) | beside_traits | better_by_traits, str(Refusal.RIVAL))
        .otherwise(str(Refusal.OUTRANKED))
    )


def evidence_of(matched_on: Column, matched_ipp: Column) -> Column:
    """The column ``evidence`` of compared pairs."""
    return F.struct(
        matched_on.alias("matched_on"),
        matched_ipp.alias("matched_ipp"),
        F.col("family_name"),
        F.col("given_name"),
        F.col("birth_date_state").alias("birth_date"),
        F.col("sex_state").alias("sex"),
        F.col("contradictions"),
    )


def _columns() -> list[Column]:
    evidence = evidence_of(F.col("best.matched_on"), F.col("best.matched_ipp"))
    made = {"method": F.col("best.method").alias("method"), "evidence": evidence.alias("evidence")}
    return [made.get(name, F.col(name)) for name in IMAGING_STUDY_PERSON.names]
