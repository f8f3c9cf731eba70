"""The traits of an exam's header against those of a person: states, contradictions, verification."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from eds_spark_imaging.linkage.birth_dates import birth_date_state, is_one_error
from eds_spark_imaging.linkage.name_agreement import compare_names
from eds_spark_imaging.tables.link_words import Contradiction, DateFault, TraitState

_TRAITS = ("family_name", "given_name", "birth_date_state", "sex_state")


def compared(pairs: DataFrame) -> DataFrame:
    """Adds to pairs of exam and person (columns of ``exams`` and ``traits_of_persons``) the comparison.

    ``family_name``, ``given_name``, ``birth_date_state``, ``sex_state``: words of :class:`TraitState`; ``agreeing``
    and ``differing``: how many do; ``date_fault``: how the exam's date does not fit the person's life;
    ``contradictions``: what makes the person impossible; ``agrees``: the traits do, the birth date among them, so that
    they can find a person or correct an identifier; ``confirmed``: they do, and nothing contradicts; ``possible``:
    the birth date does, and nothing contradicts; ``verified``: all do, or the names agree where there is no birth date
    and no other family name stands beside them.
    """
    named = compare_names(pairs)
    states = named.withColumns({"birth_date_state": birth_date_state(), "sex_state": _sex()})
    counted = states.withColumns({"agreeing": _count(TraitState.AGREE), "differing": _count(TraitState.DIFFER)})
    judged = counted.withColumns({"agrees": _agrees(), "date_fault": _date_fault(F.col("exam_date"))})
    judged = judged.withColumn("contradictions", _contradictions())
    possible = F.size("contradictions") == 0
    return judged.withColumns(
        {
            "confirmed": possible & F.col("agrees"),
            "possible": possible & _is("birth_date_state", TraitState.AGREE),
            "verified": possible & (F.col("agrees") | (_named() & ~F.col("other_family"))),
        }
    )


def _count(state: TraitState) -> Column:
    total = F.lit(0)
    for trait in _TRAITS:
        total = total + _is(trait, state).cast("int")
    return total


def _is(trait: str, *states: TraitState) -> Column:
    return F.col(trait).isin(*map(str, states))


def _sex() -> Column:
    header, known = F.col("sex"), F.col("person_sex")
    return (
        F.when(header.isNull() | known.isNull(), str(TraitState.MISSING))
        .when(header == known, str(TraitState.AGREE))
        .otherwise(str(TraitState.DIFFER))
    )


def _contradictions() -> Column:
    """Why the exam cannot be this person's. A trait that differs needs the birth date or the whole name beside it."""
    supported = _is("birth_date_state", TraitState.AGREE) | _both_names_agree()
    date_counts = ~(F.col("agrees") | (_is("birth_date_state", TraitState.COMPATIBLE) & _named()))
    reasons = {
        Contradiction.BIRTH_DATE: _is("birth_date_state", TraitState.DIFFER) & ~is_one_error(),
        Contradiction.NAMES: F.col("nothing_shared"),
        Contradiction.TWO_TRAITS: F.col("differing") >= 2,
        Contradiction.UNSUPPORTED: (F.col("differing") == 1) & ~supported,
        **{Contradiction(fault): date_counts & _every_date_has(fault) for fault in DateFault},
        Contradiction.NEWBORN: _is_of_newborn(),
        Contradiction.TWO_PATIENTS: F.col("is_two_patients"),
    }
    return F.array_compact(F.array(*[F.when(found, F.lit(str(reason))) for reason, found in reasons.items()]))


def _date_fault(day: Column) -> Column:
    """How a day does not fit the person's life. Where only the year of birth is known, life begins with it."""
    birth = F.coalesce(F.col("person_birth_date"), F.make_date("person_birth_year", F.lit(1), F.lit(1)))
    return F.when(day < birth, str(DateFault.BEFORE_BIRTH)).when(day > F.col("death_date"), str(DateFault.AFTER_DEATH))


def _every_date_has(fault: DateFault) -> Column:
    """Whether no date of the exam fits the person's life: a study date may be wrong where those of the series fit."""
    days = F.col("exam_dates")
    return (F.size(days) > 0) & F.forall(days, lambda day: F.coalesce(_date_fault(day) == str(fault), F.lit(False)))


def _is_of_newborn() -> Column:
    """Whether the header names a newborn, and the person is none at any date of the exam: it is the mother."""
    own_words = F.flatten(F.transform(F.concat("family_names", "given_names"), lambda name: F.split(name, " ")))
    says_so = F.col("newborn_word").isNotNull() & ~F.array_contains(own_words, F.col("newborn_word"))
    was_newborn = F.exists("exam_dates", lambda day: F.year(day) - F.col("person_birth_year") <= 1)
    return F.coalesce(says_so, F.lit(False)) & ~F.coalesce(was_newborn, F.lit(False))


def _names_fit() -> Column:
    fits = (TraitState.AGREE, TraitState.COMPATIBLE)
    return _is("family_name", *fits) & _is("given_name", *fits)


def _both_names_agree() -> Column:
    return _is("family_name", TraitState.AGREE) & _is("given_name", TraitState.AGREE)


def _agrees() -> Column:
    """The birth date agrees, and nothing differs; names that agree in whole outweigh a sex that does not."""
    only_sex = (F.col("differing") == 1) & _is("sex_state", TraitState.DIFFER) & _both_names_agree()
    return _is("birth_date_state", TraitState.AGREE) & ((F.col("differing") == 0) | only_sex)


def _named() -> Column:
    """Without a birth date to compare in whole, family and given name agree in whole, and nothing differs."""
    undated = _is("birth_date_state", TraitState.MISSING, TraitState.COMPATIBLE)
    return undated & _both_names_agree() & (F.col("differing") == 0)


def identified_by_traits() -> Column:
    """Whether traits alone name the person: birth date, family and given name, one of the names in whole."""
    one_whole = _is("family_name", TraitState.AGREE) | _is("given_name", TraitState.AGREE)
    return F.col("agrees") & _names_fit() & one_whole
