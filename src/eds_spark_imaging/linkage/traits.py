"""The traits of an exam's header against those of a person: states, contradictions, verification."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.exams import is_default_date
from eds_spark_imaging.linkage.names import AGREE, COMPATIBLE, DIFFER, MISSING, compare_names

_FITS = (AGREE, COMPATIBLE)


def compared(pairs: DataFrame) -> DataFrame:
    """Adds to pairs of exam and person (columns of ``exams`` and ``traits_of_persons``) the comparison.

    ``family_name``, ``given_name``, ``birth_date_state``, ``sex_state``: agree, compatible, missing or differ;
    ``agreeing`` and ``differing``: how many do; ``contradictions``: what makes the person impossible; ``agrees``: the
    traits do, the birth date among them, so that they can find a person or correct an identifier; ``confirmed``: they
    do, and nothing contradicts; ``verified``: that, or the names agree where there is no birth date.
    """
    named = compare_names(pairs)
    states = named.withColumns({"birth_date_state": _birth_date(), "sex_state": _sex()})
    traits = ("family_name", "given_name", "birth_date_state", "sex_state")
    counted = states.withColumns({"agreeing": _count(traits, AGREE), "differing": _count(traits, DIFFER)})
    judged = counted.withColumn("contradictions", _contradictions())
    possible = F.size("contradictions") == 0
    judged = judged.withColumn("agrees", _agrees())
    judged = judged.withColumn("confirmed", possible & F.col("agrees"))
    return judged.withColumn("verified", F.col("confirmed") | (possible & _named()))


def _count(traits: tuple[str, ...], state: str) -> Column:
    total = F.lit(0)
    for trait in traits:
        total = total + (F.col(trait) == state).cast("int")
    return total


def _birth_date() -> Column:
    header, known = F.col("birth_date"), F.col("person_birth_date")
    real = F.when(~is_default_date(known), known)
    same_default = (F.col("birth_date_stored") == known) & (F.year(known) > 1900)
    return (
        F.when(header == real, AGREE)
        .when(header.isNotNull() & real.isNotNull(), DIFFER)
        .when(same_default, COMPATIBLE)
        .when(known.isNull() & (F.year(header) == F.col("person_birth_year")), COMPATIBLE)
        .otherwise(MISSING)
    )


def _differing_parts() -> Column:
    header, known = F.col("birth_date"), F.col("person_birth_date")
    parts = F.lit(0)
    for part in (F.year, F.month, F.day):
        parts = parts + (part(header) != part(known)).cast("int")
    return parts


def _sex() -> Column:
    header, known = F.col("sex"), F.col("person_sex")
    return F.when(header.isNull() | known.isNull(), MISSING).when(header == known, AGREE).otherwise(DIFFER)


def _contradictions() -> Column:
    """Why the exam cannot be this person's; sex or one part of the birth date alone is no reason."""
    birth = F.coalesce(F.col("person_birth_date"), F.make_date("person_birth_year", F.lit(1), F.lit(1)))
    reasons = {
        "birth_date": (F.col("birth_date_state") == DIFFER) & (_differing_parts() >= 2),
        "names": F.col("nothing_shared"),
        "two_traits": F.col("differing") >= 2,
        "before_birth": F.col("exam_date") < birth,
        "after_death": F.col("exam_date") > F.col("death_date"),
        "two_patients": F.col("is_two_patients"),
    }
    return F.array_compact(F.array(*[F.when(found, F.lit(reason)) for reason, found in reasons.items()]))


def _names_fit() -> Column:
    return F.col("family_name").isin(*_FITS) & F.col("given_name").isin(*_FITS)


def _both_names_agree() -> Column:
    return (F.col("family_name") == AGREE) & (F.col("given_name") == AGREE)


def _agrees() -> Column:
    """The birth date agrees, and nothing differs; names that agree in whole outweigh a sex that does not."""
    date_agrees = F.col("birth_date_state") == AGREE
    only_sex = (F.col("sex_state") == DIFFER) & _both_names_agree()
    return date_agrees & ((F.col("differing") == 0) | ((F.col("differing") == 1) & only_sex))


def _named() -> Column:
    """Without a birth date to compare, family and given name must agree in whole, and nothing may differ.

    A default date may still have the right year: where it has not, names alone are not enough.
    """
    stored = F.col("birth_date_stored")
    other_year = (F.year(stored) > 1900) & (F.year(stored) != F.col("person_birth_year"))
    undated = F.col("birth_date_state").isin(MISSING, COMPATIBLE) & ~F.coalesce(other_year, F.lit(False))
    return undated & _both_names_agree() & (F.col("differing") == 0)


def identified_by_traits() -> Column:
    """Whether traits alone name the person: birth date, family and given name, one of the names in whole."""
    one_whole = (F.col("family_name") == AGREE) | (F.col("given_name") == AGREE)
    return F.col("agrees") & _names_fit() & one_whole
